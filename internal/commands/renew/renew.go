// Package renew is nfcert renew, for one enrolment or for all that are due.
package renew

import (
	"cmp"
	"context"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/nfcert/nfcert/internal/commands/cli"
	"github.com/nfcert/nfcert/internal/commands/cmdflags"
	"github.com/nfcert/nfcert/internal/commands/report"
	"github.com/nfcert/nfcert/internal/commands/session"
	"github.com/nfcert/nfcert/internal/commands/view"
	"github.com/nfcert/nfcert/internal/csrgen"
	"github.com/nfcert/nfcert/internal/enroll"
	"github.com/nfcert/nfcert/internal/secret"
)

// renewFlags say what to renew, when, and how.
type renewFlags struct {
	errors *report.Registry

	due      bool
	at       float64
	dryRun   bool
	reuseKey bool
	anew     bool
	key      string
	csrIn    string
	keyIn    cmdflags.Key
	hook     cmdflags.Hook

	challenge cmdflags.Challenge
	finalize  cmdflags.Finalize
}

func (o *renewFlags) addFlags(fs *pflag.FlagSet) {
	fs.BoolVar(&o.due, "due", false, "renew what is due; with -n that one if it is, without every enrolment that is")
	fs.Float64Var(&o.at, "at", enroll.DefaultRenewAt, "due after this `FRACTION` of a certificate's life; said, also where the CA wishes for it later")
	fs.BoolVar(&o.dryRun, "dry-run", false, "only say what is due, and when the rest will be")
	fs.BoolVar(&o.reuseKey, "reuse-key", false, "keep the key; without it a new one is made")
	fs.BoolVar(&o.anew, "anew", false, "give a renewal that is under way up, with its key, and begin another")
	fs.StringVar(&o.key, "key", "", "type of the new key: P256, P384, P521, RSA3072, RSA4096, Ed25519 (default: as before)")
	fs.StringVar(&o.csrIn, "csr-in", "", "renew with this CSR `FILE` (PEM or DER, - for stdin) that others made")
	o.keyIn.AddFlags(fs)
	o.hook.AddFlags(fs)
	cli.Section(fs, cli.SectionProof, o.challenge.AddFlags)
	o.finalize.Output.AddFlags(fs)
	fs.StringVar(&o.finalize.Chain, "chain", "", "of several chains take the one whose end has `ISSUER` in its name (default: as for the last certificate)")
	fs.StringVar(&o.finalize.IssuerRoot, "issuer-root", "", "PEM `FILE` of roots that the certificate must verify to (default: the file of the last time)")
	fs.StringVar(&o.finalize.Lint, "lint", "", "judge the certificate before it is installed: error, warn or off (default: as the last time)")
}

// New returns the command. errors explains why one of several failed.
func New(env *cli.Env, errors *report.Registry) *cobra.Command {
	o := &renewFlags{errors: errors}
	cmd := &cobra.Command{
		Use:   "renew",
		Short: "Get the next certificate of an enrolment, or of all that are due",
		Long: `Order, prove and finalize once more what an enrolment has a certificate for, by
the same profile, names and account, with a new key. The files that are installed
stay in use until the new pair is verified; then all change together, in every
place where finalize or enroll put them. The certificate before stays in the
state, so that one can go back. Run again after an interruption, it goes on with
the same order and key.

-n NAME renews now. --due renews what is due: when the CA says so (RFC 9773),
where it says anything, else after two thirds of the certificate's life (--at).
Within that, NF types and names stand apart, so that not all renew at once (TS
33.310 Annex I). --due --dry-run lists every enrolment and its time. Each is
renewed at its own server; --server at the command line leaves others out.

A key in a token and a CSR that others made stay as they are; --key-in and
--csr-in bring others. --hook runs a program when the new files are in place.`,
		Example: `  nfcert renew -n amf-01
  nfcert renew --due --dry-run
  nfcert renew --due --http-listen :80 --hook 'systemctl reload open5gs-amfd'`,
		RunE: env.Run(func(ctx context.Context, call *cli.Call, _ []string) error { return runRenew(ctx, call, o) }),
	}
	o.addFlags(cmd.Flags())
	return env.Named(cmd)
}

// check refuses what cannot be meant.
func (o *renewFlags) check(call *cli.Call) error {
	all := call.Global.Name == ""
	switch {
	case all && !o.due && !o.dryRun:
		return cli.Usagef("say -n NAME, or --due for all that are due", "it is not said what to renew")
	case o.at <= 0 || o.at >= 1:
		return cli.Usagef("as in --at 0.5, when half of its life is over", "--at %g: want more than 0 and less than 1", o.at)
	case o.key != "" && (o.reuseKey || o.csrIn != "" || o.keyIn.In != ""):
		return cli.Usagef("leave one of them out", "--key makes a new key, and --reuse-key, --csr-in or --key-in says which to use instead")
	case all && (o.csrIn != "" || o.keyIn.In != ""):
		return cli.Usagef("say -n NAME", "a CSR or a key is one enrolment's, and --due may renew several")
	case all && (o.reuseKey || o.anew):
		return cli.Usagef("say -n NAME", "--reuse-key and --anew are for one enrolment, and --due may renew several")
	case all && o.finalize.Output.Given():
		return cli.Usagef("without these flags each goes where it was put before", "one place cannot take the files of several enrolments; say -n NAME")
	case o.reuseKey && (o.csrIn != "" || o.keyIn.In != ""):
		return cli.Usagef("leave one of them out", "--reuse-key keeps the key, and --csr-in or --key-in brings another")
	case o.challenge.Published:
		return cli.Usagef("renew by --http-listen or --webroot", "--published cannot be said of a challenge that the CA has not made yet")
	}
	if err := o.hook.Check(); err != nil {
		return err
	}
	if !all {
		return enroll.CheckName("enrolment", call.Global.Name)
	}
	return o.challenge.Check()
}

