package nf

import "testing"

func TestNearestType(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{"AMF", "AMF"},
		{"amf", "AMF"},
		{"smsgmsc", "SMS_GMSC"},
		{"MB-UPF", "MB_UPF"},
		{"AFM", "AMF"}, // also one letter from AF and ADM
		{"SFM", "SMF"}, // also one letter from SMF and MF
		{"ASUF", "AUSF"},
		{"UPV", "UPF"},    // a wrong letter
		{"NWDF", "NWDAF"}, // a missing letter
		{"NRFF", "NRF"},   // a letter too many
		{"N3IWFF", "N3IWF"},
		{"XMF", ""}, // AMF, SMF, LMF
		{"UDX", ""}, // UDM, UDR
		{"", ""},
		{"F", ""}, // AF, MF
		{"FIREWALL", ""},
		{"é", ""},
	} {
		got, ok := NearestType(tt.in)
		if got.Name != tt.want || ok != (tt.want != "") {
			t.Errorf("NearestType(%q) = %q, %t, want %q", tt.in, got.Name, ok, tt.want)
		}
	}
}
