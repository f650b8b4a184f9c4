package inspect_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nfcert/nfcert/internal/csrgen"
	"github.com/nfcert/nfcert/internal/inspect"
	"github.com/nfcert/nfcert/internal/nf"
)

const sampleID = "4ace9d34-2c69-4f99-92d5-a73a3fe8e23b"

// rfc9310 is the certificate of RFC 9310 appendix B.
func rfc9310(t testing.TB) *x509.Certificate {
	t.Helper()
	data, err := os.ReadFile("testdata/rfc9310-appendix-b.pem")
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(data)
	cert, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	return cert
}

func newKey(t testing.TB) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// sampleCSR is a request for an AMF with the profile nf-tls.
func sampleCSR(t testing.TB, key *ecdsa.PrivateKey) []byte {
	t.Helper()
	profile, ok := nf.LookupProfile("nf-tls")
	if !ok {
		t.Fatal("no profile nf-tls")
	}
	f := nf.SampleAMF()
	f.InstanceID = sampleID
	der, err := csrgen.Create(key, csrgen.Request{Function: f, Profile: profile})
	if err != nil {
		t.Fatal(err)
	}
	return der
}

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func oid(t testing.TB, o nf.OID) asn1.ObjectIdentifier {
	t.Helper()
	id, err := o.ASN1()
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// csrWith is a request with the given subject and extensions in DER.
func csrWith(t testing.TB, subject []byte, extensions ...pkix.Extension) []byte {
	t.Helper()
	der, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{RawSubject: subject, ExtraExtensions: extensions}, newKey(t))
	if err != nil {
		t.Fatal(err)
	}
	return der
}

// What RFC 9310 appendix B says about its certificate.
func TestCertificateRFC9310(t *testing.T) {
	got, err := inspect.Certificate(rfc9310(t))
	if err != nil {
		t.Fatal(err)
	}
	const fqdn = "amf1.cluster1.net2.amf.5gc.mnc400.mcc311.3gppnetwork.org"
	const urn = "urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6"
	if want := []inspect.Attribute{
		{Type: "C", OID: "2.5.4.6", Value: "US", StringType: "PrintableString"},
		{Type: "O", OID: "2.5.4.10", Value: "5gc.mnc400.mcc311.3gppnetwork.org", StringType: "PrintableString"},
	}; !cmp.Equal(got.Subject, want) {
		t.Errorf("subject: %s", cmp.Diff(want, got.Subject))
	}
	if want := (&inspect.SubjectAltName{Critical: true, DNSNames: []string{fqdn}, URIs: []string{urn},
		Names: []inspect.Name{{Kind: inspect.NameDNS, Value: fqdn}, {Kind: inspect.NameURI, Value: urn}}}); !cmp.Equal(got.SubjectAltName, want) {
		t.Errorf("subjectAltName: %s", cmp.Diff(want, got.SubjectAltName))
	}
	if want := (&inspect.KeyUsage{Critical: true, Usages: []string{"digitalSignature"}}); !cmp.Equal(got.KeyUsage, want) {
		t.Errorf("keyUsage: %s", cmp.Diff(want, got.KeyUsage))
	}
	if want := (&inspect.ExtKeyUsage{Usages: []inspect.Usage{{OID: nf.UsageClientAuth, Name: "clientAuth"}}}); !cmp.Equal(got.ExtKeyUsage, want) {
		t.Errorf("extKeyUsage: %s", cmp.Diff(want, got.ExtKeyUsage))
	}
	if want := (&inspect.NFTypes{Types: []string{"AMF"}}); !cmp.Equal(got.NFTypes, want) {
		t.Errorf("nfTypes: %s", cmp.Diff(want, got.NFTypes))
	}
	if got.PublicKey.Type != "P384" || len(got.PublicKey.SHA256) != 64 || got.Signature != "ECDSA-SHA384" {
		t.Errorf("key %+v, signature %q, want P384 and ECDSA-SHA384", got.PublicKey, got.Signature)
	}
	var names []string
	for _, e := range got.Extensions {
		names = append(names, e.Name)
	}
	want := []string{"nfTypes", "certificatePolicies", "keyUsage", "extKeyUsage", "subjectKeyIdentifier", "authorityKeyIdentifier", "cRLDistributionPoints", "subjectAltName"}
	if !cmp.Equal(names, want) {
		t.Errorf("extensions: %s", cmp.Diff(want, names))
	}
	// The UUID there is of version 1, which TS 29.571 5.3.2 does not allow.
	if id := got.SubjectAltName.InstanceID(); id != "" {
		t.Errorf("InstanceID() = %q, want none", id)
	}
}

