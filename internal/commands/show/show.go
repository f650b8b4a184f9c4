// Package show is nfcert show: what is saved, and what files and servers contain.
package show

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/nfcert/nfcert/internal/commands/cli"
	"github.com/nfcert/nfcert/internal/commands/session"
	"github.com/nfcert/nfcert/internal/commands/view"
	"github.com/nfcert/nfcert/internal/ui"
)

// New makes the command.
func New(env *cli.Env) *cobra.Command {
	cmd := &cobra.Command{
		Use:        "show",
		SuggestFor: []string{"list", "ls", "status", "get", "info", "describe"},
		Short:      "Show an enrolment and its next step, or list all enrolments",
		Long: `Show one enrolment: how far it is, and the next command. Without a name, list
all enrolments.

Only show server contacts an ACME server. show cert HOST:PORT contacts the
server at that address.`,
		Example: `  nfcert show
  nfcert show amf-01
  nfcert show amf-01 -o json`,
		RunE: env.Run(func(_ context.Context, call *cli.Call, _ []string) error { return run(call) }),
	}
	cmd.AddCommand(newAccount(env), newOrder(env), newCSR(env), newCert(env), newServer(env), newToken(env), newTrace(env), newConfig(env))
	return env.Named(cmd)
}

func run(call *cli.Call) error {
	s, err := session.Local(call)
	if err != nil {
		return err
	}
	if call.Global.Name != "" {
		en, err := s.Existing()
		if err != nil {
			return err
		}
		return view.PrintEnrolment(s.Call, en, false)
	}
	list, err := session.Enrolments(call, s)
	if err != nil {
		return err
	}
	table := ui.NewTable("NAME", "NF", "STATUS", "NOT AFTER", "SERVER", "NEXT")
	docs := make([]view.EnrolmentDoc, 0, len(list))
	for _, en := range list {
		next := view.NextFor(call, en)
		docs = append(docs, view.EnrolmentDoc{APIVersion: cli.APIVersion, Kind: "Enrolment", Enrolment: en, Next: next})
		kind, end := "", any("")
		if en.NF != nil {
			kind = en.NF.Type
		}
		if en.Certificate != nil {
			end = en.Certificate.NotAfter
		}
		table.Row(en.Name, kind, view.Status(en), end, en.Server, ui.Command(next))
	}
	return call.PrintList("Enrolments", "enrolments", docs, table)
}
