package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/nfcert/nfcert/internal/acmewire"
	"github.com/nfcert/nfcert/internal/commands/cli"
	"github.com/nfcert/nfcert/internal/enroll"
	"github.com/nfcert/nfcert/internal/nf"
	"github.com/nfcert/nfcert/internal/ui"
)

// Fail writes an error to stderr and returns the exit code.
func (r *Registry) Fail(call *cli.Call, err error) int {
	if e, ok := cli.As[*cli.ExitError](err); ok {
		return e.Code
	}
	out := r.Explain(call, err)
	if call.Machine() {
		_ = ui.WriteJSONLine(call.Streams.Err, out)
	} else {
		_ = cli.WriteAll(call.Streams.Err, []byte(ForPeople(call, out, err)))
	}
	return out.Exit
}

// ForPeople formats a report: what happened, what the CA says, the clause, and what to
// do.
func ForPeople(call *cli.Call, r Report, err error) string {
	paint := call.Streams.ErrPaint()
	var b strings.Builder
	const margin, column = 2, 11
	wrapped := func(text string, margin int) string {
		return strings.Join(call.Streams.ErrLines(ui.Clean(text, cli.MaxText), margin), "\n"+strings.Repeat(" ", margin))
	}
	for i, text := range strings.Split(headline(call, r, err), "\n") {
		if i == 0 {
			fmt.Fprintf(&b, "%s %s\n", paint.Red("nfcert:"), wrapped(text, len("nfcert: ")))
		} else { // another fault of the same file
			fmt.Fprintf(&b, "%*s%s\n", margin, "", wrapped(text, margin))
		}
	}
	line := func(label, text string) {
		if text != "" {
			fmt.Fprintf(&b, "%*s%-*s%s\n", margin, "", column-margin, label+": ", wrapped(text, max(column, margin+len(label)+2)))
		}
	}
	for _, said := range caSays(r, err) {
		line("ca says", said)
	}
	if fields, ok := cli.As[nf.FieldErrors](err); ok {
		for _, f := range fields {
			line(f.Field, f.Err.Error())
		}
	}
	if r.Request != nil && r.Request.URL != "" {
		text := r.Request.Method + " " + r.Request.URL
		if r.Request.Status != 0 {
			text += fmt.Sprintf(" (%d)", r.Request.Status)
		}
		line("request", text)
	}
	if r.Trust != nil {
		trustLines(r.Trust, line)
	}
	line("clause", r.Clause)
	for _, cause := range r.Causes {
		line("cause", cause)
	}
	line("hint", r.Hint)
	if r.Next != "" {
		fmt.Fprintf(&b, "next: %s\n", ui.Clean(r.Next, cli.MaxText))
	}
	return b.String()
}

// headline is the message without the parts that have their own lines.
func headline(call *cli.Call, r Report, err error) string {
	if _, ok := cli.As[nf.FieldErrors](err); ok {
		return fmt.Sprintf("%s: cannot build the CSR:", (&Context{Call: call}).Subject())
	}
	e, ok := cli.As[*enroll.AuthorizationError](err)
	if !ok || len(e.Refused) == 0 {
		return r.Message
	}
	var names []string
	for _, refused := range e.Refused {
		name := refused.Identifier.String()
		if refused.Challenge != "" {
			name += " by " + refused.Challenge
		}
		names = append(names, name)
	}
	return fmt.Sprintf("%s: the CA could not validate %s", (&Context{Call: call}).Subject(), strings.Join(names, ", "))
}

// caSays lists what the CA says.
func caSays(r Report, err error) []string {
	var said []string
	if e, ok := cli.As[*enroll.AuthorizationError](err); ok {
		for _, refused := range e.Refused {
			said = append(said, refused.String())
		}
		// Most CAs repeat the challenge's problem as the order's.
		if o := e.OrderError; o != nil && !slices.ContainsFunc(said, func(s string) bool { return strings.HasSuffix(s, o.String()) }) {
			said = append(said, o.String())
		}
		return said
	}
	if r.Problem == nil {
		return nil
	}
	if r.Problem.Detail != "" || r.Problem.Title != "" {
		said = append(said, quoted(r.Problem))
	}
	for _, s := range r.Problem.Subproblems {
		text := s.Type
		if s.Identifier != nil {
			text = s.Identifier.String() + ": " + (&acmewire.Problem{Type: s.Type}).Name()
		}
		if s.Detail != "" {
			text += fmt.Sprintf(": %q", s.Detail)
		}
		said = append(said, text)
	}
	return said
}

func quoted(p *acmewire.Problem) string {
	if p.Detail != "" {
		return fmt.Sprintf("%q", p.Detail)
	}
	return fmt.Sprintf("%q", p.Title)
}
