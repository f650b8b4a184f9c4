package commands

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/nfcert/nfcert/internal/enroll"
	"github.com/nfcert/nfcert/internal/nf"
	"github.com/nfcert/nfcert/internal/secret"
	"github.com/nfcert/nfcert/internal/store"
	"github.com/nfcert/nfcert/internal/token"
	"github.com/nfcert/nfcert/internal/ui"
)

func newToken(env *Env) *cobra.Command {
	cmd := &cobra.Command{
		Use: "token", Short: "Get or check an Authority Token (RFC 9447)",
		Long: `An Authority Token says that an ACME account may have a certificate for an
identifier. By TS 33.310 Annex J an NF instance id is proven with one, and the OAM
gives it. order and enroll get and check tokens themselves; these commands do it
by hand, to see what the authority says.`,
	}
	cmd.AddCommand(newTokenGet(env), newTokenCheck(env))
	return env.group(cmd)
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
func (o *subjectFlags) want(a *Call, en *enroll.Enrolment) (want token.ATC, err error) {
	given := 0
	for _, flag := range []string{o.identifier, o.nfFile, o.instanceID} {
		if flag != "" {
			given++
		}
	}
	if given > 1 {
		return want, usagef("give one of them", "--identifier, --nf and --nf-instance-id are three ways to say the same")
	}
	want.Type = enroll.TypeInstance
	switch {
	case o.identifier != "":
		var ok bool
		if want.Type, want.Value, ok = strings.Cut(o.identifier, ":"); !ok || want.Type == "" || want.Value == "" {
			return want, usagef("as in --identifier NfInstanceId:4ace9d34-2c69-4f99-92d5-a73a3fe8e23b", "--identifier %q is not TYPE:VALUE", o.identifier)
		}
	case o.instanceID != "":
		var id nf.InstanceID
		if id, err = nf.ParseInstanceID(o.instanceID); err != nil {
			return want, usagef("", "--nf-instance-id: %v", err)
		}
		want.Value = string(id)
	case o.nfFile != "":
		file, err := a.readNF(o.nfFile)
		if err != nil {
			return want, err
		}
		if want.Value = string(file.NF.InstanceID); want.Value == "" {
			return want, &inputError{File: o.nfFile, Err: errors.New("it has no nf.instanceId")}
		}
	case en != nil && en.NF != nil && en.NF.InstanceID != "":
		want.Value = string(en.NF.InstanceID)
	case en != nil:
		return want, usagef("name the identifier with --identifier", "enrolment %s has no NF instance id", en.Name)
	default:
		want.Type = ""
	}
	if want.Fingerprint = o.fingerprint; want.Fingerprint != "" && !token.IsFingerprint(want.Fingerprint) {
		return want, usagef("nfcert show account tells the thumbprint", "--fingerprint %q is none: want SHA256 and 32 octets in hex with colons, or a base64url thumbprint", want.Fingerprint)
	}
	return want, nil
}

// named loads the enrolment of -n; nil: there is no -n.
func (a *Call) named(s *session) (*enroll.Enrolment, error) {
	if a.Global.name == "" {
		return nil, nil
	}
	en, err := enroll.Load(s.store, a.Global.name)
	if err != nil {
		return nil, a.noSuch(a.Global.name, err)
	}
	return en, nil
}

func newTokenGet(env *Env) *cobra.Command {
	subject, authority := &subjectFlags{}, &authorityFlags{}
	var file string
	cmd := &cobra.Command{
		Use: "get", Short: "Get a token from a Token Authority, and check it",
		Long: `Ask a Token Authority for a token (RFC 9447 section 5), check it as order does,
and print it, alone, on stdout. It can be used once: order --token-file.`,
		Example: `  nfcert token get -n amf-01 --ta https://oam.example/at/account/amf/token --token-out amf-01.jwt
  nfcert order -n amf-01 --token-file amf-01.jwt`,
		Args: noArgs,
		RunE: env.run(func(ctx context.Context, a *Call, _ []string) error {
			return a.runTokenGet(ctx, subject, authority, file)
		}),
	}
	subject.addFlags(cmd.Flags())
	authority.addFlags(cmd.Flags())
	cmd.Flags().StringVar(&file, "token-out", "", "write the token to `FILE`, mode 0600, in place of stdout")
	return cmd
}

func (a *Call) runTokenGet(ctx context.Context, subject *subjectFlags, authority *authorityFlags, file string) error {
	if authority.url == "" {
		return usagef("as in --ta https://oam.example/at/account/amf/token", "token get needs the URL of a Token Authority")
	}
	if err := authority.check(); err != nil {
		return err
	}
	return a.withServer(ctx, func(ctx context.Context, s *session) error {
		en, err := a.named(s)
		if err != nil {
			return err
		}
		want, err := subject.want(a, en)
		if err != nil {
			return err
		}
		if want.Value == "" {
			return usagef("-n NAME, --nf FILE, --nf-instance-id UUID or --identifier TYPE:VALUE", "token get needs to know what the token is for")
		}
		if want.Fingerprint == "" {
			if want.Fingerprint, err = s.fingerprint(); err != nil {
				return err
			}
		}
		tokens, err := (&tokenFlags{authority: *authority}).solver(s)
		if err != nil {
			return err
		}
		text, err := tokens.Get(ctx, tokens.Source, want)
		if err != nil {
			return &tokenError{Err: err}
		}
		return a.printGot(text, file)
	})
}

// tokenDoc is a token as it is told. It has the token itself only where that was
// asked for.
type tokenDoc struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	Text       string `json:"token,omitempty"`
	File       string `json:"file,omitempty"`
	*token.Token
	Signers  []string     `json:"signers,omitempty"`  // subjects of x5c, the leaf first
	Accounts []string     `json:"accounts,omitempty"` // saved ones that it is bound to
	Checks   []tokenCheck `json:"checks,omitempty"`
}

