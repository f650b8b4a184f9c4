// Package cli is what all commands share: their environment ([Env]), one run of a
// command ([Call]), the global flags, settings from variables and the configuration
// file, help pages, completion, and the writing to stdout and stderr.
//
// A command's constructor takes the [Env] and makes its RunE with [Env.Run], which
// reads all settings and then calls the command's run function with a complete
// [Call].
package cli

import (
	"cmp"
	"context"
	"errors"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/nfcert/nfcert/internal/secret"
	"github.com/nfcert/nfcert/internal/ui"
)

// Env is the environment of nfcert: streams, variables, clock and arguments. The
// root command makes it, each command's constructor takes it, and no command
// changes it.
type Env struct {
	Streams ui.Streams
	Getenv  func(string) string
	Clock   func() time.Time
	Version string
	Args    []string    // of the command line
	Prompt  ui.Prompter // nil: a prompter on the terminal
	// SealIterations is the work of encrypting keys; 0 means the default.
	SealIterations int
	// Complete lists saved names for shell completion.
	Complete Completions

	flags Globals // cobra writes here; commands read their copy in [Call]
}

// Call is one run of one command: the environment, the values of the flags, and
// the progress on stderr. It does not change while the command runs. To work for
// another enrolment, account or server, use the copy that a For… method returns.
type Call struct {
	*Env
	Global   Globals
	Settings Settings
	Progress *Progress
	Command  string    // its path without the program, such as "order solve"
	Stdin    io.Reader // standard input, for content that is read to its end
	Shared   *Shared

	root      *cobra.Command // of the command tree
	resumable bool           // the same command, run again, continues the work
}

// Shared is the state of a call that its copies share.
type Shared struct {
	AccountPassphrase secret.Bytes // zero: not read yet

	closers   []io.Closer // closed when the command ends, the last one first
	stdinRead bool
}

// CallError is an error that ended a call.
type CallError struct {
	Call *Call
	Err  error
}

func (e *CallError) Error() string { return e.Err.Error() }

func (e *CallError) Unwrap() error { return e.Err }

// resumableCommands are the commands that continue when they are run again.
var resumableCommands = []string{
	"account", "enroll", "finalize", "order", "order solve", "order refresh", "order abandon", "renew", "revoke", "token get",
}

// Run makes the RunE of a command. It sets the flags from variables and the
// configuration file, checks them, and then calls work.
func (e *Env) Run(work func(ctx context.Context, call *Call, args []string) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		call, err := e.newCall(cmd, args)
		if err == nil {
			err = work(cmd.Context(), call, args)
		}
		if err = errors.Join(err, call.end()); err != nil {
			return &CallError{call, err}
		}
		return nil
	}
}

// newCall prepares the call of a command. If it fails, the call can still be used
// to report the error.
func (e *Env) newCall(cmd *cobra.Command, args []string) (call *Call, err error) {
	call = e.Unparsed()
	call.Command, call.root = commandWords(cmd), cmd.Root()
	call.resumable = slices.Contains(resumableCommands, call.Command)
	if call.Settings, err = e.readSettings(cmd); err != nil {
		return call, err
	}
	call.Global = e.flags
	call.Progress = newProgress(call)
	call.Stdin = &input{call: call, ctx: cmd.Context()}
	if err := call.nameArgument(cmd, args); err != nil {
		return call, err
	}
	return call, call.Global.check(cmd)
}

// Unparsed is a call whose flags could not be parsed, to report the error.
func (e *Env) Unparsed() *Call {
	call := &Call{Env: e, Shared: &Shared{}}
	call.Global.Output = cmp.Or(outputOption(e.Args), e.Getenv(EnvName("output")), OutputTable)
	return call
}

// Completing is the call of a command that a shell completes. Its flags are set as
// far as they could be read.
func (e *Env) Completing(cmd *cobra.Command) *Call {
	call, _ := e.newCall(cmd, nil)
	call.Global = e.flags
	return call
}

// end closes what the call opened.
func (call *Call) end() (err error) {
	for _, c := range slices.Backward(call.Shared.closers) {
		err = errors.Join(err, c.Close())
	}
	call.Progress.Done()
	return err
}

// AtEnd closes c when the command ends.
func (call *Call) AtEnd(c io.Closer) { call.Shared.closers = append(call.Shared.closers, c) }

// Resume is the command line that continues the work after an early end; "" if
// there is none.
func (call *Call) Resume() string {
	if !call.resumable {
		return ""
	}
	return call.Again()
}

// ForEnrolment is the call for the enrolment with that name.
func (call *Call) ForEnrolment(name string) *Call {
	c := *call
	c.Global.Name = name
	return &c
}

// ForAccount is the call for the account with that name.
func (call *Call) ForAccount(name string) *Call {
	c := *call
	c.Global.Account = name
	return &c
}

// ForServer is the call for the server with that name or URL.
func (call *Call) ForServer(server string) *Call {
	c := *call
	c.Global.Server = server
	return &c
}

// InState is the call with another state directory, as if --state named it.
func (call *Call) InState(dir string) *Call {
	c := *call
	c.Global.State = dir
	c.Settings.Sources = maps.Clone(call.Settings.Sources)
	c.Settings.Sources["state"] = "flag"
	return &c
}

// Bounded is the context of a command that uses the network: it ends after
// --timeout.
func (call *Call) Bounded(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, call.Global.Timeout)
}

// Machine reports whether a program reads the output. Then stderr has nothing
// except an error, as one JSON document.
func (call *Call) Machine() bool {
	return call.Global.Output == OutputJSON || call.Global.Output == OutputJSONL
}

// Prompter asks the user on the terminal. With --no-input or -o json, or in a CI
// job, it refuses to.
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

// commandWords is the path of a command without the program's name.
func commandWords(cmd *cobra.Command) string {
	_, words, _ := strings.Cut(cmd.CommandPath(), " ")
	return words
}

// AddFlags adds the flags that every command takes.
func (e *Env) AddFlags(fs *pflag.FlagSet) { e.flags.addFlags(fs) }
