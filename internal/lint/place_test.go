package lint

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nfcert/nfcert/internal/nf"
)

func TestParsePlace(t *testing.T) {
	const home = "5gc.mnc001.mcc001.3gppnetwork.org"
	for _, tt := range []struct {
		name, in string
		want     place
	}{
		{"an AMF", "AMF1.cluster1.amf." + home, place{name: "amf1.cluster1.amf." + home, core: true, function: "amf", mnc: "001", mcc: "001", home: home}},
		{"a wildcard", "*.sepp1.sepp." + home, place{name: "sepp1.sepp." + home, wildcard: true, core: true, function: "sepp", mnc: "001", mcc: "001", home: home}},
		{"the domain itself", home, place{name: home, core: true, mnc: "001", mcc: "001", home: home}},
		{"an SNPN", "nrf.5gc.nid000007ed9d5.mnc012.mcc345.3gppnetwork.org", place{
			name: "nrf.5gc.nid000007ed9d5.mnc012.mcc345.3gppnetwork.org", core: true, function: "nrf",
			mnc: "012", mcc: "345", nid: "000007ed9d5", home: "5gc.nid000007ed9d5.mnc012.mcc345.3gppnetwork.org"}},
		{"a dot missing", "sepp.5gc.mnc02mcc262.3gppnetwork.org", place{
			name: "sepp.5gc.mnc02mcc262.3gppnetwork.org", core: true, function: "sepp", mnc: "02mcc262", home: "5gc.mnc02mcc262.3gppnetwork.org"}},
		{"the EPC", "mme1.mme.epc.mnc001.mcc001.3gppnetwork.org", place{
			name: "mme1.mme.epc.mnc001.mcc001.3gppnetwork.org", core: true, mnc: "001", mcc: "001"}},
		{"elsewhere", "af1.example.org", place{name: "af1.example.org"}},
		{"nothing", "", place{}},
		{"dots", "...", place{name: ".."}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, parsePlace(tt.in), cmp.AllowUnexported(place{})); diff != "" {
				t.Errorf("parsePlace(%q) (-want +got):\n%s", tt.in, diff)
			}
		})
	}
}

// The quick look at a host name agrees with the thorough one, and every name
// has one mistake or none.
func FuzzDNSMistake(f *testing.F) {
	for _, seed := range []string{"amf1.example.org", "a.b", "*.example.org", "a_b.example.org", "example.org.", "192.0.2.1",
		"a*.example.org", "-a.example.org", "a.example.o1", "a..example.org", "::1", "", "*.", "*._.", "a.b-", "*.*.org", "a.bc"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, name string) {
		if got, want := isHostName(name), nf.CheckFQDN(name) == nil; got != want {
			t.Errorf("isHostName(%q) = %v, want %v", name, got, want)
		}
		if m := dnsMistake(name); m != mistakeNone && nf.CheckFQDN(name) == nil {
			t.Errorf("dnsMistake(%q) = %d of a name that is right", name, m)
		}
		p := parsePlace(name)
		p.under(p.home)
		p.startsWith([]string{"set", "region"})
	})
}
