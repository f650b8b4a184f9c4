package csrgen

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"errors"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/nfcert/nfcert/internal/nf"
)

const sampleID = "4ace9d34-2c69-4f99-92d5-a73a3fe8e23b"

func sampleRequest(t testing.TB) Request {
	t.Helper()
	profile, ok := nf.LookupProfile("nf-tls")
	if !ok {
		t.Fatal("no profile nf-tls")
	}
	f := nf.SampleAMF()
	f.InstanceID = sampleID
	return Request{Function: f, Profile: profile}
}

func parseRequest(t testing.TB, der []byte) *x509.CertificateRequest {
	t.Helper()
	csr, err := x509.ParseCertificateRequest(der)
	if err != nil {
		t.Fatal(err)
	}
	return csr
}

// extensionText writes extensions as "oid critical hex", in their order.
func extensionText(csr *x509.CertificateRequest) string {
	var lines []string
	for _, e := range csr.Extensions {
		mark := "-"
		if e.Critical {
			mark = "critical"
		}
		lines = append(lines, e.Id.String()+" "+mark+" "+hex.EncodeToString(e.Value))
	}
	return strings.Join(lines, "\n")
}

// The bytes below were written out by hand from RFC 5280 4.2.1 and RFC 9310
// section 3, so that criticality, order and string types cannot change unnoticed.
func TestCreateGolden(t *testing.T) {
	r := sampleRequest(t)
	r.Function.Country = "se"
	r.Function.FQDNs = []string{"b.example.org", "A.example.org"}
	r.Function.URIs = []string{"https://a.se/"}
	der, err := Create(p256(t), r)
	if err != nil {
		t.Fatal(err)
	}
	csr := parseRequest(t, der)
	if err := csr.CheckSignature(); err != nil {
		t.Errorf("CheckSignature() = %v", err)
	}

	hexOf := func(s string) string { return hex.EncodeToString([]byte(s)) }
	wantSubject := "3039" + "310b3009" + "0603550406" + "1302" + hexOf("SE") +
		"312a3028" + "060355040a" + "1321" + hexOf("5gc.mnc001.mcc001.3gppnetwork.org")
	if got := hex.EncodeToString(csr.RawSubject); got != wantSubject {
		t.Errorf("subject = %s, want %s", got, wantSubject)
	}
	want := strings.Join([]string{
		"2.5.29.17 critical " + "305c" + "820d" + hexOf("b.example.org") + "820d" + hexOf("a.example.org") +
			"862d" + hexOf("urn:uuid:"+sampleID) + "860d" + hexOf("https://a.se/"),
		"2.5.29.15 critical 03020780",
		"2.5.29.37 - 3014" + "06082b06010505070302" + "06082b06010505070301",
		"1.3.6.1.5.5.7.1.34 - 30051603414d46",
	}, "\n")
	if got := extensionText(csr); got != want {
		t.Errorf("extensions\n%s\nwant\n%s", got, want)
	}
}

func TestCreateEveryKey(t *testing.T) {
	r := sampleRequest(t)
	for _, kind := range []KeyType{P256, P384, P521, Ed25519, "RSA2048"} {
		t.Run(string(kind), func(t *testing.T) {
			var key crypto.Signer = rsa2048()
			if kind != "RSA2048" {
				var err error
				if key, err = GenerateKey(kind); err != nil {
					t.Fatal(err)
				}
			}
			first, err := Create(key, r)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := Decode("r", Encode(first)); err != nil {
				t.Errorf("Decode() = %v", err)
			}
			second, err := Create(key, r)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(first, second) {
				t.Error("two requests of the same key differ")
			}
			a, b := parseRequest(t, first), parseRequest(t, second)
			if !bytes.Equal(a.RawTBSCertificateRequest, b.RawTBSCertificateRequest) {
				t.Error("what is signed differs from one request to the next")
			}
		})
	}
}

