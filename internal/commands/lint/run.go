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

// lintRun judges sources and reports what it finds.
type lintRun struct {
	call    *cli.Call
	read    certsource.Options
	linter  *lint.Linter // nil: only zlint's lints are wanted
	zlint   *zlintRun    // nil: they are not
	report  lintReport
	failOn  inspect.Severity
	summary lintSummary
	failure error // of the first source or part that could not be judged
}

// lintSource is one source, or why it cannot be read.
type lintSource struct {
	name string
	err  error
}

// judge judges all sources at once, reports them in their order, and says by
// its error how it went.
func (r *lintRun) judge(ctx context.Context, sources iter.Seq2[string, error]) error {
	list := func(yield func(lintSource) bool) {
		for name, err := range sources {
			if !yield(lintSource{name, err}) {
				return
			}
		}
	}
	begin := func() (func(context.Context, lintSource) []lintItem, func()) {
		w := &lintWorker{run: r}
		if r.zlint != nil {
			w.zlint = &zlint.Client{Path: r.zlint.path}
		}
		return w.judge, w.end
	}
	if err := inOrder(ctx, runtime.GOMAXPROCS(0), list, begin, r.tell); err != nil {
		return err
	}
	if err := r.report.end(&r.summary, r.zlint.told()); err != nil {
		return err
	}
	return cmp.Or(r.verdict(), r.zlint.end(r.call.Progress))
}

// tell counts and reports what came of one source.
func (r *lintRun) tell(items []lintItem) error {
	r.summary.Sources++
	for i := range items {
		r.count(&items[i])
		if err := r.report.item(&items[i]); err != nil {
			return err
		}
	}
	return nil
}

func (r *lintRun) count(f *lintItem) {
	if f.err != nil {
		r.summary.Unreadable++
		r.failure = cmp.Or(r.failure, f.err)
		return
	}
	r.summary.Judged++
	for i := range f.Findings {
		switch f.Findings[i].Severity {
		case inspect.Error:
			r.summary.Errors++
		case inspect.Warning:
			r.summary.Warnings++
		default:
			r.summary.Infos++
		}
	}
	if f.fails(r.failOn) {
		r.summary.Failed++
	}
}

// verdict tells the counts and gives the exit: findings weigh more than sources
// that could not be judged, which the report lists as well.
func (r *lintRun) verdict() error {
	s := &r.summary
	r.call.Progress.Note("lint: %s: %s, %s, %s; %d of %d failed, %d unreadable", cli.Counted(s.Sources, "source"),
		cli.Counted(s.Errors, "error"), cli.Counted(s.Warnings, "warning"), cli.Counted(s.Infos, "info"), s.Failed, s.Judged, s.Unreadable)
	switch {
	case s.Failed > 0:
		return &cli.ExitError{Code: report.ExitFindings}
	case s.Unreadable > 1:
		return fmt.Errorf("%d could not be judged, the first: %w", s.Unreadable, r.failure)
	}
	return r.failure
}

// lintWorker judges one source after the other.
type lintWorker struct {
	run   *lintRun
	zlint *zlint.Client // nil: zlint's lints are off
}

func (w *lintWorker) end() {
	if w.zlint != nil {
		_ = w.zlint.Close() // what it said is told already
	}
}

// judge judges one source.
func (w *lintWorker) judge(ctx context.Context, source lintSource) []lintItem {
	err := source.err
	var art *certsource.Contents
	if err == nil {
		art, err = certsource.Read(ctx, source.name, w.run.read)
	}
	if err != nil {
		return []lintItem{unjudged(source.name, err)}
	}
	items := w.byRules(art)
	if w.zlint != nil {
		for i := range art.Items {
			if art.Items[i].Kind == certsource.Certificate {
				items[i].Findings = append(items[i].Findings, w.run.zlint.findings(ctx, w.zlint, art.Items[i].DER)...)
			}
		}
	}
	for i := range items {
		slices.SortStableFunc(items[i].Findings, func(a, b lint.Finding) int { return cmp.Compare(rank(a.Severity), rank(b.Severity)) })
	}
	for _, fault := range art.Faults {
		items = append(items, unjudged(source.name, &cli.InputError{File: source.name, Err: fault}))
	}
	return items
}

// unjudged is a source, or a part of it, that could not be judged.
func unjudged(name string, err error) lintItem {
	return lintItem{File: name, Error: err.Error(), err: err}
}

// byRules judges by our own rules, and makes an item of each request and
// certificate.
func (w *lintWorker) byRules(art *certsource.Contents) []lintItem {
	in := lint.Input{Items: make([]*inspect.Contents, len(art.Items)), TLS: serverFacts(art.TLS)}
	items := make([]lintItem, len(art.Items))
	for i := range art.Items {
		item := &art.Items[i]
		items[i] = lintItem{File: art.Name, Part: item.Label, Type: inspect.KindCertificate, Findings: []lint.Finding{}, line: item.Line, server: art.TLS != nil}
		read := inspect.ReadCertificate
		if item.Kind == certsource.CSR {
			read, items[i].Type = inspect.ReadCSR, inspect.KindCSR
		}
		if w.run.linter != nil {
			in.Items[i] = read(item.DER)
		}
	}
	items[0].TLS = art.TLS
	if w.run.linter == nil {
		return items
	}
	for i, result := range w.run.linter.Judge(in) {
		items[i].Role, items[i].Profile, items[i].Why, items[i].Findings = result.Role, result.Profile, result.Why, result.Findings
	}
	return items
}

// serverFacts is what a server showed, as the rules take it.
func serverFacts(t *certsource.TLS) *lint.TLS {
	if t == nil {
		return nil
	}
	return &lint.TLS{
		ServerName: t.ServerName, Version: t.VersionID, VersionName: t.Version,
		CipherSuite: t.CipherSuiteID, CipherName: t.CipherSuite, ALPN: t.ALPN, ClientCertificateAsked: t.ClientCertificateAsked,
	}
}
