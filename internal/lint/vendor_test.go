package lint_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nfcert/nfcert/internal/lint"
	"github.com/nfcert/nfcert/internal/nf"
)

// open5gs equals the amf.crt that Open5GS ships: RSA, a common name, and nothing
// else that the SBA uses.
func open5gs() *cert {
	c := newLeaf()
	c.version, c.exts = -1, nil
	c.subject = seq(commonName("amf.localdomain"))
	c.issuer = seq(commonName("ca.localdomain"))
	c.spki = rsaSPKI(2048)
	c.inner = algorithm("1.2.840.113549.1.1.11", 5, 0)
	c.outer = c.inner
	c.validTo = date(2036, 1, 1)
	return c
}

// free5gc equals the amf.pem that the NRF of free5GC creates: the NF type as CN
// and dNSName, the instance id as URI, ten years.
func free5gc() *cert {
	c := open5gs()
	c.version = 2
	c.subject = seq(organization("free5gc"), commonName("AMF"))
	c.issuer = seq(organization("free5gc"))
	c.exts = []ext{
		{nf.OIDKeyUsage, 0xff, keyUsage(0)},
		{nf.OIDExtKeyUsage, 0, purposes(nf.UsageClientAuth, nf.UsageServerAuth)},
		{nf.OIDSubjectAltName, 0, seq(dns("AMF"), uri(instance))},
	}
	return c
}

// The certificates that open-source cores ship have findings.
func TestVendorSamplesFail(t *testing.T) {
	for _, tt := range []struct {
		name string
		in   *cert
		want []string
	}{
		{"open5gs", open5gs(), []string{
			"error aki-missing", "error crl-missing", "error eku-missing", "error key-usage-missing",
			"error nf-types-missing", "error san-missing", "error subject-country", "error subject-organization",
			"error validity-years", "error version-v3",
			"info subject-common-name",
			"warning key-rsa", "warning signature-rsa",
		}},
		{"free5gc", free5gc(), []string{
			"error aki-missing", "error crl-missing", "error nf-types-missing", "error san-critical",
			"error san-dns-syntax", "error subject-country", "error validity-years",
			"info san-dns-case", "info subject-common-name",
			"warning key-rsa", "warning signature-rsa", "warning subject-home-domain",
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l, err := lint.New(lint.Options{Now: now})
			if err != nil {
				t.Fatal(err)
			}
			data := fixture(t, "vendor/"+tt.name+".pem", pemOf([]*cert{tt.in}))
			var got []string
			for _, f := range l.Judge(lint.Input{Items: read(t, data)})[0].Findings {
				got = append(got, string(f.Severity)+" "+f.Rule)
			}
			slices.Sort(got)
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("findings (-want +got):\n%s", diff)
			}
		})
	}
}

func TestSelection(t *testing.T) {
	in := lint.Input{Items: read(t, pemOf([]*cert{open5gs()}))}
	for _, tt := range []struct {
		name string
		in   lint.Selection
		want []string
	}{
		{"only one", lint.Selection{Only: []string{"version-v3"}}, []string{"version-v3"}},
		{"only a kind", lint.Selection{Only: []string{"subject-*"}}, []string{"subject-country", "subject-organization", "subject-common-name"}},
		{"skip beats only", lint.Selection{Only: []string{"subject-*"}, Skip: []string{"subject-common-name"}}, []string{"subject-country", "subject-organization"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l, err := lint.New(lint.Options{Selection: tt.in, Now: now})
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, f := range l.Judge(in)[0].Findings {
				got = append(got, f.Rule)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("rules (-want +got):\n%s", diff)
			}
		})
	}
	if _, err := lint.New(lint.Options{Selection: lint.Selection{Skip: []string{"no-such-rule"}}}); err == nil {
		t.Error("New with an unknown rule = nil error, want one")
	}
}
