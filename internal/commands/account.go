package commands

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/mail"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/nfcert/nfcert/internal/acmewire"
	"github.com/nfcert/nfcert/internal/csrgen"
	"github.com/nfcert/nfcert/internal/enroll"
	"github.com/nfcert/nfcert/internal/secret"
	"github.com/nfcert/nfcert/internal/ui"
)

// accountFlags say how to register.
type accountFlags struct {
	contact    []string
	acceptTOS  bool
	eabKID     string
	eabKeyFile string
	key        string
	keyIn      string
}

func (o *accountFlags) addFlags(fs *pflag.FlagSet) {
	fs.StringSliceVar(&o.contact, "contact", nil, "`MAIL` address the CA may write to; may be repeated")
	fs.BoolVar(&o.acceptTOS, "accept-tos", false, "agree to the CA's terms of service")
	fs.StringVar(&o.eabKID, "eab-kid", "", "key `ID` of an external account binding")
	fs.StringVar(&o.eabKeyFile, "eab-key-file", "", "`FILE` with the binding's MAC key in any base64 dress, - for stdin; or $NFCERT_EAB_KEY")
	fs.StringVar(&o.key, "account-key", "", "type of a new account key: P256, P384, P521, RSA3072, RSA4096 (default P256)")
	fs.StringVar(&o.keyIn, "account-key-in", "", "PEM `FILE` of a key to use instead of a new one")
}

// options turns the flags into what the engine takes.
func (o *accountFlags) options(a *App) (enroll.AccountOptions, error) {
	var out enroll.AccountOptions
	var err error
	if out.Contact, err = contacts(o.contact); err != nil {
		return out, err
	}
	if out.KeyType, err = accountKeyType(o.key); err != nil {
		return out, err
	}
	if o.keyIn != "" {
		if out.Key, err = a.readKey(o.keyIn, nil); err != nil {
			return out, err
		}
	}
	out.TermsAgreed, out.AskTerms = o.acceptTOS, a.askTerms
	out.Binding, err = o.binding(a)
	return out, err
}

// accountKeyType refuses key types that cannot sign ACME requests here. "" is
// none.
func accountKeyType(s string) (csrgen.KeyType, error) {
	if s == "" {
		return "", nil
	}
	kind, err := csrgen.ParseKeyType(s)
	if err == nil && kind == csrgen.Ed25519 {
		err = errors.New("Ed25519 account keys are known to few CAs; want P256, P384, P521, RSA3072 or RSA4096")
	}
	if err != nil {
		return "", usagef("", "--account-key: %v", err)
	}
	return kind, nil
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

// minMACKey is the least length of a MAC key in bytes: shorter ones are typing
// errors, or could be guessed.
const minMACKey = 16

// binding reads the external account binding; nil: none is given.
func (o *accountFlags) binding(a *App) (*acmewire.Binding, error) {
	text, from := a.env("NFCERT_EAB_KEY"), "the variable NFCERT_EAB_KEY"
	if o.eabKeyFile != "" {
		data, err := a.readFileOr(o.eabKeyFile, maxPEM)
		if err != nil {
			return nil, err
		}
		text, from = string(data), o.eabKeyFile
	}
	text = strings.TrimSpace(text)
	if o.eabKID == "" && text == "" {
		return nil, nil
	}
	if o.eabKID == "" || text == "" {
		return nil, usagef("give both --eab-kid and --eab-key-file (or $NFCERT_EAB_KEY)", "an external account binding has a key id and a key, and one of them is missing")
	}
	key, err := decodeMACKey(text)
	if err != nil {
		return nil, &inputError{File: from, Err: err}
	}
	return &acmewire.Binding{KeyID: o.eabKID, Key: secret.New(key)}, nil
}

// decodeMACKey reads a MAC key in standard or URL base64, padded or not. Its
// errors never repeat the key.
func decodeMACKey(text string) ([]byte, error) {
	plain := strings.TrimRight(strings.Join(strings.Fields(text), ""), "=")
	plain = strings.NewReplacer("+", "-", "/", "_").Replace(plain)
	for i := range len(plain) {
		c := plain[i]
		if c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '-' || c == '_' {
			continue
		}
		return nil, fmt.Errorf("the MAC key is not base64: character %d is none of its alphabet", i+1)
	}
	key, err := base64.RawURLEncoding.DecodeString(plain)
	if err != nil {
		return nil, fmt.Errorf("the MAC key is not base64: %d characters cannot be its length", len(plain))
	}
	if len(key) < minMACKey {
		return nil, fmt.Errorf("the MAC key has %d bytes, fewer than %d; was it cut?", len(key), minMACKey)
	}
	return key, nil
}

func newAccount(app *App) *cobra.Command {
	o := &accountFlags{}
	cmd := &cobra.Command{
		Use:   "account",
		Short: "Register at the server, or find the account this key already has",
		Long: `Register an ACME account (RFC 8555 section 7.3) and keep its key in the state.
Run again, it says what exists. A CA that makes accounts only for those it knows
wants an external account binding: --eab-kid and --eab-key-file.`,
		Example: `  nfcert account --server https://ca.example/directory --ca-root ca.pem --accept-tos
  nfcert account --eab-kid amf-01 --eab-key-file eab.key --contact ops@operator.example`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return app.runAccount(cmd.Context(), o) },
	}
	o.addFlags(cmd.Flags())
	cmd.AddCommand(newAccountList(app), newAccountUpdate(app), newAccountRollover(app), newAccountDeactivate(app))
	return cmd
}

