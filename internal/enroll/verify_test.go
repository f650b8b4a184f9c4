package enroll

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"math/big"
	"testing"
	"time"

	"github.com/nfcert/nfcert/internal/acmewire"
)

// Serial numbers have all their octets, and names the order of RFC 4514, as
// everywhere else.
func TestDescribe(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	email := asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 1}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(0x0a1b2c), NotAfter: time.Now().Add(time.Hour),
		Subject: pkix.Name{Country: []string{"SE"}, ExtraNames: []pkix.AttributeTypeAndValue{{Type: email, Value: "ca@operator.example\n"}}},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	got := describe(candidate{Chain: &acmewire.Chain{Certificates: []*x509.Certificate{cert}}, anchor: cert})
	if got.Serial != "0a1b2c" {
		t.Errorf("serial %q, want 0a1b2c", got.Serial)
	}
	const name = `emailAddress=ca@operator.example\0A,C=SE`
	if got.Issuer != name || got.Anchor != name {
		t.Errorf("issuer %q, anchor %q, want %q", got.Issuer, got.Anchor, name)
	}
}
