package lint

import (
	"time"

	"github.com/nfcert/nfcert/internal/nf"
)

const day = 24 * time.Hour

// validityRules judge when a certificate is valid.
func validityRules() []Rule {
	return []Rule{{
		ID: "validity-years", Field: nf.FieldValidity, scope: onLeaf, Level: nf.Shall, Clause: "TS 33.310 6.1.3c.3",
		Title: "valid for longer than the profile has it",
		Why:   "What was stolen stays useful as long as it is valid. The table has three years or less.",
		Fix:   "have the CA issue for less: openssl x509 -req -days 1095; in ACME the CA decides, nfcert order --not-after asks",
		Good:  "2026-01-01 to 2029-01-01", Bad: "2026-01-01 to 2036-01-01",
		check: func(s *Subject, r *report) {
			row, ok := s.Profile.Field(nf.FieldValidity)
			if !ok || s.Profile.MaxYears == 0 || s.NotBefore.IsZero() || s.NotAfter.IsZero() {
				return
			}
			if s.NotAfter.After(s.NotBefore.AddDate(s.Profile.MaxYears, 0, 0)) {
				r.hitRow(row, s.NotBefore.Format(time.RFC3339)+" to "+s.NotAfter.Format(time.RFC3339), "3 years or less",
					"valid for %d days, want %d years or less", int(s.NotAfter.Sub(s.NotBefore)/day), s.Profile.MaxYears)
			}
		},
	}, {
		ID: "validity-order", Field: nf.FieldValidity, scope: onCert, Level: nf.Shall, Clause: "RFC 5280 4.1.2.5",
		Title: "the certificate ends before it begins",
		Why:   "It is never valid.",
		Fix:   "have the CA issue it anew, with its clock and dates looked at",
		Good:  "notBefore 2026-01-01, notAfter 2027-01-01", Bad: "notBefore 2027-01-01, notAfter 2026-01-01",
		check: func(s *Subject, r *report) {
			if s.backwards() {
				r.hit(s.NotAfter.Format(time.RFC3339), "after "+s.NotBefore.Format(time.RFC3339), "notAfter is before notBefore")
			}
		},
	}, {
		ID: "validity-expired", Field: nf.FieldValidity, scope: onLeaf, Level: nf.Shall, Clause: "RFC 5280 6.1.3",
		most: warning, Lenience: "a file may be looked at after its time; a server that shows an expired certificate has server-certificate-expired",
		Title: "the certificate has expired",
		Why:   "Peers refuse it. Some, such as Open5GS as a server, do not look, which hides the fault until the other side changes.",
		Fix:   "renew it: nfcert enroll with the same name",
		Good:  "notAfter to come", Bad: "notAfter past",
		check: func(s *Subject, r *report) {
			if s.expired() && !s.backwards() {
				r.hit(s.NotAfter.Format(time.RFC3339), "later than "+s.Now.UTC().Format(time.RFC3339), "expired %d days ago", int(s.Now.Sub(s.NotAfter)/day))
			}
		},
	}, {
		ID: "validity-not-yet", Field: nf.FieldValidity, scope: onCert, Level: nf.Shall, Clause: "RFC 5280 6.1.3",
		most: warning, Lenience: "a file may be looked at before its time",
		Title: "the certificate is not valid yet",
		Why:   "Peers refuse it until then. Mostly the clock of the CA is ahead, or that of this machine behind.",
		Fix:   "compare the clocks; else have the CA set notBefore some minutes back",
		Good:  "notBefore past", Bad: "notBefore to come",
		check: func(s *Subject, r *report) {
			if !s.NotBefore.IsZero() && s.Now.Before(s.NotBefore) && !s.backwards() {
				r.hit(s.NotBefore.Format(time.RFC3339), "not after "+s.Now.UTC().Format(time.RFC3339), "valid only from %s on", s.NotBefore.Format(time.RFC3339))
			}
		},
	}, {
		ID: "validity-ends-soon", Field: nf.FieldValidity, scope: onLeaf, Level: nf.Advice, Clause: "TS 33.310 Annex I",
		Title: "less than a tenth of the validity is left",
		Why:   "Certificates are to be renewed well before they expire, so that a CA that is down for a day stops nothing.",
		Fix:   "renew it: nfcert enroll with the same name",
		Good:  "a third of the validity left", Bad: "three days of a year left",
		check: func(s *Subject, r *report) {
			whole, left := s.NotAfter.Sub(s.NotBefore), s.NotAfter.Sub(s.Now)
			if !s.NotAfter.IsZero() && !s.NotBefore.IsZero() && left >= 0 && left < whole/10 {
				r.hit(s.NotAfter.Format(time.RFC3339), "", "ends in %d days", int(left/day))
			}
		},
	}}
}

func (s *Subject) expired() bool { return !s.NotAfter.IsZero() && s.Now.After(s.NotAfter) }

// backwards reports whether the validity ends before it begins.
func (s *Subject) backwards() bool {
	return !s.NotBefore.IsZero() && !s.NotAfter.IsZero() && s.NotAfter.Before(s.NotBefore)
}
