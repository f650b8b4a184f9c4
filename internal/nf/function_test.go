package nf

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSampleAMF(t *testing.T) {
	f := SampleAMF()
	warnings, err := f.Validate()
	if err != nil || len(warnings) > 0 {
		t.Errorf("Validate() = %v, %v, want neither", warnings, err)
	}
	if got, want := f.HomeDomain(), "5gc.mnc001.mcc001.3gppnetwork.org"; got != want {
		t.Errorf("HomeDomain() = %q, want %q", got, want)
	}
	if err := f.Require(FieldCountry, FieldOrganization, FieldNFTypes, FieldInstanceURI); err != nil {
		t.Errorf("Require() = %v, want nil", err)
	}
	if f.InstanceID == SampleAMF().InstanceID {
		t.Error("two samples share an instance id")
	}
}

func TestNormalize(t *testing.T) {
	fqdns := []string{"AMF1.Example.ORG"}
	f := Function{InstanceID: InstanceID(strings.ToUpper(sampleID)), NID: "000007ED9D5", Country: "se", FQDNs: fqdns,
		URIs: []string{"URN:UUID:" + strings.ToUpper(sampleID), "https://a.se/Path"}}
	f.Normalize()
	want := Function{InstanceID: sampleID, NID: "000007ed9d5", Country: "SE", FQDNs: []string{"amf1.example.org"},
		URIs: []string{"urn:uuid:" + sampleID, "https://a.se/Path"}}
	if diff := cmp.Diff(want, f); diff != "" {
		t.Errorf("Normalize() differs (-want +got):\n%s", diff)
	}
	if fqdns[0] != "AMF1.Example.ORG" {
		t.Errorf("Normalize() wrote %q into the caller's slice", fqdns[0])
	}
}

func TestValidateReportsEverything(t *testing.T) {
	f := Function{
		Type: "A MF", InstanceID: "x", PLMN: &PLMN{"1", "1"}, NID: "z", Country: "SWE",
		FQDNs: []string{"a_b.example.org", "ok.example.org", "OK.example.org"},
		URIs:  []string{"nope", "https://a.se/", "https://a.se/"},
	}
	_, err := f.Validate()
	var errs FieldErrors
	if !errors.As(err, &errs) {
		t.Fatalf("Validate() = %v, want FieldErrors", err)
	}
	var fields []string
	for _, e := range errs {
		fields = append(fields, e.Field)
	}
	want := []string{"type", "instanceId", "plmn.mcc", "plmn.mnc", "nid", "country", "fqdns[0]", "fqdns[2]", "uris[0]", "uris[2]"}
	if !slices.Equal(fields, want) {
		t.Errorf("Validate() faults of %q, want %q", fields, want)
	}
	var one *FieldError
	if !errors.As(err, &one) || one.Field != "type" {
		t.Errorf("errors.As found %v, want the first *FieldError", one)
	}
}

func TestValidateWarnings(t *testing.T) {
	home := &PLMN{"001", "01"}
	for _, tt := range []struct {
		name string
		in   Function
		want string
	}{
		{"own type", Function{Type: "MY_NF"}, `"MY_NF" is not one of TS 29.510`},
		{"misspelt type", Function{Type: "smsgmsc"}, "did you mean SMS_GMSC?"},
		{"outside the domain", Function{PLMN: home, FQDNs: []string{"amf1.example.org"}}, "outside the home network domain 5gc.mnc001.mcc001"},
		{"a suffix but no subdomain", Function{PLMN: home, FQDNs: []string{"x5gc.mnc001.mcc001.3gppnetwork.org"}}, "outside"},
		{"another instance", Function{InstanceID: sampleID, URIs: []string{"urn:uuid:11111111-2c69-4f99-92d5-a73a3fe8e23b"}}, "is for another instance"},
		{"the same instance", Function{InstanceID: sampleID, URIs: []string{"urn:uuid:" + sampleID}}, ""},
		{"the domain itself", Function{PLMN: home, FQDNs: []string{"5gc.mnc001.mcc001.3gppnetwork.org"}}, ""},
		{"N3IWF in public DNS", Function{PLMN: home, FQDNs: []string{"n3iwf.5gc.mnc001.mcc001.pub.3gppnetwork.org"}}, ""},
		{"N3IWF of another network", Function{PLMN: home, FQDNs: []string{"n3iwf.5gc.mnc002.mcc001.pub.3gppnetwork.org"}}, "outside"},
		{"N3IWF of the country", Function{PLMN: home, FQDNs: []string{"n3iwf.5gc.mcc001.visited-country.pub.3gppnetwork.org"}}, ""},
		{"N3IWF of another country", Function{PLMN: home, FQDNs: []string{"n3iwf.5gc.mcc002.visited-country.pub.3gppnetwork.org"}}, "outside"},
		{"hosted SEPP", Function{PLMN: home, FQDNs: []string{"sepp1.sepp.5gc.mnc001.mcc001.provider.ipxnetwork.org"}}, ""},
		{"PLMN of an SNPN", Function{PLMN: home, NID: "000007ed9d5", FQDNs: []string{"nrf.5gc.mnc001.mcc001.3gppnetwork.org"}}, "outside"},
		{"nothing", Function{}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			warnings, err := tt.in.Validate()
			if err != nil {
				t.Fatalf("Validate() = %v, want nil", err)
			}
			got := strings.Join(warnings, "\n")
			if tt.want == "" && got != "" || !strings.Contains(got, tt.want) {
				t.Errorf("warnings %q, want %q", got, tt.want)
			}
		})
	}
}

func TestRequire(t *testing.T) {
	all := []FieldName{FieldCountry, FieldOrganization, FieldNFTypes, FieldInstanceURI}
	err := (&Function{}).Require(all...)
	for _, want := range []string{"country: missing", "plmn: missing", "type: missing", "instanceId: missing"} {
		wantError(t, err, want)
	}
	wantError(t, (&Function{NID: "000007ed9d5"}).Require(FieldOrganization), "a NID needs a PLMN")
	wantError(t, (&Function{}).Require(), "")
}

func TestURINames(t *testing.T) {
	f := Function{InstanceID: sampleID, URIs: []string{"https://a.se/", "urn:uuid:" + sampleID}}
	if got, want := f.URINames(), []string{"urn:uuid:" + sampleID, "https://a.se/"}; !slices.Equal(got, want) {
		t.Errorf("URINames() = %q, want %q", got, want)
	}
}

// The keys are those that scripts read.
func TestFunctionJSON(t *testing.T) {
	got, err := json.Marshal(Function{Type: "AMF", InstanceID: sampleID, PLMN: &PLMN{"001", "01"}, Country: "SE", FQDNs: []string{"a.se"}})
	want := `{"type":"AMF","instanceId":"` + sampleID + `","plmn":{"mcc":"001","mnc":"01"},"country":"SE","fqdns":["a.se"]}`
	if err != nil || string(got) != want {
		t.Errorf("Marshal = %s, %v, want %s", got, err, want)
	}
}
