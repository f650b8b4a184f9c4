package ui

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/AlecAivazis/survey/v2"
	"github.com/AlecAivazis/survey/v2/terminal"
)

// A terminalPrompter decides how to ask before its first question. Survey asks the
// terminal for its cursor position and waits for the answer forever, but some
// terminals never answer (a serial console, or `ssh -tt` and `docker run -t`
// without a terminal at the other end). So the position is asked for once with a
// time limit; without an answer, all questions are plain.
type terminalPrompter struct {
	in    file
	out   fileWriter
	color bool

	chosen Prompter // nil before the first question
}

// Confirm asks a yes-or-no question.
func (p *terminalPrompter) Confirm(question string, def bool) (bool, error) {
	return ask(p, func(chosen Prompter) (bool, error) { return chosen.Confirm(question, def) })
}

// Input asks for a line of text.
func (p *terminalPrompter) Input(question, def string) (string, error) {
	return ask(p, func(chosen Prompter) (string, error) { return chosen.Input(question, def) })
}

// Select asks for one of the options.
func (p *terminalPrompter) Select(question string, options []string) (int, error) {
	return ask(p, func(chosen Prompter) (int, error) { return chosen.Select(question, options) })
}

// Secret asks for a line of text that is not shown.
func (p *terminalPrompter) Secret(question string) (string, error) {
	return ask(p, func(chosen Prompter) (string, error) { return chosen.Secret(question) })
}

// ask asks a question in the way that was chosen.
func ask[T any](p *terminalPrompter, question func(chosen Prompter) (T, error)) (answer T, err error) {
	if err := p.choose(); err != nil {
		return answer, err
	}
	return question(p.chosen)
}

func (p *terminalPrompter) choose() error {
	if p.chosen != nil {
		return nil
	}
	answers, typed, err := answersCursor(p.in, p.out)
	if err != nil {
		return err
	}
	in := &typedAhead{file: p.in, typed: typed}
	switch {
	case !answers:
		p.chosen = &plainPrompter{in: in, out: p.out}
	case p.color:
		p.chosen = &surveyPrompter{in: in, out: p.out}
	default:
		p.chosen = &surveyPrompter{in: in, out: uncolored{p.out}}
	}
	return nil
}

// typedAhead is a terminal whose input was partly read while waiting for its cursor
// position. Survey asks for the position repeatedly and discards the input that
// it reads after an answer, so keys after an answer are kept for its next read.
type typedAhead struct {
	file
	typed []byte
}

func (t *typedAhead) Read(p []byte) (int, error) {
	if len(t.typed) == 0 {
		n, err := t.file.Read(p)
		if n == 0 {
			return 0, err
		}
		t.typed = bytes.Clone(p[:n])
	}
	end := len(t.typed)
	if loc := cursorAnswer().FindIndex(t.typed); loc != nil {
		end = loc[1]
	}
	n := copy(p, t.typed[:end])
	t.typed = t.typed[n:]
	return n, nil
}

// uncolored is a terminal without colours. Survey itself can only turn them off
// for the whole process.
type uncolored struct{ fileWriter }

var colorCode = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile("\x1b\\[[0-9;]*m") })

func (u uncolored) Write(p []byte) (int, error) {
	if _, err := u.fileWriter.Write(colorCode().ReplaceAll(p, nil)); err != nil {
		return 0, err
	}
	return len(p), nil
}

// A surveyPrompter asks with line editing and menus.
type surveyPrompter struct {
	in  file
	out fileWriter
}

// Confirm asks a yes-or-no question.
func (p *surveyPrompter) Confirm(question string, def bool) (answer bool, err error) {
	err = p.ask(&survey.Confirm{Message: Clean(question, maxShown), Default: def}, &answer)
	return answer, err
}

// Input asks with a one-line editor. Ctrl-D is an empty answer.
func (p *surveyPrompter) Input(question, def string) (answer string, err error) {
	err = p.ask(&survey.Input{Message: Clean(question, maxShown), Default: Clean(def, maxShown)}, &answer)
	return answer, err
}

// Select asks with a menu. Typing shows the options that begin with the text, so
// that UPF comes before MB_UPF; without one, those that contain it.
func (p *surveyPrompter) Select(question string, options []string) (answer int, err error) {
	if err := checkOptions(question, options); err != nil {
		return 0, err
	}
	options = cleanAll(options)
	in := &menuInput{file: p.in}
	err = (&surveyPrompter{in: in, out: p.out}).ask(&survey.Select{Message: Clean(question, maxShown), Options: options, Filter: searchIn(options)}, &answer)
	if in.ended && errors.Is(err, ErrInterrupted) {
		err = fmt.Errorf("asking %q: %w", Clean(question, maxShown), io.EOF)
	}
	return answer, err
}

// menuInput is a terminal that turns Ctrl-D into Ctrl-C. On Ctrl-D, survey's menu
// returns the option under the cursor, and panics when there is none.
type menuInput struct {
	file
	ended bool // Ctrl-D was typed
}

func (m *menuInput) Read(p []byte) (int, error) {
	n, err := m.file.Read(p)
	if i := bytes.IndexByte(p[:n], keyEOF); i >= 0 {
		p[i], m.ended = keyInterrupt, true
	}
	return n, err
}

// searchIn returns the filter of a menu with these options.
func searchIn(options []string) func(typed, option string, index int) bool {
	hasPrefix := func(option, typed string) bool {
		return len(option) >= len(typed) && strings.EqualFold(option[:len(typed)], typed)
	}
	return func(typed, option string, _ int) bool {
		if slices.ContainsFunc(options, func(o string) bool { return hasPrefix(o, typed) }) {
			return hasPrefix(option, typed)
		}
		return strings.Contains(strings.ToLower(option), strings.ToLower(typed))
	}
}

// Secret asks for a line of text and shows stars.
func (p *surveyPrompter) Secret(question string) (answer string, err error) {
	err = p.ask(&survey.Password{Message: Clean(question, maxShown)}, &answer)
	return answer, err
}

func (p *surveyPrompter) ask(prompt survey.Prompt, answer any) error {
	err := survey.AskOne(prompt, answer, survey.WithStdio(p.in, p.out, p.out))
	switch {
	case errors.Is(err, terminal.InterruptErr):
		return ErrInterrupted
	case err != nil:
		return fmt.Errorf("asking on the terminal: %w", err)
	}
	return nil
}
