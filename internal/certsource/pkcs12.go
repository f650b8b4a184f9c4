package certsource

import (
	"crypto/x509"
	"errors"
	"fmt"

	gopkcs12 "software.sslmate.com/src/go-pkcs12"
)

// pkcs12 takes the certificates out of a PFX (RFC 7292), in its order. Private
// keys that stand in a part of their own, as every program writes them, are
// counted and not opened.
//
// go-pkcs12 reads what has one key and its chain, or is a trust store of Java.
// Files of certificates alone and key stores with many keys are as common, so
// each part that holds certificates is handed to it by itself, in the form that
// it reads (see lone).
func (p *parser) pkcs12(der []byte) ([][]byte, error) {
	if !affordable(der) {
		return nil, &ContentError{Name: p.Name, Found: fmt.Sprintf("PKCS#12 whose passphrase takes over %d rounds to try", maxRounds)}
	}
	passphrase := string(p.options.Passphrase.Reveal())
	// It opens no key, and what it says first is whether the passphrase is right.
	certs, err := gopkcs12.DecodeTrustStore(der, passphrase)
	if err == nil {
		return raw(certs), nil
	}
	wrong := &PassphraseError{Name: p.Name, Missing: p.options.Passphrase.IsZero()}
	if errors.Is(err, gopkcs12.ErrIncorrectPassword) {
		return nil, wrong
	}
	unreadable := func(err error) error {
		return &ContentError{Name: p.Name, Found: "PKCS#12 that cannot be read (openssl pkcs12 -nokeys makes PEM of it)", Err: err}
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

// safe takes the certificates out of one part of a PFX.
func (p *parser) safe(s safe, passphrase string) ([][]byte, error) {
	if !s.encrypted {
		certs, keys, ok := bagsOf(s.content)
		for range keys {
			p.skip("PRIVATE KEY")
		}
		if !ok {
			return nil, errors.New("a part of it is damaged")
		}
		return certs, nil
	}
	pfx, err := lone(s, passphrase, true)
	if err != nil {
		return nil, err
	}
	_, leaf, certs, err := gopkcs12.DecodeChain(pfx, passphrase)
	if err != nil && !errors.Is(err, gopkcs12.ErrDecryption) {
		// A key may stand among the certificates: then no other is wanted.
		var key any
		if pfx, err = lone(s, passphrase, false); err != nil {
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
