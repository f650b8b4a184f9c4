package renew

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nfcert/nfcert/internal/commands/cli"
	"github.com/nfcert/nfcert/internal/commands/cmdflags"
	"github.com/nfcert/nfcert/internal/commands/report"
	"github.com/nfcert/nfcert/internal/commands/session"
	"github.com/nfcert/nfcert/internal/enroll"
	"github.com/nfcert/nfcert/internal/ui"
)

// The results of one enrolment.
const (
	resultRenewed = "renewed"
	resultNotDue  = "not due"
	resultWould   = "would renew"
	resultFailed  = "failed"
	// resultElsewhere is for enrolments of other servers than --server. It is not
	// printed.
	resultElsewhere = "elsewhere"
)

// renewalRow is the result of one enrolment.
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
	Error       *report.Report      `json:"error,omitempty"`
}

// renewalSummary counts the results.
type renewalSummary struct {
	Enrolments int `json:"enrolments"`
	Due        int `json:"due"`
	Renewed    int `json:"renewed"`
	Failed     int `json:"failed"`
}

// renewalsDoc is what renew prints about several enrolments.
type renewalsDoc struct {
	APIVersion string         `json:"apiVersion"`
	Kind       string         `json:"kind"`
	DryRun     bool           `json:"dryRun,omitempty"`
	Renewals   []renewalRow   `json:"renewals"`
	Summary    renewalSummary `json:"summary"`
	Warnings   []string       `json:"warnings,omitempty"`
}

// someFailedError says that some of several enrolments were not renewed.
type someFailedError struct {
	Failed, Of int
	Fault      report.Fault // of the first
}

func (e *someFailedError) Error() string {
	return fmt.Sprintf("renew: %d of %d enrolments failed", e.Failed, e.Of)
}

// Errors explains the errors that only this command returns.
func Errors() []report.Entry {
	return []report.Entry{
		report.For(report.ExitFindings, report.CodeSomeFailed, report.FaultState, func(c *report.Context, e *someFailedError, r *report.Report) {
			r.Fault = e.Fault
			r.Hint = "enrolments that failed keep their certificate; the next run tries them again"
			r.Next = c.Resume()
		}),
	}
}

