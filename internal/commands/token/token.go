// Package token is nfcert token: get and check Authority Tokens (RFC 9447).
package token

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/nfcert/nfcert/internal/commands/cli"
	"github.com/nfcert/nfcert/internal/commands/cmdflags"
	"github.com/nfcert/nfcert/internal/commands/session"
	"github.com/nfcert/nfcert/internal/enroll"
	"github.com/nfcert/nfcert/internal/nf"
	"github.com/nfcert/nfcert/internal/token"
)

// New returns nfcert token with its subcommands.
func New(env *cli.Env) *cobra.Command {
	cmd := &cobra.Command{
		Use: "token", Short: "Get or check an Authority Token (RFC 9447)",
		Long: `An Authority Token says that an ACME account may get a certificate for an
identifier. TS 33.310 Annex J proves an NF instance ID with such a token from the
OAM. nfcert order and nfcert enroll get and check tokens themselves. Use these
commands to see the token and the answer of the Token Authority.`,
	}
	cmd.AddCommand(newGet(env), newCheck(env))
	return env.Group(cmd)
}

// subject has the flags that, like -n, say what a token is for.
type subject struct {
	identifier  string
	nfFile      string
	instanceID  string
	fingerprint string
}

func (o *subject) addFlags(fs *pflag.FlagSet) {
	fs.StringVar(&o.identifier, "identifier", "", "identifier of the token as `TYPE:VALUE`, as in NfInstanceId:4ace9d34-2c69-4f99-92d5-a73a3fe8e23b")
	fs.StringVar(&o.nfFile, "nf", "", "NF `FILE` with the NF instance ID that the token is for")
	fs.StringVar(&o.instanceID, "nf-instance-id", "", "NF instance ID that the token is for, a `UUID`")
	fs.StringVar(&o.fingerprint, "fingerprint", "", "`FINGERPRINT` of the account key, as in 'SHA256 AB:CD:…', or its base64url thumbprint (default: that of the saved account)")
}

// want returns what the token must say. A member that no flag gives is empty.
func (o *subject) want(call *cli.Call, en *enroll.Enrolment) (want token.ATC, err error) {
	given := 0
	for _, flag := range []string{o.identifier, o.nfFile, o.instanceID} {
		if flag != "" {
			given++
		}
	}
	if given > 1 {
		return want, cli.Usagef("give one of them", "--identifier, --nf and --nf-instance-id exclude each other")
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
			return want, &cli.InputError{File: o.nfFile, Err: errors.New("nf.instanceId is missing")}
		}
	case en != nil && en.NF != nil && en.NF.InstanceID != "":
		want.Value = string(en.NF.InstanceID)
	case en != nil:
		return want, cli.Usagef("give the identifier: --identifier TYPE:VALUE", "enrolment %s has no NF instance ID", en.Name)
	default:
		want.Type = ""
	}
	if want.Fingerprint = o.fingerprint; want.Fingerprint != "" && !token.IsFingerprint(want.Fingerprint) {
		return want, cli.Usagef("show the thumbprint: nfcert show account", "--fingerprint %q: want SHA256 and 32 octets in hex with colons, or a base64url thumbprint", want.Fingerprint)
	}
	return want, nil
}

// fingerprint returns the fingerprint of the key of the saved account. It sends no
// request.
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
		Found: fmt.Sprintf("no account %q at %s to bind a token to", s.Account, s.Server.URL),
	}
}
