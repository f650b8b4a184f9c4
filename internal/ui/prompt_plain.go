package ui

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/term"
)

const (
	// maxAnswer caps one line of input.
	maxAnswer = 64 << 10
	// interruptEvery is how often a wait for input checks for an interrupt.
	interruptEvery = 100 * time.Millisecond
)

// cursorAnswer matches a terminal's report of its cursor position. A slow terminal
// sends it after we stopped waiting.
var cursorAnswer = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\x1b\[[0-9]+;[0-9]+R`) })

// A plainPrompter asks line by line and needs no escape sequences.
type plainPrompter struct {
	in  io.Reader
	out io.Writer
}

// Confirm asks until the answer is yes, no or empty.
func (p *plainPrompter) Confirm(question string, def bool) (bool, error) {
	choice := "y/N"
	if def {
		choice = "Y/n"
	}
	for {
		answer, err := p.line(question, "["+choice+"] ")
		if err != nil {
			return false, err
		}
		switch strings.ToLower(strings.TrimSpace(answer)) {
		case "":
			return def, nil
		case "y", "yes":
			return true, nil
		case "n", "no":
			return false, nil
		}
		fmt.Fprintln(p.out, "Please answer y or n.")
	}
}

// Input asks for one line.
func (p *plainPrompter) Input(question, def string) (string, error) {
	hint := ""
	if def != "" {
		hint = "[" + Clean(def, maxShown) + "] "
	}
	answer, err := p.line(question, hint)
	if answer == "" {
		answer = def
	}
	return answer, err
}

// Select shows a numbered list and asks until the answer is one of the numbers.
func (p *plainPrompter) Select(question string, options []string) (int, error) {
	if err := checkOptions(question, options); err != nil {
		return 0, err
	}
	for i, option := range cleanAll(options) {
		fmt.Fprintf(p.out, "  %d) %s\n", i+1, option)
	}
	for {
		answer, err := p.line(question, fmt.Sprintf("[1-%d] ", len(options)))
		if err != nil {
			return 0, err
		}
		if n, err := strconv.Atoi(strings.TrimSpace(answer)); err == nil && n >= 1 && n <= len(options) {
			return n - 1, nil
		}
		fmt.Fprintf(p.out, "Please enter a number from 1 to %d.\n", len(options))
	}
}

// Secret asks for one line. When the input is a terminal, it does not show it.
func (p *plainPrompter) Secret(question string) (answer string, err error) {
	tty, ok := p.in.(file)
	if !ok || !term.IsTerminal(int(tty.Fd())) {
		return p.line(question, "")
	}
	// In raw mode Ctrl-C is a character. As a signal it would end the process and
	// leave the terminal without echo.
	state, err := term.MakeRaw(int(tty.Fd()))
	if err != nil {
		return "", fmt.Errorf("hiding the answer to %q: %w", question, err)
	}
	defer func() {
		err = errors.Join(err, term.Restore(int(tty.Fd()), state))
		fmt.Fprintln(p.out)
	}()
	return p.line(question, "")
}

// line asks one question and reads one line, without its end.
func (p *plainPrompter) line(question, hint string) (string, error) {
	interrupted := make(chan os.Signal, 1)
	signal.Notify(interrupted, os.Interrupt)
	defer signal.Stop(interrupted)

	if _, err := fmt.Fprintf(p.out, "%s %s", Clean(question, maxShown), hint); err != nil {
		return "", fmt.Errorf("asking %q: %w", question, err)
	}
	line, err := p.read(interrupted)
	line = cursorAnswer().ReplaceAllString(line, "")
	if err != nil && !errors.Is(err, ErrInterrupted) {
		err = fmt.Errorf("reading the answer to %q: %w", Clean(question, maxShown), err)
	}
	return line, err
}

// Keys of a terminal in raw mode. In the normal mode the system handles them.
const (
	keyInterrupt = 0x03
	keyEOF       = 0x04
	keyBackspace = 0x08
	keyDelete    = 0x7f
)

// read reads one line, until a signal comes. It reads single bytes, so that the
// next question gets the next line.
func (p *plainPrompter) read(interrupted <-chan os.Signal) (string, error) {
	var line []byte
	b := make([]byte, 1)
	for {
		if err := awaitInput(p.in, interrupted); err != nil {
			return "", err
		}
		n, err := p.in.Read(b)
		if err != nil && (n == 0 || err != io.EOF) {
			return "", err
		}
		if n == 0 {
			continue
		}
		switch b[0] {
		case '\n', '\r':
			return strings.TrimSuffix(string(line), "\r"), nil
		case keyInterrupt:
			return "", ErrInterrupted
		case keyEOF:
			return "", io.EOF
		case keyBackspace, keyDelete:
			line = dropLast(line)
		default:
			line = append(line, b[0])
		}
		if len(line) > maxAnswer {
			return "", fmt.Errorf("more than %d bytes", maxAnswer)
		}
	}
}

// AwaitInput returns when a Read of in would not block, or with the context's
// error. It returns at once when in is not a file.
func AwaitInput(ctx context.Context, in io.Reader) error {
	if err := awaitInput(in, ctx.Done()); !errors.Is(err, ErrInterrupted) {
		return err
	}
	return ctx.Err()
}

// awaitInput is AwaitInput, but returns ErrInterrupted.
func awaitInput[T any](in io.Reader, interrupted <-chan T) error {
	if ahead, ok := in.(*typedAhead); ok && len(ahead.typed) > 0 {
		return nil
	}
	tty, ok := in.(file)
	if !ok {
		return nil
	}
	for {
		select {
		case <-interrupted:
			return ErrInterrupted
		default:
		}
		ready, err := readable(tty.Fd(), interruptEvery)
		if ready || err != nil {
			return err
		}
	}
}

// dropLast removes the last character of a line in UTF-8.
func dropLast(line []byte) []byte {
	runes := []rune(string(line))
	if len(runes) == 0 {
		return line
	}
	return []byte(string(runes[:len(runes)-1]))
}

func checkOptions(question string, options []string) error {
	if len(options) == 0 {
		return fmt.Errorf("asking %q: no options to choose from", Clean(question, maxShown))
	}
	return nil
}

func cleanAll(texts []string) []string {
	clean := make([]string, len(texts))
	for i, text := range texts {
		clean[i] = Clean(text, maxShown)
	}
	return clean
}