// printGot prints a token, or writes it to a file and prints its name.
func (a *Call) printGot(text secret.Bytes, file string) error {
	got, err := token.Parse(text)
	if err != nil {
		return err
	}
	a.Progress.note("for %s:%s by account key %s, until %s", got.ATC.Type, got.ATC.Value, got.ATC.Fingerprint, got.Expires.Format(time.RFC3339))
	doc := tokenDoc{APIVersion: apiVersion, Kind: "Token", Token: got, Signers: signers(got), Text: string(text.Reveal())}
	answer := doc.Text
	if file != "" {
		if doc.File, err = absolute(file); err != nil {
			return err
		}
		data := append([]byte(doc.Text), '\n')
		if err := store.Install([]store.File{{Path: doc.File, Data: data}}, store.InstallOptions{}); err != nil {
			return &enroll.OutputError{Err: err}
		}
		doc.Text, answer = "", doc.File
	}
	if a.machine() {
		return ui.WriteJSON(a.Streams.Out, doc)
	}
	return writeAll(a.Streams.Out, []byte(answer+"\n"))
}

// fingerprint is that of the account's key, without a question to any server.
func (s *session) fingerprint() (string, error) {
	acc, err := savedAccount(s.store, s.account, s.server.URL)
	if err != nil {
		return "", err
	}
	if acc != nil {
		return token.Fingerprint(acc.Thumbprint)
	}
	return "", &enroll.OutOfTurnError{
		Name: s.account, Step: "token", Needs: enroll.StepAccount,
		Found: fmt.Sprintf("there is no account %q at %s that a token could be bound to", s.account, s.server.URL),
	}
}

// tokenError is a token that was asked for and not had, or does not fit.
type tokenError struct{ Err error }

func (e *tokenError) Error() string { return e.Err.Error() }
func (e *tokenError) Unwrap() error { return e.Err }

// maxToken bounds a file with a token.
const maxToken = 64 << 10

// readToken reads a token from a file, or from standard input for "-".
func (a *Call) readToken(path string) (*token.Token, error) {
	data, err := a.readFileOr(path, maxToken)
	if err != nil {
		return nil, err
	}
	got, err := token.Parse(secret.New(data))
	if err != nil {
		return nil, &inputError{File: path, Err: err}
	}
	return got, nil
}

// boundTo lists the saved accounts whose key a token is for. One that cannot be
// read is told and passed over.
func (a *Call) boundTo(s *store.Store, got *token.Token) (names []string, err error) {
	accounts, err := enroll.Accounts(s, func(name string, err error) { a.Progress.warn("account %s: %v", name, err) })
	for _, acc := range accounts {
		if token.SameFingerprint(acc.Thumbprint, got.ATC.Fingerprint) {
			names = append(names, acc.Name+" at "+acc.Server)
		}
	}
	return names, err
}

// signers are the subjects of a token's x5c.
func signers(got *token.Token) (subjects []string) {
	for _, cert := range got.Chain {
		subjects = append(subjects, cert.Subject.String())
	}
	return subjects
}
