package enroll_test

import (
	"strings"
	"testing"
	"time"

	"github.com/nfcert/nfcert/internal/enroll"
	"github.com/nfcert/nfcert/internal/lab"
)

// A CA's wish counts within reason; what is none is told and passed over; and
// the CA is asked again no sooner than it wants, nor later than in a day.
func TestDueAsks(t *testing.T) {
	for _, tt := range []struct {
		name, knobs string
		basis       enroll.DueBasis
		warned      string
		asked       int
		first, last float64       // of the time it is due, in parts of the certificate's life
		again       time.Duration // until the CA is asked again; 0: it was not heard
	}{
		{name: "as it should be", basis: enroll.DueCA, asked: 1, first: 2.0 / 3, last: 2.0/3 + 1.0/50, again: 6 * time.Hour},
		{name: "nothing to say", knobs: "no-renewal-info", basis: enroll.DueLife, first: 0.56, last: 2.0 / 3},
		{name: "at once", knobs: "renewal-window=past", basis: enroll.DueCA, asked: 1, first: 0, last: 0.01, again: 6 * time.Hour},
		{name: "too late", knobs: "renewal-window=far", basis: enroll.DueCA, asked: 1, first: 0.83, last: 0.84, again: 6 * time.Hour},
		{name: "no window", knobs: "renewal-window=inverted", basis: enroll.DueLife, warned: "not after its start", asked: 1, first: 0.56, last: 2.0 / 3},
		{name: "a page of HTML", knobs: "html=renewal-info", basis: enroll.DueLife, warned: "HTML", asked: 1, first: 0.56, last: 2.0 / 3},
		// net/http repeats a GET whose connection had served before.
		{name: "gone", knobs: "cut=renewal-info", basis: enroll.DueLife, warned: "closed", asked: 2, first: 0.56, last: 2.0 / 3},
		{name: "again in a year", knobs: "retry-after-far", basis: enroll.DueCA, asked: 1, first: 2.0 / 3, last: 2.0/3 + 1.0/50, again: 24 * time.Hour},
		{name: "again at once", knobs: "retry-after-past", basis: enroll.DueCA, asked: 1, first: 2.0 / 3, last: 2.0/3 + 1.0/50, again: 6 * time.Hour},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b, en := enrolled(t, lab.Options{}, strings.Fields(tt.knobs)...)
			e := b.engine()
			closeSolvers(e)
			var warned []string
			e.Progress = func(ev enroll.Event) {
				if ev.Warning {
					warned = append(warned, ev.Message)
				}
			}
			now := time.Now()
			for range 2 { // the second time it is not asked when it was heard
				_, d, err := e.Due(t.Context(), "amf-01", enroll.DueOptions{})
				if err != nil || d.Basis != tt.basis || d.Due {
					t.Fatalf("%+v, %v, want not due by %s", d, err, tt.basis)
				}
				life := en.Certificate.NotAfter.Sub(en.Certificate.NotBefore)
				if at := float64(d.At.Sub(en.Certificate.NotBefore)) / float64(life); at < tt.first-0.001 || at > tt.last+0.001 {
					t.Errorf("due after %.3f of its life, want %.3f to %.3f", at, tt.first, tt.last)
				}
				if tt.again == 0 {
					break
				}
			}
			if got := b.count(lab.EndpointRenewal, 0); got != tt.asked {
				t.Errorf("the CA was asked %d times, want %d", got, tt.asked)
			}
			if told := strings.Join(warned, "\n"); (tt.warned == "") != (told == "") || !strings.Contains(told, tt.warned) {
				t.Errorf("warned %q, want %q", told, tt.warned)
			}
			saved, err := enroll.Load(e.Store, "amf-01")
			if err != nil {
				t.Fatal(err)
			}
			info := saved.Certificate.RenewalInfo
			if (info != nil) != (tt.again > 0) {
				t.Fatalf("saved %+v, want it saved when it was heard", info)
			}
			if info != nil && (info.AskAgain.Sub(now) < tt.again-time.Minute || info.AskAgain.Sub(now) > tt.again+time.Minute) {
				t.Errorf("to be asked again at %s, want in %s from %s", info.AskAgain, tt.again, now)
			}
		})
	}
}
