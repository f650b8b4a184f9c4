package inspect

import (
	"crypto"
	"crypto/dsa" //lint:ignore SA1019 a certificate may still have such a key, and KeyType names it
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"fmt"
	"strings"

	"github.com/nfcert/nfcert/internal/nf"
)

// CSR reads a PKCS#10 request (RFC 2986) in DER, with the extensions of its
// extensionRequest. It refuses a request that crypto/x509 refuses, or whose names
// or usages cannot be read. It does not check the signature.
func CSR(der []byte) (*Contents, error) {
	if _, err := x509.ParseCertificateRequest(der); err != nil {
		return nil, fmt.Errorf("reading a certificate request: %w", err)
	}
	c := ReadCSR(der)
	if err := c.unusable(); err != nil {
		return nil, fmt.Errorf("reading a certificate request: %w", err)
	}
	return c, nil
}

// Certificate reads a certificate that crypto/x509 has parsed. It refuses one
// whose names or usages cannot be read.
func Certificate(cert *x509.Certificate) (*Contents, error) {
	if cert == nil || len(cert.Raw) == 0 {
		return nil, errors.New("reading a certificate: no certificate given")
	}
	c := ReadCertificate(cert.Raw)
	if err := c.unusable(); err != nil {
		return nil, fmt.Errorf("reading a certificate: %w", err)
	}
	return c, nil
}

// unusable returns the first fault that hides names or usages: a comparison would
// report those as dropped.
func (c *Contents) unusable() error {
	for _, f := range c.Faults {
		if f.Kind != FaultMalformed && f.Kind != FaultTooMany {
			continue
		}
		switch f.Field {
		case nf.FieldSubject, nf.FieldSubjectAltName, nf.FieldKeyUsage, nf.FieldExtKeyUsage, FieldExtensions:
			return fmt.Errorf("%s: %s", f.Field, f.Detail)
		}
	}
	return nil
}

// KeyType returns the type and size of a public key, for example P256, RSA2048 or
// Ed25519; "unknown" for a key that crypto/x509 could not read.
func KeyType(pub crypto.PublicKey) string {
	switch k := pub.(type) {
	case *ecdsa.PublicKey:
		if k.Curve == nil {
			return "EC"
		}
		return strings.ReplaceAll(k.Curve.Params().Name, "-", "")
	case *rsa.PublicKey:
		if k.N == nil {
			return "RSA"
		}
		return fmt.Sprintf("RSA%d", k.N.BitLen())
	case ed25519.PublicKey:
		return "Ed25519"
	case *dsa.PublicKey:
		return "DSA"
	case *ecdh.PublicKey:
		return "X25519"
	}
	return "unknown"
}
