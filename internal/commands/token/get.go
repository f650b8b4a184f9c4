package token

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"github.com/nfcert/nfcert/internal/commands/cli"
	"github.com/nfcert/nfcert/internal/commands/cmdflags"
	"github.com/nfcert/nfcert/internal/commands/session"
	"github.com/nfcert/nfcert/internal/commands/view"
	"github.com/nfcert/nfcert/internal/enroll"
	"github.com/nfcert/nfcert/internal/secret"
	"github.com/nfcert/nfcert/internal/store"
	"github.com/nfcert/nfcert/internal/token"
	"github.com/nfcert/nfcert/internal/ui"
)

// getOptions are the options of nfcert token get.
type getOptions struct {
	subject   subject
	authority cmdflags.Authority
	file      string // to write the token to; "": stdout
}

func newGet(env *cli.Env) *cobra.Command {
	o := &getOptions{}
	cmd := &cobra.Command{
		Use: "get", Short: "Get a token from a Token Authority, and check it",
		Long: `Request a token from a Token Authority (RFC 9447 section 5), check it as nfcert
order does, and print only the token on stdout. A token can be used once: give it
to nfcert order --token-file.`,
		Example: `  nfcert token get -n amf-01 --ta https://oam.example/at/account/amf/token --token-out amf-01.jwt
  nfcert order -n amf-01 --token-file amf-01.jwt`,
		Args: cli.NoArgs,
		RunE: env.Run(func(ctx context.Context, call *cli.Call, _ []string) error {
			return runGet(ctx, call, o)
		}),
	}
	o.subject.addFlags(cmd.Flags())
	o.authority.AddFlags(cmd.Flags())
	cmd.Flags().StringVar(&o.file, "token-out", "", "write the token to `FILE` (mode 0600) instead of stdout")
	return cmd
}

func runGet(ctx context.Context, call *cli.Call, o *getOptions) error {
	if o.authority.URL == "" {
		return cli.Usagef("as in --ta https://oam.example/at/account/amf/token", "specify the Token Authority: --ta URL")
	}
	if err := o.authority.Check(); err != nil {
		return err
	}
	return session.WithServer(ctx, call, func(ctx context.Context, s *session.Session) error {
		en, err := s.Found()
		if err != nil {
			return err
		}
		want, err := o.subject.want(call, en)
		if err != nil {
			return err
		}
		if want.Value == "" {
			return cli.Usagef("-n NAME, --nf FILE, --nf-instance-id UUID or --identifier TYPE:VALUE", "specify what the token is for")
		}
		if want.Fingerprint == "" {
			if want.Fingerprint, err = fingerprint(s); err != nil {
				return err
			}
		}
		tokens, err := (&cmdflags.Tokens{Authority: o.authority}).Solver(s)
		if err != nil {
			return err
		}
		text, err := tokens.Get(ctx, tokens.Source, want)
		if err != nil {
			return &cmdflags.TokenError{Err: err}
		}
		return printToken(call, text, o.file)
	})
}

// printToken prints a token, or writes it to a file and prints the name of the file.
func printToken(call *cli.Call, text secret.Bytes, file string) error {
	got, err := token.Parse(text)
	if err != nil {
		return err
	}
	call.Progress.Note("token for %s:%s, account key %s, valid until %s", got.ATC.Type, got.ATC.Value, got.ATC.Fingerprint, got.Expires.Format(time.RFC3339))
	doc := view.TokenDoc{APIVersion: cli.APIVersion, Kind: "Token", Token: got, Signers: view.Signers(got), Text: string(text.Reveal())}
	answer := doc.Text
	if file != "" {
		if doc.File, err = cli.Absolute(file); err != nil {
			return err
		}
		data := append([]byte(doc.Text), '\n')
		if err := store.Install([]store.File{{Path: doc.File, Data: data}}, store.InstallOptions{}); err != nil {
			return &enroll.OutputError{Err: err}
		}
		doc.Text, answer = "", doc.File
	}
	if call.Machine() {
		return ui.WriteJSON(call.Streams.Out, doc)
	}
	return cli.WriteAll(call.Streams.Out, []byte(answer+"\n"))
}
