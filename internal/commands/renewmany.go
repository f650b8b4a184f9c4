package commands

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nfcert/nfcert/internal/enroll"
	"github.com/nfcert/nfcert/internal/ui"
)

// What became of an enrolment that was judged.
const (
	resultRenewed = "renewed"
	resultNotDue  = "not due"
	resultWould   = "would renew"
	resultFailed  = "failed"
	// resultElsewhere is of those that the command line leaves out, and not told.
	resultElsewhere = "elsewhere"
)

// renewalRow is one enrolment that was judged.
type renewalRow struct {
	Name        string              `json:"name"`
	NFType      string              `json:"nfType,omitempty"`
	Due         bool                `json:"due"`
	DueAt       time.Time           `json:"dueAt,omitzero"`
	Because     enroll.DueBasis     `json:"because,omitempty"`
	NotAfter    time.Time           `json:"notAfter,omitzero"`
	RenewalInfo *enroll.RenewalInfo `json:"renewalInfo,omitempty"`
	Result      string              `json:"result"`
	Serial      string              `json:"serial,omitempty"` // of the new certificate
	Error       *report             `json:"error,omitempty"`
}

// renewalSummary counts them.
type renewalSummary struct {
	Enrolments int `json:"enrolments"`
	Due        int `json:"due"`
	Renewed    int `json:"renewed"`
	Failed     int `json:"failed"`
}

// renewalsDoc is what renew prints of several.
type renewalsDoc struct {
	APIVersion string         `json:"apiVersion"`
	Kind       string         `json:"kind"`
	DryRun     bool           `json:"dryRun,omitempty"`
	Renewals   []renewalRow   `json:"renewals"`
	Summary    renewalSummary `json:"summary"`
	Warnings   []string       `json:"warnings,omitempty"`
}

// someFailedError says that some of several were not renewed.
type someFailedError struct {
	Failed, Of int
	Fault      string // of the first
}

func (e *someFailedError) Error() string {
	return fmt.Sprintf("renew: %d of %d enrolments failed", e.Failed, e.Of)
}

// renewMany judges every enrolment, or the one that is named, and renews those
// that are due. What fails does not stop the others.
func (a *App) renewMany(ctx context.Context, o *renewFlags) error {
	names, err := a.namesToRenew()
	if err != nil {
		return err
	}
	ctx, cancel := a.bounded(ctx)
	defer cancel()
	doc := renewalsDoc{APIVersion: apiVersion, Kind: "Renewals", DryRun: o.dryRun, Renewals: []renewalRow{}}
	failure := &someFailedError{}
	for i, name := range names {
		row, err := a.renewNamed(ctx, o, name, len(names)-i)
		if errors.Is(err, context.Canceled) { // not its time alone, the whole command
			return err
		}
		if row.Result == resultElsewhere {
			continue
		}
		doc.Renewals = append(doc.Renewals, row)
		doc.Summary.count(row)
		if row.Error != nil && failure.Fault == "" {
			failure.Fault = row.Error.Fault
		}
	}
	doc.Warnings = a.progress.warnings()
	if err := a.printRenewals(doc); err != nil {
		return err
	}
	failure.Failed, failure.Of = doc.Summary.Failed, doc.Summary.Enrolments
	if failure.Failed > 0 {
		return failure
	}
	return nil
}

func (s *renewalSummary) count(row renewalRow) {
	s.Enrolments++
	if row.Due {
		s.Due++
	}
	switch row.Result {
	case resultRenewed:
		s.Renewed++
	case resultFailed:
		s.Failed++
	}
}

func (a *App) namesToRenew() ([]string, error) {
	if a.global.name != "" {
		return []string{a.global.name}, a.mustExist()
	}
	s, err := a.openStore()
	if err != nil {
		return nil, err
	}
	return enroll.Names(s)
}

