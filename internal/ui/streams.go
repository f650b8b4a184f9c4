// Package ui prints results for people and programs, and asks questions.
//
// Every command writes its answer, and nothing else, to standard output: aligned
// columns on a terminal, TAB-separated full values in a pipe, or JSON. Progress,
// prompts and errors go to standard error. Text from a server, a token or a file
// must pass [Clean] before it reaches a terminal; tables, fields, prompts and the
// waiting line call it themselves.
package ui

import (
	"io"
	"os"
	"runtime"

	"golang.org/x/term"
)

// defaultWidth is the width of a terminal that does not report one.
const defaultWidth = 80

// Streams are the standard streams and what is known of them. The zero value
// of each fact means a pipe.
type Streams struct {
	In       io.Reader
	Out, Err io.Writer

	InTTY, OutTTY, ErrTTY bool // whether each is a terminal

	// Width is the number of columns of the terminal, 80 when it does not report
	// one. It has no meaning without a terminal.
	Width int

	// Color allows colours on a terminal. ColorPipe allows them in files and pipes
	// too, because the user asked for that.
	Color, ColorPipe bool

	// Dumb says that the terminal does not support escape sequences: no line is
	// redrawn, and prompts are plain.
	Dumb bool
}

// System returns the streams of this process. color is "auto" (colours on
// terminals, unless NO_COLOR is set), "always" or "never"; any other value means
// auto. It reads NO_COLOR and TERM with env, which is os.Getenv except in tests.
func System(env func(string) string, color string) Streams {
	s := Streams{
		In: os.Stdin, Out: os.Stdout, Err: os.Stderr,
		InTTY:  isTerminal(os.Stdin),
		OutTTY: isTerminal(os.Stdout),
		ErrTTY: isTerminal(os.Stderr),
		Width:  defaultWidth,
	}
	for _, f := range []*os.File{os.Stderr, os.Stdout} {
		if width, _, err := term.GetSize(int(f.Fd())); err == nil && width > 0 {
			s.Width = width
			break
		}
	}
	s.setEscapes(env, color)
	// A Windows console interprets escape sequences only after a system call.
	for _, f := range []*os.File{os.Stderr, os.Stdout} {
		if isTerminal(f) && !enableEscapes(f) {
			s.Dumb, s.Color = true, false
		}
	}
	return s
}

// setEscapes sets Dumb and the colours from the environment and --color.
func (s *Streams) setEscapes(env func(string) string, color string) {
	term := env("TERM")
	s.Dumb = term == "dumb" || (term == "" && runtime.GOOS != "windows")
	switch color {
	case "always":
		s.Color, s.ColorPipe = true, true
	case "never":
		s.Color = false
	default:
		s.Color = env("NO_COLOR") == "" && !s.Dumb // no-color.org: set and not empty
	}
}

func isTerminal(f *os.File) bool { return term.IsTerminal(int(f.Fd())) }

// OutPaint returns the colours for standard output.
func (s Streams) OutPaint() Paint { return s.paint(s.OutTTY) }

// ErrLines breaks a text for Err into lines that leave margin columns free: between
// words on a terminal, and not at all elsewhere.
func (s Streams) ErrLines(text string, margin int) []string {
	columns := 0 // one line
	if s.ErrTTY {
		columns = s.Width - margin
	}
	return Wrap(text, columns)
}

// ErrPaint returns the colours for standard error.
func (s Streams) ErrPaint() Paint { return s.paint(s.ErrTTY) }

func (s Streams) paint(tty bool) Paint { return Paint{On: s.ColorPipe || (s.Color && tty)} }

// OutColumns returns the width of the terminal on standard output, and 0 when that
// is not a terminal.
func (s Streams) OutColumns() int {
	if !s.OutTTY {
		return 0
	}
	return s.columns()
}

// columns returns the width, and the default when it is not set.
func (s Streams) columns() int {
	if s.Width <= 0 {
		return defaultWidth
	}
	return s.Width
}

// redraws reports whether a line on standard error can be overwritten.
func (s Streams) redraws() bool { return s.ErrTTY && !s.Dumb }
