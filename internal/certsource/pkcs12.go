package certsource

import (
	"crypto/x509"
	"errors"

	gopkcs12 "software.sslmate.com/src/go-pkcs12"
)

// pkcs12 returns the certificates of a PFX (RFC 7292), in its order. Private keys
// in a part of their own, as all programs write them, are counted and not opened.
//
// go-pkcs12 reads only files with one key and its chain, and Java trust stores.
// Files with certificates alone and key stores with many keys are as common, so
// each part with certificates is passed to it in a separate PFX (see
// singlePart).
func (p *parser) pkcs12(der []byte) ([][]byte, error) {
	if !fewIterations(der) {
		return nil, &ContentError{Name: p.Name, Found: tooManyIterations}
	}
	passphrase := string(p.options.Passphrase.Reveal())
	// This opens no key, and checks the passphrase before anything else.
	certs, err := gopkcs12.DecodeTrustStore(der, passphrase)
	if err == nil {
		return raw(certs), nil
	}
	wrong := &PassphraseError{Name: p.Name, Missing: p.options.Passphrase.IsZero()}
	if errors.Is(err, gopkcs12.ErrIncorrectPassword) {
		return nil, wrong
	}
	unreadable := func(err error) error {
		return &ContentError{Name: p.Name, Found: "PKCS#12 that cannot be read (convert it to PEM with openssl pkcs12 -nokeys)", Err: err}
	}
	safes, whole := safesOf(der)
	if !whole {
		return nil, unreadable(err)
	}
	var list [][]byte
	for _, s := range safes {
		found, err := p.safe(s, passphrase)
		switch {
		case errors.Is(err, gopkcs12.ErrIncorrectPassword), errors.Is(err, gopkcs12.ErrDecryption):
			return nil, wrong
		case err != nil:
			return nil, unreadable(err)
		}
		list = append(list, found...)
	}
	if len(list) == 0 {
		return nil, &ContentError{Name: p.Name, Found: "PKCS#12 without a certificate"}
	}
	return list, nil
}

// safe returns the certificates of one part of a PFX.
func (p *parser) safe(s safe, passphrase string) ([][]byte, error) {
	if !s.encrypted {
		certs, keys, ok := bagsOf(s.content)
		for range keys {
			p.skip("PRIVATE KEY")
		}
		if !ok {
			return nil, errors.New("one of its parts is damaged")
		}
		return certs, nil
	}
	pfx, err := singlePart(s, passphrase, true)
	if err != nil {
		return nil, err
	}
	_, leaf, certs, err := gopkcs12.DecodeChain(pfx, passphrase)
	if err != nil && !errors.Is(err, gopkcs12.ErrDecryption) {
		// The part may hold a key itself, next to the certificates.
		var key any
		if pfx, err = singlePart(s, passphrase, false); err != nil {
			return nil, err
		}
		if key, leaf, certs, err = gopkcs12.DecodeChain(pfx, passphrase); key != nil {
			p.skip("PRIVATE KEY")
		}
	}
	if err != nil {
		return nil, err
	}
	return raw(append([]*x509.Certificate{leaf}, certs...)), nil
}

func raw(certs []*x509.Certificate) [][]byte {
	list := make([][]byte, len(certs))
	for i, c := range certs {
		list[i] = c.Raw
	}
	return list
}
