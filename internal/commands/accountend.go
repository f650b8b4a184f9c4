package commands

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/nfcert/nfcert/internal/enroll"
	"github.com/nfcert/nfcert/internal/ui"
)

func newAccountRollover(env *Env) *cobra.Command {
	var key accountKeyFlags
	cmd := &cobra.Command{
		Use: "rollover", Short: "Replace the account's key",
		Long: `Replace the account's key at the CA (RFC 8555 section 7.3.5) by a new one, of the
same type unless --account-key names another. The new key is saved before the CA
hears of it; a rollover that was interrupted is settled with the CA by the next
command that uses the account. An encrypted key is followed by one under the same
passphrase.`,
		Example: `  nfcert account rollover
  nfcert account rollover --account-key Ed25519 --account ops`,
		Args: noArgs,
		RunE: env.run(func(ctx context.Context, a *Call, _ []string) error {
			kind, err := key.keyType()
			if err != nil {
				return err
			}
			o := enroll.RolloverOptions{KeyType: kind, Seal: key.seal(a)}
			return a.accountChange(ctx, func(ctx context.Context, s *session) (*enroll.Account, error) {
				return s.engine.Rollover(ctx, s.account, o)
			})
		}),
	}
	key.addFlags(cmd.Flags(), "as the old one")
	return cmd
}

func newAccountDeactivate(env *Env) *cobra.Command {
	return &cobra.Command{
		Use: "deactivate", Short: "End the account at the CA for good",
		Long: `Deactivate the account (RFC 8555 section 7.3.6). It cannot be undone: the key can
never be used at this CA again. Issued certificates stay valid. On a terminal the
account's name has to be typed; --yes confirms without.`,
		Args: noArgs,
		RunE: env.run(func(ctx context.Context, a *Call, _ []string) error {
			return a.accountChange(ctx, func(ctx context.Context, s *session) (*enroll.Account, error) {
				if err := a.confirmEnd(s); err != nil {
					return nil, err
				}
				return s.engine.DeactivateAccount(ctx, s.account)
			})
		}),
	}
}

// confirmEnd wants the account's name typed before the account is ended.
func (a *Call) confirmEnd(s *session) error {
	if a.Global.yes {
		return nil
	}
	all, err := a.enrolments(s)
	if err != nil {
		return err
	}
	what := fmt.Sprintf("account %s at %s", s.account, s.server.URL)
	if users := usersOf(&enroll.Account{Name: s.account, Server: s.server.URL}, all); len(users) > 0 {
		what += ", which " + counted(len(users), "enrolment") + " here use"
		if len(users) == 1 {
			what += "s"
		}
	}
	typed, err := a.prompter().Input(fmt.Sprintf("This ends %s for good. Type its name to go on:", what), "")
	if errors.Is(err, ui.ErrNoTerminal) || errors.Is(err, io.EOF) {
		return usagef("say --yes to confirm", "this cannot be undone and there is nobody to ask: deactivating %s", what)
	}
	if err != nil {
		return err
	}
	if typed != s.account {
		return usagef("", "not confirmed: that is not the account's name; nothing was changed")
	}
	return nil
}
