package nf

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The example of each form is parsed and built again.
func TestNameForms(t *testing.T) {
	for _, f := range NameForms() {
		t.Run(string(f.Kind), func(t *testing.T) {
			n, ok := ParseName(f.Example)
			if !ok || n.Kind != f.Kind || n.Problem != "" {
				t.Fatalf("ParseName(%q) = %+v, %t, want kind %s", f.Example, n, ok, f.Kind)
			}
			if got := n.String(); got != f.Example {
				t.Errorf("String() = %q, want %q", got, f.Example)
			}
			if got := n.Form(); got.Clause != f.Clause || f.Title == "" || f.Shape == "" || f.Confidence == "" {
				t.Errorf("Form() = %+v, want %+v, whole", got, f)
			}
			n.Wildcard = true
			if again, _ := ParseName(n.String()); again != n {
				t.Errorf("the wildcard %q is taken for %+v, want %+v", n, again, n)
			}
		})
	}
}

func TestParseName(t *testing.T) {
	plmn := Network{PLMN: PLMN{"262", "002"}}
	for _, tt := range []struct {
		in   string
		want Name
	}{
		{"AMF1.Cluster1.net2.amf.5gc.mnc400.mcc311.3gppnetwork.org",
			Name{Kind: NameAMF, Network: Network{PLMN: PLMN{"311", "400"}}, Type: "AMF", Labels: "amf1.cluster1.net2"}},
		{"example.sepp.5gc.mnc002.mcc262.3gppnetwork.org", Name{Kind: NameSEPP, Network: plmn, Type: "SEPP", Labels: "example"}},
		{"sepp.5gc.mnc002.mcc262.3gppnetwork.org", Name{Kind: NameSEPP, Network: plmn, Type: "SEPP"}},
		{"nrf1.nrf.5gc.mnc002.mcc262.3gppnetwork.org", Name{Kind: NameNF, Network: plmn, Type: "NRF", Labels: "nrf1"}},
		{"x.5g-eir.5gc.mnc002.mcc262.3gppnetwork.org", Name{Kind: NameNF, Network: plmn, Type: "5G_EIR", Labels: "x"}},
		{"5gc.nid000007ed9d5.mnc012.mcc345.3gppnetwork.org", Name{Kind: NameHomeDomain, Network: Network{PLMN{"345", "012"}, "000007ed9d5"}}},
		{"amf.5gc.mnc02mcc262.3gppnetwork.org", Name{Problem: "a dot is missing between mnc and mcc"}},
		{"amf.5gc.mnc02.mcc262.3gppnetwork.org", Name{Problem: `the MNC "02" does not have three digits (an MNC of two digits gets a leading zero)`}},
		{"amf.5gc.mnc002.mcc26.3gppnetwork.org", Name{Problem: `the MCC "26" does not have three digits`}},
		{"amf.5gc.mnc002.3gppnetwork.org", Name{Problem: "the label mcc is missing"}},
		{"amf.5gc.mcc262.3gppnetwork.org", Name{Network: Network{PLMN: PLMN{MCC: "262"}}, Problem: "the label mnc is missing"}},
		{"amf.5gc.nid12.mnc002.mcc262.3gppnetwork.org", Name{Problem: `the network ID "12" does not have 11 hex digits`}},
		{"amf.mnc002.mcc262.3gppnetwork.org", Name{Problem: "the label 5gc is missing"}},
		{"a.amd.5gc.mnc002.mcc262.3gppnetwork.org", Name{Network: plmn, Problem: `"amd" is not an NF type`}},
		{"region1.amfset.5gc.mnc002.mcc262.3gppnetwork.org", Name{Network: plmn, Type: "AMF", Problem: "the label set is missing"}},
		{"x.set1.region2.amfset.5gc.mnc002.mcc262.3gppnetwork.org", Name{Network: plmn, Type: "AMF", Problem: "the label set is missing"}},
		{"amf.5gc.mnc002.mcc262.x.3gppnetwork.org", Name{Network: plmn, Problem: `"x" follows the network`}},
		{"3gppnetwork.org", Name{Problem: "the label 5gc is missing"}},
	} {
		got, ok := ParseName(tt.in)
		if diff := cmp.Diff(got, tt.want); !ok || diff != "" {
			t.Errorf("ParseName(%q), ok %t; got -, want +:\n%s", tt.in, ok, diff)
		}
	}
	for _, in := range []string{"", "example.org", "x3gppnetwork.org", "www.provider.ipxnetwork.org", "*.", "3gppnetwork.org.example"} {
		if n, ok := ParseName(in); ok {
			t.Errorf("ParseName(%q) = %+v, want none", in, n)
		}
	}
}

