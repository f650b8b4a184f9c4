package enroll_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/nfcert/nfcert/internal/acmewire"
	"github.com/nfcert/nfcert/internal/challenge"
	"github.com/nfcert/nfcert/internal/enroll"
	"github.com/nfcert/nfcert/internal/inspect"
	"github.com/nfcert/nfcert/internal/lab"
)

// A CA's odd ways must not reach the user: the flow ends as it should.
func TestOddButFine(t *testing.T) {
	for _, knobs := range [][]string{
		{"retry-after-past"}, {"retry-after-far"}, {"order-200"}, {"account-200"},
		{"finalize-no-location", "processing=2"}, {"finalize-valid"}, {"processing=4"},
		{"bad-nonce=50"}, {"rate-limited=0"},
	} {
		t.Run(strings.Join(knobs, " "), func(t *testing.T) {
			t.Parallel()
			b := newBench(t, lab.Options{}, knobs...)
			e := b.engine()
			en, err := b.all(t.Context(), e, "amf-01", enroll.FinalizeOptions{Roots: b.roots})
			if err != nil {
				t.Fatal(err)
			}
			if en.Step != enroll.StepDone {
				t.Errorf("step %q, want done", en.Step)
			}
			if got := b.count(lab.EndpointNewOrder, 0) - b.count(lab.EndpointNewOrder, 400); got != 1 {
				t.Errorf("newOrder was answered %d times, want once", got)
			}
			if got := b.count(lab.EndpointOrder, 200); got > 20 {
				t.Errorf("the order was polled %d times: spinning", got)
			}
		})
	}
}

// Each way in which an order fails is told as what it is.
func TestOrderFails(t *testing.T) {
	authorization := func(t *testing.T, err error) {
		var failed *enroll.AuthorizationError
		if !errors.As(err, &failed) {
			t.Fatalf("got %v, want an AuthorizationError", err)
		}
		if len(failed.Refused) != 1 || failed.Refused[0].Identifier.Type != "dns" {
			t.Errorf("refused %+v, want the one name", failed.Refused)
		}
	}
	for _, tt := range []struct {
		name, knob string
		want       func(*testing.T, error)
	}{
		{"challenge invalid", "challenge-refuse", authorization},
		{"challenge invalid, authorization pending", "challenge-invalid-authz-pending challenge-refuse", authorization},
		{"no challenges", "challenges-null", func(t *testing.T, err error) {
			var none *challenge.NoSolverError
			if !errors.As(err, &none) || len(none.Offered) != 0 {
				t.Errorf("got %v, want a NoSolverError with nothing offered", err)
			}
		}},
		{"order deactivated", "order-deactivated", func(t *testing.T, err error) {
			var failed *enroll.AuthorizationError
			if !errors.As(err, &failed) || failed.OrderStatus != "deactivated" {
				t.Errorf("got %v, want an AuthorizationError of a deactivated order", err)
			}
		}},
		{"no Location", "location-missing", func(t *testing.T, err error) {
			var protocol *acmewire.ProtocolError
			if !errors.As(err, &protocol) || protocol.Clause != "RFC 8555 7.4" {
				t.Errorf("got %v, want a ProtocolError of RFC 8555 7.4", err)
			}
		}},
		{"name rejected", "reject-identifier=amf1.amf.5gc.mnc001.mcc001.3gppnetwork.org", func(t *testing.T, err error) {
			var p *acmewire.Problem
			if !errors.As(err, &p) || !p.HasType("rejectedIdentifier") {
				t.Errorf("got %v, want rejectedIdentifier", err)
			}
		}},
		{"order is HTML", "html=order", func(t *testing.T, err error) {
			var protocol *acmewire.ProtocolError
			if !errors.As(err, &protocol) || !strings.Contains(protocol.Found, "HTML") {
				t.Errorf("got %v, want a ProtocolError that says HTML", err)
			}
		}},
		{"order is huge", "big-body=order", func(t *testing.T, err error) {
			var protocol *acmewire.ProtocolError
			if !errors.As(err, &protocol) || !strings.Contains(protocol.Found, "KiB") {
				t.Errorf("got %v, want a ProtocolError that tells the limit", err)
			}
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, lab.Options{}, strings.Fields(tt.knob)...)
			webroot := t.TempDir()
			e := b.engine()
			if strings.Contains(tt.knob, "challenge") { // it fails anyhow
				e.Solvers = []challenge.Solver{challenge.NewWebroot(webroot)}
			}
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			defer cancel()
			_, err := b.all(ctx, e, "amf-01", enroll.FinalizeOptions{Roots: b.roots})
			tt.want(t, err)
			if left, _ := os.ReadDir(webroot); len(left) != 0 {
				t.Errorf("%v is left in the webroot, want it cleaned up", left)
			}
		})
	}
}

