package cli

import (
	"context"
	"strings"

	"github.com/spf13/cobra"

	"github.com/nfcert/nfcert/internal/ui"
)

// ColorWish finds --color before flags are parsed: it decides how parse errors
// look.
func ColorWish(args []string, env func(string) string) string {
	wish := env(EnvName("color"))
	for i, a := range args {
		if a == "--color" && i+1 < len(args) {
			wish = args[i+1]
		} else if len(a) > 8 && a[:8] == "--color=" {
			wish = a[8:]
		}
	}
	return wish
}

// outputWish finds --output before flags are parsed: it decides what an error
// of parsing is written as. "": the command line does not say.
func outputWish(args []string) (wish string) {
	for i, a := range args {
		switch {
		case a == "--":
			return wish
		case (a == "-o" || a == "--output") && i+1 < len(args):
			wish = args[i+1]
		case strings.HasPrefix(a, "--output="):
			wish = a[len("--output="):]
		case strings.HasPrefix(a, "-o"):
			wish = strings.TrimPrefix(a[len("-o"):], "=")
		}
	}
	return wish
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

// NoArgs refuses arguments, and proposes subcommands that are spelt alike.
func NoArgs(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	if cmd.HasAvailableSubCommands() {
		cmd.SuggestionsMinimumDistance = 2
		hint := "see: " + cmd.CommandPath() + " --help"
		if like := cmd.SuggestionsFor(args[0]); len(like) > 0 {
			hint = "did you mean: " + cmd.CommandPath() + " " + like[0]
		}
		return Usagef(hint, "there is no command %q", cmd.CommandPath()+" "+args[0])
	}
	return Usagef("see: "+cmd.CommandPath()+" --help", "%s takes no argument and got %q", cmd.CommandPath(), args[0])
}

// WantArgs checks the number of arguments; what says what they are.
func WantArgs(min, max int, what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) < min || max >= 0 && len(args) > max {
			return Usagef("see: "+cmd.CommandPath()+" --help", "%s takes %s and got %d arguments", cmd.CommandPath(), what, len(args))
		}
		return nil
	}
}
