package commands

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"sync"

	"github.com/nfcert/nfcert/internal/acmewire"
	"github.com/nfcert/nfcert/internal/enroll"
	"github.com/nfcert/nfcert/internal/ui"
)

// progress tells on stderr what happens, as the verbosity wants it.
type progress struct {
	call    *Call
	waiting *ui.Waiting
	paint   ui.Paint
	sink    func(enroll.Event) // of -o jsonl; nil: none

	mu     sync.Mutex
	warned []string // warnings that a document is to carry
}

func newProgress(a *Call) *progress {
	p := &progress{call: a, waiting: ui.NewWaiting(a.Streams), paint: a.Streams.ErrPaint()}
	if a.Global.output == outputJSONL {
		p.sink = func(e enroll.Event) { _ = ui.WriteJSONLine(a.Streams.Out, eventDoc{apiVersion, "Event", e}) }
	}
	return p
}

// eventDoc is one line of -o jsonl.
type eventDoc struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	enroll.Event
}

// done removes the waiting line. It is safe on a nil progress.
func (p *progress) done() {
	if p != nil {
		p.waiting.Done()
	}
}

// machine reports whether stderr is read by a program: it carries nothing but
// an error then.
func (p *progress) machine() bool { return p.call.machine() }

func (p *progress) silent() bool { return p.call.Global.quiet || p.machine() }

// event shows what the engine says.
func (p *progress) event(e enroll.Event) {
	if p.sink != nil {
		p.sink(e)
	}
	switch {
	case e.Warning:
		p.warn("%s", e.Message)
	case p.machine():
	case p.call.Global.quiet:
	case !e.Next.IsZero():
		p.waiting.Update(e.Message, e.Next)
	default:
		p.waiting.Done()
		p.say(e.Step, e.Message)
	}
}

// say writes a line of progress.
func (p *progress) say(step enroll.Step, message string) {
	if p.silent() {
		return
	}
	_, _ = fmt.Fprintf(p.waiting, "%s %s\n", p.paint.Green(fmt.Sprintf("%-9s", step)), ui.Clean(message, maxTold))
}

// note writes a line that is no step's.
func (p *progress) note(format string, args ...any) {
	if p.silent() {
		return
	}
	_, _ = fmt.Fprintln(p.waiting, ui.Clean(fmt.Sprintf(format, args...), maxTold))
}

// warn writes a warning, also when progress is not wanted. A program finds it
// in the document.
func (p *progress) warn(format string, args ...any) {
	text := ui.Clean(fmt.Sprintf(format, args...), maxTold)
	if p.machine() {
		p.mu.Lock()
		defer p.mu.Unlock()
		p.warned = append(p.warned, text)
		return
	}
	_, _ = fmt.Fprintf(p.waiting, "%s %s\n", p.paint.Yellow("warning:"), text)
}

// warnings are those that a document is to carry.
func (p *progress) warnings() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.warned
}

// next says what to type next: the last line.
func (p *progress) next(command string) {
	if command == "" || p.machine() || p.call.Global.quiet {
		return
	}
	p.waiting.Done()
	_, _ = fmt.Fprintf(p.call.Streams.Err, "next: %s\n", ui.Clean(command, maxTold))
}

// exchange shows a request: a line with -v, its content with -vv or --trace -.
func (p *progress) exchange(ex *acmewire.Exchange) {
	readable := p.call.Global.trace == "-" || p.call.Global.verbose >= 2
	if !readable && p.call.Global.verbose == 0 || p.machine() && p.call.Global.trace != "-" {
		return
	}
	_, _ = fmt.Fprintln(p.waiting, exchangeLine(ex))
	if readable {
		writeExchange(p.waiting, ex)
	}
}

// exchangeLine is an exchange in one line.
func exchangeLine(ex *acmewire.Exchange) string {
	status := "no answer"
	if ex.Status != 0 {
		status = fmt.Sprint(ex.Status)
	}
	line := fmt.Sprintf("[%d] %s %s %s %.1fms", ex.Number, ex.Method, ui.Clean(ex.URL, maxTold), status, ex.Millis)
	if ex.Proxy != "" {
		line += " through " + ui.Clean(ex.Proxy, maxTold)
	}
	return line
}

// writeExchange lays an exchange out for people.
func writeExchange(w io.Writer, ex *acmewire.Exchange) {
	var b strings.Builder
	block := func(mark, title string, doc json.RawMessage) {
		if len(doc) == 0 {
			return
		}
		var out bytes.Buffer
		if json.Indent(&out, doc, "      ", "  ") != nil {
			out.Reset()
			out.Write(doc)
		}
		b.WriteString("    " + mark + " " + title + " ")
		for i, line := range strings.Split(out.String(), "\n") {
			if i > 0 {
				b.WriteString("\n      ")
			}
			b.WriteString(ui.Clean(strings.TrimPrefix(line, "      "), maxTold))
		}
		b.WriteString("\n")
	}
	block(">", "protected", ex.Protected)
	block(">", "payload", ex.Payload)
	for _, name := range []string{"Content-Type", "Location", "Link", "Replay-Nonce", "Retry-After"} {
		for _, v := range ex.Header[name] {
			b.WriteString("    < " + name + ": " + ui.Clean(v, maxTold) + "\n")
		}
	}
	block("<", "body", ex.Body)
	if ex.Text != "" {
		for line := range strings.SplitSeq(strings.TrimSpace(ex.Text), "\n") {
			b.WriteString("    < " + ui.Clean(line, 200) + "\n")
		}
	}
	if ex.Error != "" {
		b.WriteString("    ! " + ui.Clean(ex.Error, maxTold) + "\n")
	}
	_, _ = io.WriteString(w, b.String())
}
