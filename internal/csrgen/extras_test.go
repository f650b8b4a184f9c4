package csrgen

import (
	"crypto/x509"
	"encoding/hex"
	"errors"
	"net"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nfcert/nfcert/internal/inspect"
	"github.com/nfcert/nfcert/internal/nf"
)

func profile(t *testing.T, name string) nf.Profile {
	t.Helper()
	p, ok := nf.LookupProfile(name)
	if !ok {
		t.Fatalf("no profile %s", name)
	}
	return p
}

func subjectOf(t *testing.T, s string) []Attribute {
	t.Helper()
	attributes, err := ParseSubject(s)
	if err != nil {
		t.Fatal(err)
	}
	return attributes
}

// Every profile makes a request with exactly the fields of its table, with the
// right criticality.
func TestCreateEveryProfile(t *testing.T) {
	for _, p := range nf.Profiles() {
		t.Run(p.Name, func(t *testing.T) {
			r := sampleRequest(t)
			r.Profile = p
			if p.NFType != "" {
				r.Function.Type = p.NFType
			}
			if !p.Requests(nf.FieldOrganization) {
				r.Extras.Subject = subjectOf(t, "O=Example AB, CN=af.example.com")
			}
			kind := P256
			if len(p.Keys) > 0 {
				kind = KeyType(p.Keys[0])
			}
			key, err := GenerateKey(kind)
			if err != nil {
				t.Fatal(err)
			}
			der, err := Create(key, r)
			if err != nil {
				t.Fatal(err)
			}
			c, err := inspect.CSR(der)
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range p.Fields {
				switch at := slices.IndexFunc(c.Extensions, func(e inspect.Extension) bool { return e.Name == string(f.Name) }); {
				case !f.Requested || f.Critical == "":
				case at < 0 && p.Name != "custom":
					t.Errorf("%s is missing", f.Name)
				case at >= 0 && c.Extensions[at].Critical != (f.Critical == nf.Critical):
					t.Errorf("%s critical %t, want %s", f.Name, c.Extensions[at].Critical, f.Critical)
				}
			}
			if got := len(p.ExtKeyUsages); c.ExtKeyUsage != nil && len(c.ExtKeyUsage.Usages) != got {
				t.Errorf("usages %v, want %v", c.ExtKeyUsage.Usages, p.ExtKeyUsages)
			}
			if p.Wildcard && p.NFType != "" && !slices.ContainsFunc(c.SubjectAltName.DNSNames, nf.IsWildcard) {
				t.Errorf("names %v, want a wildcard among them", c.SubjectAltName.DNSNames)
			}
		})
	}
}

func TestExtras(t *testing.T) {
	other, err := ParseOtherName("1.3.6.1.4.1.311.20.2.3:amf@example.org")
	if err != nil {
		t.Fatal(err)
	}
	feature, err := ParseExtension("1.3.6.1.5.5.7.1.24,critical:3003020105")
	if err != nil {
		t.Fatal(err)
	}
	r := Request{
		Function: nf.Function{FQDNs: []string{"*.example.org", "af.example.org"}},
		Profile:  profile(t, "custom"),
		Extras: Extras{
			Subject:   subjectOf(t, `C=SE, O=Example\, AB, CN=Åsa, DC=example, 2.5.4.65=x`),
			KeyUsages: []string{"DigitalSignature", "keyAgreement", "decipherOnly"},
			Usages:    []nf.OID{nf.UsageServerAuth, "1.2.3.4"},
			IPs:       []string{"192.0.2.1", "2001:db8::1"}, Emails: []string{"pki@example.org"},
			OtherNames: []OtherName{other}, Extensions: []Extension{feature},
		},
	}
	der, err := Create(p256(t), r)
	if err != nil {
		t.Fatal(err)
	}
	csr, err := x509.ParseCertificateRequest(der)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.EqualFunc(csr.IPAddresses, []net.IP{net.ParseIP("192.0.2.1"), net.ParseIP("2001:db8::1")}, net.IP.Equal) || !slices.Equal(csr.EmailAddresses, []string{"pki@example.org"}) {
		t.Errorf("addresses %v %v", csr.IPAddresses, csr.EmailAddresses)
	}
	c, err := inspect.CSR(der)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := c.SubjectString(), `2.5.4.65=#130178,DC=example,CN=Åsa,O=Example\, AB,C=SE`; got != want {
		t.Errorf("subject %s, want %s", got, want)
	}
	var types []string
	for _, a := range c.Subject {
		types = append(types, a.StringType)
	}
	if want := []string{"PrintableString", "PrintableString", "UTF8String", "IA5String", "PrintableString"}; !slices.Equal(types, want) {
		t.Errorf("string types %v, want %v", types, want)
	}
	if diff := cmp.Diff(c.KeyUsage.Usages, []string{"digitalSignature", "keyAgreement", "decipherOnly"}); diff != "" {
		t.Errorf("keyUsage, got -, want +:\n%s", diff)
	}
	if len(c.ExtKeyUsage.Usages) != 2 || c.ExtKeyUsage.Usages[1].OID != "1.2.3.4" {
		t.Errorf("extKeyUsage %v", c.ExtKeyUsage.Usages)
	}
	last := c.Extensions[len(c.Extensions)-1]
	if last.OID != "1.3.6.1.5.5.7.1.24" || !last.Critical || hex.EncodeToString(last.Value) != "3003020105" {
		t.Errorf("extension %+v", last)
	}
	if len(c.SubjectAltName.Others) != 1 || !strings.Contains(c.SubjectAltName.Others[0], hex.EncodeToString([]byte("amf@example.org"))) {
		t.Errorf("other names %q", c.SubjectAltName.Others)
	}
}

