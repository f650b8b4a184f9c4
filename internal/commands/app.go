// Package commands is the cobra tree: parse flags, wire values, call one engine
// or service method, print its result, and map errors to exit codes and hints.
//
// A command is three pieces: an options struct, a constructor newX that makes
// the cobra command, and a run method that never sees cobra. Flags are read
// from the command line, their NFCERT_ variables, the configuration file and
// their defaults, in that order, before run is called (settings.go). What a
// command needs of the world it has from [App].
package commands

import (
	"context"
	"io"
	"os"
	"runtime/debug"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/nfcert/nfcert/internal/ui"
)

// Main runs nfcert with the process's arguments, environment and streams and
// returns its exit status.
func Main(args []string) int {
	ctx, stop := notifyContext()
	defer stop()
	return Run(ctx, args, ui.System(os.Getenv, colorWish(args, os.Getenv)), os.Getenv)
}

// colorWish finds --color before flags are parsed: it decides how parse errors
// look.
func colorWish(args []string, env func(string) string) string {
	wish := env(envName("color"))
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

// machine reports whether a program reads the answer: stderr carries nothing
// but an error then, as a document.
func (a *Call) machine() bool {
	return a.Global.output == outputJSON || a.Global.output == outputJSONL
}

// Run is Main with the world given. Tests enter here.
func Run(ctx context.Context, args []string, streams ui.Streams, env func(string) string) int {
	return runEnv(ctx, &Env{Streams: streams, Getenv: env, Version: buildVersion(), Args: args, Clock: time.Now})
}

func runEnv(ctx context.Context, env *Env) int {
	root := newRoot(env)
	root.SetArgs(env.Args)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return exitDone
	}
	if e, ok := as[*callError](err); ok {
		return e.call.fail(e.err)
	}
	return env.unparsed().fail(err)
}

// buildVersion is the module's version, or the revision it was built from.
func buildVersion() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	version := info.Main.Version
	if linkedVersion != "" {
		version = linkedVersion
	}
	if version == "" || version == "(devel)" {
		version = "devel"
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" && len(s.Value) >= 12 {
				version += "-" + s.Value[:12]
			}
		}
	}
	return version
}

// linkedVersion is set by the release build (-ldflags -X).
var linkedVersion string

// prompter asks the user, or refuses to when nobody is there or wants to be
// asked.
func (a *Call) prompter() ui.Prompter {
	if a.Prompt != nil {
		return a.Prompt
	}
	if a.Global.noInput || a.Global.output != outputTable || a.Getenv("CI") != "" {
		return ui.NoPrompter{}
	}
	a.Progress.done()
	return ui.NewPrompter(a.Streams)
}

// group makes a command that is only the parent of others complain about a
// child it does not have, as cobra alone would print help and succeed.
func (e *Env) group(cmd *cobra.Command) *cobra.Command {
	cmd.Args = noArgs
	cmd.RunE = e.run(func(_ context.Context, a *Call, _ []string) error {
		if !a.machine() {
			cmd.SetOut(cmd.ErrOrStderr())
			_ = cmd.Help()
		}
		return usagef("", "%s needs one of its subcommands", cmd.CommandPath())
	})
	return cmd
}

// noArgs refuses arguments, and proposes subcommands that are spelt alike.
func noArgs(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	if cmd.HasAvailableSubCommands() {
		cmd.SuggestionsMinimumDistance = 2
		hint := "see: " + cmd.CommandPath() + " --help"
		if like := cmd.SuggestionsFor(args[0]); len(like) > 0 {
			hint = "did you mean: " + cmd.CommandPath() + " " + like[0]
		}
		return usagef(hint, "there is no command %q", cmd.CommandPath()+" "+args[0])
	}
	return usagef("see: "+cmd.CommandPath()+" --help", "%s takes no argument and got %q", cmd.CommandPath(), args[0])
}

// wantArgs checks the number of arguments; what says what they are.
func wantArgs(min, max int, what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) < min || max >= 0 && len(args) > max {
			return usagef("see: "+cmd.CommandPath()+" --help", "%s takes %s and got %d arguments", cmd.CommandPath(), what, len(args))
		}
		return nil
	}
}

// writeAll writes to w and reports a failure, as when a pipe was closed.
func writeAll(w io.Writer, data []byte) error {
	_, err := w.Write(data)
	return err
}
