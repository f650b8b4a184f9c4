package lint

import (
	"slices"
	"testing"

	"github.com/nfcert/nfcert/internal/inspect"
	"github.com/nfcert/nfcert/internal/lint"
)

// TestSameFault guards that the table names rules that exist, and none that is milder
// than zlint's lint: that finding would stay.
func TestSameFault(t *testing.T) {
	for z, rules := range sameFault() {
		if !isZlintRule(z) {
			t.Errorf("%s is not named like a lint of zlint", z)
		}
		worst := inspect.Warning
		if z[0] == 'e' {
			worst = inspect.Error
		}
		for _, id := range rules {
			if r, ok := lint.Lookup(id); !ok || rank(r.Severity) > rank(worst) {
				t.Errorf("%s: rule %s exists: %t, with severity %q; want %q or worse", z, id, ok, r.Severity, worst)
			}
		}
	}
}

func TestNotReported(t *testing.T) {
	z := func(rule string, s inspect.Severity) lint.Finding {
		return lint.Finding{Rule: rule, Severity: s, Source: zlintName}
	}
	serial := z("e_serial_number_longer_than_20_octets", inspect.Error)
	country := z("e_subj_country_not_uppercase", inspect.Error)
	for _, tt := range []struct {
		name string
		own  []lint.Finding
		want []string
	}{
		{"nothing of ours", nil, []string{serial.Rule, country.Rule}},
		{"another fault", []lint.Finding{{Rule: "serial-positive", Severity: inspect.Error}}, []string{serial.Rule, country.Rule}},
		{"the same fault", []lint.Finding{{Rule: "serial-length", Severity: inspect.Error}}, []string{country.Rule}},
		{"milder", []lint.Finding{{Rule: "serial-length", Severity: inspect.Warning}}, []string{serial.Rule, country.Rule}},
	} {
		var got []string
		for _, f := range notReported(tt.own, []lint.Finding{serial, country}) {
			got = append(got, f.Rule)
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
	}
}
