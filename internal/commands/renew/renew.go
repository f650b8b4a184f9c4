// Package renew is nfcert renew: the next certificate of one enrolment, or of all
// that are due.
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

// renewFlags are the flags of renew.
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
	fs.BoolVar(&o.due, "due", false, "renew only if due; without -n, every enrolment that is due")
	fs.Float64Var(&o.at, "at", enroll.DefaultRenewAt, "due after this `FRACTION` of the certificate's lifetime; if set, also when the CA suggests a later time")
	fs.BoolVar(&o.dryRun, "dry-run", false, "only list what is due, and when the others will be")
	fs.BoolVar(&o.reuseKey, "reuse-key", false, "keep the key (default: create a new one)")
	fs.BoolVar(&o.anew, "anew", false, "abandon an unfinished renewal and its key, and start a new one")
	fs.StringVar(&o.key, "key", "", "type of the new key: P256, P384, P521, RSA3072, RSA4096, Ed25519 (default: as before)")
	fs.StringVar(&o.csrIn, "csr-in", "", "renew with this existing CSR `FILE` (PEM or DER, - for stdin)")
	o.keyIn.AddFlags(fs)
	o.hook.AddFlags(fs)
	cli.Section(fs, cli.SectionProof, o.challenge.AddFlags)
	o.finalize.Output.AddFlags(fs)
	fs.StringVar(&o.finalize.Chain, "chain", "", "of several chains, take the one whose top issuer has `ISSUER` in its name (default: as for the last certificate)")
	fs.StringVar(&o.finalize.IssuerRoot, "issuer-root", "", "PEM `FILE` of roots that the certificate must verify to (default: as for the last certificate)")
	fs.StringVar(&o.finalize.Lint, "lint", "", "lint the certificate before it is installed: error, warn or off (default: as for the last certificate)")
}

// New returns the command. errors explains the errors of single enrolments when
// several are renewed.
func New(env *cli.Env, errors *report.Registry) *cobra.Command {
	o := &renewFlags{errors: errors}
	cmd := &cobra.Command{
		Use:   "renew",
		Short: "Get the next certificate of an enrolment, or of all that are due",
		Long: `Get the next certificate of an enrolment: with the same account, profile and
names, and a new key. The installed files stay in use until the new key and chain
are verified; then all files are replaced together, in every place where finalize
or enroll installed them. The previous certificate stays in the state directory.
After an interruption, run renew again: it continues the same order.

-n NAME renews now. --due renews what is due: at the time that the CA suggests
(RFC 9773), else after two thirds of the certificate's lifetime (--at). The times
differ by NF type and name, so that not all renew at once (TS 33.310 Annex I).
--due --dry-run lists every enrolment and its time. Each enrolment is renewed at
its own server; the flag --server limits renew to the enrolments of that server.

A key in a PKCS#11 token and an existing CSR are used again; --key-in and --csr-in
replace them. --hook runs a program when the new files are in place. Open5GS and
free5GC read certificates only when they start, so restart them, do not reload.`,
		Example: `  nfcert renew -n amf-01
  nfcert renew --due --dry-run
  nfcert renew --due --http-listen :80 \
      --hook 'systemctl try-restart open5gs-amfd'`,
		RunE: env.Run(func(ctx context.Context, call *cli.Call, _ []string) error { return runRenew(ctx, call, o) }),
	}
	o.addFlags(cmd.Flags())
	return env.Named(cmd)
}

// check refuses flags that do not fit together.
func (o *renewFlags) check(call *cli.Call) error {
	all := call.Global.Name == ""
	switch {
	case all && !o.due && !o.dryRun:
		return cli.Usagef("-n NAME, or --due for all that are due", "specify what to renew")
	case o.at <= 0 || o.at >= 1:
		return cli.Usagef("as in --at 0.5, after half of the lifetime", "--at %g: want more than 0 and less than 1", o.at)
	case o.key != "" && (o.reuseKey || o.csrIn != "" || o.keyIn.In != ""):
		return cli.Usagef("omit one of them", "--key creates a new key, and --reuse-key, --csr-in or --key-in uses an existing one")
	case all && (o.csrIn != "" || o.keyIn.In != ""):
		return cli.Usagef("add -n NAME", "--csr-in and --key-in are for one enrolment, and --due may renew several")
	case all && (o.reuseKey || o.anew):
		return cli.Usagef("add -n NAME", "--reuse-key and --anew are for one enrolment, and --due may renew several")
	case all && o.finalize.Output.Given():
		return cli.Usagef("add -n NAME; without output flags, files are installed where the last ones are", "the output flags are for one enrolment, and --due may renew several")
	case o.reuseKey && (o.csrIn != "" || o.keyIn.In != ""):
		return cli.Usagef("omit one of them", "--reuse-key keeps the key, and --csr-in or --key-in replaces it")
	case o.challenge.Published:
		return cli.Usagef("use --http-listen or --webroot", "--published: the CA has not created the challenges of this renewal yet")
	}
	if err := o.hook.Check(); err != nil {
		return err
	}
	if !all {
		return enroll.CheckName("enrolment", call.Global.Name)
	}
	return o.challenge.Check()
}

