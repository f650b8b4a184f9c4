package nf

import (
	"crypto/x509"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func TestTypes(t *testing.T) {
	types := Types()
	count := map[int]int{}
	var names []string
	for _, typ := range types {
		count[typ.Release]++
		names = append(names, typ.Name)
		if err := CheckType(typ.Name); err != nil {
			t.Errorf("CheckType(%q) = %v, want nil", typ.Name, err)
		}
	}
	// TS 29.510: 56 values in Release 17, 61 in 18, 67 in 19.
	if count[17] != 56 || count[18] != 5 || count[19] != 6 {
		t.Errorf("types by release = %v, want 17:56 18:5 19:6", count)
	}
	if !slices.IsSorted(names) || len(slices.Compact(names)) != 67 {
		t.Errorf("%d types sorted %v, want 67 distinct in ASCII order", len(names), slices.IsSorted(names))
	}
	if got, ok := LookupType("DCSF"); !ok || got.Release != 18 {
		t.Errorf(`LookupType("DCSF") = %v, %v, want release 18`, got, ok)
	}
	if _, ok := LookupType("amf"); ok {
		t.Error(`LookupType("amf") found, want exact names only`)
	}
	types[0].Name = "changed"
	if Types()[0].Name == "changed" {
		t.Error("Types() shares its table with callers, want a copy")
	}
}

func TestCheckType(t *testing.T) {
	for _, tt := range []struct{ name, in, err string }{
		{"common", "AMF", ""},
		{"underscore and digit first", "5G_EIR", ""},
		{"32 characters", strings.Repeat("A", 32), ""},
		{"every visible character", "!~", ""},
		{"empty", "", "nf type is empty"},
		{"33 characters", strings.Repeat("A", 33), "33 characters, want at most 32"},
		{"space", "A MF", "byte 0x20 at position 2"},
		{"control", "AMF\n", "byte 0x0a at position 4"},
		{"delete", "AMF\x7f", "byte 0x7f"},
		{"not ASCII", "AMÜ", "byte 0xc3"},
	} {
		t.Run(tt.name, func(t *testing.T) { wantError(t, CheckType(tt.in), tt.err) })
	}
}

func TestCheckFQDN(t *testing.T) {
	label63 := strings.Repeat("a", 63)
	long := strings.Repeat(label63+".", 3) + strings.Repeat("b", 58) + ".se" // 253
	for _, tt := range []struct{ name, in, err string }{
		{"amf", "amf1.amf.5gc.mnc001.mcc001.3gppnetwork.org", ""},
		{"upper case", "AMF1.Example.ORG", ""},
		{"253 characters", long, ""},
		{"label of 63", label63 + ".org", ""},
		{"four characters", "a.se", ""},
		{"254 characters", "c" + long, "254 characters, want 4 to 253"},
		{"label of 64", "a" + label63 + ".org", "64 characters, want at most 63"},
		{"empty", "", "empty, want a name"},
		{"one label", "localhost", "one label, want at least two"},
		{"underscore", "amf_1.example.org", "an underscore"},
		{"trailing dot", "amf1.example.org.", "a trailing dot"},
		{"wildcard", "*.example.org", "a wildcard"},
		{"leading dot", ".example.org", "an empty label"},
		{"two dots", "amf1..example.org", "an empty label"},
		{"hyphen first", "-amf.example.org", "begins or ends with a hyphen"},
		{"hyphen last", "amf-.example.org", "begins or ends with a hyphen"},
		{"colon", "amf.example.org:443", `label "org:443": ':'`},
		{"uri", "https://amf.example.org", "a URI, want the host name"},
		{"IPv4", "192.0.2.1", "an IP address"},
		{"IPv6", "2001:db8::1", "an IP address"},
		{"not ASCII", "ämf.example.org", "xn-- form"},
		{"the Kelvin sign", "\u212a.example.org", "byte 0xe2"},
		{"NUL", "amf\x00.example.org", "byte 0x00"},
		{"newline", "amf.example.org\n", "byte 0x0a"},
		{"digits last", "amf.example.123", `last label "123"`},
		{"one letter last", "amf.example.o", `last label "o"`},
		{"too short", "a.b", "3 characters, want 4 to 253"},
		{"huge", strings.Repeat("a.", 1<<16), "trailing dot"},
	} {
		t.Run(tt.name, func(t *testing.T) { wantError(t, CheckFQDN(tt.in), tt.err) })
	}
}

func TestNormalizeFQDN(t *testing.T) {
	for in, want := range map[string]string{
		"AMF1.Example.ORG": "amf1.example.org",
		// strings.ToLower would make a valid name of it.
		"\u212a.example.org": "\u212a.example.org",
	} {
		if got := NormalizeFQDN(in); got != want {
			t.Errorf("NormalizeFQDN(%q) = %q, want %q", in, got, want)
		}
	}
}

// FuzzCheckFQDN compares CheckFQDN with the pattern of TS 29.571.
func FuzzCheckFQDN(f *testing.F) {
	pattern := regexp.MustCompile(`^([0-9A-Za-z]([-0-9A-Za-z]{0,61}[0-9A-Za-z])?\.)+[A-Za-z]{2,63}$`)
	for _, s := range []string{"amf1.amf.5gc.mnc001.mcc001.3gppnetwork.org", "a.se", "*.a.se", "a_b.se", "a.se.", "", "a..se", "1.2.3.4", "\u212a.se", "-.se", "a.b", "ab.c1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		want := pattern.MatchString(s) && len(s) >= 4 && len(s) <= 253
		err := CheckFQDN(s)
		if (err == nil) != want {
			t.Errorf("CheckFQDN(%q) = %v, want valid %v", s, err, want)
		}
		if (CheckFQDN(NormalizeFQDN(s)) == nil) != want {
			t.Errorf("CheckFQDN(%q) differs after NormalizeFQDN", s)
		}
	})
}

