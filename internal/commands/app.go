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
	"errors"
	"io"
	"os"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/nfcert/nfcert/internal/secret"
	"github.com/nfcert/nfcert/internal/ui"
)

// App is one invocation: its streams, environment and global flags.
type App struct {
	streams ui.Streams
	env     func(string) string
	prompt  ui.Prompter
	version string
	args    []string // of the command line

	global   globalFlags
	settings settings
	progress *progress
	clock    func() time.Time

	stdin       io.Reader     // standard input, for what is read to its end
	stdinRead   bool          // it was
	accountWord secret.Bytes  // passphrase of the account's key; zero: not asked for yet
	serverURL   string        // of the server that was dialled; "": none
	clockAhead  time.Duration // of the server's clock before ours, by its last answer
	atEnd       []io.Closer   // closed when the command has ended, last first

	// command is the path of the command that runs, such as "order solve", and
	// name the enrolment it works on, for messages.
	command, name string
	// resume is the command line that goes on after an early end; "": none.
	resume string
}

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
func (a *App) machine() bool {
	output := a.global.output
	if a.progress == nil { // flags and variables are not read yet
		output = first(outputWish(a.args), first(a.env(envName("output")), output))
	}
	return output == outputJSON || output == outputJSONL
}

// Run is Main with the world given. Tests enter here.
func Run(ctx context.Context, args []string, streams ui.Streams, env func(string) string) int {
	app := &App{streams: streams, env: env, version: buildVersion(), args: args, clock: time.Now}
	root := newRoot(app)
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	for _, c := range slices.Backward(app.atEnd) {
		err = errors.Join(err, c.Close())
	}
	app.progress.done()
	if err == nil {
		return exitDone
	}
	return app.fail(err)
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
func (a *App) prompter() ui.Prompter {
	if a.prompt != nil {
		return a.prompt
	}
	if a.global.noInput || a.global.output != outputTable || a.env("CI") != "" {
		return ui.NoPrompter{}
	}
	a.progress.done()
	return ui.NewPrompter(a.streams)
}

// group makes a command that is only the parent of others complain about a
// child it does not have, as cobra alone would print help and succeed.
func (a *App) group(cmd *cobra.Command) *cobra.Command {
	cmd.Args = noArgs
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if !a.machine() {
			cmd.SetOut(cmd.ErrOrStderr())
			_ = cmd.Help()
		}
		return usagef("", "%s needs one of its subcommands", cmd.CommandPath())
	}
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
