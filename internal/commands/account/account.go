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

// New returns the command.
func New(env *cli.Env) *cobra.Command {
	o := &cmdflags.Account{}
	cmd := &cobra.Command{
		Use:   "account",
		Short: "Register at the server, or find the account of this key",
		Long: `Register an ACME account (RFC 8555 section 7.3) and save its key in the state.
If the account exists, or the CA already has an account for this key, the command
prints it and changes nothing.

Some CAs require an external account binding (section 7.3.4): a key ID and a MAC
key. Give them with --eab-kid and --eab-key-file, or give a program that fetches
them with --eab-cmd. The program prints {"kid": "...", "key": "...", "alg":
"HS256"}, or the key ID and the MAC key on one line each. Its environment has the
CA's directory URL in NFCERT_EAB_SERVER and the thumbprint of the account key in
NFCERT_EAB_THUMBPRINT.

With a passphrase, the key is saved encrypted. The passphrase is not saved. Every
later command that uses the account needs it: from --account-key-passphrase-file,
from $NFCERT_ACCOUNT_KEY_PASSPHRASE, or typed on the terminal.`,
		Example: `  nfcert account --server https://ca.example/directory --ca-root ca.pem --accept-tos
  nfcert account --eab-kid amf-01 --eab-key-file eab.key --contact ops@operator.example
  nfcert account --eab-cmd 'oam-eab --for amf-01' --eab-alg HS512
  nfcert account --account-key Ed25519 --account-key-encrypt`,
		Args: cli.NoArgs,
		RunE: env.Run(func(ctx context.Context, call *cli.Call, _ []string) error { return runAccount(ctx, call, o) }),
	}
	o.AddFlags(cmd.Flags())
	cmd.AddCommand(newList(env), newUpdate(env), newRollover(env), newDeactivate(env), newExport(env), newImport(env))
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

// change runs a command that changes an account at the CA, and prints the account.
func change(ctx context.Context, call *cli.Call, work func(context.Context, *session.Session) (*enroll.Account, error)) error {
	if err := session.CheckTyped(call); err != nil {
		return err
	}
	return session.WithServer(ctx, call, func(ctx context.Context, s *session.Session) error {
		acc, err := work(ctx, s)
		if err != nil {
			return err
		}
		return view.PrintAccount(call, acc, false, "")
	})
}

// updateOptions are the flags of account update.
type updateOptions struct {
	contact   []string
	noContact bool
	acceptTOS bool
}

func newUpdate(env *cli.Env) *cobra.Command {
	o := &updateOptions{}
	cmd := &cobra.Command{
		Use:   "update",
		Short: "Change the contacts at the CA, or fetch the account from the CA",
		Long: `Change the account's contacts at the CA (RFC 8555 section 7.3.2). Without flags,
the command fetches the account from the CA and saves it.`,
		Example: `  nfcert account update
  nfcert account update --contact ops@operator.example --contact noc@operator.example`,
		Args: cli.NoArgs,
		RunE: env.Run(func(ctx context.Context, call *cli.Call, _ []string) error { return runUpdate(ctx, call, o) }),
	}
	cmd.Flags().StringSliceVar(&o.contact, "contact", nil, "`MAIL` address for messages from the CA; may be repeated; replaces all contacts")
	cmd.Flags().BoolVar(&o.noContact, "no-contact", false, "remove all contacts")
	cmd.Flags().BoolVar(&o.acceptTOS, "accept-tos", false, "agree to changed terms of service")
	return cmd
}

func runUpdate(ctx context.Context, call *cli.Call, o *updateOptions) error {
	urls, err := cmdflags.Contacts(o.contact)
	if err != nil {
		return err
	}
	if o.noContact {
		if len(urls) > 0 {
			return cli.Usagef("give one of them", "--contact and --no-contact cannot be used together")
		}
		urls = []string{}
	}
	return change(ctx, call, func(ctx context.Context, s *session.Session) (*enroll.Account, error) {
		return s.Engine.UpdateAccount(ctx, s.Account, urls, o.acceptTOS)
	})
}
