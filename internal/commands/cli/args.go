package cli

import (
	"context"
	"strings"

	"github.com/spf13/cobra"
)

// ColorOption is the value of --color before flags are parsed: it decides how an
// error of parsing is shown.
func ColorOption(args []string, env func(string) string) string {
	value := env(EnvName("color"))
	for i, a := range args {
		if a == "--color" && i+1 < len(args) {
			value = args[i+1]
		} else if after, ok := strings.CutPrefix(a, "--color="); ok {
			value = after
		}
	}
	return value
}

// outputOption is the value of --output before flags are parsed: it decides the
// format of an error of parsing. It is "" if the command line has no --output.
func outputOption(args []string) (value string) {
	for i, a := range args {
		switch {
		case a == "--":
			return value
		case (a == "-o" || a == "--output") && i+1 < len(args):
			value = args[i+1]
		case strings.HasPrefix(a, "--output="):
			value = a[len("--output="):]
		case strings.HasPrefix(a, "-o"):
			value = strings.TrimPrefix(a[len("-o"):], "=")
		}
	}
	return value
}

// Group makes a command that only has subcommands fail without one: cobra alone
// would print the help and succeed.
func (e *Env) Group(cmd *cobra.Command) *cobra.Command {
	cmd.Args = NoArgs
	cmd.RunE = e.Run(func(_ context.Context, call *Call, _ []string) error {
		if !call.Machine() {
			cmd.SetOut(cmd.ErrOrStderr())
			_ = cmd.Help()
		}
		return Usagef("", "%s needs one of its subcommands", cmd.CommandPath())
	})
	return cmd
}