func (a *App) runAccount(ctx context.Context, o *accountFlags) error {
	options, err := o.options(a)
	if err != nil {
		return err
	}
	a.resume = a.again()
	return a.withServer(ctx, func(ctx context.Context, s *session) error {
		acc, unchanged, err := s.engine.Account(ctx, s.account, options)
		if err != nil {
			return err
		}
		return a.printAccount(acc, unchanged, a.line("csr", "-n", "NAME", "--nf", "FILE"))
	})
}

// askTerms asks about terms where there is somebody to ask.
func (a *App) askTerms(url string) (agreed bool, err error) {
	agreed, err = a.prompter().Confirm(fmt.Sprintf("The CA's terms of service are at %s. Do you agree?", url), false)
	if errors.Is(err, ui.ErrNoTerminal) || errors.Is(err, io.EOF) { // nobody agrees
		return false, nil
	}
	return agreed, err
}

func newAccountList(app *App) *cobra.Command {
	return &cobra.Command{
		Use: "list", Short: "List the saved accounts", Args: noArgs,
		RunE: func(*cobra.Command, []string) error { return app.runAccountList() },
	}
}

func (a *App) runAccountList() error {
	s, err := a.local()
	if err != nil {
		return err
	}
	accounts, err := enroll.Accounts(s.store)
	if err != nil {
		return err
	}
	table := ui.NewTable("NAME", "STATUS", "KEY", "SERVER", "URL")
	for _, acc := range accounts {
		table.Row(acc.Name, acc.Status, acc.KeyType, acc.Server, acc.URL)
	}
	if accounts == nil {
		accounts = []*enroll.Account{}
	}
	return a.printList("Accounts", "accounts", accounts, table)
}

// accountChange is what update, rollover and deactivate have in common.
func (a *App) accountChange(ctx context.Context, change func(context.Context, *session) (*enroll.Account, error)) error {
	return a.withServer(ctx, func(ctx context.Context, s *session) error {
		acc, err := change(ctx, s)
		if err != nil {
			return err
		}
		return a.printAccount(acc, false, "")
	})
}

func newAccountUpdate(app *App) *cobra.Command {
	var contact []string
	var none, terms bool
	cmd := &cobra.Command{
		Use: "update", Short: "Change the contacts at the CA, or fetch what it has",
		Long: `Change the account's contacts at the CA (RFC 8555 section 7.3.2). Without flags
it only fetches what the CA has and saves it.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
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
			return app.accountChange(cmd.Context(), func(ctx context.Context, s *session) (*enroll.Account, error) {
				return s.engine.UpdateAccount(ctx, s.account, urls, terms)
			})
		},
	}
	cmd.Flags().StringSliceVar(&contact, "contact", nil, "`MAIL` address the CA may write to; may be repeated; replaces all")
	cmd.Flags().BoolVar(&none, "no-contact", false, "take all contacts away")
	cmd.Flags().BoolVar(&terms, "accept-tos", false, "agree to changed terms of service")
	return cmd
}

func newAccountRollover(app *App) *cobra.Command {
	var key string
	cmd := &cobra.Command{
		Use: "rollover", Short: "Replace the account's key",
		Long: `Replace the account's key at the CA (RFC 8555 section 7.3.5). The new key is
saved before the CA hears of it; a rollover that was interrupted is settled with
the CA by the next command that uses the account.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			kind, err := accountKeyType(key)
			if err != nil {
				return err
			}
			return app.accountChange(cmd.Context(), func(ctx context.Context, s *session) (*enroll.Account, error) {
				return s.engine.Rollover(ctx, s.account, kind)
			})
		},
	}
	cmd.Flags().StringVar(&key, "account-key", "", "type of the new key (default: as the old one)")
	return cmd
}

func newAccountDeactivate(app *App) *cobra.Command {
	return &cobra.Command{
		Use: "deactivate", Short: "End the account at the CA for good",
		Long: `Deactivate the account (RFC 8555 section 7.3.6). It cannot be undone: the key can
never be used at this CA again. Issued certificates stay valid.`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return app.accountChange(cmd.Context(), func(ctx context.Context, s *session) (*enroll.Account, error) {
				if err := app.confirm(fmt.Sprintf("Deactivate account %s at %s for good?", s.account, s.server.URL)); err != nil {
					return nil, err
				}
				return s.engine.DeactivateAccount(ctx, s.account)
			})
		},
	}
}
