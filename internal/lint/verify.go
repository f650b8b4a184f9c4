package lint

import (
	"crypto/rsa"
	"crypto/x509"
	"errors"

	"github.com/nfcert/nfcert/internal/inspect"
)

// verdict is the result of checking a signature.
type verdict int

const (
	unchecked verdict = iota // the algorithm or the key is unknown or unsafe
	genuine
	forged
)

// maxVerifyBits limits the RSA keys that check signatures: a key of a million
// bits takes minutes.
const maxVerifyBits = 16384

// verify checks the signature of signed with the public key of by.
func verify(signed, by *inspect.Contents) verdict {
	if len(signed.Raw.Signed) == 0 || len(by.Raw.PublicKeyInfo) == 0 || by.PublicKey.Bits > maxVerifyBits {
		return unchecked
	}
	algorithm := algorithmOf(signed.Signature)
	key, err := x509.ParsePKIXPublicKey(by.Raw.PublicKeyInfo)
	if err != nil || algorithm == x509.UnknownSignatureAlgorithm {
		return unchecked
	}
	if k, ok := key.(*rsa.PublicKey); ok && k.N.BitLen() < 1024 {
		// crypto/rsa refuses such keys, which says nothing about the signature.
		return unchecked
	}
	var insecure x509.InsecureAlgorithmError
	err = (&x509.Certificate{PublicKey: key}).CheckSignature(algorithm, signed.Raw.Signed, signed.Raw.Signature)
	switch {
	case err == nil:
		return genuine
	case errors.As(err, &insecure), errors.Is(err, x509.ErrUnsupportedAlgorithm):
		return unchecked
	}
	return forged
}

// algorithmOf finds the algorithm that crypto/x509 gives this name.
func algorithmOf(name string) x509.SignatureAlgorithm {
	for a := x509.MD2WithRSA; a <= x509.PureEd25519; a++ {
		if a.String() == name {
			return a
		}
	}
	return x509.UnknownSignatureAlgorithm
}