// fraction is --at, when somebody said it.
func (o *renewFlags) fraction() float64 {
	if o.at == enroll.DefaultRenewAt {
		return 0
	}
	return o.at
}

func runRenew(ctx context.Context, call *cli.Call, o *renewFlags) error {
	if err := o.check(call); err != nil {
		return err
	}
	if call.Global.Name == "" || o.dryRun {
		return renewMany(ctx, call, o)
	}
	call, err := session.Existing(call)
	if err != nil {
		return err
	}
	return cmdflags.WithSolvers(ctx, call, &o.challenge, func(ctx context.Context, s *session.Session) error {
		if o.due {
			en, d, err := s.Engine.Due(ctx, call.Global.Name, enroll.DueOptions{At: o.fraction()})
			if err != nil {
				return err
			}
			if !d.Due {
				call.Progress.Note("not due: %s", whenDue(d, call.Global.Name))
				return view.PrintEnrolment(call, en, true)
			}
		}
		en, err := renewOne(ctx, call, s, o)
		if err != nil {
			return err
		}
		return view.PrintEnrolment(call, en, false)
	})
}

// renewOne renews the enrolment that the session is for.
func renewOne(ctx context.Context, call *cli.Call, s *session.Session, o *renewFlags) (*enroll.Enrolment, error) {
	en, err := enroll.Load(s.Store, call.Global.Name)
	if err != nil {
		return nil, err
	}
	options := enroll.RenewOptions{
		ReuseKey: o.reuseKey, Anew: o.anew, Hook: o.hook.Runner(call),
		Order:      enroll.OrderOptions{Challenge: o.challenge.Challenge, Account: call.Global.Account},
		Passphrase: o.passphrase(call),
	}
	if options.Finalize, err = o.accepting(call, en); err != nil {
		return en, err
	}
	options.Finalize.Anchors = s.Server.Roots
	if o.key != "" {
		if options.KeyType, err = csrgen.ParseKeyType(o.key); err != nil {
			return en, cli.Usagef("", "--key: %v", err)
		}
	}
	if o.csrIn != "" {
		data, err := call.ReadFileOr(o.csrIn, cli.MaxPEM)
		if err != nil {
			return en, err
		}
		if options.Adopt, err = csrgen.Decode(o.csrIn, data); err != nil {
			return en, err
		}
	}
	var brought enroll.CSROptions
	if err := o.keyIn.Into(call, &brought); err != nil {
		return en, err
	}
	options.Key, options.KeyURI = brought.Key, brought.KeyURI
	s.Engine.OpenKey = o.keyIn.OpenToken(call)
	en, err = s.Engine.Renew(ctx, call.Global.Name, options)
	if err == nil {
		view.PrintConfiguration(call, en, options.Finalize)
	}
	return en, err
}

// accepting are the finalize options: what the flags leave out is as it was for
// the last certificate.
func (o *renewFlags) accepting(call *cli.Call, en *enroll.Enrolment) (enroll.FinalizeOptions, error) {
	flags := o.finalize
	if c := en.Certificate; c != nil && c.Accepted != nil {
		flags.Chain = cmp.Or(flags.Chain, c.Accepted.Chain)
		flags.IssuerRoot = cmp.Or(flags.IssuerRoot, c.Accepted.IssuerRoot)
		flags.Lint = cmp.Or(flags.Lint, c.Accepted.Lint)
	}
	flags.Lint = cmp.Or(flags.Lint, cmdflags.LintWarn)
	flags.Output.Layout.Again = !flags.Output.Given()
	out, stdout, err := flags.Options(call)
	if err != nil {
		return out, err
	}
	if stdout != "" {
		return out, cli.Usagef("nfcert finalize -n NAME writes a file of the new certificate there", "renew writes no file to stdout")
	}
	return out, flags.Output.Layout.Unlock(call, &out.Layout)
}

// passphrase finds that of PKCS#12 files which are written again.
func (o *renewFlags) passphrase(call *cli.Call) func(string) (secret.Bytes, error) {
	return func(file string) (secret.Bytes, error) {
		flags := o.finalize.Output.Layout
		if flags.PassphraseFile == "" && call.Getenv("NFCERT_P12_PASSPHRASE") == "" {
			flags.PassphraseFile = file
		}
		return flags.Passphrase(call)
	}
}

// whenDue says in words when an enrolment is due.
func whenDue(d enroll.Due, name string) string {
	at := d.At.UTC().Format(time.RFC3339)
	switch d.Basis {
	case enroll.DueNever:
		return "it has no certificate yet"
	case enroll.DueRevoked:
		return "its certificate is revoked; nfcert renew -n " + name + " gets another"
	case enroll.DueSwap:
		return "the files of the last renewal are to be put in place since " + at
	case enroll.DueUnderWay:
		return "a renewal is under way since " + at
	case enroll.DueExpired:
		return "it expired at " + at
	case enroll.DueCA:
		return at + " by the CA's wish"
	}
	return at + " by its age"
}

// share is the time that one of several may take: what is left, in equal parts.
func share(ctx context.Context, several int) (context.Context, context.CancelFunc) {
	end, ok := ctx.Deadline()
	if !ok || several < 2 {
		return context.WithCancel(ctx)
	}
	return context.WithTimeout(ctx, time.Until(end)/time.Duration(several))
}