// After a failed order the next one is new, and may succeed.
func TestOrderAgain(t *testing.T) {
	b := newBench(t, lab.Options{})
	e := b.engine()
	good, addr := e.Solvers, b.http.Load()
	e.Solvers = []challenge.Solver{challenge.Published{}}
	b.http.Store("") // the name does not resolve
	var failed *enroll.AuthorizationError
	if _, err := b.all(t.Context(), e, "amf-01", enroll.FinalizeOptions{}); !errors.As(err, &failed) {
		t.Fatalf("got %v, want an AuthorizationError", err)
	}
	e.Solvers = good
	b.http.Store(addr)
	en, err := b.all(t.Context(), e, "amf-01", enroll.FinalizeOptions{Roots: b.roots})
	if err != nil {
		t.Fatal(err)
	}
	if len(en.Earlier) != 1 || en.Earlier[0].URL != failed.OrderURL {
		t.Errorf("earlier orders %+v, want the failed one", en.Earlier)
	}
}

// What is issued wrongly is kept as evidence and installed nowhere.
func TestCertificateRefused(t *testing.T) {
	for _, tt := range []struct{ knob, want string }{
		{"foreign-key", "another key"}, {"drop-name", "lacks dns:"}, {"bad-chain", "does not verify"},
	} {
		t.Run(tt.knob, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, lab.Options{}, tt.knob)
			out := filepath.Join(t.TempDir(), "amf.crt")
			o := enroll.FinalizeOptions{Roots: b.roots, Outputs: []enroll.Output{{Kind: enroll.KindCert, Path: out}}}
			e := b.engine()
			en, err := b.all(t.Context(), e, "amf-01", o)
			var refused *enroll.CertificateError
			if !errors.As(err, &refused) || !strings.Contains(refused.Error(), tt.want) {
				t.Fatalf("got %v, want a CertificateError that says %q", err, tt.want)
			}
			if _, err := os.Stat(out); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("%s: %v, want it absent", out, err)
			}
			if en.Step != enroll.StepFinalize || len(en.Certificate.Rejected) == 0 {
				t.Errorf("step %q, rejected %q, want finalize and why", en.Step, en.Certificate.Rejected)
			}
			if _, err := os.Stat(filepath.Join(b.state, "enrolments/amf-01/chain.pem")); err != nil {
				t.Errorf("the evidence: %v", err)
			}
		})
	}
}

// What the CA drops is listed and does not fail the flow.
func TestDifferences(t *testing.T) {
	for _, tt := range []struct {
		knob, field string
		severity    inspect.Severity
	}{
		{"drop-san-uri", "subjectAltName.uri", inspect.Error},
		{"drop-eku", "extKeyUsage", inspect.Error},
		{"drop-nftypes", "nfTypes", inspect.Error},
		{"drop-subject", "subject", inspect.Error},
		{"san-not-critical", "subjectAltName", inspect.Error},
		{"extra-name", "subjectAltName.dns", ""},
	} {
		t.Run(tt.knob, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, lab.Options{}, tt.knob)
			en, err := b.all(t.Context(), b.engine(), "amf-01", enroll.FinalizeOptions{Roots: b.roots})
			if err != nil {
				t.Fatal(err)
			}
			for _, d := range en.Certificate.Differences {
				if strings.HasPrefix(d.Field, tt.field) && (tt.severity == "" || d.Severity == tt.severity) {
					return
				}
			}
			t.Errorf("differences %+v, want %s of %s", en.Certificate.Differences, tt.severity, tt.field)
		})
	}
}

