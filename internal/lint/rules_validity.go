package lint

import (
	"time"

	"github.com/nfcert/nfcert/internal/nf"
)

const day = 24 * time.Hour

// validityRules check the validity period of certificates.
func validityRules() []Rule {
	return []Rule{{
		ID: "validity-years", Field: nf.FieldValidity, scope: onLeaf, Level: nf.Shall, Clause: "TS 33.310 6.1.3c.3",
		Title: "valid for longer than the profile allows",
		Why:   "A stolen key is useful for as long as its certificate is valid. The clause's table has three years or less.",
		Fix:   "have the CA issue for a shorter time: openssl x509 -req -days 1095; in ACME the CA decides, and nfcert order --not-after asks for it",
		Good:  "2026-01-01 to 2029-01-01", Bad: "2026-01-01 to 2036-01-01",
		check: func(s *Subject, r *report) {
			row, ok := s.Profile.Field(nf.FieldValidity)
			if !ok || s.Profile.MaxYears == 0 || s.NotBefore.IsZero() || s.NotAfter.IsZero() {
				return
			}
			if s.NotAfter.After(s.NotBefore.AddDate(s.Profile.MaxYears, 0, 0)) {
				r.hitRow(row, s.NotBefore.Format(time.RFC3339)+" to "+s.NotAfter.Format(time.RFC3339), "3 years or less",
					"validity is %d days, want %d years or less", int(s.NotAfter.Sub(s.NotBefore)/day), s.Profile.MaxYears)
			}
		},
	}, {
		ID: "validity-order", Field: nf.FieldValidity, scope: onCert, Level: nf.Shall, Clause: "RFC 5280 4.1.2.5",
		Title: "the certificate ends before it begins",
		Why:   "It is never valid.",
		Fix:   "have the CA check its clock and dates, then issue the certificate again",
		Good:  "notBefore 2026-01-01, notAfter 2027-01-01", Bad: "notBefore 2027-01-01, notAfter 2026-01-01",
		check: func(s *Subject, r *report) {
			if s.backwards() {
				r.hit(s.NotAfter.Format(time.RFC3339), "after "+s.NotBefore.Format(time.RFC3339), "notAfter is before notBefore")
			}
		},
	}, {
		ID: "validity-expired", Field: nf.FieldValidity, scope: onLeaf, Level: nf.Shall, Clause: "RFC 5280 6.1.3",
		most: warning, Lenience: "a file can be checked after its certificate expired; for a server, server-certificate-expired reports it",
		Title: "the certificate has expired",
		Why:   "Peers refuse it. Some do not check, such as Open5GS as a server, which hides the fault until the other side changes.",
		Fix:   "renew it: use nfcert enroll with the same name",
		Good:  "notAfter in the future", Bad: "notAfter in the past",
		check: expired("the certificate"),
	}, {
		ID: "validity-not-yet", Field: nf.FieldValidity, scope: onCert, Level: nf.Shall, Clause: "RFC 5280 6.1.3",
		most: warning, Lenience: "a file can be checked before its certificate becomes valid",
		Title: "the certificate is not valid yet",
		Why:   "Peers refuse it until then. Usually the clock of the CA is ahead, or the clock of this machine is behind.",
		Fix:   "compare the clocks; if they agree, have the CA set notBefore some minutes earlier",
		Good:  "notBefore in the past", Bad: "notBefore in the future",
		check: func(s *Subject, r *report) {
			if !s.NotBefore.IsZero() && s.Now.Before(s.NotBefore) && !s.backwards() {
				r.hit(s.NotBefore.Format(time.RFC3339), "not after "+s.Now.UTC().Format(time.RFC3339), "not valid before %s", s.NotBefore.Format(time.RFC3339))
			}
		},
	}, {
		ID: "validity-ends-soon", Field: nf.FieldValidity, scope: onLeaf, Level: nf.Advice, Clause: "TS 33.310 Annex I",
		Title: "less than a tenth of the validity is left",
		Why:   "Certificates are to be renewed well before they expire, so that a CA that is down for a day stops nothing.",
		Fix:   "renew it: use nfcert enroll with the same name",
		Good:  "a third of the validity left", Bad: "three days of a year left",
		check: func(s *Subject, r *report) {
			whole, left := s.NotAfter.Sub(s.NotBefore), s.NotAfter.Sub(s.Now)
			if !s.NotAfter.IsZero() && !s.NotBefore.IsZero() && left >= 0 && left < whole/10 {
				r.hit(s.NotAfter.Format(time.RFC3339), "", "the certificate expires in %d days", int(left/day))
			}
		},
	}}
}

// expired checks that a certificate, which the message calls what, has not
// expired.
func expired(what string) func(*Subject, *report) {
	return func(s *Subject, r *report) {
		if !s.NotAfter.IsZero() && s.Now.After(s.NotAfter) && !s.backwards() {
			r.hit(s.NotAfter.Format(time.RFC3339), "later than "+s.Now.UTC().Format(time.RFC3339),
				"%s expired %d days ago", what, int(s.Now.Sub(s.NotAfter)/day))
		}
	}
}

// backwards reports whether the validity ends before it begins.
func (s *Subject) backwards() bool {
	return !s.NotBefore.IsZero() && !s.NotAfter.IsZero() && s.NotAfter.Before(s.NotBefore)
}
