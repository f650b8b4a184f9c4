package ui

import (
	"os"
	"runtime"
	"testing"
)

func TestSetEscapes(t *testing.T) {
	tests := []struct {
		name          string
		env           map[string]string
		color         string
		out, err, bad bool // coloured on a terminal, in a pipe; dumb
	}{
		{"auto", map[string]string{"TERM": "xterm"}, "auto", true, false, false},
		{"empty is auto", map[string]string{"TERM": "xterm"}, "", true, false, false},
		{"NO_COLOR", map[string]string{"TERM": "xterm", "NO_COLOR": "1"}, "auto", false, false, false},
		{"NO_COLOR empty", map[string]string{"TERM": "xterm", "NO_COLOR": ""}, "auto", true, false, false},
		{"always beats NO_COLOR", map[string]string{"TERM": "xterm", "NO_COLOR": "1"}, "always", true, true, false},
		{"never", map[string]string{"TERM": "xterm"}, "never", false, false, false},
		{"dumb", map[string]string{"TERM": "dumb"}, "auto", false, false, true},
		{"dumb, always", map[string]string{"TERM": "dumb"}, "always", true, true, true},
		{"no TERM", nil, "auto", runtime.GOOS == "windows", false, runtime.GOOS != "windows"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := Streams{OutTTY: true}
			s.setEscapes(func(key string) string { return tt.env[key] }, tt.color)
			if got := s.OutPaint().On; got != tt.out {
				t.Errorf("colour on a terminal: got %t, want %t", got, tt.out)
			}
			if got := s.ErrPaint().On; got != tt.err {
				t.Errorf("colour in a pipe: got %t, want %t", got, tt.err)
			}
			if s.Dumb != tt.bad {
				t.Errorf("dumb: got %t, want %t", s.Dumb, tt.bad)
			}
		})
	}
}

func TestSystem(t *testing.T) {
	s := System(os.Getenv, "never")
	if s.In != os.Stdin || s.Out != os.Stdout || s.Err != os.Stderr || s.Width <= 0 || s.Color {
		t.Errorf("got %+v, want the process's streams, a width and no colour", s)
	}
}
