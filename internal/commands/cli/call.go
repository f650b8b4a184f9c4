// Package cli is what every command shares: the world it runs in ([Env]), one run
// of it ([Call]), the global flags, settings from variables and the configuration
// file, help layout, and what is written to stdout and stderr.
//
// A command's constructor takes the [Env] and makes its RunE with [Env.Run], which
// reads all settings before the command's run function is called with a complete
// [Call].
package cli

import (
	"cmp"
	"context"
	"errors"
	"io"
	"maps"
	"slices"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/nfcert/nfcert/internal/secret"
	"github.com/nfcert/nfcert/internal/ui"
)

// Env is what nfcert is given of the world. Each command's constructor takes it,
// and nothing changes it.
type Env struct {
	Streams ui.Streams
	Getenv  func(string) string
	Clock   func() time.Time
	Version string
	Args    []string    // of the command line
	Prompt  ui.Prompter // nil: by the terminal
	// SealIterations is the work of encrypting keys; 0 means the default.
	SealIterations int
	// Complete gives a shell the names that are saved.
	Complete Completions

	flags Globals // filled by cobra; commands read their copy in [Call]
}

// Call is one run of one command: the world, the values of its flags and what it
// reports on stderr. Nothing changes it while the command runs; what is to be
// done for another enrolment, account or server takes a copy that For… returns.
type Call struct {
	*Env
	Global   Globals
	Settings Settings
	Progress *Progress
	Command  string    // its path, such as "order solve"
	Stdin    io.Reader // standard input, for what is read to its end

	root    *cobra.Command // of the command tree
	Private *private
	resumes bool // running it again continues it
}

// private is what a call and its copies share.
type private struct {
	closers           []io.Closer // closed when the command ends, last first
	stdinRead         bool
	AccountPassphrase secret.Bytes // zero: not asked for yet
}

// CallError is an error with the call that it ended.
type CallError struct {
	Call *Call
	Err  error
}

func (e *CallError) Error() string { return e.Err.Error() }

func (e *CallError) Unwrap() error { return e.Err }

// resumable are the commands that continue when they are run again.
var resumable = []string{
	"account", "enroll", "finalize", "order", "order solve", "order refresh", "order abandon", "renew", "revoke", "token get",
}

// Run makes the RunE of a command. The call is complete when work begins: flags
// are filled from variables and the configuration file, and checked.
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

// newCall prepares the call of a command. The call is usable for reporting an
// error even when err is not nil.
func (e *Env) newCall(cmd *cobra.Command, args []string) (call *Call, err error) {
	call = e.Unparsed()
	call.Command, call.root = commandWords(cmd), cmd.Root()
	call.resumes = slices.Contains(resumable, call.Command)
	if err := call.fill(cmd); err != nil {
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

// Unparsed is a call whose flags are not known yet, for reporting an error.
func (e *Env) Unparsed() *Call {
	call := &Call{Env: e, Private: &private{}}
	call.Global.Output = cmp.Or(outputOption(e.Args), cmp.Or(e.Getenv(EnvName("output")), OutputTable))
	return call
}

// end closes what the call opened.
func (call *Call) end() (err error) {
	for _, c := range slices.Backward(call.Private.closers) {
		err = errors.Join(err, c.Close())
	}
	call.Progress.Done()
	return err
}

// AtEnd closes c when the command ends.
func (call *Call) AtEnd(c io.Closer) { call.Private.closers = append(call.Private.closers, c) }

// Resume is the command line that continues after an early end; "": none.
func (call *Call) Resume() string {
	if !call.resumes {
		return ""
	}
	return call.Again()
}

// ForEnrolment is the call for the enrolment of that name.
func (call *Call) ForEnrolment(name string) *Call {
	c := *call
	c.Global.Name = name
	return &c
}

// ForAccount is the call for the account of that name.
func (call *Call) ForAccount(name string) *Call {
	c := *call
	c.Global.Account = name
	return &c
}

// ForServer is the call for the server of that name or URL.
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

// Bounded is the context of a command that talks to servers.
func (call *Call) Bounded(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, call.Global.Timeout)
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

// AddFlags adds the flags that every command takes.
func (e *Env) AddFlags(fs *pflag.FlagSet) { e.flags.addFlags(fs) }

// Completing is the call of a command that a shell completes: its flags are set as
// far as they could be read.
func (e *Env) Completing(cmd *cobra.Command) *Call {
	call, _ := e.newCall(cmd, nil)
	call.Global = e.flags
	return call
}
