package enroll_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/nfcert/nfcert/internal/acmewire"
	"github.com/nfcert/nfcert/internal/challenge"
	"github.com/nfcert/nfcert/internal/enroll"
	"github.com/nfcert/nfcert/internal/lab"
	"github.com/nfcert/nfcert/internal/token"
)

// kind tells one kind of error from others.
type kind = func(error) bool

func failed(c token.Check) kind {
	return func(err error) bool {
		var fault *token.CheckError
		return errors.As(err, &fault) && fault.Check == c
	}
}

func refusedWith(status int, words string) kind {
	return func(err error) bool {
		var refused *token.RefusedError
		return errors.As(err, &refused) && refused.Status == status && strings.Contains(err.Error(), words)
	}
}

func notReached(err error) bool {
	var refused *token.RefusedError
	var proof *challenge.ProofError
	return errors.As(err, &proof) && proof.Where != "" && !errors.As(err, &refused)
}

// A token that is not had, or not good, does not cost the order: the challenge
// is not answered, nothing says that it was, and the next run goes on with the
// same order once a good token is to be had.
func TestTokenFaults(t *testing.T) {
	for _, tc := range []struct {
		knob string
		want kind
	}{
		{"ta-answer=refuse", refusedWith(403, "refused on purpose")},
		{"ta-answer=status", refusedWith(200, "refused on purpose, with status 200")},
		{"ta-answer=html", refusedWith(200, "text/html")},
		{"ta-answer=redirect", refusedWith(307, "not followed")},
		{"ta-answer=huge", refusedWith(200, "longer than")},
		{"ta-answer=down", notReached},
		{"ta-expired", failed(token.CheckExpiry)},
		{"ta-short", failed(token.CheckExpiry)},
		{"ta-foreign", failed(token.CheckValue)},
		{"ta-fingerprint", failed(token.CheckFingerprint)},
		{"ta-ca", failed(token.CheckCA)},
		{"ta-no-jti", failed(token.CheckID)},
		{"ta-alg-none", failed(token.CheckAlgorithm)},
	} {
		for _, n := range []ordered{instanceAlone, {kinds: enroll.KindsBoth}} {
			t.Run(tc.knob+" "+string(n.kinds), func(t *testing.T) {
				t.Parallel()
				dir := t.TempDir() // two labs of one root: the CA trusts the tokens of both
				b := newBench(t, lab.Options{Dir: dir}, tc.knob)
				good := newBench(t, lab.Options{Dir: dir})
				e := b.engine()
				e.Solvers = append(e.Solvers, tokens(t, b.lab))
				_, err := b.enrol(t.Context(), e, "amf-01", n)
				var place *enroll.PlaceError
				if !errors.As(err, &place) || place.Identifier.Type != "NfInstanceId" || !tc.want(err) {
					t.Fatalf("the first run: %v", err)
				}
				if strings.Contains(err.Error(), "eyJ") {
					t.Errorf("the error repeats a token: %v", err)
				}
				first := b.stillPending(e)
				closeSolvers(e)

				e = b.engine()
				e.Solvers = append(e.Solvers, tokens(t, good.lab))
				en, err := b.enrol(t.Context(), e, "amf-01", n)
				if err != nil {
					t.Fatalf("the second run: %v", err)
				}
				if en.Order.URL != first || b.count(lab.EndpointNewOrder, 201) != 1 || en.Step != enroll.StepDone {
					t.Errorf("order %s after %s, %d orders, step %s; want the same order done", en.Order.URL, first, b.count(lab.EndpointNewOrder, 201), en.Step)
				}
			})
		}
	}
}

// stillPending demands that the order waits and that no challenge was answered,
// and returns its URL.
func (b *bench) stillPending(e *enroll.Engine) string {
	b.t.Helper()
	en, err := enroll.Load(e.Store, "amf-01")
	if err != nil {
		b.t.Fatal(err)
	}
	if en.Order == nil || en.Order.Status != enroll.Pending || en.Journal != nil {
		b.t.Fatalf("order %+v, journal %+v; want it pending and nothing in flight", en.Order, en.Journal)
	}
	for _, a := range en.Order.Authorizations {
		for _, c := range a.Challenges {
			if !c.Answering.IsZero() {
				b.t.Errorf("%s of %s is said to be answered", c.Type, a.Identifier)
			}
		}
	}
	if n := b.count(lab.EndpointChallenge, 0); n != 0 {
		b.t.Errorf("%d challenges were answered, want none", n)
	}
	return en.Order.URL
}

// An authority that does not answer in time is waited for no longer than the
// command may take, and the next run goes on.
func TestTokenSlow(t *testing.T) {
	b := newBench(t, lab.Options{}, "ta-slow=1h")
	e := b.engine()
	e.Solvers = append(e.Solvers, tokens(t, b.lab))
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	e.Progress = func(ev enroll.Event) {
		if strings.HasPrefix(ev.Message, "order placed") {
			time.AfterFunc(50*time.Millisecond, cancel)
		}
	}
	if _, err := b.enrol(ctx, e, "amf-01", instanceAlone); !errors.Is(err, context.Canceled) {
		t.Errorf("%v, want the interruption", err)
	}
	b.stillPending(e)
}

