package view

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/nfcert/nfcert/internal/certsource"
	"github.com/nfcert/nfcert/internal/inspect"
)

// issued makes a certificate for subject by issuer, signed by key.
func issued(t *testing.T, subject, issuer string, public crypto.PublicKey, key crypto.Signer, algorithm x509.SignatureAlgorithm) []byte {
	t.Helper()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: subject}, SignatureAlgorithm: algorithm,
		NotBefore: time.Unix(0, 0), NotAfter: time.Unix(1<<31, 0),
	}
	parent := &x509.Certificate{Subject: pkix.Name{CommonName: issuer}}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, public, key)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

func newP256(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func TestProve(t *testing.T) {
	ec := newP256(t)
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	_, ed, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	self := func(key crypto.Signer, algorithm x509.SignatureAlgorithm) *inspect.Contents {
		return inspect.ReadCertificate(issued(t, "a", "a", key.Public(), key, algorithm))
	}
	good := self(ec, 0)
	der := issued(t, "a", "a", ec.Public(), ec, 0)
	md5 := bytes.Replace(issued(t, "a", "a", rsaKey.Public(), rsaKey, x509.SHA256WithRSA),
		[]byte{0x0d, 1, 1, 11, 5, 0, 3, 0x82}, []byte{0x0d, 1, 1, 4, 5, 0, 3, 0x82}, 1)
	for _, tt := range []struct {
		name           string
		signed, signer *inspect.Contents
		want           string
	}{
		{"ECDSA", good, good, "valid"},
		{"RSA", self(rsaKey, x509.SHA384WithRSA), nil, "valid"},
		{"RSA-PSS", self(rsaKey, x509.SHA256WithRSAPSS), nil, "valid"},
		{"Ed25519", self(ed, 0), nil, "valid"},
		{"another key", good, self(newP256(t), 0), "invalid"},
		{"another type of key", good, self(ed, 0), "invalid a key of type Ed25519 cannot sign with ECDSA-SHA256"},
		{"MD5", inspect.ReadCertificate(md5), nil, "unchecked signature algorithm MD5-RSA is not secure"},
		{"cut short", inspect.ReadCertificate(der[:len(der)-90]), nil, "unchecked the signature is incomplete"},
		{"no key", good, &inspect.Contents{}, "unchecked the key cannot be used"},
		{"a huge key", good, &inspect.Contents{PublicKey: inspect.PublicKey{Bits: 1 << 20}}, "unchecked the key has 1048576 bits"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if tt.signer == nil {
				tt.signer = tt.signed
			}
			p := prove(tt.signed, tt.signer)
			if got := strings.TrimSpace(p.State + " " + p.Detail); !strings.HasPrefix(got, tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestLink(t *testing.T) {
	root, other, mid, leaf := newP256(t), newP256(t), newP256(t), newP256(t)
	certs := map[string][]byte{
		"root":   issued(t, "root", "root", root.Public(), root, 0),
		"forged": issued(t, "root", "root", root.Public(), other, 0),
		"new":    issued(t, "root", "root", other.Public(), other, 0), // the same name, another key
		"mid":    issued(t, "mid", "root", mid.Public(), root, 0),
		"leaf":   issued(t, "leaf", "mid", leaf.Public(), mid, 0),
		"cross1": issued(t, "x", "y", root.Public(), other, 0),
		"cross2": issued(t, "y", "x", other.Public(), root, 0),
	}
	for _, tt := range []struct{ name, in, want, self string }{
		{"alone", "leaf", "", ""},
		{"in order", "leaf mid root", "#1<#2<#3", "#3"},
		{"in any order", "root leaf mid", "#2<#3<#1", "#1"},
		{"two of the issuer's name", "new root mid", "#1 #3<#2", "#1#2"},
		{"only the other of that name", "mid new", "#1<#2", "#2"},
		{"twice the same", "mid root root", "#1<#2 #3", "#2#3"},
		{"its name and not its signature", "forged leaf", "#1 #2", ""},
		{"a circle", "cross1 cross2", "", ""},
		{"into a circle", "cross1 cross2 leaf", "#3", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var docs []*CertificateDoc
			for i, name := range strings.Fields(tt.in) {
				docs = append(docs, NewCertificateDoc(certsource.Item{DER: certs[name], Label: fmt.Sprintf("#%d", i+1)}, time.Now()))
			}
			var chains []string
			for _, c := range Link(docs) {
				chains = append(chains, strings.Join(c, "<"))
			}
			self := ""
			for _, d := range docs {
				if d.SelfSigned {
					self += d.Label
				}
			}
			if got := strings.Join(chains, " "); got != tt.want || self != tt.self {
				t.Errorf("got chains %q and self-signed %q, want %q and %q", got, self, tt.want, tt.self)
			}
		})
	}
}
