package ui

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
)

// asks has a question of each kind.
var asks = map[string]func(Prompter) (any, error){
	"confirm": func(p Prompter) (any, error) { return p.Confirm("Agree?", true) },
	"input":   func(p Prompter) (any, error) { return p.Input("Name?", "amf-01") },
	"select":  func(p Prompter) (any, error) { return p.Select("Which?", []string{"http-01", "dns-01", "tkauth-01"}) },
	"secret":  func(p Prompter) (any, error) { return p.Secret("Key?") },
}

func TestNoPrompter(t *testing.T) {
	questions := map[string]string{"confirm": "Agree?", "input": "Name?", "select": "Which?", "secret": "Key?"}
	for _, s := range []Streams{{}, {InTTY: true}, {ErrTTY: true}} {
		var out bytes.Buffer
		s.In, s.Err = strings.NewReader("yes\n"), &out
		for kind, ask := range asks {
			_, err := ask(NewPrompter(s))
			if !errors.Is(err, ErrNoTerminal) || !strings.Contains(err.Error(), questions[kind]) {
				t.Errorf("%s without a terminal: %v, want ErrNoTerminal and the question", kind, err)
			}
		}
		if out.Len() != 0 {
			t.Errorf("it printed %q, want nothing", out.String())
		}
	}
}

func TestPlainPrompter(t *testing.T) {
	tests := []struct {
		name, ask, typed string
		want             any
		screen           string
		wantErr          error
	}{
		{"yes", "confirm", "y\n", true, "Agree? [Y/n] ", nil},
		{"no", "confirm", "No\r\n", false, "Agree? [Y/n] ", nil},
		{"default", "confirm", "\n", true, "Agree? [Y/n] ", nil},
		{"asked again", "confirm", "maybe\nn\n", false, "Agree? [Y/n] Please answer y or n.\nAgree? [Y/n] ", nil},
		{"end of input", "confirm", "", false, "Agree? [Y/n] ", io.EOF},
		{"line", "input", "smf-01\nrest", "smf-01", "Name? [amf-01] ", nil},
		{"empty line", "input", "\n", "amf-01", "Name? [amf-01] ", nil},
		{"late answer of the terminal", "input", "\x1b[24;80Rsmf-01\n", "smf-01", "Name? [amf-01] ", nil},
		{"backspace", "input", "ämf\x7f\x7f\x7f\x7fx\n", "x", "Name? [amf-01] ", nil},
		{"interrupt", "input", "abc\x03", "amf-01", "Name? [amf-01] ", ErrInterrupted},
		{"endless", "input", strings.Repeat("x", maxAnswer+1), "amf-01", "Name? [amf-01] ", errAny},
		{"number", "select", "2\n", 1, "  1) http-01\n  2) dns-01\n  3) tkauth-01\nWhich? [1-3] ", nil},
		{"wrong number", "select", "0\n4\nx\n3\n", 2, "  1) http-01\n  2) dns-01\n  3) tkauth-01\nWhich? [1-3] " +
			strings.Repeat("Please enter a number from 1 to 3.\nWhich? [1-3] ", 3), nil},
		{"secret", "secret", "hush\n", "hush", "Key? ", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var screen bytes.Buffer
			p := NewPrompter(Streams{In: strings.NewReader(tt.typed), Err: &screen, InTTY: true, ErrTTY: true})
			got, err := asks[tt.ask](p)
			switch {
			case tt.wantErr == errAny && err != nil:
			case !errors.Is(err, tt.wantErr):
				t.Errorf("typed %.40q: error %v, want %v", tt.typed, err, tt.wantErr)
			case err == nil && got != tt.want:
				t.Errorf("typed %.40q: got %v, want %v", tt.typed, got, tt.want)
			}
			if screen.String() != tt.screen {
				t.Errorf("screen: got %q, want %q", screen.String(), tt.screen)
			}
		})
	}
}

var errAny = errors.New("any error")

// A question does not consume the answer to the next one, and text from a server
// does not control the terminal.
func TestPlainPrompterInRow(t *testing.T) {
	var screen bytes.Buffer
	p := NewPrompter(Streams{In: strings.NewReader("one\ntwo\n1\n"), Err: &screen, InTTY: true, ErrTTY: true})
	first, err1 := p.Input("A\x1b[2J?", "\x1b[H")
	second, err2 := p.Input("B?", "")
	third, err3 := p.Select("C?", []string{"\x1b[31mred"})
	if first != "one" || second != "two" || third != 0 || errors.Join(err1, err2, err3) != nil {
		t.Errorf("got %q, %q, %d, %v, want one, two and 0", first, second, third, errors.Join(err1, err2, err3))
	}
	if strings.Contains(screen.String(), "\x1b") {
		t.Errorf("screen %q holds an escape", screen.String())
	}
	if _, err := p.Select("D?", nil); err == nil {
		t.Error("Select of nothing succeeded")
	}
}

func TestSearchIn(t *testing.T) {
	options := []string{"AMF", "5G_EIR", "MB_UPF", "UPF", "another type"}
	for _, tt := range []struct{ typed, want string }{
		{"upf", "UPF"},
		{"a", "AMF, another type"},
		{"EIR", "5G_EIR"}, // none begins with it
		{"mb", "MB_UPF"},
		{"xyz", ""},
		{"", "AMF, 5G_EIR, MB_UPF, UPF, another type"},
	} {
		var found []string
		for i, option := range options {
			if searchIn(options)(tt.typed, option, i) {
				found = append(found, option)
			}
		}
		if got := strings.Join(found, ", "); got != tt.want {
			t.Errorf("%q typed: got %s, want %s", tt.typed, got, tt.want)
		}
	}
}