// renewMany renews the enrolments that are due: all, or the one that is named. A
// failure does not stop the others.
func renewMany(ctx context.Context, call *cli.Call, o *renewFlags) error {
	names, err := namesToRenew(call)
	if err != nil {
		return err
	}
	ctx, cancel := call.Bounded(ctx)
	defer cancel()
	doc := renewalsDoc{APIVersion: cli.APIVersion, Kind: "Renewals", DryRun: o.dryRun, Renewals: []renewalRow{}}
	failure := &someFailedError{}
	for i, name := range names {
		row, err := renewNamed(ctx, call, o, name, len(names)-i)
		if errors.Is(err, context.Canceled) { // the whole command, not only its share of time
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
	doc.Warnings = call.Progress.Warnings()
	if err := printRenewals(call, doc); err != nil {
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

func namesToRenew(call *cli.Call) ([]string, error) {
	if call.Global.Name != "" {
		_, err := session.Existing(call)
		return []string{call.Global.Name}, err
	}
	s, err := session.OpenStore(call)
	if err != nil {
		return nil, err
	}
	return enroll.Names(s)
}

// renewNamed renews one of several enrolments if it is due. The error is also in the
// row.
func renewNamed(ctx context.Context, call *cli.Call, o *renewFlags, name string, left int) (row renewalRow, err error) {
	ctx, cancel := share(ctx, left)
	defer cancel()
	call = call.ForEnrolment(name)
	row = renewalRow{Name: name, Result: resultNotDue}
	defer func() {
		if err != nil && !errors.Is(err, context.Canceled) {
			r := o.errors.Explain(call, err)
			row.Result, row.Error = resultFailed, &r
			tellFailure(call, r, err)
		}
	}()
	local, err := session.Local(call)
	if err != nil {
		return row, err
	}
	en, d, err := local.Engine.Due(ctx, name, enroll.DueOptions{At: o.fraction(), NoAsk: true, LookOnly: true})
	if err != nil {
		return row, err
	}
	if en.Server != session.ServerNamed(call) {
		if call.Settings.Sources["server"] == "flag" {
			row.Result = resultElsewhere
			return row, nil
		}
		call = atOwnServer(call)
	}
	if row.judged(en, d); d.Basis == enroll.DueNever || d.Basis == enroll.DueRevoked {
		return row, nil
	}
	with := func(ctx context.Context, work func(context.Context, *session.Session) error) error {
		s, err := session.Local(call)
		if err != nil {
			return err
		}
		if o.dryRun {
			return s.WithServer(ctx, work)
		}
		return cmdflags.WithSolvers(ctx, s, &o.challenge, work)
	}
	err = with(ctx, func(ctx context.Context, s *session.Session) error {
		if en, d, err = s.Engine.Due(ctx, name, enroll.DueOptions{At: o.fraction(), LookOnly: o.dryRun}); err != nil {
			return err
		}
		if row.judged(en, d); !d.Due {
			return nil
		}
		if o.dryRun {
			row.Result = resultWould
			return nil
		}
		call.Progress.Note("%s: %s", name, whenDue(d, name))
		if en, err = renewOne(ctx, call, s, o); err != nil {
			return err
		}
		row.Result, row.Serial, row.NotAfter = resultRenewed, en.Certificate.Serial, en.Certificate.NotAfter
		return nil
	})
	return row, err
}

// atOwnServer returns the call for an enrolment's own server, reached as the last
// time. A variable or the configuration names the server of new enrolments only.
func atOwnServer(call *cli.Call) *cli.Call {
	c := *call
	g := &c.Global
	g.Server, g.CARoot, g.CAPin = "", "", ""
	g.ClientCert, g.ClientKey, g.ClientPassphrase = "", "", ""
	return &c
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

// tellFailure prints the error of one of several enrolments for people. A program
// finds it in the document.
func tellFailure(call *cli.Call, r report.Report, err error) {
	if call.Machine() {
		return
	}
	call.Progress.Done()
	_ = cli.WriteAll(call.Streams.Err, []byte(report.ForPeople(call, r, err)))
}

func printRenewals(call *cli.Call, doc renewalsDoc) error {
	switch call.Global.Output {
	case cli.OutputJSON, cli.OutputJSONL:
		return ui.WriteJSON(call.Streams.Out, doc)
	case cli.OutputName:
		for _, row := range doc.Renewals {
			if row.Due {
				if err := cli.WriteAll(call.Streams.Out, []byte(row.Name+"\n")); err != nil {
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
	call.Progress.Done()
	if table.Len() == 0 {
		call.Progress.Note("no enrolments yet")
		return nil
	}
	if err := table.Write(call.Streams.Out, call.Streams.OutColumns()); err != nil {
		return fmt.Errorf("writing the answer: %w", err)
	}
	s := doc.Summary
	if doc.DryRun {
		call.Progress.Note("%d of %d are due; nothing was renewed", s.Due, s.Enrolments)
	} else {
		call.Progress.Note("%d of %d were due: %d renewed, %d failed", s.Due, s.Enrolments, s.Renewed, s.Failed)
	}
	return nil
}

// because says in a few words why a renewal is due at its time.
func because(b enroll.DueBasis) string {
	switch b {
	case enroll.DueNever:
		return "no certificate yet"
	case enroll.DueRevoked:
		return "revoked: renew with -n"
	case enroll.DueSwap:
		return "files not installed yet"
	case enroll.DueUnderWay:
		return "unfinished renewal"
	case enroll.DueExpired:
		return "expired"
	case enroll.DueCA:
		return "suggested by the CA"
	case "": // it could not be read
		return ""
	}
	return "lifetime"
}
