package enroll_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/nfcert/nfcert/internal/acmewire"
	"github.com/nfcert/nfcert/internal/challenge"
	"github.com/nfcert/nfcert/internal/enroll"
	"github.com/nfcert/nfcert/internal/lab"
	"github.com/nfcert/nfcert/internal/layout"
	"github.com/nfcert/nfcert/internal/secret"
	"github.com/nfcert/nfcert/internal/store"
)

var errDied = errors.New("the process died")

// mortal is a store whose process dies at its n-th change: right before the
// change reaches the disk, or right after. Nothing works from then on.
type mortal struct {
	enroll.Store
	mu    sync.Mutex
	left  int  // changes until death
	after bool // the last change still reaches the disk
	dead  bool
}

func (m *mortal) change(do func() error) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.dead {
		return errDied
	}
	m.left--
	if m.left > 0 {
		return do()
	}
	m.dead = true
	if m.after {
		if err := do(); err != nil {
			return err
		}
	}
	return errDied
}

func (m *mortal) Save(rel string, v any, with ...store.Attachment) error {
	return m.change(func() error { return m.Store.Save(rel, v, with...) })
}
func (m *mortal) SaveSoon(rel string, v any, with ...store.Attachment) func() error {
	err := m.change(func() error { return m.Store.SaveSoon(rel, v, with...)() })
	return func() error { return err }
}
func (m *mortal) CreateKeyFor(rel string, data []byte) error {
	return m.change(func() error { return m.Store.CreateKeyFor(rel, data) })
}
func (m *mortal) CreateKey(rel string, data []byte) error {
	return m.change(func() error { return m.Store.CreateKey(rel, data) })
}
func (m *mortal) Rename(from, to string) error {
	return m.change(func() error { return m.Store.Rename(from, to) })
}
func (m *mortal) Remove(rel string) error {
	return m.change(func() error { return m.Store.Remove(rel) })
}
func (m *mortal) RemoveAll(rel string) error {
	return m.change(func() error { return m.Store.RemoveAll(rel) })
}

// late is a store that saves in the background as late as it may: when it is
// waited for.
type late struct{ enroll.Store }

func (l late) SaveSoon(rel string, v any, with ...store.Attachment) func() error {
	data, err := json.Marshal(v) // v may be changed from now on
	return sync.OnceValue(func() error {
		if err != nil {
			return err
		}
		return l.Store.Save(rel, json.RawMessage(data), with...)
	})
}

// count is how many requests the lab answered at an endpoint with a status.
func (b *bench) count(at lab.Endpoint, status int) int {
	n := 0
	for _, r := range b.lab.Requests() {
		if r.Endpoint == at && (status == 0 || r.Status == status) {
			n++
		}
	}
	return n
}

// Whenever a run dies, the next one must finish the same order with the same
// key: one account, one order, one certificate.
func TestDyingAtEachSave(t *testing.T) {
	for _, whole := range []bool{false, true} {
		for _, tokens := range []bool{false, true} {
			t.Run(fmt.Sprintf("whole %t, tokens %t", whole, tokens), func(t *testing.T) { testDying(t, whole, tokens) })
		}
	}
}

func testDying(t *testing.T, whole, tokens bool) {
	const immortal = 1000
	e, b := mortalRun(t, death{at: immortal, whole: whole, tokens: tokens})
	changes := immortal - e.Store.(*mortal).left
	least := 8
	if whole {
		least = 6
	}
	if changes < least || b.count(lab.EndpointCert, 200) != 1 {
		t.Fatalf("a run made %d changes and downloaded %d certificates, want %d or more and 1", changes, b.count(lab.EndpointCert, 200), least)
	}
	for n := 1; n <= changes; n++ {
		for _, after := range []bool{false, true} {
			for _, again := range []bool{false, true} {
				if tokens && again != whole {
					continue // tried without
				}
				t.Run(fmt.Sprintf("change %d, after %t, then whole %t", n, after, again), func(t *testing.T) {
					t.Parallel()
					dieAndResume(t, death{at: n, after: after, whole: whole, again: again, tokens: tokens})
				})
			}
		}
	}
}