func TestExtrasRefused(t *testing.T) {
	for _, tt := range []struct {
		name  string
		parse func() error
		err   string
	}{
		{"subject without value", func() error { _, err := ParseSubject("C=SE, O"); return err }, "want TYPE=VALUE"},
		{"unknown attribute", func() error { _, err := ParseSubject("X=1"); return err }, "or an OID"},
		{"otherName without value", func() error { _, err := ParseOtherName("1.2.3"); return err }, "want OID:TEXT"},
		{"otherName that is not DER", func() error { _, err := ParseOtherName("1.2.3:der:30"); return err }, "not DER"},
		{"extension without value", func() error { _, err := ParseExtension("1.2.3"); return err }, "no value"},
		{"extension with a mark", func() error { _, err := ParseExtension("1.2.3,grave:0500"); return err }, "OID,critical"},
		{"extension with bytes after it", func() error { _, err := ParseExtension("1.2.3:050000"); return err }, "1 bytes follow"},
	} {
		t.Run(tt.name, func(t *testing.T) { wantError(t, tt.parse(), tt.err) })
	}
	for _, tt := range []struct {
		name   string
		change func(*Request)
		err    string
	}{
		{"extension twice", func(r *Request) {
			r.Extras.Extensions = []Extension{{"1.2.3", false, []byte{5, 0}}, {"1.2.3", false, []byte{5, 0}}}
		}, "is given twice"},
		{"extension of ours", func(r *Request) {
			r.Extras.Extensions = []Extension{{nf.OIDSubjectAltName, false, []byte{5, 0}}}
		}, "made from names"},
		{"country", func(r *Request) { r.Extras.Subject = []Attribute{{nf.OIDCountry, "Sweden"}} }, "2 letters"},
		{"control character", func(r *Request) { r.Extras.Subject = []Attribute{{nf.OIDCommonName, "a\x1b[31m"}} }, "bytes of text"},
		{"IP", func(r *Request) { r.Extras.IPs = []string{"example.org"} }, "not an IP address"},
		{"email", func(r *Request) { r.Extras.Emails = []string{"example.org"} }, "not an email address"},
		{"key usage", func(r *Request) { r.Extras.KeyUsages = []string{"sign"} }, "want one of"},
		{"wildcard without leave", func(r *Request) { r.Function.FQDNs = []string{"*.example.org"} }, "is a wildcard"},
		{"key of another kind", func(r *Request) { r.Profile = profile(t, "n32-encryption") }, "wants RSA3072"},
		{"subject that nobody said", func(r *Request) { r.Profile = profile(t, "af-tls") }, "subject: missing"},
		{"FQDN that the profile needs", func(r *Request) { r.Profile = profile(t, "sepp-n32"); r.Function.FQDNs = nil }, "fqdns: missing"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := sampleRequest(t)
			tt.change(&r)
			_, err := Create(p256(t), r)
			wantError(t, err, tt.err)
		})
	}
	var kind *KeyTypeError
	r := sampleRequest(t)
	r.Profile = profile(t, "n32-encryption")
	if _, err := Create(p256(t), r); !errors.As(err, &kind) || kind.Found != "P256" {
		t.Errorf("got %v, want a KeyTypeError", err)
	}
}

func FuzzParseExtras(f *testing.F) {
	for _, s := range []string{"C=SE, O=Example\\, AB", "1.2.3:der:0500", "1.2.3,critical:0500", "=,", "\\", "1.3.6.1.4.1.311.20.2.3:x"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if a, err := ParseSubject(s); err == nil && len(a) == 0 {
			t.Errorf("ParseSubject(%q): nothing and no error", s)
		}
		if n, err := ParseOtherName(s); err == nil && checkDER(n.Value) != nil {
			t.Errorf("ParseOtherName(%q) = %x, want DER", s, n.Value)
		}
		if e, err := ParseExtension(s); err == nil && checkDER(e.Value) != nil {
			t.Errorf("ParseExtension(%q) = %x, want DER", s, e.Value)
		}
	})
}
