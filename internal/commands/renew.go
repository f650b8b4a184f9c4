package commands

import (
	"cmp"
	"context"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/nfcert/nfcert/internal/csrgen"
	"github.com/nfcert/nfcert/internal/enroll"
	"github.com/nfcert/nfcert/internal/secret"
)

// renewFlags say what to renew, when, and how.
type renewFlags struct {
	due      bool
	at       float64
	dryRun   bool
	reuseKey bool
	anew     bool
	key      string
	csrIn    string
	keyIn    keyFlags
	hook     hookFlags

	challenge challengeFlags
	finalize  finalizeFlags
}

func (o *renewFlags) addFlags(fs *pflag.FlagSet) {
	fs.BoolVar(&o.due, "due", false, "renew what is due; with -n that one if it is, without every enrolment that is")
	fs.Float64Var(&o.at, "at", enroll.DefaultRenewAt, "due after this `FRACTION` of a certificate's life; said, also where the CA wishes for it later")
	fs.BoolVar(&o.dryRun, "dry-run", false, "only say what is due, and when the rest will be")
	fs.BoolVar(&o.reuseKey, "reuse-key", false, "keep the key; without it a new one is made")
	fs.BoolVar(&o.anew, "anew", false, "give a renewal that is under way up, with its key, and begin another")
	fs.StringVar(&o.key, "key", "", "type of the new key: P256, P384, P521, RSA3072, RSA4096, Ed25519 (default: as before)")
	fs.StringVar(&o.csrIn, "csr-in", "", "renew with this CSR `FILE` (PEM or DER, - for stdin) that others made")
	o.keyIn.addFlags(fs)
	o.hook.addFlags(fs)
	section(fs, sectionProof, o.challenge.addFlags)
	o.finalize.output.addFlags(fs)
	fs.StringVar(&o.finalize.chain, "chain", "", "of several chains take the one whose end has `ISSUER` in its name (default: as for the last certificate)")
	fs.StringVar(&o.finalize.issuerRoot, "issuer-root", "", "PEM `FILE` of roots that the certificate must verify to (default: the file of the last time)")
	fs.StringVar(&o.finalize.lint, "lint", "", "judge the certificate before it is installed: error, warn or off (default: as the last time)")
}

func newRenew(env *Env) *cobra.Command {
	o := &renewFlags{}
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
		Args: noArgs,
		RunE: env.run(func(ctx context.Context, a *Call, _ []string) error { return a.runRenew(ctx, o) }),
	}
	o.addFlags(cmd.Flags())
	return cmd
}

// check refuses what cannot be meant.
func (o *renewFlags) check(a *Call) error {
	all := a.Global.name == ""
	switch {
	case all && !o.due && !o.dryRun:
		return usagef("say -n NAME, or --due for all that are due", "it is not said what to renew")
	case o.at <= 0 || o.at >= 1:
		return usagef("as in --at 0.5, when half of its life is over", "--at %g: want more than 0 and less than 1", o.at)
	case o.key != "" && (o.reuseKey || o.csrIn != "" || o.keyIn.in != ""):
		return usagef("leave one of them out", "--key makes a new key, and --reuse-key, --csr-in or --key-in says which to use instead")
	case all && (o.csrIn != "" || o.keyIn.in != ""):
		return usagef("say -n NAME", "a CSR or a key is one enrolment's, and --due may renew several")
	case all && (o.reuseKey || o.anew):
		return usagef("say -n NAME", "--reuse-key and --anew are for one enrolment, and --due may renew several")
	case all && o.finalize.output.given():
		return usagef("without these flags each goes where it was put before", "one place cannot take the files of several enrolments; say -n NAME")
	case o.reuseKey && (o.csrIn != "" || o.keyIn.in != ""):
		return usagef("leave one of them out", "--reuse-key keeps the key, and --csr-in or --key-in brings another")
	case o.challenge.published:
		return usagef("renew by --http-listen or --webroot", "--published cannot be said of a challenge that the CA has not made yet")
	}
	if err := o.hook.check(); err != nil {
		return err
	}
	if !all {
		return enroll.CheckName("enrolment", a.Global.name)
	}
	return o.challenge.check()
}

