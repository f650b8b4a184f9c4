package show

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/nfcert/nfcert/internal/commands/cli"
	"github.com/nfcert/nfcert/internal/commands/session"
	"github.com/nfcert/nfcert/internal/commands/view"
	"github.com/nfcert/nfcert/internal/enroll"
	"github.com/nfcert/nfcert/internal/ui"
)

func newOrder(env *cli.Env) *cobra.Command {
	return env.Named(&cobra.Command{
		Use: "order", Short: "Show the order of an enrolment",
		Long: `Show the order of an enrolment with its authorizations and challenges, as saved.
To ask the CA for the current state, use nfcert order refresh.`,
		RunE: env.Run(func(_ context.Context, call *cli.Call, _ []string) error { return runOrder(call) }),
	})
}

func runOrder(call *cli.Call) error {
	s, err := session.Existing(call)
	if err != nil {
		return err
	}
	call = s.Call
	en, err := s.Enrolment()
	if err != nil {
		return err
	}
	if en.Order == nil {
		return &enroll.OutOfTurnError{Name: call.Global.Name, Step: "show order", Needs: en.Step, Found: "no order yet"}
	}
	if call.Global.Output != cli.OutputTable {
		return view.PrintEnrolment(call, en, false)
	}
	f := &ui.Fields{Now: call.Clock(), Paint: call.Streams.OutPaint()}
	view.AddOrder(f, en.Order)
	if err := f.Write(call.Streams.Out, call.Streams.OutColumns()); err != nil {
		return err
	}
	call.Progress.Next(view.NextFor(call, en))
	return nil
}
