package cmdflags

import (
	"context"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// TestProgram guards what a program of the user may do, and what is kept of what it
// prints.
func TestProgram(t *testing.T) {
	t.Parallel()
	shell, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("needs a POSIX shell")
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	tests := []struct {
		name   string
		ctx    context.Context
		script string
		limit  time.Duration
		stdout string // want
		stderr string // want, its end
		err    string // want; "": none
	}{
		{"success", t.Context(), "printf answer; echo note >&2", time.Minute, "answer", "note", ""},
		{"all that is allowed", t.Context(), "head -c 2048 /dev/zero | tr '\\0' a", time.Minute, strings.Repeat("a", 2048), "", ""},
		{"too much", t.Context(), "head -c 2049 /dev/zero", time.Minute, "", "", "it printed over 2 KiB"},
		{"failure", t.Context(), "head -c 9000 /dev/zero >&2; echo the reason >&2; exit 3", time.Minute, "", "the reason", "exit status 3"},
		{"too slow", t.Context(), "exec sleep 60", 50 * time.Millisecond, "", "", "it took longer than 50ms"},
		{"interrupted", ended, "exit 3", time.Minute, "", "", context.Canceled.Error()},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p := program{args: []string{shell, "-c", tt.script}, limit: tt.limit, output: 2 << 10}
			stdout, stderr, err := p.run(tt.ctx)
			if tt.err == "" && (err != nil || string(stdout) != tt.stdout) {
				t.Errorf("got %d bytes on stdout and error %v; want %q", len(stdout), err, tt.stdout)
			}
			if tt.err != "" && (err == nil || err.Error() != tt.err) {
				t.Errorf("got error %v, want %q", err, tt.err)
			}
			if !strings.HasSuffix(stderr, tt.stderr) || len(stderr) > maxStderr {
				t.Errorf("got %d bytes of stderr, want at most %d that end with %q", len(stderr), maxStderr, tt.stderr)
			}
		})
	}
}
