package lint

import (
	"fmt"
	"strings"

	"github.com/nfcert/nfcert/internal/certsource"
	"github.com/nfcert/nfcert/internal/commands/cli"
	"github.com/nfcert/nfcert/internal/inspect"
	"github.com/nfcert/nfcert/internal/lint"
	"github.com/nfcert/nfcert/internal/ui"
)

// lintItem is what lint says of one request or certificate, or of a source or a
// part of one that could not be judged. It is an element of the document.
type lintItem struct {
	File    string       `json:"file"`           // the source, as the user named it
	Part    string       `json:"part,omitempty"` // of a source of several, as in #2
	Type    inspect.Kind `json:"type,omitempty"`
	Role    lint.Role    `json:"role,omitempty"`
	Profile string       `json:"profile,omitempty"` // that it was judged by
	Why     string       `json:"profileWhy,omitempty"`
	// TLS is what a server showed beside its certificates, with the first.
	TLS      *certsource.TLS `json:"tls,omitempty"`
	Findings []lint.Finding  `json:"findings,omitzero"` // nil: it was not judged
	Error    string          `json:"error,omitempty"`   // why it was not

	err    error
	line   int  // where the part begins in the file; 0: not known
	server bool // the source is HOST:PORT
}

// lintSummary counts what was found in all sources.
type lintSummary struct {
	Sources    int `json:"sources"`
	Judged     int `json:"judged"` // requests and certificates
	Errors     int `json:"errors"`
	Warnings   int `json:"warnings"`
	Infos      int `json:"infos"`
	Failed     int `json:"failed"`     // of those judged, how many have a finding that --fail-on counts
	Unreadable int `json:"unreadable"` // sources and parts that could not be judged
}

// lintReport writes what was found, one item after the other.
type lintReport interface {
	item(*lintItem) error
	// end completes the report; zlint is the version of its lints, or that they
	// did not run.
	end(s *lintSummary, zlint string) error
}

// rank orders severities, the worst first.
func rank(s inspect.Severity) int {
	switch s {
	case inspect.Error:
		return 0
	case inspect.Warning:
		return 1
	}
	return 2
}

// fails reports whether a finding is as bad as failOn.
func (f *lintItem) fails(failOn inspect.Severity) bool {
	for i := range f.Findings {
		if rank(f.Findings[i].Severity) <= rank(failOn) {
			return true
		}
	}
	return false
}

// name is the source and the part.
func (f *lintItem) name() string { return strings.TrimSpace(f.File + " " + f.Part) }

// about is what stands behind the name of an item: what it is taken for.
func (f *lintItem) about() string {
	words := []string{string(f.Type)}
	if f.Role == lint.RoleIssuer {
		words[0] = "certificate of a CA"
	}
	if f.Profile != "" {
		words = append(words, fmt.Sprintf("profile %s (%s)", f.Profile, f.Why))
	}
	if f.TLS != nil {
		words = append(words, f.TLS.Version+" "+f.TLS.CipherSuite)
	}
	return strings.Join(words, ", ")
}

// peopleReport lays findings out under the name of their item.
type peopleReport struct {
	call  *cli.Call
	paint ui.Paint
	why   map[string]string // why a rule is; nil: not told
}

func (r *peopleReport) item(f *lintItem) error {
	var b strings.Builder
	name := r.paint.Bold(ui.Clean(f.name(), 0))
	if f.err != nil {
		b.WriteString(name + ": " + r.paint.Red("unreadable") + "\n")
		r.line(&b, "", f.Error)
		return cli.WriteAll(r.call.Streams.Out, []byte(b.String()))
	}
	verdict := ""
	if len(f.Findings) == 0 {
		verdict = ": " + r.paint.Green("ok")
	}
	b.WriteString(name + ": " + r.paint.Faint(ui.Clean(f.about(), 0)) + verdict + "\n")
	for i := range f.Findings {
		r.finding(&b, &f.Findings[i])
	}
	return cli.WriteAll(r.call.Streams.Out, []byte(b.String()))
}

// indentation of what stands below a finding's first line.
const indentation = "      "

// line writes a labelled text, wrapped; an empty one is left out.
func (r *peopleReport) line(b *strings.Builder, label, text string) {
	if text == "" {
		return
	}
	if label != "" {
		label = fmt.Sprintf("%-8s", label+":")
	}
	columns := max(r.call.Streams.Width-len(indentation)-len(label), 40)
	for i, part := range ui.Wrap(text, columns) {
		if i > 0 {
			label = strings.Repeat(" ", len(label))
		}
		b.WriteString(indentation + r.paint.Faint(label) + part + "\n")
	}
}

func (r *peopleReport) finding(b *strings.Builder, f *lint.Finding) {
	mark := fmt.Sprintf("%-7s", f.Severity)
	switch f.Severity {
	case inspect.Error:
		mark = r.paint.Red(mark)
	case inspect.Warning:
		mark = r.paint.Yellow(mark)
	}
	b.WriteString("  " + mark + " " + r.paint.Bold(ui.Clean(f.Rule, 0)))
	for _, s := range []string{string(f.Field), f.Source} {
		if s != "" {
			b.WriteString("  " + r.paint.Faint(ui.Clean(s, 0)))
		}
	}
	b.WriteString("\n")
	r.line(b, "", f.Message)
	r.line(b, "found", f.Got)
	r.line(b, "wanted", f.Want)
	r.line(b, "fix", f.Fix)
	r.line(b, "why", r.why[f.Rule])
	clause := f.Clause
	if clause != "" && f.Level != "" {
		clause += " (" + string(f.Level) + ")"
	}
	r.line(b, "clause", clause)
}

func (r *peopleReport) end(*lintSummary, string) error { return nil }

// pipeReport writes a line for each finding, and one for what has none.
type pipeReport struct{ call *cli.Call }

func (r *pipeReport) item(f *lintItem) error {
	table := ui.NewTable("FILE", "PART", "SEVERITY", "RULE", "FIELD", "MESSAGE", "FOUND", "WANTED", "FIX", "CLAUSE", "SOURCE")
	switch {
	case f.err != nil:
		table.Row(f.File, f.Part, "unreadable", "", "", f.Error)
	case len(f.Findings) == 0:
		table.Row(f.File, f.Part, "ok")
	}
	for i := range f.Findings {
		x := &f.Findings[i]
		table.Row(f.File, f.Part, string(x.Severity), x.Rule, string(x.Field), x.Message, x.Got, x.Want, x.Fix, x.Clause, x.Source)
	}
	return table.Write(r.call.Streams.Out, 0)
}

func (r *pipeReport) end(*lintSummary, string) error { return nil }
