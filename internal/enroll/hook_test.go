package enroll_test

import (
	"context"
	"errors"
	"path/filepath"
	"testing"

	"github.com/nfcert/nfcert/internal/enroll"
	"github.com/nfcert/nfcert/internal/lab"
)

// The hook of finalize and enroll runs once when files were put in place, and not
// when they were there already. One that fails runs again with the next run, which
// asks the CA nothing.
func TestHookOfFirstCertificate(t *testing.T) {
	for _, whole := range []bool{false, true} {
		b := newBench(t, lab.Options{})
		e := b.engine()
		run := b.all
		if whole {
			run = b.whole
		}
		failure := errors.New("the NF did not start")
		o := b.hooked()
		o.Hook = func(context.Context, *enroll.Enrolment) error { return failure }
		en, err := run(t.Context(), e, "amf-01", o)
		if !errors.Is(err, failure) || !en.HookOwed() {
			t.Fatalf("whole %t: %v, journal %+v; want the hook's error, saved", whole, err, en.Journal)
		}
		if got := serial(b.pair()); got != en.Certificate.Serial {
			t.Errorf("whole %t: installed is %s, want %s although the hook failed", whole, got, en.Certificate.Serial)
		}
		asked := len(b.lab.Requests())
		if saved, err := enroll.Load(e.Store, "amf-01"); err != nil || !saved.HookOwed() {
			t.Errorf("whole %t: saved is %+v, %v; want that the hook is owed", whole, saved.Journal, err)
		}

		// Without a hook, nothing is forgotten.
		if en, err = b.again(e, b.installed()); err != nil || !en.HookOwed() {
			t.Errorf("whole %t, without a hook: %v, journal %+v; want it still owed", whole, err, en.Journal)
		}
		for i, want := range []int{1, 1} {
			if en, err = b.again(e, b.hooked()); err != nil || b.hooks != want || en.Journal != nil {
				t.Errorf("whole %t, run %d: %v, %d calls, journal %+v; want %d calls and nothing owed", whole, i, err, b.hooks, en.Journal, want)
			}
		}

		// Another place: called once more.
		o = b.hooked()
		o.Layout.Dir, o.Outputs = filepath.Join(t.TempDir(), "second"), nil
		for range 2 {
			if en, err = b.again(e, o); err != nil || b.hooks != 2 || en.Journal != nil {
				t.Errorf("whole %t, another place: %v, %d calls, journal %+v; want 2 calls", whole, err, b.hooks, en.Journal)
			}
		}
		if got := len(b.lab.Requests()) - asked; got != 0 {
			t.Errorf("whole %t: the CA was asked %d times for hooks, want none", whole, got)
		}
		closeSolvers(e)
	}
}

// again finalizes once more.
func (b *bench) again(e *enroll.Engine, o enroll.FinalizeOptions) (*enroll.Enrolment, error) {
	en, _, err := e.Finalize(b.t.Context(), "amf-01", o)
	return en, err
}

// A hook that is owed makes a renewal due, which calls its own; files that cannot
// be placed call none and leave nothing behind.
func TestHookOwed(t *testing.T) {
	b := newBench(t, lab.Options{})
	e := b.engine()
	o := b.installed()
	failure := errors.New("the NF did not start")
	o.Hook = func(context.Context, *enroll.Enrolment) error { return failure }
	if _, err := b.whole(t.Context(), e, "amf-01", o); !errors.Is(err, failure) {
		t.Fatalf("enroll: %v, want the hook's error", err)
	}
	closeSolvers(e)
	if d, err := due(b.engine(), "amf-01"); err != nil || !d.Due || d.Basis != enroll.DueSwap {
		t.Errorf("due %+v, %v; want it due", d, err)
	}
	asked, called := len(b.lab.Requests()), 0
	renewing := b.renewing()
	renewing.Hook = func(context.Context, *enroll.Enrolment) error { called++; return nil }
	en, err := b.renew(renewing)
	if err != nil || called != 1 || en.Journal != nil || en.Generation > 1 || len(b.lab.Requests()) != asked {
		t.Errorf("renew: %v, %d calls, journal %+v, generation %d; want one call and nothing else", err, called, en.Journal, en.Generation)
	}

	e = b.engine()
	taken := b.hooked()
	taken.Layout, taken.Outputs = enroll.LayoutOptions{}, []enroll.Output{{Kind: enroll.KindCert, Path: b.state}} // a directory
	if en, err = b.again(e, taken); err == nil || b.hooks != 0 || en.Journal != nil {
		t.Errorf("a place that cannot be written to: %v, %d calls, journal %+v; want an error and no call", err, b.hooks, en.Journal)
	}
}