// fraction is --at; 0: it has the default value.
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
	s, err := session.Existing(call)
	if err != nil {
		return err
	}
	return cmdflags.WithSolvers(ctx, s, &o.challenge, func(ctx context.Context, s *session.Session) error {
		if o.due {
			en, d, err := s.Engine.Due(ctx, call.Global.Name, enroll.DueOptions{At: o.fraction()})
			if err != nil {
				return err
			}
			if !d.Due {
				call.Progress.Note("not due: %s", whenDue(d, call.Global.Name))
				return view.PrintStep(call, en, true, view.CertificateChanged)
			}
		}
		en, err := renewOne(ctx, call, s, o)
		if err != nil {
			return err
		}
		return view.PrintStep(call, en, false, view.CertificateChanged)
	})
}

// renewOne renews the enrolment that the session is for.
func renewOne(ctx context.Context, call *cli.Call, s *session.Session, o *renewFlags) (*enroll.Enrolment, error) {
	var finalize enroll.FinalizeOptions
	options := enroll.RenewOptions{
		ReuseKey: o.reuseKey, Anew: o.anew, Hook: o.hook.Runner(call),
		Order:      enroll.OrderOptions{Account: call.Global.Account},
		Passphrase: o.passphrase(call),
		Complete: func(en *enroll.Enrolment, options *enroll.RenewOptions) (err error) {
			finalize, err = o.accepting(call, en)
			finalize.Anchors = s.Server.Roots
			options.Finalize = finalize
			return err
		},
	}
	o.challenge.Into(&options.Order)
	var err error
	if o.key != "" {
		if options.KeyType, err = csrgen.ParseKeyType(o.key); err != nil {
			return nil, cli.Usagef("", "--key: %v", err)
		}
	}
	if o.csrIn != "" {
		data, err := call.ReadFileOr(o.csrIn, cli.MaxPEM)
		if err != nil {
			return nil, err
		}
		if options.Adopt, err = csrgen.Decode(o.csrIn, data); err != nil {
			return nil, err
		}
	}
	var brought enroll.CSROptions
	if err := o.keyIn.Into(call, &brought); err != nil {
		return nil, err
	}
	options.Key, options.KeyURI = brought.Key, brought.KeyURI
	s.Engine.OpenKey = o.keyIn.OpenToken(call)
	en, err := s.Engine.Renew(ctx, call.Global.Name, options)
	if err == nil {
		view.PrintConfiguration(call, en, finalize)
	}
	return en, err
}

// accepting returns the finalize options. The last certificate's are the defaults.
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
		return out, cli.Usagef("renew, then write it with: nfcert finalize -n NAME --fullchain-out -", "renew cannot write a file to stdout")
	}
	return out, flags.Output.Layout.Unlock(call, &out.Layout)
}

// passphrase finds the passphrase of PKCS#12 files that are written again.
func (o *renewFlags) passphrase(call *cli.Call) func(string) (secret.Bytes, error) {
	return func(file string) (secret.Bytes, error) {
		flags := o.finalize.Output.Layout
		if flags.PassphraseFile == "" && call.Getenv("NFCERT_P12_PASSPHRASE") == "" {
			flags.PassphraseFile = file
		}
		return flags.Passphrase(call)
	}
}

// whenDue says when an enrolment is due, and why.
func whenDue(d enroll.Due, name string) string {
	at := d.At.UTC().Format(time.RFC3339)
	switch d.Basis {
	case enroll.DueNever:
		return "no certificate yet"
	case enroll.DueRevoked:
		return "the certificate is revoked; to get a new one: nfcert renew -n " + name
	case enroll.DueSwap:
		return "the last certificate's files are not all installed, or its hook has not succeeded, since " + at
	case enroll.DueUnderWay:
		return "a renewal is unfinished, since " + at
	case enroll.DueExpired:
		return "expired at " + at
	case enroll.DueCA:
		return at + ", suggested by the CA"
	}
	return at + ", by its lifetime"
}

// share bounds the time of one of several enrolments: each gets an equal part of the
// time that is left.
func share(ctx context.Context, several int) (context.Context, context.CancelFunc) {
	end, ok := ctx.Deadline()
	if !ok || several < 2 {
		return context.WithCancel(ctx)
	}
	return context.WithTimeout(ctx, time.Until(end)/time.Duration(several))
}
