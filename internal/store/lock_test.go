package store

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestLockExcludes(t *testing.T) {
	s := newStore(t)
	other := mustOpen(t, s.Dir())
	lock, err := s.Lock(t.Context(), "enrolments/amf-01")
	if err != nil {
		t.Fatalf("Lock: %v", err)
	}
	for name, s := range map[string]*Store{"the same store": s, "another store": other} {
		var locked *LockedError
		if _, err := s.Lock(t.Context(), "enrolments/amf-01"); !errors.As(err, &locked) {
			t.Fatalf("Lock by %s: %v, want a LockedError", name, err)
		}
		if locked.PID != os.Getpid() || time.Since(locked.Since) > time.Minute || locked.Command != commandLine(os.Args) {
			t.Errorf("Lock by %s: %v, want it to name this process", name, locked)
		}
	}
	if free, err := s.Lock(t.Context(), "enrolments/amf-02"); err != nil {
		t.Errorf("Lock of another thing: %v", err)
	} else if err := free.Unlock(); err != nil {
		t.Errorf("Unlock: %v", err)
	}
	for range 2 {
		if err := lock.Unlock(); err != nil {
			t.Errorf("Unlock: %v", err)
		}
	}
	again, err := other.Lock(t.Context(), "enrolments/amf-01")
	if err != nil {
		t.Fatalf("Lock after Unlock: %v", err)
	}
	if err := lock.Unlock(); err != nil { // must not release the other's
		t.Errorf("third Unlock: %v", err)
	}
	if _, err := s.Lock(t.Context(), "enrolments/amf-01"); err == nil {
		t.Error("Lock succeeded while another holds it")
	}
	if err := again.Unlock(); err != nil {
		t.Errorf("Unlock: %v", err)
	}
}

// Lock waits for a holder that is about to finish.
func TestLockWaitsAMoment(t *testing.T) {
	s := newStore(t)
	first, err := s.Lock(t.Context(), "a")
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	defer wg.Wait()
	timer := time.NewTimer(2 * lockRetry)
	wg.Go(func() {
		<-timer.C
		if err := first.Unlock(); err != nil {
			t.Errorf("Unlock: %v", err)
		}
	})
	second, err := s.Lock(t.Context(), "a")
	if err != nil {
		t.Fatalf("Lock: %v", err)
	}
	second.Unlock()
}

// On a machine under load a process may not run for longer than the wait. A lock
// that nobody holds is granted all the same.
func TestLockWaitSleptThrough(t *testing.T) {
	s := newStore(t)
	lock, err := s.lockWithin(t.Context(), "a", 0)
	if err != nil {
		t.Fatalf("Lock of a free one: %v", err)
	}
	var locked *LockedError
	if _, err := s.lockWithin(t.Context(), "a", 0); !errors.As(err, &locked) || locked.PID != os.Getpid() {
		t.Errorf("Lock of a held one: %v, want a LockedError that names this process", err)
	}
	if err := lock.Unlock(); err != nil {
		t.Errorf("Unlock: %v", err)
	}
}

func TestLockContext(t *testing.T) {
	s := newStore(t)
	held, err := s.Lock(t.Context(), "a")
	if err != nil {
		t.Fatal(err)
	}
	defer held.Unlock()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, rel := range []string{"a", "free"} {
		if _, err := s.Lock(ctx, rel); !errors.Is(err, context.Canceled) {
			t.Errorf("Lock(%q) with an ended context: %v, want context.Canceled", rel, err)
		}
	}
	if lock, err := s.Lock(t.Context(), "free"); err != nil {
		t.Errorf("Lock after an ended context: %v", err)
	} else {
		lock.Unlock()
	}
}

