package commands

import (
	"maps"
	"strings"
	"testing"

	"github.com/nfcert/nfcert/internal/commands/report"
	"github.com/nfcert/nfcert/internal/enroll"
	"github.com/nfcert/nfcert/internal/store"
)

// TestForgetPrompt guards that on a terminal forget says what it removes, and
// removes it only when the name is typed.
func TestForgetPrompt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	write(t, w.path("amf.yaml"), nfFile)
	w.must(t, "csr", "-n", "amf-01", "--nf", w.path("amf.yaml"))
	for _, tt := range []struct {
		name, answer string
		code         int
	}{
		{"another name", "amf-02\n", report.ExitUsage},
		{"silence", "\n", report.ExitUsage},
		{"end of input", "", report.ExitUsage},
		{"Ctrl-C", "\x03", report.ExitInterrupted},
		{"the name", "amf-01\n", report.ExitDone},
	} {
		w := &world{env: maps.Clone(w.env), streams: w.streams}
		w.onTerminal()
		w.streams.Dumb = true
		w.streams.In = strings.NewReader(tt.answer)
		r := w.run(t.Context(), "forget", "amf-01")
		if r.code != tt.code {
			t.Errorf("%s: exit %d, want %d\n%s", tt.name, r.code, tt.code, r.err)
		}
		for _, want := range []string{"enrolment.json, key.pem", "Type amf-01 to continue"} {
			if !strings.Contains(r.err, want) {
				t.Errorf("%s: stderr lacks %q:\n%s", tt.name, want, r.err)
			}
		}
		left := w.run(t.Context(), "show", "amf-01").code == report.ExitDone
		if left != (tt.code != report.ExitDone) {
			t.Errorf("%s: the enrolment is still there: %t", tt.name, left)
		}
	}
}

// TestForgetLocked guards that an enrolment on which another run works stays.
func TestForgetLocked(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	write(t, w.path("amf.yaml"), nfFile)
	w.must(t, "csr", "-n", "amf-01", "--nf", w.path("amf.yaml"))
	s, err := store.Open(w.path(".local", "share", "nfcert"))
	if err != nil {
		t.Fatal(err)
	}
	lock, err := s.Lock(t.Context(), enroll.EnrolmentDir("amf-01"))
	if err != nil {
		t.Fatal(err)
	}
	r := w.run(t.Context(), "forget", "amf-01", "--yes", "-o", "json")
	if got := r.report(t); r.code != report.ExitState || got.Code != report.CodeLocked {
		t.Errorf("exit %d, %s; want 7, locked", r.code, got.Code)
	}
	if err := lock.Unlock(); err != nil {
		t.Fatal(err)
	}
	w.must(t, "forget", "amf-01", "--yes")
}
