package layout_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/nfcert/nfcert/internal/layout"
	"github.com/nfcert/nfcert/internal/secret"
)

// fqdn is the name of the leaves, which peers connect to.
const fqdn = "amf1.amf.5gc.mnc001.mcc001.3gppnetwork.org"

// instance is the URI name of the leaves.
const instance = "urn:uuid:4ace9d34-2c69-4f99-92d5-a73a3fe8e23b"

// authority is a root, an issuer below it, and keys for leaves.
type authority struct {
	root, issuer *x509.Certificate
	issuerKey    crypto.Signer
	ec, rsa      crypto.Signer
}

// newAuthority is made once: keys take time.
var newAuthority = sync.OnceValue(func() *authority {
	a := &authority{}
	rootKey := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	a.issuerKey = must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	a.ec = must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	a.rsa = must(rsa.GenerateKey(rand.Reader, 2048))
	a.root = sign(ca("test root"), nil, rootKey.Public(), rootKey)
	a.issuer = sign(ca("test issuer"), a.root, a.issuerKey.Public(), rootKey)
	return a
})

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func ca(name string) *x509.Certificate {
	return &x509.Certificate{
		Subject: pkix.Name{CommonName: name}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageCertSign,
	}
}

func sign(c, parent *x509.Certificate, key crypto.PublicKey, by crypto.Signer) *x509.Certificate {
	c.SerialNumber, c.NotBefore, c.NotAfter = big.NewInt(1), time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
	if parent == nil {
		parent = c
	}
	return must(x509.ParseCertificate(must(x509.CreateCertificate(rand.Reader, c, parent, key, by))))
}

// wish is the differences of a leaf from a good one, which has an EC key, both
// purposes, one name and the instance ID.
type wish struct {
	rsa     bool
	noDNS   bool
	uris    []string // nil: the instance id alone
	usages  []x509.ExtKeyUsage
	unknown bool // the root is not known
}

// issued makes a leaf and everything that belongs to it.
func issued(w wish) layout.Issued {
	a := newAuthority()
	key := a.ec
	if w.rsa {
		key = a.rsa
	}
	if w.uris == nil {
		w.uris = []string{instance}
	}
	if w.usages == nil {
		w.usages = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth}
	}
	leaf := &x509.Certificate{DNSNames: []string{fqdn}, KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: w.usages}
	if w.noDNS {
		leaf.DNSNames = nil
	}
	for _, u := range w.uris {
		leaf.URIs = append(leaf.URIs, must(url.Parse(u)))
	}
	in := layout.Issued{
		Chain:      []*x509.Certificate{sign(leaf, a.issuer, key.Public(), a.issuerKey), a.issuer},
		Roots:      []*x509.Certificate{a.root},
		Key:        pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: must(x509.MarshalPKCS8PrivateKey(key))}),
		CSR:        []byte("the CSR"),
		Passphrase: secret.New([]byte("passphrase of a test")),
	}
	if w.unknown {
		in.Roots = nil
	}
	return in
}

// amf is a target for an AMF.
func amf(name layout.Name, dir string) layout.Target {
	return layout.Target{Layout: name, Dir: dir, Enrolment: "amf-01", NFType: "AMF"}
}

// build is Build, which must succeed.
func build(t *testing.T, target layout.Target, in layout.Issued) *layout.Set {
	t.Helper()
	set, err := layout.Build(target, in)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// file finds a file by its kind.
func file(t *testing.T, set *layout.Set, kind string) layout.File {
	t.Helper()
	for _, f := range set.Files {
		if f.Kind == kind {
			return f
		}
	}
	t.Fatalf("there is no file of kind %q", kind)
	return layout.File{}
}
