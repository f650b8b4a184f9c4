package layout

import (
	"bytes"
	"crypto"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"

	"github.com/nfcert/nfcert/internal/secret"
)

// Issued is the issued certificate with its key and chain.
type Issued struct {
	Chain []*x509.Certificate // leaf first; at least the leaf
	Roots []*x509.Certificate // the roots that the chain verifies to; empty: unknown
	Key   []byte              // PKCS#8 in PEM; empty: no key is available
	CSR   []byte              // PEM; empty: no CSR is available

	Passphrase secret.Bytes // of a PKCS#12 file
	// LegacyPKCS12 uses the encryption that readers from before about 2020 need,
	// which protects little.
	LegacyPKCS12 bool
}

// Set is the result of [Build].
type Set struct {
	Files []File
	// Configuration is the lines for the core's configuration; comments say where
	// they belong.
	Configuration []string
	// Warnings are about problems that the core will have with the certificate.
	Warnings []string
}

// Build makes the files of a target. The same input gives the same bytes, also in
// a PKCS#12 file. It makes no empty file.
func Build(t Target, in Issued) (*Set, error) {
	if len(in.Chain) == 0 {
		return nil, errors.New("laying out a certificate: no certificate given")
	}
	files, err := t.Plan()
	if err != nil {
		return nil, err
	}
	set := &Set{}
	for _, f := range files {
		if f.Data, err = t.content(f.Kind, in); err != nil {
			return nil, err
		}
		if len(f.Data) > 0 {
			set.Files = append(set.Files, f)
		}
	}
	set.Warnings = t.warnings(in)
	set.Configuration = t.configuration(in, set.Files)
	return set, nil
}

// Content makes one file of a kind, in the encoding of the layout pem.
func Content(kind string, in Issued) ([]byte, error) { return Target{}.content(kind, in) }

func (t Target) content(kind string, in Issued) ([]byte, error) {
	switch kind {
	case KindCert:
		return encode(in.Chain[:1]), nil
	case KindChain:
		return encode(in.Chain[1:]), nil
	case KindFullchain:
		return encode(in.Chain), nil
	case KindCA:
		return encode(in.authorities()), nil
	case KindKey:
		return t.key(in)
	case KindCSR:
		return in.CSR, nil
	case KindSecret:
		return t.manifest(in)
	case KindPKCS12:
		return in.pkcs12(t.Enrolment)
	}
	return nil, unknownKind(kind)
}

// authorities returns the certificates that peers must trust: the roots or, when
// no root is known, the topmost issuer that the CA sent.
func (in Issued) authorities() []*x509.Certificate {
	if len(in.Roots) > 0 || len(in.Chain) == 1 {
		return in.Roots
	}
	return in.Chain[len(in.Chain)-1:]
}

// key encodes the key for the core. free5GC ships PKCS#1 keys and reads PKCS#8
// only in most places, so it gets PKCS#1.
func (t Target) key(in Issued) ([]byte, error) {
	if t.Layout != Free5GC {
		return in.Key, nil
	}
	signer, err := in.signer()
	if err != nil {
		return nil, err
	}
	if key, ok := signer.(*rsa.PrivateKey); ok {
		return pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)}), nil
	}
	return in.Key, nil
}

// signer reads the key. Its errors repeat no part of the key.
func (in Issued) signer() (crypto.Signer, error) {
	block, _ := pem.Decode(in.Key)
	if block == nil {
		return nil, errors.New("laying out the key: found no PEM, want PKCS#8 in PEM")
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, errors.New("laying out the key: not PKCS#8")
	}
	signer, ok := key.(crypto.Signer)
	if !ok {
		return nil, fmt.Errorf("laying out the key: found a %T, want a key that can sign", key)
	}
	return signer, nil
}

// encode writes certificates as PEM, in the given order.
func encode(certs []*x509.Certificate) []byte {
	var b bytes.Buffer
	for _, c := range certs {
		_ = pem.Encode(&b, &pem.Block{Type: "CERTIFICATE", Bytes: c.Raw}) // a Buffer never fails
	}
	return b.Bytes()
}
