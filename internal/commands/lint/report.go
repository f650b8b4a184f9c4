package lint

import (
	"fmt"
	"slices"
	"strings"

	"github.com/nfcert/nfcert/internal/certsource"
	"github.com/nfcert/nfcert/internal/commands/cli"
	"github.com/nfcert/nfcert/internal/inspect"
	"github.com/nfcert/nfcert/internal/lint"
	"github.com/nfcert/nfcert/internal/ui"
)

// result is the result for one CSR or certificate, or for a source or a part of it
// that could not be judged. It is an element of the JSON document.
type result struct {
	File    string       `json:"file"`           // the source as the user typed it
	Part    string       `json:"part,omitempty"` // if the source has several, as in #2
	Type    inspect.Kind `json:"type,omitempty"`
	Role    lint.Role    `json:"role,omitempty"`
	Profile string       `json:"profile,omitempty"` // used to judge it
	Why     string       `json:"profileWhy,omitempty"`
	// TLS has the facts of the connection; only the first result of HOST:PORT has it.
	TLS      *certsource.TLS `json:"tls,omitempty"`
	Findings []lint.Finding  `json:"findings,omitzero"` // nil: not judged
	Error    string          `json:"error,omitempty"`   // why it was not judged

	err    error
	line   int  // of the file at which the part begins; 0: unknown
	server bool // the source is HOST:PORT
}

// summary counts the findings in all sources.
type summary struct {
	Sources    int `json:"sources"`
	Judged     int `json:"judged"` // CSRs and certificates
	Errors     int `json:"errors"`
	Warnings   int `json:"warnings"`
	Infos      int `json:"infos"`
	Failed     int `json:"failed"`     // those judged with a finding of --fail-on severity
	Unreadable int `json:"unreadable"` // sources and parts that could not be judged
}

// reporter writes results in one of the formats of --output.
type reporter interface {
	add(*result) error
	// end completes the report. zlint is the version of zlint, or zlintNotRun.
	end(s *summary, zlint string) error
}

// rank orders severities, worst first.
func rank(s inspect.Severity) int {
	switch s {
	case inspect.Error:
		return 0
	case inspect.Warning:
		return 1
	}
	return 2
}

// fails reports whether any finding is at least as severe as failOn.
func (r *result) fails(failOn inspect.Severity) bool {
	return slices.ContainsFunc(r.Findings, func(f lint.Finding) bool { return rank(f.Severity) <= rank(failOn) })
}

// name returns the source and the part.
func (r *result) name() string { return strings.TrimSpace(r.File + " " + r.Part) }

// about describes what was judged: its type, profile and TLS connection.
func (r *result) about() string {
	words := []string{string(r.Type)}
	if r.Role == lint.RoleIssuer {
		words[0] = "CA certificate"
	}
	if r.Profile != "" {
		words = append(words, fmt.Sprintf("profile %s (%s)", r.Profile, r.Why))
	}
	if r.TLS != nil {
		words = append(words, r.TLS.Version+" "+r.TLS.CipherSuite)
	}
	return strings.Join(words, ", ")
}

// textReporter prints findings for people, below the name of what was judged.
type textReporter struct {
	call  *cli.Call
	paint ui.Paint
	why   map[string]string // reasons of the rules, by rule; nil: not printed
}

func (r *textReporter) add(f *result) error {
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

// indentation of the lines below the first line of a finding.
const indentation = "      "

// line writes a text with its label, wrapped. It omits an empty text.
func (r *textReporter) line(b *strings.Builder, label, text string) {
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

func (r *textReporter) finding(b *strings.Builder, f *lint.Finding) {
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

func (r *textReporter) end(*summary, string) error { return nil }

// tableReporter writes one line for each finding, and one for each result without
// findings.
type tableReporter struct{ call *cli.Call }

func (r *tableReporter) add(f *result) error {
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

func (r *tableReporter) end(*summary, string) error { return nil }
