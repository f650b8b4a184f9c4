// Package lint is nfcert lint: it reads sources, judges them by internal/lint and by
// zlint, and reports the findings.
package lint

import (
	"context"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/nfcert/nfcert/internal/commands/cli"
	"github.com/nfcert/nfcert/internal/commands/cmdflags"
	"github.com/nfcert/nfcert/internal/inspect"
)

// lintFlags say what to judge, by what, and how strictly.
type lintFlags struct {
	source    cmdflags.Source
	profile   string
	nf        string
	against   string
	skip      []string
	only      []string
	failOn    string
	zlint     string
	filesFrom string

	list   bool
	detail string
}

func (o *lintFlags) addFlags(fs *pflag.FlagSet) {
	fs.StringVar(&o.profile, "profile", "", "judge by this `PROFILE` (default: inferred from usages and NF types)")
	fs.StringVar(&o.nf, "nf", "", "NF `FILE`: judge also by what this network function should have")
	fs.StringVar(&o.against, "against", "", "CSR `FILE`: judge certificates also by what was asked for")
	fs.StringSliceVar(&o.skip, "skip", nil, "leave `RULES` out; a * at the end stands for any rest, zlint for all of zlint's")
	fs.StringSliceVar(&o.only, "only", nil, "judge by these `RULES` alone")
	fs.StringVar(&o.failOn, "fail-on", string(inspect.Error), "exit with 8 from this severity on: error or warning")
	fs.StringVar(&o.zlint, "zlint", zlintAuto, "zlint's RFC 5280 lints on certificates: auto (when nfcert-zlint is found), off, or the `PATH` of nfcert-zlint")
	fs.StringVar(&o.filesFrom, "files-from", "", "judge also the files that `FILE` lists, a line each or as find -print0 does; - for stdin")
	o.source.AddFlags(fs)
	o.source.AddServerFlags(fs)
	fs.BoolVar(&o.list, "list", false, "list the rules")
	fs.StringVar(&o.detail, "explain", "", "explain one `RULE`: what, why, clause, a good and a bad example")
}

func New(env *cli.Env) *cobra.Command {
	o := &lintFlags{}
	cmd := &cobra.Command{
		Use:   "lint [FILE|DIR|-|HOST:PORT]...",
		Short: "Judge CSRs, certificates and chains by rules that cite their clause",
		Long: `Judge certificate requests, certificates and chains by the rules of 3GPP and the
IETF for the 5G core, each finding with its clause, what was found, what was
wanted and how to mend it.

A source is a file (PEM, DER, PKCS#12), a folder (the files in it that end in
` + strings.Join(lintExtensions(), " ") + `; not below it), - for standard
input, or HOST:PORT for the chain that a TLS server shows and the facts of its
connection. Of HOST:PORT nothing is trusted and nothing but the handshake sent.
With -n and no source, what the enrolment has: its CSR and its certificate, by
its profile and network function, the one against the other.

The profile is inferred from usages and NF types, or said by --profile. A rule
whose clause could not be read is at most a warning, and says so. Beside our
rules run zlint's lints of RFC 5280, marked as its, where its companion program
nfcert-zlint is installed.

Exit 8: a finding of --fail-on severity. Exit 2 or 6: none, but a source could
not be read or reached; it is listed with the others, which are judged all the
same. On stdout: a page for people; in a pipe a line for each finding with TABs
(file, severity, rule, field, message, found, wanted, fix, clause, part, source);
-o json, jsonl, name (the files that failed), junit, sarif.`,
		Example: `  nfcert lint amf-01.csr
  nfcert lint -n amf-01
  nfcert lint --nf amf-01.yaml --against amf-01.csr amf-01.pem
  nfcert lint amf1.amf.5gc.mnc001.mcc001.3gppnetwork.org:443
  find /etc -name '*.pem' -print0 | nfcert lint --files-from - -o sarif >lint.sarif
  nfcert lint --explain san-nf-instance-id`,
		RunE: env.Run(func(ctx context.Context, call *cli.Call, args []string) error { return runLint(ctx, call, o, args) }),
	}
	o.addFlags(cmd.Flags())
	return cli.Formats(cmd, cli.OutputTable, cli.OutputJSON, cli.OutputJSONL, cli.OutputName, cli.OutputJUnit, cli.OutputSARIF)
}

func runLint(ctx context.Context, call *cli.Call, o *lintFlags, args []string) error {
	switch {
	case o.list:
		return listRules(call, args)
	case o.detail != "":
		return explainRule(call, o.detail, args)
	}
	saved, err := savedSources(call, o, args)
	if err != nil {
		return err
	}
	if saved != nil {
		args = saved.files
	}
	if err := o.check(args); err != nil {
		return err
	}
	ctx, cancel := call.Bounded(ctx)
	defer cancel()
	run, err := newLintRun(ctx, call, o, saved)
	if err != nil {
		return err
	}
	return run.judge(ctx, lintSources(call, args, o.filesFrom))
}

// check refuses what cannot be followed.
func (o *lintFlags) check(args []string) error {
	if len(args) == 0 && o.filesFrom == "" {
		return cli.Usagef("as in nfcert lint amf-01.csr; - for standard input", "lint needs at least one file, folder or HOST:PORT")
	}
	stdin := 0
	for _, s := range append([]string{o.filesFrom, o.source.PassphraseFile, o.nf, o.against}, args...) {
		if s == "-" {
			stdin++
		}
	}
	if stdin > 1 {
		return cli.Usagef("put the others into files", "standard input can be one thing, and - is given %d times", stdin)
	}
	if !slices.Contains([]string{string(inspect.Error), string(inspect.Warning)}, o.failOn) {
		return cli.Usagef("", "--fail-on %q: want error or warning", o.failOn)
	}
	return nil
}
