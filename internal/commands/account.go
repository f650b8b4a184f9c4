package commands

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/mail"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/nfcert/nfcert/internal/enroll"
	"github.com/nfcert/nfcert/internal/ui"
)

// accountFlags say how to register.
type accountFlags struct {
	contact   []string
	acceptTOS bool
	eab       eabFlags
	key       accountKeyFlags
	keyIn     string
}

func (o *accountFlags) addFlags(fs *pflag.FlagSet) {
	fs.StringSliceVar(&o.contact, "contact", nil, "`MAIL` address the CA may write to; may be repeated")
	fs.BoolVar(&o.acceptTOS, "accept-tos", false, "agree to the CA's terms of service")
	o.eab.addFlags(fs)
	o.key.addFlags(fs, "P256")
	fs.StringVar(&o.keyIn, "account-key-in", "", "`FILE` of a key to use instead of a new one, PEM or DER, encrypted or not")
}

// options turns the flags into what the engine takes.
func (o *accountFlags) options(a *Call) (enroll.AccountOptions, error) {
	var out enroll.AccountOptions
	var err error
	if out.Contact, err = contacts(o.contact); err != nil {
		return out, err
	}
	if out.KeyType, err = o.key.keyType(); err != nil {
		return out, err
	}
	out.Seal = o.key.seal(a)
	if o.keyIn != "" {
		if out.Key, err = a.broughtKey(o.keyIn, &out); err != nil {
			return out, err
		}
	}
	out.TermsAgreed = o.acceptTOS
	out.AskTerms = func(url string) (bool, error) { return a.askTerms(url) }
	return out, o.eab.into(a, &out)
}

// contacts makes mailto: URLs (RFC 8555 section 7.3) of addresses.
func contacts(list []string) ([]string, error) {
	var urls []string
	for _, c := range list {
		address := strings.TrimPrefix(c, "mailto:")
		parsed, err := mail.ParseAddress(address)
		if err != nil || parsed.Address != address {
			return nil, usagef("as in --contact ops@operator.example", "--contact %q is no mail address", c)
		}
		urls = append(urls, "mailto:"+address)
	}
	return urls, nil
}

func newAccount(env *Env) *cobra.Command {
	o := &accountFlags{}
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
		Args: noArgs,
		RunE: env.run(func(ctx context.Context, a *Call, _ []string) error { return a.runAccount(ctx, o) }),
	}
	o.addFlags(cmd.Flags())
	cmd.AddCommand(newAccountList(env), newAccountUpdate(env), newAccountRollover(env), newAccountDeactivate(env), newAccountExport(env), newAccountImport(env))
	return cmd
}

func (a *Call) runAccount(ctx context.Context, o *accountFlags) error {
	options, err := o.options(a)
	if err != nil {
		return err
	}
	return a.withServer(ctx, func(ctx context.Context, s *session) error {
		acc, unchanged, err := s.engine.Account(ctx, s.account, options)
		if err != nil {
			return err
		}
		return a.printAccount(acc, unchanged, a.line("csr", "-n", "NAME", "--nf", "FILE"))
	})
}

// askTerms asks about terms where there is somebody to ask.
func (a *Call) askTerms(url string) (agreed bool, err error) {
	agreed, err = a.prompter().Confirm(fmt.Sprintf("The CA's terms of service are at %s. Do you agree?", url), false)
	if errors.Is(err, ui.ErrNoTerminal) || errors.Is(err, io.EOF) { // nobody agrees
		return false, nil
	}
	return agreed, err
}

// accountChange is what update, rollover and deactivate have in common.
func (a *Call) accountChange(ctx context.Context, change func(context.Context, *session) (*enroll.Account, error)) error {
	if err := a.mustExistWhenTyped(); err != nil {
		return err
	}
	return a.withServer(ctx, func(ctx context.Context, s *session) error {
		acc, err := change(ctx, s)
		if err != nil {
			return err
		}
		return a.printAccount(acc, false, "")
	})
}

func newAccountUpdate(env *Env) *cobra.Command {
	var contact []string
	var none, terms bool
	cmd := &cobra.Command{
		Use: "update", Short: "Change the contacts at the CA, or fetch what it has",
		Long: `Change the account's contacts at the CA (RFC 8555 section 7.3.2). Without flags
it only fetches what the CA has and saves it.`,
		Args: noArgs,
		RunE: env.run(func(ctx context.Context, a *Call, _ []string) error {
			urls, err := contacts(contact)
			if err != nil {
				return err
			}
			if none && len(contact) > 0 {
				return usagef("give one of them", "--contact and --no-contact contradict each other")
			}
			if none {
				urls = []string{}
			}
			return a.accountChange(ctx, func(ctx context.Context, s *session) (*enroll.Account, error) {
				return s.engine.UpdateAccount(ctx, s.account, urls, terms)
			})
		}),
	}
	cmd.Flags().StringSliceVar(&contact, "contact", nil, "`MAIL` address the CA may write to; may be repeated; replaces all")
	cmd.Flags().BoolVar(&none, "no-contact", false, "take all contacts away")
	cmd.Flags().BoolVar(&terms, "accept-tos", false, "agree to changed terms of service")
	return cmd
}
