package lint

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nfcert/nfcert/internal/nf"
)

func TestParseDomainName(t *testing.T) {
	const home = "5gc.mnc001.mcc001.3gppnetwork.org"
	for _, tt := range []struct {
		name, in string
		want     domainName
	}{
		{"an AMF", "AMF1.cluster1.amf." + home, domainName{name: "amf1.cluster1.amf." + home, core: true, function: "amf", mnc: "001", mcc: "001", home: home}},
		{"a wildcard", "*.sepp1.sepp." + home, domainName{name: "sepp1.sepp." + home, wildcard: true, core: true, function: "sepp", mnc: "001", mcc: "001", home: home}},
		{"the domain itself", home, domainName{name: home, core: true, mnc: "001", mcc: "001", home: home}},
		{"an SNPN", "nrf.5gc.nid000007ed9d5.mnc012.mcc345.3gppnetwork.org", domainName{
			name: "nrf.5gc.nid000007ed9d5.mnc012.mcc345.3gppnetwork.org", core: true, function: "nrf",
			mnc: "012", mcc: "345", nid: "000007ed9d5", home: "5gc.nid000007ed9d5.mnc012.mcc345.3gppnetwork.org"}},
		{"a dot missing", "sepp.5gc.mnc02mcc262.3gppnetwork.org", domainName{
			name: "sepp.5gc.mnc02mcc262.3gppnetwork.org", core: true, function: "sepp", mnc: "02mcc262", home: "5gc.mnc02mcc262.3gppnetwork.org"}},
		{"the EPC", "mme1.mme.epc.mnc001.mcc001.3gppnetwork.org", domainName{
			name: "mme1.mme.epc.mnc001.mcc001.3gppnetwork.org", core: true, mnc: "001", mcc: "001"}},
		{"elsewhere", "af1.example.org", domainName{name: "af1.example.org"}},
		{"nothing", "", domainName{}},
		{"dots", "...", domainName{name: ".."}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, parseDomainName(tt.in), cmp.AllowUnexported(domainName{})); diff != "" {
				t.Errorf("parseDomainName(%q) (-want +got):\n%s", tt.in, diff)
			}
		})
	}
}

// Every name has one mistake or none, and no valid name has one.
func FuzzDNSMistake(f *testing.F) {
	for _, seed := range []string{"amf1.example.org", "a.b", "*.example.org", "a_b.example.org", "example.org.", "192.0.2.1",
		"a*.example.org", "-a.example.org", "a.example.o1", "a..example.org", "::1", "", "*.", "*._.", "a.b-", "*.*.org", "a.bc"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, name string) {
		if m := findDNSMistake(name); (m != mistakeNone) != (nf.CheckDNSName(name) != nil) {
			t.Errorf("findDNSMistake(%q) = %d, and CheckDNSName = %v", name, m, nf.CheckDNSName(name))
		}
		d := parseDomainName(name)
		d.under(d.home)
		d.startsWith([]string{"set", "region"})
	})
}