// renewNamed judges one of several and renews it when it is due. The error is
// the one in the row.
func (a *App) renewNamed(ctx context.Context, o *renewFlags, name string, left int) (row renewalRow, err error) {
	ctx, cancel := share(ctx, left)
	defer cancel()
	flags := a.global
	a.global.name, a.name = name, name
	defer func() { a.global, a.name = flags, "" }()
	row = renewalRow{Name: name, Result: resultNotDue}
	defer func() {
		if err != nil && !errors.Is(err, context.Canceled) {
			r := a.explain(err)
			row.Result, row.Error = resultFailed, &r
			a.tellFailure(r, err)
		}
	}()
	local, err := a.local()
	if err != nil {
		return row, err
	}
	en, d, err := local.engine.Due(ctx, name, enroll.DueOptions{At: o.fraction(), NoAsk: true, LookOnly: true})
	if err != nil {
		return row, err
	}
	if en.Server != a.serverNamed() && a.leaveServer() {
		row.Result = resultElsewhere
		return row, nil
	}
	if row.judged(en, d); d.Basis == enroll.DueNever || d.Basis == enroll.DueRevoked {
		return row, nil
	}
	with := a.withServer
	if !o.dryRun {
		with = func(ctx context.Context, work func(context.Context, *session) error) error {
			return a.withSolvers(ctx, &o.challenge, work)
		}
	}
	err = with(ctx, func(ctx context.Context, s *session) error {
		if en, d, err = s.engine.Due(ctx, name, enroll.DueOptions{At: o.fraction(), LookOnly: o.dryRun}); err != nil {
			return err
		}
		if row.judged(en, d); !d.Due {
			return nil
		}
		if o.dryRun {
			row.Result = resultWould
			return nil
		}
		a.progress.note("%s: %s", name, whenDue(d, name))
		if en, err = a.renewOne(ctx, s, o); err != nil {
			return err
		}
		row.Result, row.Serial, row.NotAfter = resultRenewed, en.Certificate.Serial, en.Certificate.NotAfter
		return nil
	})
	return row, err
}

// serverNamed is the URL of the server that flags, variables or configuration
// name; "": none.
func (a *App) serverNamed() string {
	if named, ok := a.settings.servers[a.global.server]; ok {
		return named.URL
	}
	return a.global.server
}

// leaveServer makes an enrolment's own server the one that is meant, reached as
// the last time. It reports whether the command line names another, and so
// leaves the enrolment out; a variable or the configuration only say where new
// ones are made.
func (a *App) leaveServer() (out bool) {
	for _, v := range a.settings.values() {
		if v.Flag == "server" && v.Source == "flag" {
			return true
		}
	}
	if g := &a.global; g.server != "" {
		g.server, g.caRoot, g.caPin = "", "", ""
		g.clientCert, g.clientKey, g.clientPassphrase = "", "", ""
	}
	return false
}

func (row *renewalRow) judged(en *enroll.Enrolment, d enroll.Due) {
	row.Due, row.DueAt, row.Because = d.Due, d.At, d.Basis
	if en.NF != nil {
		row.NFType = en.NF.Type
	}
	if en.Certificate != nil {
		row.NotAfter, row.RenewalInfo = en.Certificate.NotAfter, en.Certificate.RenewalInfo
	}
}

// tellFailure tells of one of several as if it were alone; a program finds it in
// the document.
func (a *App) tellFailure(r report, err error) {
	if a.machine() {
		return
	}
	a.progress.done()
	_ = writeAll(a.streams.Err, []byte(a.forPeople(r, err)))
}

func (a *App) printRenewals(doc renewalsDoc) error {
	switch a.global.output {
	case outputJSON, outputJSONL:
		return ui.WriteJSON(a.streams.Out, doc)
	case outputName:
		for _, row := range doc.Renewals {
			if row.Due {
				if err := writeAll(a.streams.Out, []byte(row.Name+"\n")); err != nil {
					return err
				}
			}
		}
		return nil
	}
	table := ui.NewTable("NAME", "NF", "RESULT", "DUE", "BECAUSE", "NOT AFTER")
	for _, row := range doc.Renewals {
		table.Row(row.Name, row.NFType, row.Result, row.DueAt, because(row.Because), row.NotAfter)
	}
	a.progress.done()
	if table.Len() == 0 {
		a.progress.note("there are none")
		return nil
	}
	if err := table.Write(a.streams.Out, a.streams.OutColumns()); err != nil {
		return fmt.Errorf("writing the answer: %w", err)
	}
	s := doc.Summary
	if doc.DryRun {
		a.progress.note("%d of %d are due; nothing was renewed", s.Due, s.Enrolments)
	} else {
		a.progress.note("%d of %d were due: %d renewed, %d failed", s.Due, s.Enrolments, s.Renewed, s.Failed)
	}
	return nil
}

// because says in a few words what a time of renewal rests on.
func because(b enroll.DueBasis) string {
	switch b {
	case enroll.DueNever:
		return "no certificate yet"
	case enroll.DueRevoked:
		return "revoked: only by name"
	case enroll.DueSwap:
		return "files to be put in place"
	case enroll.DueUnderWay:
		return "under way"
	case enroll.DueExpired:
		return "expired"
	case enroll.DueCA:
		return "the CA's wish"
	case "": // it could not be judged
		return ""
	}
	return "its age"
}
