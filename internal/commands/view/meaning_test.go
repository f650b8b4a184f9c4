package view

import (
	"testing"

	"github.com/nfcert/nfcert/internal/inspect"
)

func TestNameOf(t *testing.T) {
	const home = "5gc.mnc001.mcc001.3gppnetwork.org"
	for _, tt := range []struct {
		name string
		in   inspect.Name
		want string
	}{
		{"NRF", inspect.Name{Kind: inspect.NameDNS, Value: "nrf." + home}, "NRF of PLMN 001-01 or 001-001; TS 23.003 28.3.2.3.2"},
		{"without regard to case", inspect.Name{Kind: inspect.NameDNS, Value: "SEPP.5GC.mnc310.mcc410.3gppnetwork.org"}, "SEPP of PLMN 410-310; TS 33.501 13.1.2"},
		{"SNPN", inspect.Name{Kind: inspect.NameDNS, Value: "smf.5gc.nid000007ed9d5.mnc001.mcc001.3gppnetwork.org"}, "SMF of PLMN 001-01 or 001-001, SNPN with NID 000007ed9d5; TS 23.003 28.2"},
		{"home domain", inspect.Name{Kind: inspect.NameDNS, Value: home}, "the home network domain of PLMN 001-01 or 001-001; TS 23.003 28.2"},
		{"no NF type", inspect.Name{Kind: inspect.NameDNS, Value: "x." + home}, "in the home network domain of PLMN 001-01 or 001-001; TS 23.003 28.2"},
		{"wildcard", inspect.Name{Kind: inspect.NameDNS, Value: "*.sepp1.sepp." + home}, "names below: SEPP of PLMN 001-01 or 001-001; TS 33.501 13.1.2"},
		{"MNC of two digits", inspect.Name{Kind: inspect.NameDNS, Value: "nrf.5gc.mnc01.mcc001.3gppnetwork.org"}, `not a name of the 5G core: the MNC "01" does not have three digits (an MNC of two digits gets a leading zero); TS 23.003 28.2`},
		{"another ending", inspect.Name{Kind: inspect.NameDNS, Value: "nrf.5gc.mnc001.mcc001.3gppnetwork.com"}, ""},
		{"cut off", inspect.Name{Kind: inspect.NameDNS, Value: "nrf.5gc."}, ""},
		{"5gc alone", inspect.Name{Kind: inspect.NameDNS, Value: "5gc.x"}, ""},
		{"elsewhere", inspect.Name{Kind: inspect.NameDNS, Value: "amf.example"}, ""},
		{"instance", inspect.Name{Kind: inspect.NameURI, Value: "urn:uuid:4ace9d34-2c69-4f99-92d5-a73a3fe8e23b"}, "the NF instance id; TS 33.310 6.1.3c"},
		{"version 1", inspect.Name{Kind: inspect.NameURI, Value: "urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6"}, "not a valid NF instance id: a version 1 UUID, want version 4 (TS 29.571 5.3.2); TS 33.310 6.1.3c"},
		{"other URI", inspect.Name{Kind: inspect.NameURI, Value: "https://nrf.example/"}, ""},
		{"mail", inspect.Name{Kind: inspect.NameEmail, Value: "nrf." + home}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := nameOf(tt.in).note(); got != tt.want {
				t.Errorf("%q: got %q, want %q", tt.in.Value, got, tt.want)
			}
		})
	}
}