func TestCheckURI(t *testing.T) {
	for _, tt := range []struct{ name, in, err string }{
		{"https", "https://amf1.example.org:8443/namf-comm/v1", ""},
		{"IPv4 host", "http://192.0.2.1:7777/", ""},
		{"IPv6 host", "https://[2001:db8::1]:443", ""},
		{"urn", "urn:uuid:" + sampleID, ""},
		{"urn of version 1", "urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6", ""},
		{"other urn", "urn:oid:2.5.29.17", ""},
		{"empty", "", "uri is empty"},
		{"relative", "/namf-comm/v1", "no scheme"},
		{"a name", "amf1.example.org", "no scheme"},
		{"scheme alone", "https:", "nothing after the scheme"},
		{"no host", "https:///path", "no host"},
		{"urn without UUID", "urn:uuid:amf1", "4 characters, want 36"},
		{"password", "https://u:geheim@amf1.example.org/", "contains user information"},
		{"underscore host", "https://amf_1.example.org/", "an underscore"},
		{"dot after host", "https://amf1.example.org./", "a trailing dot"},
		{"space", "https://amf1.example.org/a b", "byte 0x20"},
		{"newline", "https://amf1.example.org/\n", "byte 0x0a"},
		{"not ASCII", "https://amf1.example.org/ü", "byte 0xc3"},
		{"bad escape", "https://amf1.example.org/%zz", "invalid URL escape"},
		{"too long", "https://amf1.example.org/" + strings.Repeat("a", 2048), "want at most 2048"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := CheckURI(tt.in)
			wantError(t, err, tt.err)
			if err != nil && strings.Contains(err.Error(), "geheim") {
				t.Errorf("error %v repeats the password", err)
			}
		})
	}
}