// death says when a run dies.
type death struct {
	at    int  // the number of the change
	after bool // that change still reaches the disk
	whole bool // the run is one Enroll, not a step after the other
	again bool // so is the next

	tokens bool // an NF instance is ordered besides, and proven with a token
}

// mortalRun enrols with a store that dies.
func mortalRun(t *testing.T, d death) (*enroll.Engine, *bench) {
	t.Helper()
	b := newBench(t, lab.Options{})
	b.tokens = d.tokens
	e := b.engine()
	e.Store = &mortal{Store: e.Store, left: d.at, after: d.after}
	run := b.all
	if d.whole {
		run = b.whole
	}
	_, err := run(t.Context(), e, "amf-01", b.hooked())
	if e.Store.(*mortal).dead != errors.Is(err, errDied) {
		t.Fatalf("dead %t, the run: %v", e.Store.(*mortal).dead, err)
	}
	closeSolvers(e)
	return e, b
}

// installed wants the files of a core, and one that is encrypted.
func (b *bench) installed() enroll.FinalizeOptions {
	dir := filepath.Dir(b.state)
	return enroll.FinalizeOptions{
		Roots:   b.roots,
		Layout:  enroll.LayoutOptions{Name: layout.Open5GS, Dir: dir, Passphrase: secret.New([]byte("passphrase")), LegacyPKCS12: true},
		Outputs: []enroll.Output{{Kind: layout.KindPKCS12, Path: filepath.Join(dir, "amf.p12")}},
	}
}

// hooked is installed with a hook, which counts how often it is called.
func (b *bench) hooked() enroll.FinalizeOptions {
	o := b.installed()
	o.Hook = func(context.Context, *enroll.Enrolment) error { b.hooks++; return nil }
	return o
}

func dieAndResume(t *testing.T, d death) {
	_, b := mortalRun(t, d)
	keyFile := filepath.Join(b.state, "enrolments/amf-01/key.pem")
	key := readIfThere(t, keyFile)

	run, e := b.all, b.engine()
	if d.again {
		run, e.Store = b.whole, late{e.Store}
	}
	en, err := run(t.Context(), e, "amf-01", b.hooked())
	if err != nil {
		t.Fatalf("the second run: %v", err)
	}
	if b.hooks < 1 || b.hooks > 2 {
		t.Errorf("the hook was called %d times, want once, and again where the run died before that was saved", b.hooks)
	}
	if key != "" && key != readIfThere(t, keyFile) {
		t.Error("the second run made another key")
	}
	for at, status := range map[lab.Endpoint]int{lab.EndpointNewAccount: 201, lab.EndpointNewOrder: 201, lab.EndpointFinalize: 200} {
		if got := b.count(at, status); got != 1 {
			t.Errorf("%s was answered %d times with %d, want once", at, got, status)
		}
	}
	if en.Journal != nil || en.Step != enroll.StepDone {
		t.Errorf("step %s, journal %+v, want done and nothing in flight", en.Step, en.Journal)
	}
	if got := b.lab.TokenRequests(); d.tokens && (got < 1 || got > 2) || !d.tokens && got != 0 {
		t.Errorf("%d tokens were asked for, want one, and another where the first was lost", got)
	}
	for _, file := range []string{"amf.crt", "amf.key", "ca.crt", "amf.p12"} {
		if readIfThere(t, filepath.Join(filepath.Dir(b.state), file)) == "" {
			t.Errorf("%s was not written", file)
		}
	}
}

// refusing is a store that does not save accounts.
type refusing struct{ enroll.Store }

func (r refusing) SaveSoon(rel string, v any, with ...store.Attachment) func() error {
	if _, account := v.(*enroll.Account); account {
		return func() error { return &store.AccessError{Op: "writing", Path: r.Path(rel), Err: syscall.ENOSPC} }
	}
	return r.Store.SaveSoon(rel, v, with...)
}

