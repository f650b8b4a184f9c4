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

// Issued is what there is to lay out.
type Issued struct {
	Chain []*x509.Certificate // leaf first; at least the leaf
	Roots []*x509.Certificate // what the chain verifies to; none: not known
	Key   []byte              // PKCS#8 in PEM; empty: there is none here
	CSR   []byte              // PEM; empty: there is none here

	Passphrase secret.Bytes // of a PKCS#12 file
	// LegacyPKCS12 encrypts it as readers from before about 2020 want it, which
	// protects little.
	LegacyPKCS12 bool
}

// Set is a certificate laid out.
type Set struct {
	Files []File
	// Configuration is what to paste into the core's configuration, line by
	// line; comments say where.
	Configuration []string
	// Warnings are what the core will stumble over.
	Warnings []string
}

// Build makes the files of a target. The same input gives the same bytes, also
// in a PKCS#12 file. What the CA did not send makes no file.
func Build(t Target, in Issued) (*Set, error) {
	if len(in.Chain) == 0 {
		return nil, errors.New("laying out a certificate: there is none")
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
	set.Configuration = t.configuration(in.Chain[0], set.Files)
	return set, nil
}

// Content makes one file by what it holds, as the layout pem has it.
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
		return in.pkcs12()
	}
	return nil, fmt.Errorf("there is no file of kind %q", kind)
}

// authorities are what peers are to trust: the roots, or the topmost issuer
// that the CA sent where no root is known.
func (in Issued) authorities() []*x509.Certificate {
	if len(in.Roots) > 0 || len(in.Chain) == 1 {
		return in.Roots
	}
	return in.Chain[len(in.Chain)-1:]
}

// key encodes the key as the core parses it. free5GC ships PKCS#1 keys and
// reads PKCS#8 in most places; PKCS#1 is safe in all.
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

// signer reads the key. Its errors repeat nothing of it.
func (in Issued) signer() (crypto.Signer, error) {
	block, _ := pem.Decode(in.Key)
	if block == nil {
		return nil, errors.New("laying out the key: found no PEM, want PKCS#8")
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, errors.New("laying out the key: it is not PKCS#8")
	}
	signer, ok := key.(crypto.Signer)
	if !ok {
		return nil, fmt.Errorf("laying out the key: found a %T, want one that signs", key)
	}
	return signer, nil
}

// encode writes certificates as PEM, in the order given.
func encode(certs []*x509.Certificate) []byte {
	var b bytes.Buffer
	for _, c := range certs {
		_ = pem.Encode(&b, &pem.Block{Type: "CERTIFICATE", Bytes: c.Raw}) // a Buffer takes everything
	}
	return b.Bytes()
}