func TestPLMNs(t *testing.T) {
	for mnc, want := range map[string][]PLMN{"001": {{"001", "01"}, {"001", "001"}}, "400": {{"001", "400"}}, "01": {{"001", "01"}}} {
		if diff := cmp.Diff(Network{PLMN: PLMN{"001", mnc}}.PLMNs(), want); diff != "" {
			t.Errorf("PLMNs of MNC %s, got -, want +:\n%s", mnc, diff)
		}
	}
}

func TestProposeNames(t *testing.T) {
	for _, typ := range append(Types(), Type{Name: "OPERATOR_OWN"}) {
		f := Function{Type: typ.Name, PLMN: &PLMN{"001", "01"}, NID: "000007ed9d5"}
		names := f.ProposeNames(12)
		if len(names) == 0 {
			t.Errorf("%s: no names", typ.Name)
		}
		if !slices.ContainsFunc(names, func(n Name) bool { return strings.HasPrefix(n.String(), typeLabel(typ.Name)+"12.") }) {
			t.Errorf("%s: got %v, want a name with the number 12", typ.Name, names)
		}
		for _, n := range names {
			if err := CheckFQDN(n.String()); err != nil {
				t.Errorf("%s: %v", typ.Name, err)
			}
			if got, ok := ParseName(n.String()); !ok || typ.Release > 0 && (got.Problem != "" || got.Type != typ.Name) {
				t.Errorf("%s: %q is taken for %+v", typ.Name, n, got)
			}
		}
	}
	if names := (Function{Type: "AMF"}).ProposeNames(1); names != nil {
		t.Errorf("without a network: %v, want none", names)
	}
}

func TestSetID(t *testing.T) {
	for want, id := range map[string]SetID{
		"setxyz.amfset.5gc.mnc012.mcc345":                {Set: "xyz", Type: "AMF", Network: Network{PLMN: PLMN{"345", "12"}}},
		"setxyz.smfset.5gc.nid000007ed9d5.mnc012.mcc345": {Set: "xyz", Type: "SMF", Network: Network{PLMN: PLMN{"345", "012"}, NID: "000007ed9d5"}},
		"set1.5g_eirset.5gc.mnc012.mcc345":               {Set: "1", Type: "5G_EIR", Network: Network{PLMN: PLMN{"345", "012"}}},
	} {
		if got := id.String(); got != want {
			t.Errorf("%+v: got %q, want %q", id, got, want)
		}
	}
}

func FuzzParseName(f *testing.F) {
	for _, form := range NameForms() {
		f.Add(form.Example)
	}
	f.Add("*.5gc..mnc001.mcc001.3gppnetwork.org")
	f.Fuzz(func(t *testing.T, s string) {
		n, ok := ParseName(s)
		if !ok {
			return
		}
		if (n.Kind == "") == (n.Problem == "") {
			t.Errorf("ParseName(%q) = %+v, want a kind or a problem", s, n)
		}
		// What is built may differ in .pub alone.
		if again, _ := ParseName(n.String()); n.Kind != "" && again != n {
			t.Errorf("ParseName(%q) = %+v, built %q, which is %+v", s, n, n, again)
		}
	})
}

func BenchmarkParseName(b *testing.B) {
	name := strings.ToLower(NameForms()[6].Example)
	for b.Loop() {
		ParseName(name)
	}
}