func TestCreateOmits(t *testing.T) {
	for _, tt := range []struct {
		name    string
		omit    []Part
		subject bool
		oids    []string
		dns     int
		uris    int
	}{
		{"nothing", nil, true, []string{"2.5.29.17", "2.5.29.15", "2.5.29.37", "1.3.6.1.5.5.7.1.34"}, 1, 1},
		{"dns", []Part{PartDNS}, true, []string{"2.5.29.17", "2.5.29.15", "2.5.29.37", "1.3.6.1.5.5.7.1.34"}, 0, 1},
		{"uri", []Part{PartURI}, true, []string{"2.5.29.17", "2.5.29.15", "2.5.29.37", "1.3.6.1.5.5.7.1.34"}, 1, 0},
		{"both kinds of name", []Part{PartURI, PartDNS}, true, []string{"2.5.29.15", "2.5.29.37", "1.3.6.1.5.5.7.1.34"}, 0, 0},
		{"nf-types", []Part{PartNFTypes}, true, []string{"2.5.29.17", "2.5.29.15", "2.5.29.37"}, 1, 1},
		{"eku", []Part{PartEKU}, true, []string{"2.5.29.17", "2.5.29.15", "1.3.6.1.5.5.7.1.34"}, 1, 1},
		{"key-usage", []Part{PartKeyUsage}, true, []string{"2.5.29.17", "2.5.29.37", "1.3.6.1.5.5.7.1.34"}, 1, 1},
		{"subject", []Part{PartSubject}, false, []string{"2.5.29.17", "2.5.29.15", "2.5.29.37", "1.3.6.1.5.5.7.1.34"}, 1, 1},
		{"everything", Parts(), false, nil, 0, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := sampleRequest(t)
			r.Omit = tt.omit
			der, err := Create(p256(t), r)
			if err != nil {
				t.Fatal(err)
			}
			csr := parseRequest(t, der)
			var oids []string
			for _, e := range csr.Extensions {
				oids = append(oids, e.Id.String())
			}
			if !slices.Equal(oids, tt.oids) {
				t.Errorf("extensions %v, want %v", oids, tt.oids)
			}
			if len(csr.DNSNames) != tt.dns || len(csr.URIs) != tt.uris {
				t.Errorf("names %v %v, want %d and %d", csr.DNSNames, csr.URIs, tt.dns, tt.uris)
			}
			if got := len(csr.Subject.Names) > 0; got != tt.subject {
				t.Errorf("subject %v, want one: %v", csr.Subject, tt.subject)
			}
		})
	}
}

func TestCreateRefuses(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(*Request)
		err    string
	}{
		{"nothing known", func(r *Request) { r.Function = nf.Function{} }, "country: missing"},
		{"no instance id", func(r *Request) { r.Function.InstanceID = "" }, "instanceId: missing"},
		{"no instance id, but no URI asked for", func(r *Request) { r.Function.InstanceID = ""; r.Omit = []Part{PartURI} }, ""},
		{"no type", func(r *Request) { r.Function.Type = "" }, "type: missing"},
		{"no PLMN", func(r *Request) { r.Function.PLMN = nil }, "plmn: missing"},
		{"no PLMN, but no subject asked for", func(r *Request) { r.Function.PLMN = nil; r.Omit = []Part{PartSubject} }, ""},
		{"bad FQDN", func(r *Request) { r.Function.FQDNs = []string{"a_b.se"} }, "fqdns[0]: "},
		{"no FQDN", func(r *Request) { r.Function.FQDNs = nil }, ""},
		{"no profile", func(r *Request) { r.Profile = nf.Profile{} }, "no certificate profile"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := sampleRequest(t)
			tt.change(&r)
			_, err := Create(p256(t), r)
			wantError(t, err, tt.err)
		})
	}
	if _, err := Create(nil, sampleRequest(t)); err == nil {
		t.Error("Create(nil) = nil error, want one")
	}
}

func TestValidate(t *testing.T) {
	r := sampleRequest(t)
	r.Function = nf.Function{FQDNs: []string{"a_b.se"}}
	_, err := r.Validate()
	var errs nf.FieldErrors
	if !errors.As(err, &errs) {
		t.Fatalf("Validate() = %v, want nf.FieldErrors", err)
	}
	var fields []string
	for _, e := range errs {
		fields = append(fields, e.Field)
	}
	if want := []string{"fqdns[0]", "country", "plmn", "instanceId", "type"}; !slices.Equal(fields, want) {
		t.Errorf("faults of %v, want %v", fields, want)
	}
	r = sampleRequest(t)
	r.Function.FQDNs = nil
	warnings, err := r.Validate()
	if err != nil || len(warnings) != 1 || !strings.Contains(warnings[0], "no FQDN") {
		t.Errorf("Validate() = %q, %v, want a warning that there is no FQDN", warnings, err)
	}
}

// Create must not change the caller's values.
func TestCreateDoesNotChangeItsInput(t *testing.T) {
	r := sampleRequest(t)
	r.Function.FQDNs = []string{"AMF.Example.ORG"}
	if _, err := Create(p256(t), r); err != nil {
		t.Fatal(err)
	}
	if got := r.Function.FQDNs[0]; got != "AMF.Example.ORG" {
		t.Errorf("the caller's FQDN became %q", got)
	}
}