// Challenges of tkauth-01 as CAs get them wrong.
func TestTKAuthChallenges(t *testing.T) {
	authority := func(err error) bool {
		var url *token.AuthorityURLError
		return errors.As(err, &url)
	}
	noSource := func(err error) bool { var none *challenge.NoSourceError; return errors.As(err, &none) }
	other := func(err error) bool { var kind *challenge.KindError; return errors.As(err, &kind) }
	for _, tc := range []struct {
		knob string
		hint bool // the challenge's token-authority is all there is
		want kind // nil: it goes well
	}{
		{"tkauth-no-token", false, nil},
		{"tkauth-no-token", true, nil},
		{"tkauth-authority=-", false, nil},
		{"tkauth-authority=-", true, noSource},
		{"tkauth-authority=http://127.0.0.1/token", false, nil},
		{"tkauth-authority=http://127.0.0.1/token", true, authority},
		{"tkauth-authority=https://169.254.169.254/token", true, authority},
		{"tkauth-authority=https://[::ffff:169.254.169.254]/token", true, authority},
		{"tkauth-authority=https://oam.example/token", true, authority},
		{"tkauth-authority=https://amf@127.0.0.1/token", true, authority},
		{"tkauth-type=other", false, other},
	} {
		t.Run(tc.knob, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, lab.Options{}, tc.knob)
			e := b.engine()
			s := tokens(t, b.lab)
			if tc.hint {
				s.Source = nil
			}
			e.Solvers = append(e.Solvers, s)
			_, err := b.enrol(t.Context(), e, "amf-01", instanceAlone)
			switch {
			case tc.want == nil && err != nil:
				t.Fatal(err)
			case tc.want == nil:
				return
			case err == nil || !tc.want(err):
				t.Fatalf("%v (%T)", err, err)
			}
			b.stillPending(e)
			if n := b.lab.TokenRequests(); n != 0 {
				t.Errorf("%d tokens were asked for, want none", n)
			}
		})
	}
}

// A CA that wants the token under another name fails the order; the next one,
// answered in both ways, succeeds.
func TestTokenFieldRefused(t *testing.T) {
	b := newBench(t, lab.Options{}, "tkauth-field=atc")
	e := b.engine()
	s := tokens(t, b.lab)
	e.Solvers = append(e.Solvers, s)
	_, err := b.enrol(t.Context(), e, "amf-01", instanceAlone)
	var failed *enroll.AuthorizationError
	if !errors.As(err, &failed) || len(failed.Refused) != 1 || failed.Refused[0].Challenge != challenge.TKAuth01 ||
		failed.Refused[0].Problem == nil || !strings.Contains(failed.Refused[0].Problem.Detail, `"atc"`) {
		t.Fatalf("%v, want an AuthorizationError with the CA's reason", err)
	}
	s.Field = challenge.FieldBoth
	en, err := b.enrol(t.Context(), e, "amf-01", instanceAlone)
	if err != nil || len(en.Earlier) != 1 || b.lab.TokenRequests() != 2 {
		t.Errorf("%v, %d tokens; want the second order done, with a token of its own", err, b.lab.TokenRequests())
	}
}

// A CA of today does not know the identifier type, and says so.
func TestInstanceUnsupported(t *testing.T) {
	b := newBench(t, lab.Options{}, "no-nf-instance")
	e := b.engine()
	e.Solvers = append(e.Solvers, tokens(t, b.lab))
	_, err := b.enrol(t.Context(), e, "amf-01", ordered{kinds: enroll.KindsBoth})
	var p *acmewire.Problem
	if !errors.As(err, &p) || !p.HasType("unsupportedIdentifier") {
		t.Fatalf("%v, want unsupportedIdentifier", err)
	}
	en, err := b.enrol(t.Context(), e, "amf-01", ordered{kinds: enroll.KindsDNS})
	if err != nil || en.Step != enroll.StepDone {
		t.Errorf("with dns alone: %v, want a certificate", err)
	}
}

// One who is not on the authority's roster gets no token, and is told so.
func TestNotOnRoster(t *testing.T) {
	b := newBench(t, lab.Options{Roster: []string{"00000000-0000-4000-8000-000000000000"}})
	e := b.engine()
	e.Solvers = append(e.Solvers, tokens(t, b.lab))
	_, err := b.enrol(t.Context(), e, "amf-01", instanceAlone)
	if !refusedWith(403, "not on the roster")(err) {
		t.Errorf("%v, want to be told of the roster", err)
	}
	b.stillPending(e)
}

// A token that is used again is refused by a CA that counts them, which costs
// the order: it must be asked for.
func TestTokenReused(t *testing.T) {
	b := newBench(t, lab.Options{})
	e := b.engine()
	s := tokens(t, b.lab)
	s.Reuse = true
	e.Solvers = append(e.Solvers, s)
	if _, err := b.enrol(t.Context(), e, "amf-01", instanceAlone); err != nil {
		t.Fatal(err)
	}
	_, err := b.enrol(t.Context(), e, "amf-02", instanceAlone)
	var failed *enroll.AuthorizationError
	if !errors.As(err, &failed) || !strings.Contains(err.Error(), "was used before") || b.lab.TokenRequests() != 1 {
		t.Errorf("%v, %d tokens; want the lab to refuse the one token", err, b.lab.TokenRequests())
	}
}