// A lock ends with its holder, however that ends; the file that stays locks nothing.
func TestLockDiesWithHolder(t *testing.T) {
	s := newStore(t)
	kill := startHelper(t, "lock", s.Dir())
	var locked *LockedError
	if _, err := s.Lock(t.Context(), "enrolments/amf-01"); !errors.As(err, &locked) {
		t.Fatalf("Lock held by another process: %v, want a LockedError", err)
	}
	if locked.PID == os.Getpid() || locked.PID <= 0 {
		t.Errorf("locked by process %d, want the helper's", locked.PID)
	}
	kill()
	lock, err := s.Lock(t.Context(), "enrolments/amf-01")
	if err != nil {
		t.Fatalf("Lock after the holder was killed: %v", err)
	}
	lock.Unlock()
}

func TestLockedErrorRecord(t *testing.T) {
	since := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	tests := []struct {
		name, record string
		want         LockedError
	}{
		{"whole", `{"pid":7,"since":"2026-11-24T12:00:00Z","command":"nfcert order"}`, LockedError{PID: 7, Since: since, Command: "nfcert order"}},
		{"over a longer one", `{"pid":7,"since":"2026-11-24T12:00:00Z","command":"x"}` + "\n" + `-n amf"}`, LockedError{PID: 7, Since: since, Command: "x"}},
		{"released", `{"pid":0,"since":"0001-01-01T00:00:00Z","command":""}`, LockedError{}},
		{"half", `{"pid":7,"since":"2026`, LockedError{}},
		{"empty", "", LockedError{}},
		{"endless", `{"command":"` + strings.Repeat("x", 1<<20), LockedError{}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			path := t.TempDir() + "/x.lock"
			put(t, path, "\x00"+tt.record)
			tt.want.Path = path
			err := lockedError(path)
			if diff := cmp.Diff(err, error(&tt.want)); diff != "" {
				t.Errorf("lockedError with record %.80q, got -, want +:\n%s", tt.record, diff)
			}
			if !strings.Contains(err.Error(), fmt.Sprintf("%q is locked by", path)) {
				t.Errorf("text %q, want it to name the path", err)
			}
		})
	}
}

func TestCommandLine(t *testing.T) {
	tests := []struct {
		name string
		in   []string
		want string
	}{
		{"none", nil, ""},
		{"usual", []string{"/usr/bin/nfcert", "order", "-n", "amf-01"}, "nfcert order -n amf-01"},
		{"long", []string{"nfcert", strings.Repeat("é", 300)}, "nfcert " + strings.Repeat("é", 196) + "…"},
	}
	for _, tt := range tests {
		if got := commandLine(tt.in); got != tt.want {
			t.Errorf("%s: commandLine(%.40q): got %q, want %q", tt.name, tt.in, got, tt.want)
		}
	}
}

// The lock's next holder removes what a killed writer left unfinished, and no
// file whose writer may be alive.
func TestLockSweeps(t *testing.T) {
	s := newStore(t)
	names := []string{
		"e/amf/.enrolment.json.1.tmp", // dead: its writer held the lock
		"e/amf/.nonce.json.2.ctmp",    // needs no lock, and is young
		"e/amf/.nonce.json.3.ctmp",    // old
		"e/amf/.notes.tmp",            // not ours
		"e/.amf.4.tmp",                // dead
		"e/.amf.b.5.tmp",              // of another name
		"e/.smf.6.tmp",                // of another name
	}
	for _, name := range names {
		put(t, s.Path(name), "")
	}
	old := time.Now().Add(-2 * staleAge)
	if err := os.Chtimes(s.Path(names[2]), old, old); err != nil {
		t.Fatal(err)
	}
	lock, err := s.Lock(t.Context(), "e/amf")
	if err != nil {
		t.Fatalf("Lock: %v", err)
	}
	defer lock.Unlock()
	want := []string{"e", "e/.amf.b.5.tmp", "e/.smf.6.tmp", "e/amf", "e/amf/.nonce.json.2.ctmp", "e/amf/.notes.tmp", "e/amf.lock", "format"}
	if diff := cmp.Diff(tree(t, s.Dir()), want); diff != "" {
		t.Errorf("files, got -, want +:\n%s", diff)
	}
}
