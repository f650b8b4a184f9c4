// Package token is nfcert token: get and check Authority Tokens (RFC 9447).
package token

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/nfcert/nfcert/internal/commands/cli"
	"github.com/nfcert/nfcert/internal/commands/cmdflags"
	"github.com/nfcert/nfcert/internal/commands/session"
	"github.com/nfcert/nfcert/internal/commands/view"
	"github.com/nfcert/nfcert/internal/enroll"
	"github.com/nfcert/nfcert/internal/nf"
	"github.com/nfcert/nfcert/internal/secret"
	"github.com/nfcert/nfcert/internal/store"
	"github.com/nfcert/nfcert/internal/token"
	"github.com/nfcert/nfcert/internal/ui"
)

func New(env *cli.Env) *cobra.Command {
	cmd := &cobra.Command{
		Use: "token", Short: "Get or check an Authority Token (RFC 9447)",
		Long: `An Authority Token says that an ACME account may have a certificate for an
identifier. By TS 33.310 Annex J an NF instance id is proven with one, and the OAM
gives it. order and enroll get and check tokens themselves; these commands do it
by hand, to see what the authority says.`,
	}
	cmd.AddCommand(newTokenGet(env), newTokenCheck(env))
	return env.Group(cmd)
}

// subjectFlags say what a token is for, beside -n.
type subjectFlags struct {
	identifier  string
	nfFile      string
	instanceID  string
	fingerprint string
}

func (o *subjectFlags) addFlags(fs *pflag.FlagSet) {
	fs.StringVar(&o.identifier, "identifier", "", "the identifier as `TYPE:VALUE`, as in NfInstanceId:4ace9d34-2c69-4f99-92d5-a73a3fe8e23b")
	fs.StringVar(&o.nfFile, "nf", "", "the NF instance of this NF `FILE`")
	fs.StringVar(&o.instanceID, "nf-instance-id", "", "the NF instance with this `UUID`")
	fs.StringVar(&o.fingerprint, "fingerprint", "", "of the account key, as in 'SHA256 AB:CD:…', or the base64url thumbprint (default: the saved account's)")
}

// want is what a token shall say. Members that nothing is said of are empty.
func (o *subjectFlags) want(call *cli.Call, en *enroll.Enrolment) (want token.ATC, err error) {
	given := 0
	for _, flag := range []string{o.identifier, o.nfFile, o.instanceID} {
		if flag != "" {
			given++
		}
	}
	if given > 1 {
		return want, cli.Usagef("give one of them", "--identifier, --nf and --nf-instance-id are three ways to say the same")
	}
	want.Type = enroll.TypeInstance
	switch {
	case o.identifier != "":
		var ok bool
		if want.Type, want.Value, ok = strings.Cut(o.identifier, ":"); !ok || want.Type == "" || want.Value == "" {
			return want, cli.Usagef("as in --identifier NfInstanceId:4ace9d34-2c69-4f99-92d5-a73a3fe8e23b", "--identifier %q is not TYPE:VALUE", o.identifier)
		}
	case o.instanceID != "":
		var id nf.InstanceID
		if id, err = nf.ParseInstanceID(o.instanceID); err != nil {
			return want, cli.Usagef("", "--nf-instance-id: %v", err)
		}
		want.Value = string(id)
	case o.nfFile != "":
		file, err := cmdflags.ReadNF(call, o.nfFile)
		if err != nil {
			return want, err
		}
		if want.Value = string(file.NF.InstanceID); want.Value == "" {
			return want, &cli.InputError{File: o.nfFile, Err: errors.New("it has no nf.instanceId")}
		}
	case en != nil && en.NF != nil && en.NF.InstanceID != "":
		want.Value = string(en.NF.InstanceID)
	case en != nil:
		return want, cli.Usagef("name the identifier with --identifier", "enrolment %s has no NF instance id", en.Name)
	default:
		want.Type = ""
	}
	if want.Fingerprint = o.fingerprint; want.Fingerprint != "" && !token.IsFingerprint(want.Fingerprint) {
		return want, cli.Usagef("nfcert show account tells the thumbprint", "--fingerprint %q is none: want SHA256 and 32 octets in hex with colons, or a base64url thumbprint", want.Fingerprint)
	}
	return want, nil
}

func newTokenGet(env *cli.Env) *cobra.Command {
	subject, authority := &subjectFlags{}, &cmdflags.Authority{}
	var file string
	cmd := &cobra.Command{
		Use: "get", Short: "Get a token from a Token Authority, and check it",
		Long: `Ask a Token Authority for a token (RFC 9447 section 5), check it as order does,
and print it, alone, on stdout. It can be used once: order --token-file.`,
		Example: `  nfcert token get -n amf-01 --ta https://oam.example/at/account/amf/token --token-out amf-01.jwt
  nfcert order -n amf-01 --token-file amf-01.jwt`,
		Args: cli.NoArgs,
		RunE: env.Run(func(ctx context.Context, call *cli.Call, _ []string) error {
			return runTokenGet(ctx, call, subject, authority, file)
		}),
	}
	subject.addFlags(cmd.Flags())
	authority.AddFlags(cmd.Flags())
	cmd.Flags().StringVar(&file, "token-out", "", "write the token to `FILE`, mode 0600, in place of stdout")
	return cmd
}

func runTokenGet(ctx context.Context, call *cli.Call, subject *subjectFlags, authority *cmdflags.Authority, file string) error {
	if authority.URL == "" {
		return cli.Usagef("as in --ta https://oam.example/at/account/amf/token", "token get needs the URL of a Token Authority")
	}
	if err := authority.Check(); err != nil {
		return err
	}
	return session.WithServer(ctx, call, func(ctx context.Context, s *session.Session) error {
		en, err := session.LoadNamed(call, s)
		if err != nil {
			return err
		}
		want, err := subject.want(call, en)
		if err != nil {
			return err
		}
		if want.Value == "" {
			return cli.Usagef("-n NAME, --nf FILE, --nf-instance-id UUID or --identifier TYPE:VALUE", "token get needs to know what the token is for")
		}
		if want.Fingerprint == "" {
			if want.Fingerprint, err = fingerprint(s); err != nil {
				return err
			}
		}
		tokens, err := (&cmdflags.Tokens{Authority: *authority}).Solver(s)
		if err != nil {
			return err
		}
		text, err := tokens.Get(ctx, tokens.Source, want)
		if err != nil {
			return &cmdflags.TokenError{Err: err}
		}
		return printGot(call, text, file)
	})
}

// printGot prints a token, or writes it to a file and prints its name.
func printGot(call *cli.Call, text secret.Bytes, file string) error {
	got, err := token.Parse(text)
	if err != nil {
		return err
	}
	call.Progress.Note("for %s:%s by account key %s, until %s", got.ATC.Type, got.ATC.Value, got.ATC.Fingerprint, got.Expires.Format(time.RFC3339))
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

// fingerprint is that of the account's key, without a question to any server.
func fingerprint(s *session.Session) (string, error) {
	acc, err := session.SavedAccount(s.Store, s.Account, s.Server.URL)
	if err != nil {
		return "", err
	}
	if acc != nil {
		return token.Fingerprint(acc.Thumbprint)
	}
	return "", &enroll.OutOfTurnError{
		Name: s.Account, Step: "token", Needs: enroll.StepAccount,
		Found: fmt.Sprintf("there is no account %q at %s that a token could be bound to", s.Account, s.Server.URL),
	}
}
