package token

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"maps"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/nfcert/nfcert/internal/secret"
)

// testNow is the time of the tests' checks.
var testNow = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

// testThumbprint is the thumbprint of the RSA key in RFC 7638 3.1.
const testThumbprint = "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"

// testWant is the request for the tests' tokens.
func testWant(t testing.TB) ATC {
	t.Helper()
	f, err := Fingerprint(testThumbprint)
	if err != nil {
		t.Fatal(err)
	}
	return ATC{Type: "NfInstanceId", Value: "4ace9d34-2c69-4f99-92d5-a73a3fe8e23b", Fingerprint: f}
}

type object = map[string]any

// goodClaims pass every check.
func goodClaims(t testing.TB) object {
	want := testWant(t)
	return object{
		"iss": "oam", "iat": testNow.Unix(), "exp": testNow.Add(10 * time.Minute).Unix(), "jti": "one",
		"atc": object{"tktype": want.Type, "tkvalue": want.Value, "fingerprint": want.Fingerprint, "ca": false},
	}
}

// authority signs the tests' tokens.
type signingAuthority struct {
	root  *x509.CertPool
	chain []string // x5c
	key   crypto.Signer
	alg   jose.SignatureAlgorithm
}

// newSigning makes a root, a signer's certificate and its key.
func newSigning(t testing.TB, key crypto.Signer, alg jose.SignatureAlgorithm) *signingAuthority {
	t.Helper()
	rootKey := newKey(t)
	root := newCertificate(t, "root", nil, rootKey.Public(), rootKey)
	signer := newCertificate(t, "signer", root, key.Public(), rootKey)
	s := &signingAuthority{root: x509.NewCertPool(), key: key, alg: alg}
	s.root.AddCert(root)
	for _, c := range []*x509.Certificate{signer, root} {
		s.chain = append(s.chain, base64.StdEncoding.EncodeToString(c.Raw))
	}
	return s
}

func newKey(t testing.TB) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func newRSAKey(t testing.TB) *rsa.PrivateKey {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// newCertificate makes a certificate signed by parent; nil means self-signed.
func newCertificate(t testing.TB, name string, parent *x509.Certificate, public crypto.PublicKey, key crypto.Signer) *x509.Certificate {
	t.Helper()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name},
		NotBefore: testNow.Add(-time.Hour), NotAfter: testNow.Add(time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature,
	}
	if parent == nil {
		template.IsCA, template.BasicConstraintsValid, template.KeyUsage = true, true, x509.KeyUsageCertSign
		parent = template
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, public, key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return cert
}

// sign makes a token with additional members in its header.
func (s *signingAuthority) sign(t testing.TB, claims object, header object) secret.Bytes {
	t.Helper()
	o := (&jose.SignerOptions{}).WithType("JWT")
	for name, v := range maps.All(object{"x5c": s.chain}) {
		o.WithHeader(jose.HeaderKey(name), v)
	}
	for name, v := range header {
		o.WithHeader(jose.HeaderKey(name), v)
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: s.alg, Key: s.key}, o)
	if err != nil {
		t.Fatal(err)
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		t.Fatal(err)
	}
	signed, err := signer.Sign(payload)
	if err != nil {
		t.Fatal(err)
	}
	text, err := signed.CompactSerialize()
	if err != nil {
		t.Fatal(err)
	}
	return secret.New([]byte(text))
}

// raw makes a token of two JSON texts, with a signature that is well-formed but
// wrong.
func raw(header, payload string) secret.Bytes {
	b64 := base64.RawURLEncoding.EncodeToString
	return secret.New([]byte(b64([]byte(header)) + "." + b64([]byte(payload)) + "." + b64(make([]byte, 64))))
}

// noLeak fails the test when an error contains a token or one of its parts.
func noLeak(t testing.TB, err error, token secret.Bytes) {
	t.Helper()
	if err == nil {
		return
	}
	text := strings.TrimSpace(string(token.Reveal()))
	for part := range strings.SplitSeq(text, ".") {
		part = strings.TrimSpace(part)
		if len(part) >= 12 && strings.Contains(err.Error(), part[:12]) {
			t.Errorf("the error says %q of the token: %v", part[:12], err)
		}
	}
}
