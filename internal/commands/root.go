package commands

import (
	"errors"
	"sync"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/nfcert/nfcert/internal/commands/account"
	"github.com/nfcert/nfcert/internal/commands/cli"
	"github.com/nfcert/nfcert/internal/commands/csr"
	"github.com/nfcert/nfcert/internal/commands/enroll"
	"github.com/nfcert/nfcert/internal/commands/finalize"
	"github.com/nfcert/nfcert/internal/commands/forget"
	"github.com/nfcert/nfcert/internal/commands/lab"
	"github.com/nfcert/nfcert/internal/commands/lint"
	"github.com/nfcert/nfcert/internal/commands/order"
	"github.com/nfcert/nfcert/internal/commands/renew"
	"github.com/nfcert/nfcert/internal/commands/report"
	"github.com/nfcert/nfcert/internal/commands/revoke"
	"github.com/nfcert/nfcert/internal/commands/session"
	"github.com/nfcert/nfcert/internal/commands/show"
	"github.com/nfcert/nfcert/internal/commands/token"
	"github.com/nfcert/nfcert/internal/commands/version"
)

// Groups of commands in the help.
const (
	groupSteps = "steps"
	groupOne   = "one"
	groupJudge = "judge"
	groupTools = "tools"
)

const rootLong = `nfcert gets certificates for 5G core network functions over ACME (RFC 8555,
TS 33.310 Annex J): one step at a time, in scripts, or all steps with one command.

  nfcert enroll --lab        try it, with a practice CA and a sample AMF

  nfcert account --server https://ca.example/directory --ca-root ca.pem --accept-tos
  nfcert csr -n amf-01 --nf amf-01.yaml --csr-out amf-01.csr
  nfcert lint amf-01.csr
  nfcert order -n amf-01 --http-listen :80
  nfcert finalize -n amf-01 --out /etc/open5gs/tls
  nfcert show amf-01

Running a step again is always safe: a finished step prints what exists, and an
unfinished step continues.`

// inFlowOrder makes the help list commands in the order in which they are added: the
// steps come in the order of the flow.
var inFlowOrder = sync.OnceFunc(func() { cobra.EnableCommandSorting = false })

// newRoot makes the root command with all commands.
func newRoot(env *cli.Env, registry *report.Registry) *cobra.Command {
	root := newBareRoot(env)
	addTo(root, groupSteps, account.New(env), csr.New(env), order.New(env), finalize.New(env), show.New(env))
	addTo(root, groupOne, enroll.New(env), renew.New(env, registry), revoke.New(env))
	addTo(root, groupJudge, lint.New(env))
	addTo(root, groupTools, token.New(env), lab.New(env), forget.New(env), version.New(env))
	for _, t := range topics {
		root.AddCommand(t.command())
	}
	addHelpAndCompletion(env, root)
	env.Complete = cli.Completions{Names: session.CompleteNames, Accounts: session.CompleteAccounts, Servers: session.CompleteServers}
	env.SetCompletions(root)
	return root
}

func addTo(root *cobra.Command, group string, commands ...*cobra.Command) {
	for _, cmd := range commands {
		cmd.GroupID = group
		root.AddCommand(cmd)
	}
}

// newBareRoot makes the root command without subcommands.
func newBareRoot(env *cli.Env) *cobra.Command {
	inFlowOrder()
	root := &cobra.Command{
		Use:           "nfcert",
		Version:       env.Version,
		Short:         "Step-through ACME workbench for the 5G core",
		Long:          rootLong,
		SilenceUsage:  true,
		SilenceErrors: true,
		Args:          cli.NoArgs,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	env.AddFlags(root.PersistentFlags())
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		if errors.Is(err, pflag.ErrHelp) {
			return err
		}
		return cli.Usagef("see: "+cmd.CommandPath()+" --help", "%v", err)
	})
	root.AddGroup(
		&cobra.Group{ID: groupSteps, Title: "Steps:"},
		&cobra.Group{ID: groupOne, Title: "All steps with one command:"},
		&cobra.Group{ID: groupJudge, Title: "Checks:"},
		&cobra.Group{ID: groupTools, Title: "Tools:"},
	)
	cli.SetHelp(root)
	root.SetVersionTemplate(version.Line(env) + "\n")
	root.SetHelpCommandGroupID(groupTools)
	root.SetCompletionCommandGroupID(groupTools)
	root.SetIn(env.Streams.In)
	root.SetOut(env.Streams.Out)
	root.SetErr(env.Streams.Err)
	return root
}

// addHelpAndCompletion adds cobra's own commands, and makes them fail for unknown
// arguments as all other commands do. They keep the streams that are set by now.
func addHelpAndCompletion(env *cli.Env, root *cobra.Command) {
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
				return cli.NoArgs(found, rest)
			}
		case "completion":
			env.Group(cmd)
		}
	}
}

// Tree returns all commands with their flags and texts, to generate documentation.
// It must not be executed; use [Run].
func Tree() *cobra.Command {
	root := newRoot(&cli.Env{}, report.NewRegistry())
	for _, t := range topics {
		if cmd, _, err := root.Find([]string{t.name}); err == nil && t.make != nil {
			cmd.Long = t.make()
		}
	}
	return root
}
