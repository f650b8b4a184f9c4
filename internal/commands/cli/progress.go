package cli

import (
	"fmt"
	"strings"
	"sync"

	"github.com/nfcert/nfcert/internal/acmewire"
	"github.com/nfcert/nfcert/internal/enroll"
	"github.com/nfcert/nfcert/internal/ui"
)

// MaxText is the maximum length of a text from a server in a line for people.
const MaxText = 1000

// Progress reports on stderr what a command does, as -q and -v select.
type Progress struct {
	call    *Call
	waiting *ui.Waiting
	paint   ui.Paint
	sink    func(enroll.Event) // for -o jsonl; nil: none

	mu     sync.Mutex
	warned []string // warnings for the document on stdout
}

func newProgress(call *Call) *Progress {
	p := &Progress{call: call, waiting: ui.NewWaiting(call.Streams), paint: call.Streams.ErrPaint()}
	if call.Global.Output == OutputJSONL {
		p.sink = func(e enroll.Event) { _ = ui.WriteJSONLine(call.Streams.Out, eventDoc{APIVersion, "Event", e}) }
	}
	return p
}

// eventDoc is one line of -o jsonl.
type eventDoc struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	enroll.Event
}

// Done removes the line that shows a wait. It does nothing on a nil Progress.
func (p *Progress) Done() {
	if p != nil {
		p.waiting.Done()
	}
}

// silent reports whether stderr has no progress.
func (p *Progress) silent() bool { return p.call.Global.quiet || p.call.Machine() }

// Event reports an event of the engine.
func (p *Progress) Event(e enroll.Event) {
	if p.sink != nil {
		p.sink(e)
	}
	switch {
	case e.Warning:
		p.Warn("%s", e.Message)
	case p.silent():
	case !e.Next.IsZero():
		p.waiting.Update(e.Message, e.Next)
	default:
		p.waiting.Done()
		p.Say(e.Step, e.Message)
	}
}

// Say writes a line about a step.
func (p *Progress) Say(step enroll.Step, message string) {
	if p.silent() {
		return
	}
	label := fmt.Sprintf("%-9s", step)
	p.wrapped(label, p.paint.Green(label), message)
}

// Note writes a line that is not about a step.
func (p *Progress) Note(format string, args ...any) {
	if p.silent() {
		return
	}
	_, _ = fmt.Fprintln(p.waiting, ui.Clean(fmt.Sprintf(format, args...), MaxText))
}

// Warn writes a warning, also with -q. With -o json the warning is in the document
// on stdout instead.
func (p *Progress) Warn(format string, args ...any) {
	text := ui.Clean(fmt.Sprintf(format, args...), MaxText)
	if p.call.Machine() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.warned = append(p.warned, text)
		return
	}
	const label = "warning:"
	p.wrapped(label, p.paint.Yellow(label), text)
}

// wrapped writes a label and a text. On a terminal the text wraps between words,
// below its beginning.
func (p *Progress) wrapped(label, painted, text string) {
	for i, line := range p.call.Streams.ErrLines(ui.Clean(text, MaxText), len(label)+1) {
		if i > 0 {
			painted = strings.Repeat(" ", len(label))
		}
		_, _ = fmt.Fprintf(p.waiting, "%s %s\n", painted, line)
	}
}

// Warnings are the warnings for the document on stdout.
func (p *Progress) Warnings() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.warned
}

// Next writes the command to type next, as the last line.
func (p *Progress) Next(command string) {
	if command == "" || p.silent() {
		return
	}
	p.waiting.Done()
	_, _ = fmt.Fprintf(p.call.Streams.Err, "next: %s\n", ui.Clean(command, MaxText))
}

// Exchange shows an HTTP exchange: one line with -v, with its content with -vv or
// --trace -.
func (p *Progress) Exchange(ex *acmewire.Exchange) {
	readable := p.call.Global.Trace == "-" || p.call.Global.Verbose >= 2
	if !readable && p.call.Global.Verbose == 0 || p.call.Machine() && p.call.Global.Trace != "-" {
		return
	}
	_, _ = fmt.Fprintln(p.waiting, ExchangeLine(ex))
	if readable {
		WriteExchange(p.waiting, ex)
	}
}
