package enroll

import "testing"

func TestNetworkOf(t *testing.T) {
	for _, tt := range []struct{ name, plmn, nid string }{
		{"amf1.amf.5gc.mnc001.mcc001.3gppnetwork.org", "001-01", ""},
		{"5gc.mnc410.mcc310.3gppnetwork.org", "310-410", ""},
		{"AMF1.5GC.MNC070.MCC999.3GPPNETWORK.ORG", "999-70", ""},
		{"x.5gc.nid000007ed9d5.mnc001.mcc001.3gppnetwork.org", "001-01", "000007ed9d5"},
		{"*.5gc.mnc001.mcc001.3gppnetwork.org", "001-01", ""},
		{"amf.example.org", "", ""},
		{"", "", ""},
		{"5gc.mnc1.mcc001.3gppnetwork.org", "", ""},
		{"5gc.mnc0012.mcc001.3gppnetwork.org", "", ""},
		{"5gc.nid1.mnc001.mcc001.3gppnetwork.com", "", ""},
		{"5gc.mnc001.mcc001.3gppnetwork.org.evil.example", "", ""},
	} {
		plmn, nid := networkOf(tt.name)
		got := ""
		if plmn != nil {
			got = plmn.String()
		}
		if got != tt.plmn || nid != tt.nid {
			t.Errorf("networkOf(%q) = %q, %q, want %q, %q", tt.name, got, nid, tt.plmn, tt.nid)
		}
	}
}
