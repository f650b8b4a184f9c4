package ui

import (
	"errors"
	"fmt"
	"io"
)

var (
	// ErrInterrupted says that the user pressed Ctrl-C at a prompt.
	ErrInterrupted = errors.New("interrupted at a prompt")
	// ErrNoTerminal says that a question needs an answer and no terminal is
	// there to ask it.
	ErrNoTerminal = errors.New("no terminal to ask on")
)

// A Prompter asks the user. Each method asks one question and returns the answer.
// Ctrl-C returns [ErrInterrupted]. The end of the input returns an error that is
// io.EOF. A prompter must not write to standard output.
type Prompter interface {
	// Confirm asks a yes-or-no question; an empty answer is def.
	Confirm(question string, def bool) (bool, error)
	// Input asks for a line of text; an empty answer is def, which may be "".
	Input(question, def string) (string, error)
	// Select asks for one of the options and returns its index.
	Select(question string, options []string) (int, error)
	// Secret asks for a line of text and does not show it.
	Secret(question string) (string, error)
}

// NewPrompter returns a prompter on s.In and s.Err, or a [NoPrompter] when one of
// them is not a terminal. On a terminal that does not report its cursor it asks
// plain questions, without line editing and menus.
func NewPrompter(s Streams) Prompter {
	if !s.InTTY || !s.ErrTTY {
		return NoPrompter{}
	}
	in, inFile := s.In.(file)
	out, outFile := s.Err.(fileWriter)
	if !inFile || !outFile || s.Dumb {
		return &plainPrompter{in: s.In, out: s.Err}
	}
	return &terminalPrompter{in: in, out: out, color: s.Color}
}

// file and fileWriter are the input and output of a terminal: *os.File.
type file interface {
	io.Reader
	Fd() uintptr
}

type fileWriter interface {
	io.Writer
	Fd() uintptr
}

// NoPrompter is the prompter without a terminal: every question returns an error
// that quotes it and is [ErrNoTerminal].
type NoPrompter struct{}

// Confirm returns ErrNoTerminal.
func (NoPrompter) Confirm(question string, _ bool) (bool, error) { return false, unanswered(question) }

// Input returns ErrNoTerminal.
func (NoPrompter) Input(question, _ string) (string, error) { return "", unanswered(question) }

// Select returns ErrNoTerminal.
func (NoPrompter) Select(question string, _ []string) (int, error) { return 0, unanswered(question) }

// Secret returns ErrNoTerminal.
func (NoPrompter) Secret(question string) (string, error) { return "", unanswered(question) }

func unanswered(question string) error {
	return fmt.Errorf("%w: %q", ErrNoTerminal, Clean(question, maxShown))
}
