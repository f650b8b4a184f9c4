package account

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/nfcert/nfcert/internal/commands/cli"
	"github.com/nfcert/nfcert/internal/commands/cmdflags"
	"github.com/nfcert/nfcert/internal/commands/session"
	"github.com/nfcert/nfcert/internal/enroll"
)

func newRollover(env *cli.Env) *cobra.Command {
	var key cmdflags.AccountKey
	cmd := &cobra.Command{
		Use:   "rollover",
		Short: "Replace the account's key",
		Long: `Replace the account's key at the CA (RFC 8555 section 7.3.5) with a new one. It has
the type of the old one unless you give --account-key. An encrypted key is replaced
by one with the same passphrase.

The new key is saved before it is sent to the CA. After an interruption, the next
command that uses the account asks the CA which key is valid.`,
		Example: `  nfcert account rollover
  nfcert account rollover --account-key Ed25519 --account ops`,
		Args: cli.NoArgs,
		RunE: env.Run(func(ctx context.Context, call *cli.Call, _ []string) error { return runRollover(ctx, call, &key) }),
	}
	key.AddFlags(cmd.Flags(), "the type of the old one")
	return cmd
}

func runRollover(ctx context.Context, call *cli.Call, key *cmdflags.AccountKey) error {
	kind, err := key.KeyType()
	if err != nil {
		return err
	}
	o := enroll.RolloverOptions{KeyType: kind, Seal: key.Seal(call)}
	return change(ctx, call, func(ctx context.Context, s *session.Session) (*enroll.Account, error) {
		return s.Engine.Rollover(ctx, s.Account, o)
	})
}

func newDeactivate(env *cli.Env) *cobra.Command {
	return &cobra.Command{
		Use:   "deactivate",
		Short: "Deactivate the account at the CA permanently",
		Long: `Deactivate the account at the CA (RFC 8555 section 7.3.6). This cannot be undone:
the key cannot be used at this CA again. Issued certificates stay valid.

On a terminal, type the account's name to confirm. In a script, use --yes.`,
		Example: `  nfcert account deactivate --account ops`,
		Args:    cli.NoArgs,
		RunE:    env.Run(func(ctx context.Context, call *cli.Call, _ []string) error { return runDeactivate(ctx, call) }),
	}
}

func runDeactivate(ctx context.Context, call *cli.Call) error {
	return change(ctx, call, func(ctx context.Context, s *session.Session) (*enroll.Account, error) {
		if err := confirm(call, s); err != nil {
			return nil, err
		}
		return s.Engine.DeactivateAccount(ctx, s.Account)
	})
}

// confirm makes a person type the account's name before it is deactivated.
func confirm(call *cli.Call, s *session.Session) error {
	if call.Global.Yes {
		return nil
	}
	all, err := session.Enrolments(call, s)
	if err != nil {
		return err
	}
	what := fmt.Sprintf("account %s at %s", s.Account, s.Server.URL)
	if n := len(usersOf(&enroll.Account{Name: s.Account, Server: s.Server.URL}, all)); n > 0 {
		what += " (used by " + cli.Counted(n, "enrolment") + ")"
	}
	return call.Confirm("deactivates "+what, s.Account)
}
