package lint

import (
	"strings"

	"github.com/nfcert/nfcert/internal/commands/cli"
	"github.com/nfcert/nfcert/internal/inspect"
	"github.com/nfcert/nfcert/internal/lint"
	"github.com/nfcert/nfcert/internal/ui"
)

// newReporter returns the reporter for --output.
func newReporter(call *cli.Call, failOn inspect.Severity) (reporter, error) {
	out := call.Streams.Out
	switch call.Global.Output {
	case cli.OutputJSON:
		list, err := ui.NewJSONList(out, header{cli.APIVersion, "Lint"}, "files")
		return &jsonReporter{list}, err
	case cli.OutputJSONL:
		return &jsonLinesReporter{call}, nil
	case cli.OutputName:
		return &nameReporter{call: call, failOn: failOn}, nil
	case cli.OutputJUnit:
		report, err := ui.NewJUnit(out, "nfcert lint")
		return &junitReporter{report, failOn}, err
	case cli.OutputSARIF:
		log, err := ui.NewSARIF(out, sarifTool(call))
		return &sarifReporter{log: log}, err
	}
	if !call.Streams.OutTTY {
		return &tableReporter{call}, nil
	}
	report := &textReporter{call: call, paint: call.Streams.OutPaint()}
	if call.Global.Verbose > 0 {
		report.why = map[string]string{}
		for _, r := range lint.Rules() {
			report.why[r.ID] = r.Why
		}
	}
	return report, nil
}

// header begins each document.
type header struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
}

// footer ends the document.
type footer struct {
	Zlint   string   `json:"zlint"` // version, or "not run"
	Summary *summary `json:"summary"`
}

// jsonReporter writes one document.
type jsonReporter struct{ list *ui.JSONList }

func (r *jsonReporter) add(f *result) error { return r.list.Add(f) }

func (r *jsonReporter) end(s *summary, zlint string) error { return r.list.Close(footer{zlint, s}) }

// jsonLinesReporter writes a document for each result, and one with the summary.
type jsonLinesReporter struct{ call *cli.Call }

func (r *jsonLinesReporter) add(f *result) error {
	return ui.WriteJSONLine(r.call.Streams.Out, struct {
		header
		*result
	}{header{cli.APIVersion, "LintFile"}, f})
}

func (r *jsonLinesReporter) end(s *summary, zlint string) error {
	return ui.WriteJSONLine(r.call.Streams.Out, struct {
		header
		footer
	}{header{cli.APIVersion, "LintSummary"}, footer{zlint, s}})
}

// nameReporter writes the sources that failed or could not be judged, each once.
type nameReporter struct {
	call   *cli.Call
	failOn inspect.Severity
	last   string
}

func (r *nameReporter) add(f *result) error {
	if f.err == nil && !f.fails(r.failOn) || f.File == r.last {
		return nil
	}
	r.last = f.File
	return cli.WriteAll(r.call.Streams.Out, []byte(ui.Clean(f.File, 0)+"\n"))
}

func (r *nameReporter) end(*summary, string) error { return nil }

// junitReporter writes a suite for each result and a case for each finding. Findings
// below --fail-on are cases that passed; their text is the output of the case.
type junitReporter struct {
	report *ui.JUnit
	failOn inspect.Severity
}

func (r *junitReporter) add(f *result) error {
	suite := ui.JUnitSuite{Name: f.name()}
	if f.err != nil {
		suite.Cases = append(suite.Cases, ui.JUnitCase{Class: f.name(), Name: "read", Error: &ui.JUnitFailure{Message: f.Error, Type: "unreadable"}})
	} else if len(f.Findings) == 0 {
		suite.Cases = append(suite.Cases, ui.JUnitCase{Class: f.name(), Name: "lint"})
	}
	for i := range f.Findings {
		x := &f.Findings[i]
		c := ui.JUnitCase{Class: f.name(), Name: x.Rule}
		if rank(x.Severity) <= rank(r.failOn) {
			c.Failure = &ui.JUnitFailure{Message: x.Message, Type: string(x.Severity), Text: findingLines(x)}
		} else {
			c.Output = string(x.Severity) + ": " + ui.Clean(x.Message, 0) + "\n" + findingLines(x)
		}
		suite.Cases = append(suite.Cases, c)
	}
	return r.report.Suite(suite)
}

func (r *junitReporter) end(*summary, string) error { return r.report.Close() }

// findingFacts returns the details of a finding that are not empty, with their names.
func findingFacts(x *lint.Finding) [][2]string {
	var facts [][2]string
	for _, fact := range [][2]string{
		{"field", string(x.Field)}, {"found", x.Got}, {"wanted", x.Want}, {"fix", x.Fix}, {"clause", x.Clause}, {"source", x.Source},
	} {
		if fact[1] != "" {
			facts = append(facts, fact)
		}
	}
	return facts
}

// findingLines returns the details of a finding, one per line.
func findingLines(x *lint.Finding) string {
	var b strings.Builder
	for _, fact := range findingFacts(x) {
		b.WriteString(fact[0] + ": " + ui.Clean(fact[1], 0) + "\n")
	}
	return b.String()
}

// sarifReporter writes a SARIF log. It keeps the sources that could not be read in
// memory, because SARIF lists them at the end.
type sarifReporter struct {
	log    *ui.SARIF
	faults []ui.SARIFFault
}

// sarifTool returns the description of nfcert and its rules.
func sarifTool(call *cli.Call) ui.SARIFTool {
	tool := ui.SARIFTool{Name: "nfcert", Version: call.Version, URI: "https://github.com/nfcert/nfcert"}
	for _, r := range lint.Rules() {
		tool.Rules = append(tool.Rules, ui.SARIFRule{
			ID: r.ID, Title: r.Title, Text: r.Why, Help: r.Fix, Level: sarifLevel(r.Severity), Tags: []string{r.Clause, string(r.Level)},
		})
	}
	return tool
}

func sarifLevel(s inspect.Severity) string {
	switch s {
	case inspect.Error:
		return ui.SARIFError
	case inspect.Warning:
		return ui.SARIFWarning
	}
	return ui.SARIFNote
}

func (r *sarifReporter) add(f *result) error {
	file := f.File
	if file == "-" {
		file = "stdin"
	}
	if f.server {
		file = "tls://" + file
	}
	if f.err != nil {
		r.faults = append(r.faults, ui.SARIFFault{File: file, Message: f.Error})
	}
	for i := range f.Findings {
		x := &f.Findings[i]
		out := ui.SARIFResult{
			Rule: x.Rule, Level: sarifLevel(x.Severity), Message: sentence(x), File: file, Part: f.Part,
			Line: f.line, Properties: map[string]string{},
		}
		for _, fact := range findingFacts(x) {
			out.Properties[fact[0]] = fact[1]
		}
		if err := r.log.Result(out); err != nil {
			return err
		}
	}
	return nil
}

func (r *sarifReporter) end(*summary, string) error { return r.log.Close(r.faults) }

// sentence returns a finding as one text, for viewers that show only the message.
func sentence(x *lint.Finding) string {
	text := x.Message
	for _, part := range [][2]string{{"found", x.Got}, {"wanted", x.Want}, {"fix", x.Fix}} {
		if part[1] != "" {
			text += "; " + part[0] + ": " + part[1]
		}
	}
	if x.Clause != "" {
		text += " (" + x.Clause + ")"
	}
	return text
}