func TestParseParts(t *testing.T) {
	got, err := ParseParts([]string{"URI, eku", "uri", "subject"})
	if want := []Part{PartURI, PartEKU, PartSubject}; err != nil || !slices.Equal(got, want) {
		t.Errorf("ParseParts() = %v, %v, want %v", got, err, want)
	}
	_, err = ParseParts([]string{"san"})
	wantError(t, err, `part "san": want one of dns, uri, nf-types, eku, key-usage, subject`)
}

// crypto/x509 must read every URI that Validate accepts: otherwise it refuses the
// whole request.
// Names outside the core belong to no network and give no warning; an invalid PLMN
// is still an error.
func TestOutsideNames(t *testing.T) {
	for _, name := range []string{"af-tls", "ri-signing", "custom"} {
		r := Request{Profile: profile(t, name), Function: nf.Function{
			Type: "AF", PLMN: &nf.PLMN{MCC: "001", MNC: "01"}, Country: "SE", FQDNs: []string{"af1.example.com"},
		}, Extras: Extras{Subject: []Attribute{{nf.OIDCommonName, "af1.example.com"}}}}
		if warnings, err := r.Validate(); err != nil || len(warnings) > 0 {
			t.Errorf("%s: Validate() = %q, %v, want neither", name, warnings, err)
		}
		r.Function.PLMN.MNC = "x"
		if _, err := r.Validate(); err == nil || !strings.Contains(err.Error(), "mnc") {
			t.Errorf("%s: Validate() = %v of a PLMN that is none, want its mnc told", name, err)
		}
	}
}

func FuzzCreateURI(f *testing.F) {
	for _, s := range []string{"https://a.se:8443/x", "http://[::1%25eth0]/", "mailto:a@b.se", "a:b", "http://1.2.3.4./"} {
		f.Add(s)
	}
	r := sampleRequest(f)
	key, err := GenerateKey(Ed25519)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, uri string) {
		r.Function.URIs = []string{uri}
		if _, err := r.Validate(); err != nil {
			return
		}
		der, err := Create(key, r)
		if err != nil {
			t.Fatalf("Create() with %q = %v", uri, err)
		}
		if _, err := x509.ParseCertificateRequest(der); err != nil {
			t.Errorf("a request with %q is not read back: %v", uri, err)
		}
	})
}

// If openssl is installed it checks too: its parser shares no code with Go's.
func TestOpenSSLReadsRequest(t *testing.T) {
	openssl, err := exec.LookPath("openssl")
	if err != nil {
		t.Skip("openssl is not installed")
	}
	der, err := Create(p256(t), sampleRequest(t))
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "amf.csr")
	if err := os.WriteFile(file, Encode(der), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), openssl, "req", "-in", file, "-noout", "-verify", "-text").CombinedOutput()
	if err != nil {
		t.Fatalf("openssl: %v\n%s", err, out)
	}
	text := strings.Join(strings.Fields(string(out)), " ")
	for _, want := range []string{
		"X509v3 Subject Alternative Name: critical DNS:amf1.amf.5gc.mnc001.mcc001.3gppnetwork.org, URI:urn:uuid:" + sampleID,
		"X509v3 Key Usage: critical Digital Signature",
		"X509v3 Extended Key Usage: TLS Web Client Authentication, TLS Web Server Authentication",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("openssl does not show %q in\n%s", want, out)
		}
	}
}

// BenchmarkCreate is for comparison with BenchmarkBareX509, which makes a request
// of the same size without any check.
func BenchmarkCreate(b *testing.B) {
	r, key := sampleRequest(b), p256(b)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Create(key, r); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkBareX509(b *testing.B) {
	r, key := sampleRequest(b), p256(b)
	extensions, err := r.extensions()
	if err != nil {
		b.Fatal(err)
	}
	urn, err := url.Parse("urn:uuid:" + sampleID)
	if err != nil {
		b.Fatal(err)
	}
	template := &x509.CertificateRequest{
		Subject:  pkix.Name{Country: []string{"SE"}, Organization: []string{r.Function.HomeDomain()}},
		DNSNames: r.Function.FQDNs, URIs: []*url.URL{urn},
		ExtraExtensions: extensions[1:], // its own subjectAltName stands in for ours
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := x509.CreateCertificateRequest(rand.Reader, template, key); err != nil {
			b.Fatal(err)
		}
	}
}
