package lint

import (
	"strings"

	"github.com/nfcert/nfcert/internal/commands/cli"
	"github.com/nfcert/nfcert/internal/inspect"
	"github.com/nfcert/nfcert/internal/lint"
	"github.com/nfcert/nfcert/internal/ui"
)

// newLintReport makes the report that --output asks for.
func newLintReport(call *cli.Call, failOn inspect.Severity) (lintReport, error) {
	out := call.Streams.Out
	switch call.Global.Output {
	case cli.OutputJSON:
		list, err := ui.NewJSONList(out, lintHead{cli.APIVersion, "Lint"}, "files")
		return &lintJSON{list}, err
	case cli.OutputJSONL:
		return &lintJSONLines{call}, nil
	case cli.OutputName:
		return &lintNames{call: call, failOn: failOn}, nil
	case cli.OutputJUnit:
		report, err := ui.NewJUnit(out, "nfcert lint")
		return &lintJUnit{report, failOn}, err
	case cli.OutputSARIF:
		log, err := ui.NewSARIF(out, sarifTool(call))
		return &lintSARIF{log: log}, err
	}
	if !call.Streams.OutTTY {
		return &pipeReport{call}, nil
	}
	report := &peopleReport{call: call, paint: call.Streams.OutPaint()}
	if call.Global.Verbose > 0 {
		report.why = map[string]string{}
		for _, r := range lint.Rules() {
			report.why[r.ID] = r.Why
		}
	}
	return report, nil
}

// lintHead is what each document of lint begins with.
type lintHead struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
}

// lintTail is what the document of lint ends with.
type lintTail struct {
	Zlint   string       `json:"zlint"` // version of its lints, or "not run"
	Summary *lintSummary `json:"summary"`
}

// lintJSON is one document.
type lintJSON struct{ list *ui.JSONList }

func (r *lintJSON) item(f *lintItem) error { return r.list.Add(f) }

func (r *lintJSON) end(s *lintSummary, zlint string) error { return r.list.Close(lintTail{zlint, s}) }

// lintJSONLines is a document for each item, and one with the summary.
type lintJSONLines struct{ call *cli.Call }

func (r *lintJSONLines) item(f *lintItem) error {
	return ui.WriteJSONLine(r.call.Streams.Out, struct {
		lintHead
		*lintItem
	}{lintHead{cli.APIVersion, "LintFile"}, f})
}

func (r *lintJSONLines) end(s *lintSummary, zlint string) error {
	return ui.WriteJSONLine(r.call.Streams.Out, struct {
		lintHead
		lintTail
	}{lintHead{cli.APIVersion, "LintSummary"}, lintTail{zlint, s}})
}

// lintNames is the sources that failed or could not be judged, each once.
type lintNames struct {
	call   *cli.Call
	failOn inspect.Severity
	last   string
}

func (r *lintNames) item(f *lintItem) error {
	if f.err == nil && !f.fails(r.failOn) || f.File == r.last {
		return nil
	}
	r.last = f.File
	return cli.WriteAll(r.call.Streams.Out, []byte(ui.Clean(f.File, 0)+"\n"))
}

func (r *lintNames) end(*lintSummary, string) error { return nil }

// lintJUnit makes a suite of each item and a case of each finding; those below
// --fail-on have passed and say so in their output.
type lintJUnit struct {
	report *ui.JUnit
	failOn inspect.Severity
}

func (r *lintJUnit) item(f *lintItem) error {
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

func (r *lintJUnit) end(*lintSummary, string) error { return r.report.Close() }

// findingFacts are the details of a finding that are there, by their names.
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

// findingLines is a finding's details, a line each.
func findingLines(x *lint.Finding) string {
	var b strings.Builder
	for _, fact := range findingFacts(x) {
		b.WriteString(fact[0] + ": " + ui.Clean(fact[1], 0) + "\n")
	}
	return b.String()
}

// lintSARIF keeps what could not be read for the end of the log, where SARIF
// wants it: a few bytes a source, of which few should be.
type lintSARIF struct {
	log    *ui.SARIF
	faults []ui.SARIFFault
}

// sarifTool describes nfcert and its rules.
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

func (r *lintSARIF) item(f *lintItem) error {
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
		result := ui.SARIFResult{
			Rule: x.Rule, Level: sarifLevel(x.Severity), Message: sentence(x), File: file, Part: f.Part,
			Line: f.line, Properties: map[string]string{},
		}
		for _, fact := range findingFacts(x) {
			result.Properties[fact[0]] = fact[1]
		}
		if err := r.log.Result(result); err != nil {
			return err
		}
	}
	return nil
}

func (r *lintSARIF) end(*lintSummary, string) error { return r.log.Close(r.faults) }

// sentence is a finding for a reader that shows one text alone.
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
