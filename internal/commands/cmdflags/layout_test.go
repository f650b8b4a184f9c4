package cmdflags

import (
	"io"
	"testing"

	"github.com/nfcert/nfcert/internal/commands/cli"
	"github.com/nfcert/nfcert/internal/ui"
)

// answers types these lines.
type answers struct {
	ui.NoPrompter
	lines []string
	asked int
}

func (a *answers) Secret(string) (string, error) {
	if a.asked >= len(a.lines) {
		return "", io.EOF
	}
	a.asked++
	return a.lines[a.asked-1], nil
}

// TestPassphraseAsked guards that a new passphrase is typed twice, because it is not
// visible, and that a missing one is an error.
func TestPassphraseAsked(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		lines []string
		env   string
		want  string // "": refused
		asked int
	}{
		{"typed twice alike", []string{"correct horse", "correct horse"}, "", "correct horse", 2},
		{"typed differently", []string{"correct horse", "correct house"}, "", "", 2},
		{"the end of input", nil, "", "", 0},
		{"the end of input after the first", []string{"correct horse"}, "", "", 1},
		{"from the variable, without a prompt", []string{"x", "x"}, "from outside", "from outside", 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			person := &answers{lines: tt.lines}
			call := &cli.Call{Env: &cli.Env{Prompt: person, Getenv: func(name string) string {
				if name == "NFCERT_P12_PASSPHRASE" {
					return tt.env
				}
				return ""
			}}}
			got, err := (&Layout{}).Passphrase(call)
			if string(got.Reveal()) != tt.want || (err == nil) != (tt.want != "") {
				t.Errorf("passphrase %q, error %v; want %q", got.Reveal(), err, tt.want)
			}
			if _, usage := cli.As[*cli.UsageError](err); err != nil && !usage {
				t.Errorf("error %v (%T), want one of usage", err, err)
			}
			if person.asked != tt.asked {
				t.Errorf("asked %d times, want %d", person.asked, tt.asked)
			}
		})
	}
}
