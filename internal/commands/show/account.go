package show

import (
	"cmp"
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/nfcert/nfcert/internal/commands/cli"
	"github.com/nfcert/nfcert/internal/commands/session"
	"github.com/nfcert/nfcert/internal/commands/view"
	"github.com/nfcert/nfcert/internal/enroll"
)

func newAccount(env *cli.Env) *cobra.Command {
	return &cobra.Command{
		Use: "account [NAME]", Short: "Show a saved account", Args: cli.WantArgs(0, 1, "at most one account name"),
		Long: `Show a saved account: status, key file and key thumbprint. Without a name it is
the account of the enrolment of -n, or the account named default.`,
		RunE: env.Run(func(_ context.Context, call *cli.Call, args []string) error {
			if len(args) == 1 {
				call = call.ForAccount(args[0])
			}
			return runAccount(call)
		}),
	}
}

func runAccount(call *cli.Call) error {
	if err := session.CheckTyped(call); err != nil {
		return err
	}
	s, err := session.Local(call)
	if err != nil {
		return err
	}
	en, err := s.Begun()
	if err != nil {
		return err
	}
	en = cmp.Or(en, &enroll.Enrolment{})
	name := cmp.Or(call.Global.Account, en.Account, enroll.DefaultAccount)
	acc, err := session.SavedAccount(s.Store, name, cmp.Or(session.ServerNamed(call), en.Server))
	if err != nil {
		return err
	}
	if acc == nil {
		return &enroll.OutOfTurnError{Name: name, Step: "show account", Needs: enroll.StepAccount, Found: fmt.Sprintf("no account %q", name)}
	}
	return view.PrintAccount(call, acc, false, "")
}
