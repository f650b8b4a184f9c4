package nf

import (
	"errors"
	"testing"
)

func TestParsePLMN(t *testing.T) {
	for _, tt := range []struct {
		in   string
		want PLMN
		err  string
	}{
		{"001-01", PLMN{"001", "01"}, ""},
		{"310-410", PLMN{"310", "410"}, ""},
		{"00101", PLMN{}, "want MCC-MNC, for example 001-01"},
		{"", PLMN{}, "want MCC-MNC"},
		{"01-01", PLMN{}, `mcc "01": want 3 digits`},
		{"001-1", PLMN{}, `mnc "1": want 2 or 3 digits`},
		{"001-0001", PLMN{}, `mnc "0001": want 2 or 3 digits`},
		{"001-0a", PLMN{}, `mnc "0a"`},
		{"001-01-01", PLMN{}, `mnc "01-01"`},
		{"٠٠١-01", PLMN{}, "want 3 digits"},
		{"+01-01", PLMN{}, "want 3 digits"},
	} {
		t.Run(tt.in, func(t *testing.T) {
			got, err := ParsePLMN(tt.in)
			if got != tt.want {
				t.Errorf("ParsePLMN(%q) = %v, want %v", tt.in, got, tt.want)
			}
			wantError(t, err, tt.err)
			if err == nil && got.String() != tt.in {
				t.Errorf("String() = %q, want %q", got.String(), tt.in)
			}
		})
	}
}

func TestPLMNValidateReportsBoth(t *testing.T) {
	var errs FieldErrors
	if err := (PLMN{"1", "1"}).Validate(); !errors.As(err, &errs) || len(errs) != 2 || errs[0].Field != "mcc" || errs[1].Field != "mnc" {
		t.Errorf("Validate() = %v, want faults of mcc and mnc", errs)
	}
}

// The examples are those of TS 23.003 28.2.
func TestHomeDomain(t *testing.T) {
	for _, tt := range []struct {
		name string
		in   Network
		want string
	}{
		{"two digit MNC", Network{PLMN: PLMN{"345", "12"}}, "5gc.mnc012.mcc345.3gppnetwork.org"},
		{"three digit MNC", Network{PLMN: PLMN{"311", "400"}}, "5gc.mnc400.mcc311.3gppnetwork.org"},
		{"SNPN", Network{PLMN: PLMN{"345", "12"}, NID: "000007ED9D5"}, "5gc.nid000007ed9d5.mnc012.mcc345.3gppnetwork.org"},
		{"none", Network{NID: "000007ed9d5"}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.in.HomeDomain(); got != tt.want {
				t.Errorf("HomeDomain() = %q, want %q", got, tt.want)
			}
		})
	}
}

func TestCheckNID(t *testing.T) {
	for in, want := range map[string]string{
		"000007ed9d5":  "",
		"000007ED9D5":  "",
		"000007ed9d":   "10 characters, want 11 hex digits",
		"":             "0 characters",
		"000007ed9dg":  "'g' at character 11",
		"000007ed9d55": "12 characters",
	} {
		t.Run(in, func(t *testing.T) { wantError(t, CheckNID(in), want) })
	}
}
