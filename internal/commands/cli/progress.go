package cli

import (
	"fmt"
	"sync"

	"github.com/nfcert/nfcert/internal/acmewire"
	"github.com/nfcert/nfcert/internal/enroll"
	"github.com/nfcert/nfcert/internal/ui"
)

// MaxTold bounds words of a server in an error for people.
const MaxTold = 1000

// Progress tells on stderr what happens, as the verbosity wants it.
type Progress struct {
	call    *Call
	waiting *ui.Waiting
	paint   ui.Paint
	sink    func(enroll.Event) // of -o jsonl; nil: none

	mu     sync.Mutex
	warned []string // warnings that a document is to carry
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

// Done removes the waiting line. It is safe on a nil progress.
func (p *Progress) Done() {
	if p != nil {
		p.waiting.Done()
	}
}

// machine reports whether stderr is read by a program: it carries nothing but
// an error then.
func (p *Progress) machine() bool { return p.call.Machine() }

func (p *Progress) silent() bool { return p.call.Global.quiet || p.machine() }

// Event shows what the engine says.
func (p *Progress) Event(e enroll.Event) {
	if p.sink != nil {
		p.sink(e)
	}
	switch {
	case e.Warning:
		p.Warn("%s", e.Message)
	case p.machine():
	case p.call.Global.quiet:
	case !e.Next.IsZero():
		p.waiting.Update(e.Message, e.Next)
	default:
		p.waiting.Done()
		p.Say(e.Step, e.Message)
	}
}

// Say writes a line of progress.
func (p *Progress) Say(step enroll.Step, message string) {
	if p.silent() {
		return
	}
	_, _ = fmt.Fprintf(p.waiting, "%s %s\n", p.paint.Green(fmt.Sprintf("%-9s", step)), ui.Clean(message, MaxTold))
}

// Note writes a line that is no step's.
func (p *Progress) Note(format string, args ...any) {
	if p.silent() {
		return
	}
	_, _ = fmt.Fprintln(p.waiting, ui.Clean(fmt.Sprintf(format, args...), MaxTold))
}

// Warn writes a warning, also when progress is not wanted. A program finds it
// in the document.
func (p *Progress) Warn(format string, args ...any) {
	text := ui.Clean(fmt.Sprintf(format, args...), MaxTold)
	if p.machine() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.warned = append(p.warned, text)
		return
	}
	_, _ = fmt.Fprintf(p.waiting, "%s %s\n", p.paint.Yellow("warning:"), text)
}

// Warnings are those that a document is to carry.
func (p *Progress) Warnings() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.warned
}

// Next says what to type next: the last line.
func (p *Progress) Next(command string) {
	if command == "" || p.machine() || p.call.Global.quiet {
		return
	}
	p.waiting.Done()
	_, _ = fmt.Fprintf(p.call.Streams.Err, "next: %s\n", ui.Clean(command, MaxTold))
}

// Exchange shows a request: a line with -v, its content with -vv or --trace -.
func (p *Progress) Exchange(ex *acmewire.Exchange) {
	readable := p.call.Global.Trace == "-" || p.call.Global.Verbose >= 2
	if !readable && p.call.Global.Verbose == 0 || p.machine() && p.call.Global.Trace != "-" {
		return
	}
	_, _ = fmt.Fprintln(p.waiting, ExchangeLine(ex))
	if readable {
		WriteExchange(p.waiting, ex)
	}
}
