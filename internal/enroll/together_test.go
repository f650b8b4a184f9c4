package enroll_test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/nfcert/nfcert/internal/enroll"
	"github.com/nfcert/nfcert/internal/lab"
	"github.com/nfcert/nfcert/internal/nf"
)

// Many enrolments run through one engine at once: with one account, one wire and
// one http-01 listener. Each asks what it would ask alone, and what all need is
// asked once.
func TestTogether(t *testing.T) {
	const many = 50
	b := newBench(t, lab.Options{})
	e := b.engine()
	var inside, crowded atomic.Int32
	e.Progress = func(enroll.Event) { // events come one at a time
		if inside.Add(1) > 1 {
			crowded.Add(1)
		}
		inside.Add(-1)
	}
	var all sync.WaitGroup
	for i := range many {
		all.Go(func() {
			f := nf.SampleAMF()
			f.InstanceID = nf.InstanceID(fmt.Sprintf("4ace9d34-2c69-4f99-92d5-a73a3fe8e%03d", i))
			f.FQDNs = []string{fmt.Sprintf("amf%d.amf.5gc.mnc001.mcc001.3gppnetwork.org", i)}
			name := fmt.Sprintf("amf-%02d", i)
			en, _, err := e.Enroll(t.Context(), name, enroll.Options{
				Account: enroll.AccountOptions{TermsAgreed: true}, CSR: enroll.CSROptions{Function: &f},
				Finalize: enroll.FinalizeOptions{Roots: b.roots},
			})
			switch {
			case err != nil:
				t.Errorf("%s: %v", name, err)
			case en.Step != enroll.StepDone || en.Name != name || en.NF.InstanceID != f.InstanceID:
				t.Errorf("%s: enrolment %s of %s is at step %s, want its own, done", name, en.Name, en.NF.InstanceID, en.Step)
			}
		})
	}
	all.Wait()
	if n := crowded.Load(); n > 0 {
		t.Errorf("%d events came while another was told, want none", n)
	}
	for _, tt := range []struct {
		at   lab.Endpoint
		want int
	}{
		{lab.EndpointDirectory, 1}, {lab.EndpointNewAccount, 1}, {lab.EndpointNewOrder, many}, {lab.EndpointAuthz, many},
		{lab.EndpointChallenge, many}, {lab.EndpointFinalize, many}, {lab.EndpointCert, many},
	} {
		if got := b.count(tt.at, 0); got != tt.want {
			t.Errorf("%s was asked %d times, want %d", tt.at, got, tt.want)
		}
	}
	// A request under way has one nonce, and its answer brings the next.
	if got := b.count(lab.EndpointNewNonce, 0); got > many {
		t.Errorf("%d nonces were asked for, want one for each of %d runs at most", got, many)
	}
	// An order is asked for once each after challenge and CSR; more often where
	// the lab is slow.
	if got := b.count(lab.EndpointOrder, 0); got < many {
		t.Errorf("orders were asked for %d times, want %d or more", got, many)
	}
}
