package cli

import (
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/kballard/go-shellquote"
)

// TestShellQuote guards that plain words stay plain, and that a shell reads a quoted
// line as the same words.
func TestShellQuote(t *testing.T) {
	for _, tt := range []struct {
		in   []string
		want string
	}{
		{[]string{"nfcert", "order", "-n", "amf-01"}, "nfcert order -n amf-01"},
		{[]string{"--server", "https://ca.example:14000/directory"}, "--server https://ca.example:14000/directory"},
		{[]string{"--hook", "a b"}, "--hook 'a b'"},
		{[]string{"--hook", `systemctl "x y"`}, `--hook 'systemctl "x y"'`},
		{[]string{"it's"}, `'it'\''s'`},
		{[]string{""}, "''"},
		{[]string{"https://ca.example/?a=1&b=2"}, "'https://ca.example/?a=1&b=2'"},
		{[]string{"#comment", "~root", "$HOME", "a\nb"}, "'#comment' '~root' '$HOME' 'a\nb'"},
	} {
		got := ShellQuote(tt.in...)
		if got != tt.want {
			t.Errorf("%q: got %s, want %s", tt.in, got, tt.want)
		}
		if words, err := shellquote.Split(got); err != nil || !slices.Equal(words, tt.in) {
			t.Errorf("%s is split into %q (%v), want %q", got, words, err, tt.in)
		}
		if sh, err := exec.LookPath("sh"); err == nil {
			out, err := exec.Command(sh, "-c", `printf '%s\0' `+got).Output()
			if words := strings.Split(strings.TrimSuffix(string(out), "\x00"), "\x00"); err != nil || !slices.Equal(words, tt.in) {
				t.Errorf("sh reads %s as %q (%v), want %q", got, words, err, tt.in)
			}
		}
	}
}

// TestSplitCommand guards the quotes of a command in a flag, and that nothing in it is
// expanded.
func TestSplitCommand(t *testing.T) {
	for _, tt := range []struct {
		in   string
		want []string // nil: an error
	}{
		{"systemctl try-restart open5gs-amfd", []string{"systemctl", "try-restart", "open5gs-amfd"}},
		{`program "one word" 'two $HOME'`, []string{"program", "one word", "two $HOME"}},
		{"a; b", []string{"a;", "b"}},
		{`"unclosed`, nil},
		{" ", nil},
	} {
		got, err := SplitCommand("hook", tt.in)
		if !slices.Equal(got, tt.want) || (err == nil) != (tt.want != nil) {
			t.Errorf("%q: got %q (%v), want %q", tt.in, got, err, tt.want)
		}
	}
}
