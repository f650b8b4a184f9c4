package certsource

import (
	"crypto"
	"crypto/x509"
	"errors"
	"fmt"

	gopkcs12 "software.sslmate.com/src/go-pkcs12"

	"github.com/nfcert/nfcert/internal/secret"
)

// IsPKCS12 reports whether data is a PFX (RFC 7292) by its outermost elements.
func IsPKCS12(data []byte) bool {
	if !isDER(data) {
		return false
	}
	shape, _, _ := classify(data)
	return shape == shapePKCS12
}

// OpenPKCS12 returns the one private key and the certificates of a PFX, for mutual
// TLS. It is the only function of this package that opens a key. The certificates
// are in the file's order, but the key's own comes first when the file says which
// one that is. The name is used in messages only. An error is a *ContentError or
// a *PassphraseError.
func OpenPKCS12(name string, data []byte, passphrase secret.Bytes) (crypto.Signer, []*x509.Certificate, error) {
	fail := func(found string, err error) (crypto.Signer, []*x509.Certificate, error) {
		return nil, nil, &ContentError{Name: name, Found: found, Err: err}
	}
	if len(data) > MaxSize {
		return fail(fmt.Sprintf("%d MiB", len(data)>>20), nil)
	}
	shape, der, _ := classify(data)
	switch {
	case shape != shapePKCS12:
		return fail(shape.describe(), nil)
	case !fewIterations(der):
		return fail(tooManyIterations, nil)
	}
	key, leaf, others, err := gopkcs12.DecodeChain(der, string(passphrase.Reveal()))
	switch {
	case errors.Is(err, gopkcs12.ErrIncorrectPassword), errors.Is(err, gopkcs12.ErrDecryption):
		return nil, nil, &PassphraseError{Name: name, Missing: passphrase.IsZero()}
	case err != nil:
		// The library's message may quote decrypted data.
		return fail("PKCS#12 without exactly one private key and its certificate", nil)
	}
	signer, ok := key.(crypto.Signer)
	if !ok {
		return fail("PKCS#12 with a key that cannot sign", nil)
	}
	return signer, append([]*x509.Certificate{leaf}, others...), nil
}
