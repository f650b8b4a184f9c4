// Package account is nfcert account and its subcommands.
package account

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/nfcert/nfcert/internal/commands/cli"
	"github.com/nfcert/nfcert/internal/commands/cmdflags"
	"github.com/nfcert/nfcert/internal/commands/session"
	"github.com/nfcert/nfcert/internal/commands/view"
	"github.com/nfcert/nfcert/internal/enroll"
)

func New(env *cli.Env) *cobra.Command {
	o := &cmdflags.Account{}
	cmd := &cobra.Command{
		Use:   "account",
		Short: "Register at the server, or find the account this key already has",
		Long: `Register an ACME account (RFC 8555 section 7.3) and keep its key in the state.
Run again, it says what exists, and so it does where the CA knows the key already.

A CA that makes accounts only for those it knows wants an external account
binding (section 7.3.4): --eab-kid and --eab-key-file, or --eab-cmd with a program
that fetches a pair. It prints {"kid": "...", "key": "...", "alg": "HS256"}, or the
key id and the key on a line each, and finds the CA's directory URL in
NFCERT_EAB_SERVER and the thumbprint of the account's key in NFCERT_EAB_THUMBPRINT.

With a passphrase the key is saved encrypted. The passphrase is stored nowhere, so
every later command that uses the account needs it: --account-key-passphrase-file,
$NFCERT_ACCOUNT_KEY_PASSPHRASE, or a question on the terminal.`,
		Example: `  nfcert account --server https://ca.example/directory --ca-root ca.pem --accept-tos
  nfcert account --eab-kid amf-01 --eab-key-file eab.key --contact ops@operator.example
  nfcert account --eab-cmd 'oam-eab --for amf-01' --eab-alg HS512
  nfcert account --account-key Ed25519 --account-key-encrypt`,
		Args: cli.NoArgs,
		RunE: env.Run(func(ctx context.Context, call *cli.Call, _ []string) error { return runAccount(ctx, call, o) }),
	}
	o.AddFlags(cmd.Flags())
	cmd.AddCommand(newAccountList(env), newAccountUpdate(env), newAccountRollover(env), newAccountDeactivate(env), newAccountExport(env), newAccountImport(env))
	return cmd
}

func runAccount(ctx context.Context, call *cli.Call, o *cmdflags.Account) error {
	options, err := o.Options(call)
	if err != nil {
		return err
	}
	return session.WithServer(ctx, call, func(ctx context.Context, s *session.Session) error {
		acc, unchanged, err := s.Engine.Account(ctx, s.Account, options)
		if err != nil {
			return err
		}
		return view.PrintAccount(call, acc, unchanged, call.Line("csr", "-n", "NAME", "--nf", "FILE"))
	})
}

// accountChange is what update, rollover and deactivate have in common.
func accountChange(ctx context.Context, call *cli.Call, change func(context.Context, *session.Session) (*enroll.Account, error)) error {
	if err := session.CheckTyped(call); err != nil {
		return err
	}
	return session.WithServer(ctx, call, func(ctx context.Context, s *session.Session) error {
		acc, err := change(ctx, s)
		if err != nil {
			return err
		}
		return view.PrintAccount(call, acc, false, "")
	})
}

func newAccountUpdate(env *cli.Env) *cobra.Command {
	var contact []string
	var none, terms bool
	cmd := &cobra.Command{
		Use: "update", Short: "Change the contacts at the CA, or fetch what it has",
		Long: `Change the account's contacts at the CA (RFC 8555 section 7.3.2). Without flags
it only fetches what the CA has and saves it.`,
		Args: cli.NoArgs,
		RunE: env.Run(func(ctx context.Context, call *cli.Call, _ []string) error {
			urls, err := cmdflags.Contacts(contact)
			if err != nil {
				return err
			}
			if none && len(contact) > 0 {
				return cli.Usagef("give one of them", "--contact and --no-contact contradict each other")
			}
			if none {
				urls = []string{}
			}
			return accountChange(ctx, call, func(ctx context.Context, s *session.Session) (*enroll.Account, error) {
				return s.Engine.UpdateAccount(ctx, s.Account, urls, terms)
			})
		}),
	}
	cmd.Flags().StringSliceVar(&contact, "contact", nil, "`MAIL` address the CA may write to; may be repeated; replaces all")
	cmd.Flags().BoolVar(&none, "no-contact", false, "take all contacts away")
	cmd.Flags().BoolVar(&terms, "accept-tos", false, "agree to changed terms of service")
	return cmd
}