// An enrolment whose account could not be saved has no certificate yet: the next
// run registers again and goes on with the same order.
func TestAccountNotSaved(t *testing.T) {
	b := newBench(t, lab.Options{})
	e := b.engine()
	e.Store = refusing{e.Store}
	_, err := b.whole(t.Context(), e, "amf-01", b.installed())
	if !errors.Is(err, syscall.ENOSPC) || strings.Count(err.Error(), "account.json") != 1 {
		t.Fatalf("the first run: %v, want that account.json is not written, once", err)
	}
	closeSolvers(e)
	e = b.engine()
	if _, err := b.whole(t.Context(), e, "amf-01", b.installed()); err != nil {
		t.Fatalf("the second run: %v", err)
	}
	if _, err := e.UseAccount(t.Context(), enroll.DefaultAccount); err != nil {
		t.Errorf("the account after the second run: %v", err)
	}
	if accounts, orders := b.count(lab.EndpointNewAccount, 201), b.count(lab.EndpointNewOrder, 201); accounts != 1 || orders != 1 {
		t.Errorf("%d accounts and %d orders were made, want one of each", accounts, orders)
	}
}

// closeSolvers gives up the sockets that a dead process would not hold.
func closeSolvers(e *enroll.Engine) {
	for _, s := range e.Solvers {
		if l, ok := s.(*challenge.Listener); ok {
			_ = l.Close()
		}
	}
}

func readIfThere(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	return string(data)
}

// A connection that is cut while the CA acts leaves the client not knowing. The
// next run asks the CA.
func TestConnectionCut(t *testing.T) {
	for _, how := range []string{"cut", "cut-before"} {
		for _, at := range []lab.Endpoint{
			// Not newNonce: a HEAD is safe to repeat, and net/http does.
			lab.EndpointDirectory, lab.EndpointNewAccount, lab.EndpointNewOrder,
			lab.EndpointAuthz, lab.EndpointFinalize, lab.EndpointCert,
		} {
			t.Run(how+" at "+string(at), func(t *testing.T) {
				t.Parallel()
				b := newBench(t, lab.Options{}, how+"="+string(at)+":once")
				e := b.engine()
				_, err := b.all(t.Context(), e, "amf-01", enroll.FinalizeOptions{Roots: b.roots})
				var network *acmewire.NetworkError
				if !errors.As(err, &network) {
					t.Fatalf("the first run: %v, want a NetworkError", err)
				}
				if network.Stage != acmewire.StageAnswer {
					t.Errorf("stage %q, want %q", network.Stage, acmewire.StageAnswer)
				}
				closeSolvers(e)
				if _, err := b.all(t.Context(), b.engine(), "amf-01", enroll.FinalizeOptions{Roots: b.roots}); err != nil {
					t.Fatalf("the second run: %v", err)
				}
				if got := b.count(lab.EndpointNewOrder, 201); got > 1 {
					t.Errorf("%d orders were placed, want 1", got)
				}
				if got := b.count(lab.EndpointFinalize, 200); got > 1 {
					t.Errorf("%d CSRs were taken, want 1", got)
				}
			})
		}
	}
}

// While a challenge is in place the engine stays: the CA may be validating.
func TestCutWhileAnswering(t *testing.T) {
	for _, how := range []string{"cut", "cut-before"} {
		t.Run(how, func(t *testing.T) {
			b := newBench(t, lab.Options{}, how+"=challenge:once")
			if _, err := b.all(t.Context(), b.engine(), "amf-01", enroll.FinalizeOptions{Roots: b.roots}); err != nil {
				t.Fatal(err)
			}
			if got := b.count(lab.EndpointNewOrder, 201); got != 1 {
				t.Errorf("%d orders were placed, want 1", got)
			}
		})
	}
}

// Polls survive a CA that is gone for a moment.
func TestCutWhilePolling(t *testing.T) {
	b := newBench(t, lab.Options{}, "cut=order:once", "processing=2")
	if _, err := b.all(t.Context(), b.engine(), "amf-01", enroll.FinalizeOptions{Roots: b.roots}); err != nil {
		t.Fatal(err)
	}
}
