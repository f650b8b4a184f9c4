package lint

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"runtime"
	"slices"

	"github.com/nfcert/nfcert/internal/certsource"
	"github.com/nfcert/nfcert/internal/commands/cli"
	"github.com/nfcert/nfcert/internal/commands/report"
	"github.com/nfcert/nfcert/internal/inspect"
	"github.com/nfcert/nfcert/internal/lint"
	"github.com/nfcert/nfcert/internal/zlint"
)

// judge judges sources and reports the findings.
type judge struct {
	call    *cli.Call
	read    certsource.Options
	linter  *lint.Linter // nil: no rule of ours is selected
	zlint   *zlintRun    // nil: zlint's lints are off
	report  reporter
	failOn  inspect.Severity
	summary summary
	failure error // of the first source or part that could not be judged
}

// source is one source, or why it cannot be read.
type source struct {
	name string
	err  error
}

// run judges sources in parallel and reports them in their order. Its error gives
// the exit code.
func (j *judge) run(ctx context.Context, sources iter.Seq[source]) error {
	newWorker := func() (func(context.Context, source) []result, func()) {
		w := &worker{judge: j}
		if j.zlint != nil {
			w.zlint = &zlint.Client{Path: j.zlint.path}
		}
		return w.judgeSource, w.end
	}
	if err := inOrder(ctx, runtime.GOMAXPROCS(0), sources, newWorker, j.add); err != nil {
		return err
	}
	if err := j.report.end(&j.summary, j.zlint.documentVersion()); err != nil {
		return err
	}
	return cmp.Or(j.verdict(), j.zlint.end(j.call.Progress))
}

// add counts and reports the results of one source.
func (j *judge) add(results []result) error {
	j.summary.Sources++
	for i := range results {
		j.count(&results[i])
		if err := j.report.add(&results[i]); err != nil {
			return err
		}
	}
	return nil
}

func (j *judge) count(r *result) {
	if r.err != nil {
		j.summary.Unreadable++
		j.failure = cmp.Or(j.failure, r.err)
		return
	}
	j.summary.Judged++
	for i := range r.Findings {
		switch r.Findings[i].Severity {
		case inspect.Error:
			j.summary.Errors++
		case inspect.Warning:
			j.summary.Warnings++
		default:
			j.summary.Infos++
		}
	}
	if r.fails(j.failOn) {
		j.summary.Failed++
	}
}

// verdict prints the counts and returns the error for the exit code. Findings take
// precedence over sources that could not be judged; the report lists both.
func (j *judge) verdict() error {
	s := &j.summary
	j.call.Progress.Note("lint: %s: %s, %s, %s; %d of %d failed, %d unreadable", cli.Counted(s.Sources, "source"),
		cli.Counted(s.Errors, "error"), cli.Counted(s.Warnings, "warning"), cli.Counted(s.Infos, "info"), s.Failed, s.Judged, s.Unreadable)
	switch {
	case s.Failed > 0:
		return &cli.ExitError{Code: report.ExitFindings}
	case s.Unreadable > 1:
		return fmt.Errorf("%d could not be judged, first: %w", s.Unreadable, j.failure)
	}
	return j.failure
}

// worker judges one source after the other.
type worker struct {
	judge *judge
	zlint *zlint.Client // nil: zlint's lints are off
}

func (w *worker) end() {
	if w.zlint != nil {
		_ = w.zlint.Close() // its failures are already reported
	}
}

// judgeSource judges one source.
func (w *worker) judgeSource(ctx context.Context, src source) []result {
	var contents *certsource.Contents
	err := src.err
	if err == nil {
		contents, err = certsource.Read(ctx, src.name, w.judge.read)
	}
	if err != nil {
		return []result{unreadable(src.name, err)}
	}
	results := w.applyRules(contents)
	if w.zlint != nil {
		for i, item := range contents.Items {
			if item.Kind == certsource.Certificate {
				found := w.judge.zlint.findings(ctx, w.zlint, item.DER)
				results[i].Findings = append(results[i].Findings, notReported(results[i].Findings, found)...)
			}
		}
	}
	for i := range results {
		slices.SortStableFunc(results[i].Findings, func(a, b lint.Finding) int { return cmp.Compare(rank(a.Severity), rank(b.Severity)) })
	}
	for _, fault := range contents.Faults {
		results = append(results, unreadable(src.name, &cli.InputError{File: src.name, Err: fault}))
	}
	return results
}

// unreadable returns the result for a source, or a part of it, that could not be
// judged.
func unreadable(name string, err error) result {
	return result{File: name, Error: err.Error(), err: err}
}

// applyRules judges by our own rules. It returns one result for each CSR and
// certificate.
func (w *worker) applyRules(contents *certsource.Contents) []result {
	in := lint.Input{Items: make([]*inspect.Contents, len(contents.Items)), TLS: serverFacts(contents.TLS)}
	results := make([]result, len(contents.Items))
	for i, item := range contents.Items {
		results[i] = result{File: contents.Name, Part: item.Label, Type: inspect.KindCertificate, Findings: []lint.Finding{}, line: item.Line, server: contents.TLS != nil}
		read := inspect.ReadCertificate
		if item.Kind == certsource.CSR {
			read, results[i].Type = inspect.ReadCSR, inspect.KindCSR
		}
		if w.judge.linter != nil {
			in.Items[i] = read(item.DER)
		}
	}
	results[0].TLS = contents.TLS
	if w.judge.linter == nil {
		return results
	}
	for i, judged := range w.judge.linter.Judge(in) {
		r := &results[i]
		r.Role, r.Profile, r.Why, r.Findings = judged.Role, judged.Profile, judged.Why, judged.Findings
	}
	return results
}

// serverFacts converts the facts of a TLS connection to the input of the rules.
func serverFacts(t *certsource.TLS) *lint.TLS {
	if t == nil {
		return nil
	}
	return &lint.TLS{
		ServerName: t.ServerName, Version: t.VersionID, VersionName: t.Version,
		CipherSuite: t.CipherSuiteID, CipherName: t.CipherSuite, ALPN: t.ALPN, ClientCertificateAsked: t.ClientCertificateAsked,
	}
}
