// Package lint is nfcert lint: it reads sources, judges them with internal/lint and
// zlint, and reports the findings.
package lint

import (
	"context"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/nfcert/nfcert/internal/commands/cli"
	"github.com/nfcert/nfcert/internal/commands/cmdflags"
	"github.com/nfcert/nfcert/internal/inspect"
)

// options are what to judge, by which rules, and how strictly.
type options struct {
	source    cmdflags.Source
	profile   string
	nf        string
	against   string
	skip      []string
	only      []string
	failOn    string
	zlint     string
	filesFrom string

	list    bool
	explain string
}

func (o *options) addFlags(fs *pflag.FlagSet) {
	fs.StringVar(&o.profile, "profile", "", "judge by this `PROFILE` (default: inferred from key usages and NF types)")
	fs.StringVar(&o.nf, "nf", "", "NF `FILE`: also compare with this network function")
	fs.StringVar(&o.against, "against", "", "CSR `FILE`: also compare certificates with this CSR")
	fs.StringSliceVar(&o.skip, "skip", nil, "skip these `RULES`; a * at the end matches any rest; zlint means all lints of zlint")
	fs.StringSliceVar(&o.only, "only", nil, "judge only by these `RULES`, written as for --skip")
	fs.StringVar(&o.failOn, "fail-on", string(inspect.Error), "lowest `SEVERITY` of a finding that makes the exit code 8: error or warning")
	fs.StringVar(&o.zlint, "zlint", zlintAuto, "run zlint's lints of RFC 5280 on certificates: auto (if nfcert-zlint is found), off, or the `PATH` of nfcert-zlint")
	fs.StringVar(&o.filesFrom, "files-from", "", "also judge the files listed in `FILE`, - for stdin; one path per line, or separated by NUL as by find -print0")
	o.source.AddFlags(fs)
	o.source.AddServerFlags(fs)
	fs.BoolVar(&o.list, "list", false, "list our rules; --explain RULE has the details")
	fs.StringVar(&o.explain, "explain", "", "explain one `RULE`: reason, fix, clause, a good and a bad example")
}

// New returns nfcert lint.
func New(env *cli.Env) *cobra.Command {
	o := &options{}
	cmd := &cobra.Command{
		Use:   "lint [FILE|DIR|-|HOST:PORT|NAME]...",
		Short: "Judge CSRs, certificates and chains by rules that cite their clause",
		Long: `Judge CSRs, certificates and chains by the rules of 3GPP and the IETF for the 5G
core. Each finding has its clause, what was found, what was wanted, and a fix.

A source is one of:
  FILE       PEM, DER or PKCS#12
  DIR        its files that end in ` + strings.Join(extensions()[:5], " ") + `
             ` + strings.Join(extensions()[5:], " ") + `, without subdirectories
  -          standard input
  HOST:PORT  the certificates of a TLS server, and the facts of the connection;
             nfcert trusts none of them and sends only the handshake
  NAME       an enrolment (or -n NAME): its CSR, and its certificate compared
             with the CSR, by the enrolment's profile and network function

Without --profile, the profile is inferred from key usages and NF types. A rule
that we know only from a text that cites its clause is at most a warning, and says
so. If the program nfcert-zlint is installed, zlint's lints of RFC 5280 run too;
their findings name zlint as source.

Exit codes: 8 for a finding of --fail-on severity; otherwise 2 or 6 if a source
could not be read or reached. All other sources are judged in any case.

In a pipe, each finding is one line with TABs: file, part, severity, rule, field,
message, found, wanted, fix, clause, source. -o name prints the files that failed.`,
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

func runLint(ctx context.Context, call *cli.Call, o *options, args []string) error {
	switch {
	case o.list:
		return listRules(call, args)
	case o.explain != "":
		return explainRule(call, o.explain, args)
	}
	en, err := findEnrolment(call, o, args)
	if err != nil {
		return err
	}
	if en != nil {
		args = en.files
	}
	if err := o.check(args); err != nil {
		return err
	}
	ctx, cancel := call.Bounded(ctx)
	defer cancel()
	j, err := newJudge(ctx, call, o, en)
	if err != nil {
		return err
	}
	return j.run(ctx, sources(call, args, o.filesFrom))
}

// check checks the options before anything is read.
func (o *options) check(args []string) error {
	if len(args) == 0 && o.filesFrom == "" {
		return cli.Usagef("as in nfcert lint amf-01.csr; - for standard input", "specify at least one file, directory, HOST:PORT or enrolment to judge")
	}
	stdin := 0
	for _, s := range append([]string{o.filesFrom, o.source.PassphraseFile, o.nf, o.against}, args...) {
		if s == "-" {
			stdin++
		}
	}
	if stdin > 1 {
		return cli.Usagef("give files in place of the others", "- (standard input) is given %d times, want it at most once", stdin)
	}
	if o.failOn != string(inspect.Error) && o.failOn != string(inspect.Warning) {
		return cli.Usagef("", "--fail-on %q: want error or warning", o.failOn)
	}
	return nil
}