// The end of the time is a pending state, from which the next run goes on.
func TestOutOfTime(t *testing.T) {
	b := newBench(t, lab.Options{}, "processing=1000")
	e := b.engine()
	for _, step := range []func(context.Context) error{
		func(ctx context.Context) error {
			_, _, err := e.Account(ctx, enroll.DefaultAccount, enroll.AccountOptions{})
			return err
		},
		func(ctx context.Context) error { _, _, err := e.CSR(ctx, "amf-01", sample()); return err },
		func(ctx context.Context) error {
			_, _, err := e.Order(ctx, "amf-01", enroll.OrderOptions{})
			return err
		},
	} {
		if err := step(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	_, _, err := e.Finalize(ctx, "amf-01", enroll.FinalizeOptions{})
	var p *enroll.PendingError
	if !errors.As(err, &p) || p.Step != enroll.StepFinalize {
		t.Fatalf("got %v, want a PendingError of finalize", err)
	}
	en, err := enroll.Load(e.Store, "amf-01")
	if err != nil {
		t.Fatal(err)
	}
	if en.Journal == nil || en.Journal.Finalizing == nil {
		t.Errorf("journal %+v, want the CSR noted as sent", en.Journal)
	}
	_, _, err = e.Finalize(t.Context(), "amf-01", enroll.FinalizeOptions{NoWait: true})
	if !errors.As(err, &p) {
		t.Errorf("with NoWait: %v, want a PendingError", err)
	}
	if got := b.count(lab.EndpointFinalize, 200); got != 1 {
		t.Errorf("the CSR was sent %d times, want once", got)
	}
}

// Ctrl-C while waiting takes the challenge away and keeps the order.
func TestInterruptedWait(t *testing.T) {
	b := newBench(t, lab.Options{HTTP01Addr: blackHole(t)})
	webroot := t.TempDir()
	e := b.engine()
	e.Solvers = []challenge.Solver{challenge.NewWebroot(webroot)}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	e.Progress = func(ev enroll.Event) {
		if !ev.Next.IsZero() { // it waits: the challenge is in place
			if left, _ := os.ReadDir(webroot); len(left) == 0 {
				t.Error("the challenge is not in place while the CA is awaited")
			}
			cancel()
		}
	}
	_, err := b.all(ctx, e, "amf-01", enroll.FinalizeOptions{})
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v, want the interruption", err)
	}
	if left, _ := os.ReadDir(webroot); len(left) != 0 {
		t.Errorf("%v is left in the webroot", left)
	}
	en, err := enroll.Load(e.Store, "amf-01")
	if err != nil || en.Order == nil || en.Journal != nil {
		t.Errorf("enrolment %+v (%v), want its order and nothing in flight", en, err)
	}
}

// The second of two runs is told who holds the lock.
func TestSteps(t *testing.T) {
	b := newBench(t, lab.Options{})
	e := b.engine()
	var turn *enroll.OutOfTurnError
	if _, _, err := e.Order(t.Context(), "amf-01", enroll.OrderOptions{}); !errors.As(err, &turn) || turn.Needs != enroll.StepCSR {
		t.Errorf("order before csr: %v, want csr first", err)
	}
	if _, _, err := e.CSR(t.Context(), "amf-01", sample()); err != nil {
		t.Fatal(err)
	}
	if _, _, err := e.Order(t.Context(), "amf-01", enroll.OrderOptions{}); !errors.As(err, &turn) || turn.Needs != enroll.StepAccount {
		t.Errorf("order before account: %v, want account first", err)
	}
	if _, _, err := e.Finalize(t.Context(), "amf-01", enroll.FinalizeOptions{}); !errors.As(err, &turn) || turn.Needs != enroll.StepOrder {
		t.Errorf("finalize before order: %v, want order first", err)
	}
	if _, _, err := e.Account(t.Context(), enroll.DefaultAccount, enroll.AccountOptions{}); err != nil {
		t.Fatal(err)
	}
	en, _, err := e.Order(t.Context(), "amf-01", enroll.OrderOptions{NoSolve: true})
	if err != nil {
		t.Fatal(err)
	}
	published := false
	for _, c := range en.Order.Authorizations[0].Challenges {
		published = published || c.Publish != nil && strings.HasPrefix(c.Publish.URL, "http://amf1.")
	}
	if !published {
		t.Errorf("authorization %+v, want what to publish", en.Order.Authorizations[0])
	}
	if _, _, err := e.Finalize(t.Context(), "amf-01", enroll.FinalizeOptions{}); !errors.As(err, &turn) || turn.Needs != enroll.StepOrder {
		t.Errorf("finalize of a pending order: %v, want order first", err)
	}
	for i, wantUnchanged := range []bool{false, true} {
		if _, unchanged, err := e.Solve(t.Context(), "amf-01", enroll.OrderOptions{}); err != nil || unchanged != wantUnchanged {
			t.Errorf("solve %d: unchanged %t (%v), want %t", i, unchanged, err, wantUnchanged)
		}
	}
	for i, wantUnchanged := range []bool{false, true} {
		if _, unchanged, err := e.Finalize(t.Context(), "amf-01", enroll.FinalizeOptions{}); err != nil || unchanged != wantUnchanged {
			t.Errorf("finalize %d: unchanged %t (%v), want %t", i, unchanged, err, wantUnchanged)
		}
	}
	if got := b.count(lab.EndpointNewOrder, 0); got != 1 {
		t.Errorf("%d orders, want 1", got)
	}
}

// Abandoning an order lets the next be new.
func TestAbandon(t *testing.T) {
	b := newBench(t, lab.Options{})
	e := b.engine()
	if _, _, err := e.Account(t.Context(), enroll.DefaultAccount, enroll.AccountOptions{}); err != nil {
		t.Fatal(err)
	}
	if _, _, err := e.CSR(t.Context(), "amf-01", sample()); err != nil {
		t.Fatal(err)
	}
	first, _, err := e.Order(t.Context(), "amf-01", enroll.OrderOptions{NoSolve: true})
	if err != nil {
		t.Fatal(err)
	}
	en, err := e.Abandon(t.Context(), "amf-01")
	if err != nil || en.Order != nil || len(en.Earlier) != 1 {
		t.Fatalf("order %+v, earlier %+v (%v), want it among the earlier", en.Order, en.Earlier, err)
	}
	o, err := b.signer(e).Order(t.Context(), first.Order.URL)
	if err != nil || o.Status == acmewire.Pending {
		t.Errorf("the abandoned order is %+v (%v), want the CA to know", o, err)
	}
	if _, err := b.all(t.Context(), e, "amf-01", enroll.FinalizeOptions{}); err != nil {
		t.Errorf("enrolling after abandoning: %v", err)
	}
}

// A CA that lost its accounts gets a new one of the same key.
func TestForgottenAccount(t *testing.T) {
	b := newBench(t, lab.Options{})
	if _, err := b.all(t.Context(), b.engine(), "amf-01", enroll.FinalizeOptions{}); err != nil {
		t.Fatal(err)
	}
	addr := strings.TrimSuffix(strings.TrimPrefix(b.lab.DirectoryURL(), "https://"), "/directory")
	if err := b.lab.Close(); err != nil {
		t.Fatal(err)
	}
	again, err := lab.Start(t.Context(), lab.Options{Listen: addr, HTTP01Addr: func(string) string { return b.http.Load().(string) }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = again.Close() })
	b.lab = again

	e := b.engine()
	var p *acmewire.Problem
	if _, _, err := e.CSR(t.Context(), "amf-02", sample()); err != nil {
		t.Fatal(err)
	}
	if _, _, err := e.Order(t.Context(), "amf-02", enroll.OrderOptions{}); !errors.As(err, &p) || !p.HasType("accountDoesNotExist") {
		t.Fatalf("got %v, want accountDoesNotExist", err)
	}
	if err := e.Forgotten(t.Context(), enroll.DefaultAccount); err != nil {
		t.Fatal(err)
	}
	var turn *enroll.OutOfTurnError
	if _, _, err := e.Order(t.Context(), "amf-02", enroll.OrderOptions{}); !errors.As(err, &turn) || turn.Needs != enroll.StepAccount {
		t.Errorf("got %v, want account first", err)
	}
	if _, err := b.all(t.Context(), e, "amf-02", enroll.FinalizeOptions{}); err != nil {
		t.Errorf("after registering again: %v", err)
	}
}
