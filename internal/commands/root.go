package commands

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// Output formats.
const (
	outputTable = "table"
	outputJSON  = "json"
	outputJSONL = "jsonl"
	outputName  = "name"
)

// globalFlags are the flags that every command takes.
type globalFlags struct {
	server     string
	caRoot     string
	caPin      string
	resolve    []string
	clientCert string
	clientKey  string
	// clientPassphrase is a file.
	clientPassphrase string
	account          string
	// accountPassphrase is a file.
	accountPassphrase string
	name              string
	state             string
	config            string
	output            string
	trace             string
	timeout           time.Duration
	noInput           bool
	yes               bool
	quiet             bool
	verbose           int
	color             string
}

func (g *globalFlags) addFlags(fs *pflag.FlagSet) {
	fs.StringVarP(&g.server, "server", "s", "", "ACME server: a directory URL, or a name from the configuration; left out: the only one known")
	fs.StringVar(&g.caRoot, "ca-root", "", "PEM `FILE` of roots that alone validate the server's TLS certificate, or system; remembered with the server")
	fs.StringVar(&g.caPin, "ca-pin", "", "`FINGERPRINT` of the server's certificate or an issuer's that it sends, sha256:... of the certificate or spki-sha256:... of its key: that alone is trusted, and remembered")
	listVar(fs, &g.resolve, "resolve", "`HOST:PORT:ADDRESS` to connect to where DNS does not know the server, as curl has it; remembered; -HOST:PORT forgets")
	fs.StringVar(&g.clientCert, "client-cert", "", "`FILE` with the certificate for mutual TLS towards the server, PEM or PKCS#12, with or without its key; its path is remembered")
	fs.StringVar(&g.clientKey, "client-key", "", "`FILE` with the key of --client-cert, or a pkcs11: URI; left out: it is in the file of --client-cert")
	fs.StringVar(&g.clientPassphrase, "client-passphrase-file", "", "`FILE` with the passphrase or PIN of the client certificate's key, - for stdin; or $NFCERT_CLIENT_PASSPHRASE")
	fs.StringVar(&g.account, "account", "", "which saved account (default: the enrolment's, else \"default\")")
	fs.StringVar(&g.accountPassphrase, "account-key-passphrase-file", "", "`FILE` with the passphrase of an encrypted account key, - for stdin; or $NFCERT_ACCOUNT_KEY_PASSPHRASE")
	fs.StringVarP(&g.name, "name", "n", "", "which enrolment")
	fs.StringVar(&g.state, "state", "", "`DIR` where state lives (default: $STATE_DIRECTORY, $XDG_DATA_HOME/nfcert, ~/.local/share/nfcert)")
	fs.StringVar(&g.config, "config", "", "YAML `FILE` with named servers and defaults (default: $XDG_CONFIG_HOME/nfcert/config.yaml)")
	fs.StringVarP(&g.output, "output", "o", outputTable, "what stdout carries: table, json, jsonl (enroll, lint), name, junit and sarif (lint)")
	fs.StringVar(&g.trace, "trace", "", "append every HTTP exchange, decoded and redacted, to `FILE`, a JSON object a line; - for a readable one on stderr")
	fs.DurationVar(&g.timeout, "timeout", 5*time.Minute, "bound on the whole command")
	fs.BoolVar(&g.noInput, "no-input", false, "never prompt; also without a terminal, with -o json, and with $CI set")
	fs.BoolVarP(&g.yes, "yes", "y", false, "confirm what is asked; never supplies a value")
	fs.BoolVarP(&g.quiet, "quiet", "q", false, "no progress on stderr")
	fs.CountVarP(&g.verbose, "verbose", "v", "a line for each request; -vv: its content too")
	fs.StringVar(&g.color, "color", "auto", "auto, always or never; NO_COLOR is honoured")
}

// check refuses values that no command can use.
func (g *globalFlags) check(command string) error {
	switch g.output {
	case outputTable, outputJSON, outputJSONL, outputName:
	case outputJUnit, outputSARIF:
		if command != "lint" {
			return usagef("one of table, json, jsonl, name", "--output %s is a format of lint alone", g.output)
		}
	default:
		return usagef("one of table, json, jsonl, name, and of lint junit and sarif; files are written by --out", "--output %q is no format", g.output)
	}
	switch g.color {
	case "auto", "always", "never":
	default:
		return usagef("", "--color %q: want auto, always or never", g.color)
	}
	if g.timeout <= 0 {
		return usagef("", "--timeout %s: want more than zero, as in 5m", g.timeout)
	}
	for _, text := range g.resolve {
		if _, err := parseResolve(text); err != nil {
			return usagef("", "--resolve %v", err)
		}
	}
	if g.clientCert == "" && g.clientKey != "" {
		return usagef("name the certificate with --client-cert FILE", "--client-key is given without --client-cert")
	}
	return nil
}