// fraction is --at, when somebody said it.
func (o *renewFlags) fraction() float64 {
	if o.at == enroll.DefaultRenewAt {
		return 0
	}
	return o.at
}

func (a *Call) runRenew(ctx context.Context, o *renewFlags) error {
	if err := o.check(a); err != nil {
		return err
	}
	if a.Global.name == "" || o.dryRun {
		return a.renewMany(ctx, o)
	}
	if err := a.mustExist(); err != nil {
		return err
	}
	return a.withSolvers(ctx, &o.challenge, func(ctx context.Context, s *session) error {
		if o.due {
			en, d, err := s.engine.Due(ctx, a.Global.name, enroll.DueOptions{At: o.fraction()})
			if err != nil {
				return err
			}
			if !d.Due {
				a.Progress.note("not due: %s", whenDue(d, a.Global.name))
				return a.printEnrolment(en, true)
			}
		}
		en, err := a.renewOne(ctx, s, o)
		if err != nil {
			return err
		}
		return a.printEnrolment(en, false)
	})
}

// renewOne renews the enrolment that the session is for.
func (a *Call) renewOne(ctx context.Context, s *session, o *renewFlags) (*enroll.Enrolment, error) {
	en, err := enroll.Load(s.store, a.Global.name)
	if err != nil {
		return nil, err
	}
	options := enroll.RenewOptions{
		ReuseKey: o.reuseKey, Anew: o.anew, Hook: o.hook.runner(a),
		Order:      enroll.OrderOptions{Challenge: o.challenge.challenge, Account: a.Global.account},
		Passphrase: o.passphrase(a),
	}
	if options.Finalize, err = o.accepting(a, en); err != nil {
		return en, err
	}
	options.Finalize.Anchors = s.server.roots
	if o.key != "" {
		if options.KeyType, err = csrgen.ParseKeyType(o.key); err != nil {
			return en, usagef("", "--key: %v", err)
		}
	}
	if o.csrIn != "" {
		data, err := a.readFileOr(o.csrIn, maxPEM)
		if err != nil {
			return en, err
		}
		if options.Adopt, err = csrgen.Decode(o.csrIn, data); err != nil {
			return en, err
		}
	}
	var brought enroll.CSROptions
	if err := o.keyIn.into(a, &brought); err != nil {
		return en, err
	}
	options.Key, options.KeyURI = brought.Key, brought.KeyURI
	s.engine.OpenKey = o.keyIn.openToken(a)
	en, err = s.engine.Renew(ctx, a.Global.name, options)
	if err == nil {
		a.tellConfiguration(en, options.Finalize)
	}
	return en, err
}

// accepting are the finalize options: what the flags leave out is as it was for
// the last certificate.
func (o *renewFlags) accepting(a *Call, en *enroll.Enrolment) (enroll.FinalizeOptions, error) {
	flags := o.finalize
	if c := en.Certificate; c != nil && c.Accepted != nil {
		flags.chain = cmp.Or(flags.chain, c.Accepted.Chain)
		flags.issuerRoot = cmp.Or(flags.issuerRoot, c.Accepted.IssuerRoot)
		flags.lint = cmp.Or(flags.lint, c.Accepted.Lint)
	}
	flags.lint = cmp.Or(flags.lint, lintWarn)
	flags.output.layout.again = !flags.output.given()
	out, stdout, err := flags.options(a)
	if err != nil {
		return out, err
	}
	if stdout != "" {
		return out, usagef("nfcert finalize -n NAME writes a file of the new certificate there", "renew writes no file to stdout")
	}
	return out, flags.output.layout.unlock(a, &out.Layout)
}

// passphrase finds that of PKCS#12 files which are written again.
func (o *renewFlags) passphrase(a *Call) func(string) (secret.Bytes, error) {
	return func(file string) (secret.Bytes, error) {
		flags := o.finalize.output.layout
		if flags.passphraseFile == "" && a.Getenv("NFCERT_P12_PASSPHRASE") == "" {
			flags.passphraseFile = file
		}
		return flags.passphrase(a)
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
