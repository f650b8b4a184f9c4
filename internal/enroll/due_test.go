package enroll

import (
	"testing"
	"time"

	"github.com/nfcert/nfcert/internal/nf"
)

// anEnrolment has a certificate that lives from day 0 to day 90.
func anEnrolment(kind, name string) *Enrolment {
	return &Enrolment{Name: name, NF: &nf.Function{Type: kind}, Certificate: &Certificate{NotBefore: day(0), NotAfter: day(90)}}
}

func day(n float64) time.Time {
	return time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(n * 24 * float64(time.Hour)))
}

func TestDue(t *testing.T) {
	window := func(start, end float64) func(*Enrolment) {
		return func(en *Enrolment) { en.Certificate.RenewalInfo = &RenewalInfo{Start: day(start), End: day(end)} }
	}
	for _, tt := range []struct {
		name        string
		with        func(*Enrolment)
		now         float64
		at          float64
		due         bool
		basis       DueBasis
		first, last float64 // of the time it is due
	}{
		{name: "young", now: 1, basis: DueLife, first: 51, last: 60},
		{name: "old", now: 60, due: true, basis: DueLife, first: 51, last: 60},
		{name: "half", at: 0.5, now: 46, due: true, basis: DueLife, first: 36, last: 45},
		{name: "early", at: 0.1, now: 1, basis: DueLife, first: 4.5, last: 9},
		{name: "expired", now: 90, due: true, basis: DueExpired, first: 90, last: 90},
		{name: "the CA wants it earlier", with: window(10, 12), now: 12, due: true, basis: DueCA, first: 10, last: 12},
		{name: "the CA wants it later", with: window(70, 72), now: 69, basis: DueCA, first: 70, last: 72},
		{name: "the CA wants it later than we", at: 0.5, with: window(70, 72), now: 46, due: true, basis: DueLife, first: 36, last: 45},
		{name: "the CA wants it earlier than we", at: 0.5, with: window(10, 12), now: 12, due: true, basis: DueCA, first: 10, last: 12},
		{name: "the CA wants it at once", with: window(-3, -2), now: 1, due: true, basis: DueCA, first: 0, last: 0.1},
		{name: "the CA always wants it at once", with: window(-3, -2), now: 0.01, basis: DueCA, first: 0, last: 0.1},
		{name: "the CA wants it too late", with: window(89, 90), now: 74, basis: DueCA, first: 74.99, last: 75},
		{name: "the CA wants it in ten years", with: window(3650, 3700), now: 75, due: true, basis: DueCA, first: 74.99, last: 75},
		{name: "a window without length", with: window(10, 10), now: 12, basis: DueLife, first: 51, last: 60},
		{name: "no certificate", with: func(en *Enrolment) { en.Certificate = nil }, basis: DueNever},
		{name: "refused certificate", with: func(en *Enrolment) { en.Certificate.Rejected = []string{"bad"} }, basis: DueNever},
		{name: "under way", with: func(en *Enrolment) { en.Renewal = &Renewal{Started: day(2)} }, now: 3, due: true, basis: DueUnderWay, first: 2, last: 2},
		{name: "swapping", with: func(en *Enrolment) { en.Journal = &Journal{Swap: &Swap{At: day(2)}} }, now: 3, due: true, basis: DueSwap, first: 2, last: 2},
		{name: "revoked", with: func(en *Enrolment) { en.Certificate.Revoked = &Revocation{At: day(2)} }, now: 80, basis: DueRevoked},
		{name: "revoked while under way", with: func(en *Enrolment) {
			en.Renewal, en.Certificate.Revoked = &Renewal{Started: day(2)}, &Revocation{At: day(3)}
		}, now: 80, basis: DueRevoked},
		{name: "under way since it was revoked", with: func(en *Enrolment) {
			en.Renewal, en.Certificate.Revoked = &Renewal{Started: day(3)}, &Revocation{At: day(2)}
		}, now: 80, due: true, basis: DueUnderWay, first: 3, last: 3},
	} {
		en := anEnrolment("AMF", "amf-01")
		if tt.with != nil {
			tt.with(en)
		}
		got := en.due(day(tt.now), tt.at)
		if got.Due != tt.due || got.Basis != tt.basis {
			t.Errorf("%s: %+v, want due %t by %s", tt.name, got, tt.due, tt.basis)
		}
		if tt.last == 0 {
			if !got.At.IsZero() {
				t.Errorf("%s: due at %s, want no time", tt.name, got.At)
			}
		} else if got.At.Before(day(tt.first)) || got.At.After(day(tt.last)) {
			t.Errorf("%s: due at %s, want %s to %s", tt.name, got.At, day(tt.first), day(tt.last))
		}
	}
}

// Enrolments stand apart, types in the order of their names, and each always in
// the same place.
func TestPlace(t *testing.T) {
	last := -1.0
	for _, kind := range nf.Types() {
		a, b := anEnrolment(kind.Name, "one").position(), anEnrolment(kind.Name, "two").position()
		if a == b || a != anEnrolment(kind.Name, "one").position() {
			t.Errorf("%s: one at %f, two at %f, want them apart and always there", kind.Name, a, b)
		}
		if min(a, b) <= last || max(a, b) >= 1 {
			t.Errorf("%s: %f and %f, want both over %f, of the type before, and below 1", kind.Name, a, b, last)
		}
		last = max(a, b)
	}
	if got := anEnrolment("OUR_NF", "x").position(); got <= last || got >= 1 {
		t.Errorf("a type of no table is at %f, want it over %f and below 1", got, last)
	}
	if got := (&Enrolment{Name: "x"}).position(); got <= last || got >= 1 {
		t.Errorf("no type is at %f, want it over %f and below 1", got, last)
	}
}