// Groups of the help.
const (
	groupSteps = "steps"
	groupOne   = "one"
	groupJudge = "judge"
	groupTools = "tools"
)

const rootLong = `nfcert gets certificates for 5G core network functions over ACME (RFC 8555),
as TS 33.310 Annex J has it: one step at a time, scripted, or in one go.

  nfcert enroll --lab        try it: a lab CA in this process, a sample AMF

  nfcert account --server https://ca.example/directory --ca-root ca.pem --accept-tos
  nfcert csr -n amf-01 --nf amf-01.yaml --csr-out amf-01.csr
  nfcert lint amf-01.csr
  nfcert order -n amf-01 --http-listen :80
  nfcert finalize -n amf-01 --out /etc/open5gs/tls
  nfcert show -n amf-01

Each step can be run again safely: a finished one says what exists, an
unfinished one goes on where it stopped. Every flag has a variable, NFCERT_ and
its name in capitals.`

// inFlowOrder makes the help list commands as they are added: the steps in the
// order in which they are taken.
var inFlowOrder = sync.OnceFunc(func() { cobra.EnableCommandSorting = false })

// newRoot makes the whole tree.
func newRoot(env *Env) *cobra.Command {
	root := newBareRoot(env)
	addTo(root, groupSteps, newAccount(env), newCSR(env), newOrder(env), newFinalize(env), newShow(env))
	addTo(root, groupOne, newEnroll(env), newRenew(env), newRevoke(env))
	addTo(root, groupJudge, newLint(env))
	addTo(root, groupTools, newToken(env), newLab(env), newVersion(env))
	root.AddCommand(helpTopics()...)
	addHelpAndCompletion(env, root)
	return root
}

func addTo(root *cobra.Command, group string, commands ...*cobra.Command) {
	for _, cmd := range commands {
		cmd.GroupID = group
		root.AddCommand(cmd)
	}
}

// newBareRoot makes the root without any command below it.
func newBareRoot(env *Env) *cobra.Command {
	inFlowOrder()
	root := &cobra.Command{
		Use:           "nfcert",
		Short:         "The step-through ACME workbench for the 5G core",
		Long:          rootLong,
		SilenceUsage:  true,
		SilenceErrors: true,
		Args:          noArgs,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	env.global.addFlags(root.PersistentFlags())
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		if errors.Is(err, pflag.ErrHelp) {
			return err
		}
		return usagef("see: "+cmd.CommandPath()+" --help", "%v", err)
	})
	root.AddGroup(
		&cobra.Group{ID: groupSteps, Title: "The flow, one step at a time:"},
		&cobra.Group{ID: groupOne, Title: "The flow in one go:"},
		&cobra.Group{ID: groupJudge, Title: "Judging:"},
		&cobra.Group{ID: groupTools, Title: "Tools:"},
	)
	root.SetUsageFunc(sectionUsage(root.UsageFunc()))
	root.SetHelpCommandGroupID(groupTools)
	root.SetCompletionCommandGroupID(groupTools)
	root.SetIn(env.Streams.In)
	root.SetOut(env.Streams.Out)
	root.SetErr(env.Streams.Err)
	return root
}

// addHelpAndCompletion adds what cobra brings, made to refuse what it does not
// know, as all other commands do. Both keep the streams that are set by now.
func addHelpAndCompletion(env *Env, root *cobra.Command) {
	root.InitDefaultHelpCmd()
	root.InitDefaultCompletionCmd()
	for _, cmd := range root.Commands() {
		switch cmd.Name() {
		case "help":
			cmd.Args = func(_ *cobra.Command, args []string) error {
				found, rest, err := root.Find(args)
				if err != nil {
					return err
				}
				return noArgs(found, rest)
			}
		case "completion":
			env.group(cmd)
		}
	}
}

// bounded is the context of a command that talks to servers.
func (a *Call) bounded(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, a.Global.timeout)
}

// commandWords is the path of a command without the program's name.
func commandWords(cmd *cobra.Command) string {
	words := ""
	for c := cmd; c.HasParent(); c = c.Parent() {
		words = c.Name() + " " + words
	}
	if words == "" {
		return ""
	}
	return words[:len(words)-1]
}
