package cli

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"github.com/nfcert/nfcert/internal/ui"
)

// ColorOption finds --color before flags are parsed: it decides how parse errors
// look.
func ColorOption(args []string, env func(string) string) string {
	value := env(EnvName("color"))
	for i, a := range args {
		if a == "--color" && i+1 < len(args) {
			value = args[i+1]
		} else if len(a) > 8 && a[:8] == "--color=" {
			value = a[8:]
		}
	}
	return value
}

// outputOption finds --output before flags are parsed: it decides what an error
// of parsing is written as. "": the command line does not say.
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

// Machine reports whether a program reads the answer: stderr carries nothing
// but an error then, as a document.
func (call *Call) Machine() bool {
	return call.Global.Output == OutputJSON || call.Global.Output == OutputJSONL
}

// Prompter asks the user, or refuses to when nobody is there or wants to be
// asked.
func (call *Call) Prompter() ui.Prompter {
	if call.Prompt != nil {
		return call.Prompt
	}
	if call.Global.noInput || call.Global.Output != OutputTable || call.Getenv("CI") != "" {
		return ui.NoPrompter{}
	}
	call.Progress.Done()
	return ui.NewPrompter(call.Streams)
}

// Group makes a command that is only the parent of others complain about a
// child it does not have, as cobra alone would print help and succeed.
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
