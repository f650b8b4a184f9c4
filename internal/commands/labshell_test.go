package commands

import (
	"runtime"
	"strings"
	"testing"
)

// TestLabShell guards who is greeted in a lab: the user of a shell on a terminal, and
// nobody else. The exit code is the command's.
func TestLabShell(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("needs a POSIX shell")
	}
	for _, tt := range []struct {
		name    string
		tty     bool
		command []string
		code    int
		greeted bool
	}{
		{"shell", true, []string{"sh"}, 3, true},
		{"shell with a script", true, []string{"sh", "-c", "exit 4"}, 4, false},
		{"another command", true, []string{"true"}, 0, false},
		{"pipe", false, []string{"/bin/sh"}, 3, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			w.streams.InTTY, w.streams.ErrTTY, w.streams.Dumb = tt.tty, tt.tty, true
			w.streams.In = strings.NewReader("exit 3\n")
			r := w.run(t.Context(), append([]string{"lab", "exec", "--"}, tt.command...)...)
			if r.code != tt.code {
				t.Errorf("exit %d, want %d\n%s", r.code, tt.code, r.err)
			}
			for _, want := range []string{"ends with this shell", "nfcert account\n", "nfcert csr amf-01 --nf-type AMF", "nfcert show amf-01\n"} {
				if strings.Contains(r.err, want) != tt.greeted {
					t.Errorf("stderr has %q: %t, want %t\n%s", want, !tt.greeted, tt.greeted, r.err)
				}
			}
		})
	}
}