func TestOID(t *testing.T) {
	for _, tt := range []struct {
		in  OID
		err string
	}{
		{OIDNFTypes, ""},
		{"2.999.1", ""},
		{"", "arc"},
		{"1", "two arcs"},
		{"1.40", "two arcs"},
		{"3.1", "two arcs"},
		{"1.3.-6", "arc"},
		{"1.3.99999999999", "arc"},
		{"1..3", "arc"},
	} {
		t.Run(string(tt.in), func(t *testing.T) {
			got, err := tt.in.ASN1()
			wantError(t, err, tt.err)
			if err == nil && got.String() != string(tt.in) {
				t.Errorf("ASN1() = %v, want %v", got, tt.in)
			}
		})
	}
	if got := OIDNFTypes.ExtensionName(); got != "nfTypes" {
		t.Errorf("ExtensionName() = %q, want nfTypes", got)
	}
}

func TestUsages(t *testing.T) {
	// RFC 9509 section 3.
	for name, want := range map[string]OID{
		"id-kp-jwt": "1.3.6.1.5.5.7.3.37", "httpContentEncrypt": "1.3.6.1.5.5.7.3.38",
		"id-kp-oauthAccessTokenSigning": "1.3.6.1.5.5.7.3.39", "SERVERAUTH": "1.3.6.1.5.5.7.3.1",
		"1.3.6.1.5.5.7.3.2": "1.3.6.1.5.5.7.3.2",
	} {
		if got, ok := LookupUsage(name); !ok || got.OID != want {
			t.Errorf("LookupUsage(%q) = %v, %v, want %v", name, got.OID, ok, want)
		}
	}
	if got := UsageName("1.2.3"); got != "1.2.3" {
		t.Errorf(`UsageName("1.2.3") = %q, want the OID`, got)
	}
	for _, u := range Usages() {
		if _, err := u.OID.ASN1(); err != nil || u.Name == "" || u.For == "" || u.Clause == "" {
			t.Errorf("usage %+v is incomplete: %v", u, err)
		}
	}
}

func TestProfiles(t *testing.T) {
	for _, p := range Profiles() {
		seen := map[FieldName]bool{}
		for _, f := range p.Fields {
			if f.Name == "" || f.Presence == "" || f.Rule == "" || f.Clause == "" || f.Level == "" || f.Confidence == "" || seen[f.Name] {
				t.Errorf("%s: row %+v is incomplete or repeated", p.Name, f)
			}
			seen[f.Name] = true
			if f.Confidence == Unverified && f.Level == Shall {
				t.Errorf("%s: row %s is a shall that nobody read", p.Name, f.Name)
			}
		}
		if got, ok := LookupProfile(p.Name); !ok || got.Title != p.Title {
			t.Errorf("LookupProfile(%q) = %v, %v, want it", p.Name, got.Title, ok)
		}
	}
	p, ok := LookupProfile("nf-tls")
	if !ok {
		t.Fatal("no profile nf-tls")
	}
	for field, want := range map[FieldName]Criticality{FieldSubjectAltName: Critical, FieldKeyUsage: Critical, FieldExtKeyUsage: NonCritical, FieldNFTypes: NonCritical} {
		if got, _ := p.Field(field); got.Critical != want || got.Presence != Mandatory || !p.Requests(field) {
			t.Errorf("nf-tls %s = %+v, want mandatory, requested, %s", field, got, want)
		}
	}
	if p.KeyUsage != x509.KeyUsageDigitalSignature || p.MaxYears != 3 || p.Requests(FieldAuthorityKeyID) {
		t.Errorf("nf-tls = %+v, want digitalSignature, 3 years, no authorityKeyIdentifier in the CSR", p)
	}
	if _, ok := LookupProfile("nf-TLS"); ok {
		t.Error("LookupProfile(nf-TLS) found, want exact names only")
	}
}

// crypto/x509 must read every URI that CheckURI accepts: otherwise it refuses the
// whole certificate.
func FuzzCheckURI(f *testing.F) {
	for _, s := range []string{"https://amf1.example.org:8443/x", "urn:uuid:" + sampleID, "http://[::1%25eth0]/", "https://a.se:", "mailto:a@b.se", "a:b", "http://a.se?x#y"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if CheckURI(s) != nil {
			return
		}
		if u, err := url.Parse(s); err != nil || u.Scheme == "" {
			t.Errorf("CheckURI(%q) = nil, but parsing it gives %v, %v", s, u, err)
		}
	})
}