func TestCSR(t *testing.T) {
	got, err := inspect.CSR(sampleCSR(t, newKey(t)))
	if err != nil {
		t.Fatal(err)
	}
	if want := "O=5gc.mnc001.mcc001.3gppnetwork.org,C=SE"; got.SubjectString() != want {
		t.Errorf("SubjectString() = %q, want %q", got.SubjectString(), want)
	}
	if got.SubjectAltName.InstanceID() != sampleID || !got.SubjectAltName.Critical {
		t.Errorf("subjectAltName = %+v, want critical, with %s", got.SubjectAltName, sampleID)
	}
	if got.PublicKey.Type != "P256" || got.Signature != "ECDSA-SHA256" {
		t.Errorf("key %+v, signature %q, want P256 and ECDSA-SHA256", got.PublicKey, got.Signature)
	}
	text, err := json.Marshal(got)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"subjectAltName":{"critical":true,"dnsNames":["amf1.`, `"stringType":"PrintableString"`,
		`"keyUsage":{"critical":true,"usages":["digitalSignature"]}`, `"nfTypes":{"critical":false,"types":["AMF"]}`} {
		if !strings.Contains(string(text), want) {
			t.Errorf("JSON lacks %s:\n%s", want, text)
		}
	}
}

// Everything in an empty request is nil.
func TestCSRBare(t *testing.T) {
	got, err := inspect.CSR(csrWith(t, unhex(t, "3000")))
	if err != nil {
		t.Fatal(err)
	}
	if got.Subject != nil || got.SubjectAltName != nil || got.KeyUsage != nil || got.ExtKeyUsage != nil || got.NFTypes != nil || got.Extensions != nil {
		t.Errorf("CSR() = %+v, want nothing but the key", got)
	}
	if got.SubjectString() != "" || got.SubjectAltName.InstanceID() != "" {
		t.Errorf("SubjectString() = %q, InstanceID() = %q, want both empty", got.SubjectString(), got.SubjectAltName.InstanceID())
	}
}

func TestCSRReadsEveryName(t *testing.T) {
	// rfc822Name, iPAddress twice, registeredID 1.2.3, otherName, dNSName.
	value := unhex(t, "302b 8103614062 8704c0000201 8710 20010db8000000000000000000000001 88022a03 a0050603 2a0304 8201 78")
	got, err := inspect.CSR(csrWith(t, unhex(t, "3000"), pkix.Extension{Id: oid(t, nf.OIDSubjectAltName), Value: value}))
	if err != nil {
		t.Fatal(err)
	}
	want := &inspect.SubjectAltName{
		DNSNames: []string{"x"}, Emails: []string{"a@b"}, IPs: []string{"192.0.2.1", "2001:db8::1"},
		Others: []string{"registeredID:2a03", "otherName:06032a0304"},
		Names: []inspect.Name{{inspect.NameEmail, "a@b"}, {inspect.NameIP, "192.0.2.1"}, {inspect.NameIP, "2001:db8::1"},
			{inspect.NameOther, "registeredID:2a03"}, {inspect.NameOther, "otherName:06032a0304"}, {inspect.NameDNS, "x"}},
	}
	if diff := cmp.Diff(want, got.SubjectAltName); diff != "" {
		t.Errorf("subjectAltName differs (-want +got):\n%s", diff)
	}
}

func TestSubjectStringTypes(t *testing.T) {
	// {CN=a (UTF8) + 1.2.3=b (IA5)}, {OU=ä (BMP)}
	subject := unhex(t, "3022 3113 3008 0603550403 0c0161 3007 06022a03 160162 310b 3009 060355040b 1e0200e4")
	got, err := inspect.CSR(csrWith(t, subject))
	if err != nil {
		t.Fatal(err)
	}
	want := []inspect.Attribute{
		{Type: "CN", OID: "2.5.4.3", Value: "a", StringType: "UTF8String"},
		{Type: "1.2.3", OID: "1.2.3", Value: "b", StringType: "IA5String", Joined: true},
		{Type: "OU", OID: "2.5.4.11", Value: "ä", StringType: "BMPString"},
	}
	if diff := cmp.Diff(want, got.Subject); diff != "" {
		t.Errorf("subject differs (-want +got):\n%s", diff)
	}
	if want := "OU=ä,CN=a+1.2.3=#160162"; got.SubjectString() != want {
		t.Errorf("SubjectString() = %q, want %q", got.SubjectString(), want)
	}
}

// Wrong NFTypes are read, not refused: the linter judges them.
func TestCSRShowsWrongNFTypes(t *testing.T) {
	got, err := inspect.CSR(csrWith(t, unhex(t, "3000"), pkix.Extension{Id: oid(t, nf.OIDNFTypes), Critical: true, Value: unhex(t, "30051303414d46")}))
	if err != nil {
		t.Fatal(err)
	}
	if !got.NFTypes.Critical || !cmp.Equal(got.NFTypes.Types, []string{"AMF"}) || len(got.NFTypes.Problems) != 1 || got.NFTypes.Problems[0].Fault != nf.NFTypesString {
		t.Errorf("nfTypes = %+v, want AMF, critical, with the wrong string type", got.NFTypes)
	}
}

func TestErrors(t *testing.T) {
	der := sampleCSR(t, newKey(t))
	for _, tt := range []struct {
		name string
		in   []byte
		want string
	}{
		{"nothing", nil, "reading a certificate request: "},
		{"garbage", []byte("garbage"), "reading a certificate request: "},
		{"bytes after", append(append([]byte{}, der...), 0), "reading a certificate request: "},
		{"a certificate", rfc9310(t).Raw, "reading a certificate request: "},
		{"key usage no bit string", csrWith(t, unhex(t, "3000"), pkix.Extension{Id: oid(t, nf.OIDKeyUsage), Value: []byte{5, 0}}), "keyUsage: not a bit string"},
		{"usages no sequence", csrWith(t, unhex(t, "3000"), pkix.Extension{Id: oid(t, nf.OIDExtKeyUsage), Value: []byte{5, 0}}), "extKeyUsage: not a sequence"},
		{"usage no OID", csrWith(t, unhex(t, "3000"), pkix.Extension{Id: oid(t, nf.OIDExtKeyUsage), Value: []byte{0x30, 2, 5, 0}}), "extKeyUsage: an object identifier"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := inspect.CSR(tt.in)
			if err == nil || got != nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("CSR() = %v, %v, want an error with %q", got, err, tt.want)
			}
		})
	}
	for _, cert := range []*x509.Certificate{nil, {}} {
		if _, err := inspect.Certificate(cert); err == nil {
			t.Errorf("Certificate(%v) = nil error, want one", cert)
		}
	}
}

func FuzzCSR(f *testing.F) {
	der := sampleCSR(f, newKey(f))
	f.Add(der)
	f.Add(der[:len(der)/2])
	f.Add([]byte{0x30, 0})
	f.Add(csrWith(f, unhex(f, "3022 3113 3008 0603550403 0c0161 3007 06022a03 160162 310b 3009 060355040b 1e0200e4"),
		pkix.Extension{Id: oid(f, nf.OIDNFTypes), Value: unhex(f, "300d1303414d460c0635475f454952")}))
	p := profile(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := inspect.CSR(data)
		if err != nil {
			return
		}
		if _, err := json.Marshal(got); err != nil {
			t.Errorf("Marshal of what was read = %v", err)
		}
		if d := inspect.Compare(p, got, got); len(d) > 0 {
			t.Errorf("a request differs from itself: %+v", d)
		}
	})
}
