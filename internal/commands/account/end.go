package account

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/nfcert/nfcert/internal/commands/cli"
	"github.com/nfcert/nfcert/internal/commands/cmdflags"
	"github.com/nfcert/nfcert/internal/commands/session"
	"github.com/nfcert/nfcert/internal/enroll"
	"github.com/nfcert/nfcert/internal/ui"
)

func newAccountRollover(env *cli.Env) *cobra.Command {
	var key cmdflags.AccountKey
	cmd := &cobra.Command{
		Use: "rollover", Short: "Replace the account's key",
		Long: `Replace the account's key at the CA (RFC 8555 section 7.3.5) by a new one, of the
same type unless --account-key names another. The new key is saved before the CA
hears of it; a rollover that was interrupted is settled with the CA by the next
command that uses the account. An encrypted key is followed by one under the same
passphrase.`,
		Example: `  nfcert account rollover
  nfcert account rollover --account-key Ed25519 --account ops`,
		Args: cli.NoArgs,
		RunE: env.Run(func(ctx context.Context, call *cli.Call, _ []string) error {
			kind, err := key.KeyType()
			if err != nil {
				return err
			}
			o := enroll.RolloverOptions{KeyType: kind, Seal: key.Seal(call)}
			return accountChange(ctx, call, func(ctx context.Context, s *session.Session) (*enroll.Account, error) {
				return s.Engine.Rollover(ctx, s.Account, o)
			})
		}),
	}
	key.AddFlags(cmd.Flags(), "as the old one")
	return cmd
}

func newAccountDeactivate(env *cli.Env) *cobra.Command {
	return &cobra.Command{
		Use: "deactivate", Short: "End the account at the CA for good",
		Long: `Deactivate the account (RFC 8555 section 7.3.6). It cannot be undone: the key can
never be used at this CA again. Issued certificates stay valid. On a terminal the
account's name has to be typed; --yes confirms without.`,
		Args: cli.NoArgs,
		RunE: env.Run(func(ctx context.Context, call *cli.Call, _ []string) error {
			return accountChange(ctx, call, func(ctx context.Context, s *session.Session) (*enroll.Account, error) {
				if err := confirmEnd(call, s); err != nil {
					return nil, err
				}
				return s.Engine.DeactivateAccount(ctx, s.Account)
			})
		}),
	}
}

// confirmEnd wants the account's name typed before the account is ended.
func confirmEnd(call *cli.Call, s *session.Session) error {
	if call.Global.Yes {
		return nil
	}
	all, err := session.Enrolments(call, s)
	if err != nil {
		return err
	}
	what := fmt.Sprintf("account %s at %s", s.Account, s.Server.URL)
	if users := usersOf(&enroll.Account{Name: s.Account, Server: s.Server.URL}, all); len(users) > 0 {
		what += ", which " + cli.Counted(len(users), "enrolment") + " here use"
		if len(users) == 1 {
			what += "s"
		}
	}
	typed, err := call.Prompter().Input(fmt.Sprintf("This ends %s for good. Type its name to go on:", what), "")
	if errors.Is(err, ui.ErrNoTerminal) || errors.Is(err, io.EOF) {
		return cli.Usagef("say --yes to confirm", "this cannot be undone and there is nobody to ask: deactivating %s", what)
	}
	if err != nil {
		return err
	}
	if typed != s.Account {
		return cli.Usagef("", "not confirmed: that is not the account's name; nothing was changed")
	}
	return nil
}
