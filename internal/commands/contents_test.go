package commands

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"math/big"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	gopkcs12 "software.sslmate.com/src/go-pkcs12"

	"github.com/nfcert/nfcert/internal/nf"
)

// cast is a chain of three with the leaf's key and request, made for tests to
// show.
type cast struct {
	root, issuer, leaf *x509.Certificate
	key                *ecdsa.PrivateKey // the leaf's
	csr                []byte
}

const castFQDN = "amf1.amf.5gc.mnc001.mcc001.3gppnetwork.org"

// newCast makes the chain. The leaf has what change leaves of its template.
func newCast(change func(*x509.Certificate)) (*cast, error) {
	c := &cast{}
	var rootKey, issuerKey *ecdsa.PrivateKey
	var err error
	if c.root, rootKey, err = newCA("root", nil, nil); err != nil {
		return nil, err
	}
	if c.issuer, issuerKey, err = newCA("issuer", c.root, rootKey); err != nil {
		return nil, err
	}
	template, err := leafTemplate()
	if err != nil {
		return nil, err
	}
	change(template)
	if c.key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
		return nil, err
	}
	if c.leaf, err = sign(template, c.issuer, &c.key.PublicKey, issuerKey); err != nil {
		return nil, err
	}
	c.csr, err = x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{
		Subject: template.Subject, ExtraExtensions: template.ExtraExtensions, DNSNames: template.DNSNames, URIs: template.URIs,
	}, c.key)
	return c, err
}

// leafTemplate is an AMF's certificate.
func leafTemplate() (*x509.Certificate, error) {
	types, err := nf.MarshalNFTypes([]string{"AMF", "X_NF"})
	if err != nil {
		return nil, err
	}
	oid, err := nf.OIDNFTypes.ASN1()
	if err != nil {
		return nil, err
	}
	urn, err := url.Parse("urn:uuid:4ace9d34-2c69-4f99-92d5-a73a3fe8e23b")
	return &x509.Certificate{
		SerialNumber: big.NewInt(0xc0ffee), NotBefore: time.Now().Add(-25 * time.Hour), NotAfter: time.Now().Add(10*24*time.Hour + time.Hour),
		Subject:         pkix.Name{Country: []string{"SE"}, Organization: []string{"5gc.mnc001.mcc001.3gppnetwork.org"}},
		DNSNames:        []string{castFQDN},
		URIs:            []*url.URL{urn},
		KeyUsage:        x509.KeyUsageDigitalSignature,
		ExtKeyUsage:     []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
		ExtraExtensions: []pkix.Extension{{Id: oid, Value: types}},
	}, err
}

func newCA(name string, issuer *x509.Certificate, issuerKey *ecdsa.PrivateKey) (*x509.Certificate, *ecdsa.PrivateKey, error) {
	key, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
		NotBefore: time.Now().Add(-48 * time.Hour), NotAfter: time.Now().Add(365 * 24 * time.Hour),
	}
	if issuer == nil {
		issuer, issuerKey = template, key
	}
	cert, err := sign(template, issuer, &key.PublicKey, issuerKey)
	return cert, key, err
}

func sign(template, issuer *x509.Certificate, public *ecdsa.PublicKey, key *ecdsa.PrivateKey) (*x509.Certificate, error) {
	der, err := x509.CreateCertificate(rand.Reader, template, issuer, public, key)
	if err != nil {
		return nil, err
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil { // such a one is to be shown too
		return &x509.Certificate{Raw: der}, nil
	}
	return cert, nil
}

func pemOf(label string, der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: label, Bytes: der})
}

// files writes the cast in every form that is read.
func (c *cast) files(dir string) error {
	key, err := x509.MarshalPKCS8PrivateKey(c.key)
	if err != nil {
		return err
	}
	p12, err := gopkcs12.Modern.Encode(c.key, c.leaf, []*x509.Certificate{c.issuer}, "sesame")
	if err != nil {
		return err
	}
	old, err := gopkcs12.LegacyDES.Encode(c.key, c.leaf, nil, "sesame")
	if err != nil {
		return err
	}
	leaf, issuer, root, csr := pemOf("CERTIFICATE", c.leaf.Raw), pemOf("CERTIFICATE", c.issuer.Raw), pemOf("CERTIFICATE", c.root.Raw), pemOf("CERTIFICATE REQUEST", c.csr)
	forged := bytes.Clone(c.csr)
	forged[len(forged)-1] ^= 1
	for name, data := range map[string][]byte{
		"leaf.pem": leaf, "leaf.der": c.leaf.Raw, "trailing.der": append(bytes.Clone(c.leaf.Raw), 0, 0),
		"chain.pem": bytes.Join([][]byte{root, leaf, []byte("subject=issuer\n"), issuer, pemOf("PRIVATE KEY", key)}, nil),
		"apart.pem": bytes.Join([][]byte{leaf, root}, nil),
		"a.csr":     csr, "a.der": c.csr, "forged.der": forged, "two.csr": append(bytes.Clone(csr), csr...),
		"mixed.pem": bytes.Join([][]byte{csr, leaf}, nil),
		"half.pem":  pemOf("CERTIFICATE", c.leaf.Raw[:len(c.leaf.Raw)/2]), "key.pem": pemOf("PRIVATE KEY", key),
		"damaged.pem": bytes.Join([][]byte{leaf, bytes.Replace(issuer, []byte("MII"), []byte("M!I"), 1)}, nil),
		"a.p12":       p12, "old.p12": old, "pass": []byte("sesame\n"), "wrong": []byte("barley\n"), "lines": []byte("a\nb\n"),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			return err
		}
	}
	return nil
}

// artifacts: writes certificates and requests in every form that is read.
func cmdArtifacts(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 0 {
		ts.Fatalf("usage: artifacts")
	}
	c, err := newCast(func(*x509.Certificate) {})
	ts.Check(err)
	ts.Check(c.files(ts.MkAbs(".")))
}

// hostile is a name that would clear the screen, begin a line and turn the
// writing around.
const hostile = "a\x1b[2J\nserial\t666\u202egpj"

// hostileLeaf puts hostile text into all names.
func hostileLeaf(template *x509.Certificate) {
	template.Subject = pkix.Name{CommonName: hostile, Organization: []string{hostile}}
	san, err := asn1.Marshal([]asn1.RawValue{{Class: 2, Tag: 2, Bytes: []byte(hostile)}, {Class: 2, Tag: 1, Bytes: []byte(hostile)}})
	if err != nil {
		panic(err) // only of a value that cannot be
	}
	template.DNSNames, template.URIs = nil, nil
	template.ExtraExtensions = append(template.ExtraExtensions, pkix.Extension{Id: asn1.ObjectIdentifier{2, 5, 29, 17}, Value: san})
}
