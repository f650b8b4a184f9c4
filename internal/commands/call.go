package commands

import (
	"cmp"
	"context"
	"errors"
	"io"
	"maps"
	"slices"
	"time"

	"github.com/spf13/cobra"

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

	global globalFlags // filled by cobra; commands read their copy in [Call]
}

// Call is one run of one command: the world, the values of its flags and what it
// reports on stderr. Nothing changes it while the command runs; what is to be
// done for another enrolment, account or server takes a copy that For… returns.
type Call struct {
	*Env
	Global   globalFlags
	Settings settings
	Progress *progress
	Command  string    // its path, such as "order solve"
	Stdin    io.Reader // standard input, for what is read to its end

	root    *cobra.Command // of the command tree
	private *private
	resumes bool // running it again continues it
}

// private is what a call and its copies share.
type private struct {
	closers           []io.Closer // closed when the command ends, last first
	stdinRead         bool
	accountPassphrase secret.Bytes // zero: not asked for yet
}

// callError is an error with the call that it ended.
type callError struct {
	call *Call
	err  error
}

func (e *callError) Error() string { return e.err.Error() }
func (e *callError) Unwrap() error { return e.err }

// resumable are the commands that continue when they are run again.
var resumable = []string{
	"account", "enroll", "finalize", "order", "order solve", "order refresh", "order abandon", "renew", "revoke", "token get",
}

// run makes the RunE of a command. The call is complete when work begins: flags
// are filled from variables and the configuration file, and checked.
func (e *Env) run(work func(ctx context.Context, a *Call, args []string) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		a, err := e.newCall(cmd)
		if err == nil {
			err = work(cmd.Context(), a, args)
		}
		if err = errors.Join(err, a.end()); err != nil {
			return &callError{a, err}
		}
		return nil
	}
}

// newCall prepares the call of a command. The call is usable for reporting an
// error even when err is not nil.
func (e *Env) newCall(cmd *cobra.Command) (a *Call, err error) {
	a = e.unparsed()
	a.Command, a.root = commandWords(cmd), cmd.Root()
	a.resumes = slices.Contains(resumable, a.Command)
	if err := a.fill(cmd); err != nil {
		return a, err
	}
	a.Global = e.global
	a.Progress = newProgress(a)
	a.Stdin = &input{call: a, ctx: cmd.Context()}
	return a, a.Global.check(a.Command)
}

// unparsed is a call whose flags are not known yet, for reporting an error.
func (e *Env) unparsed() *Call {
	a := &Call{Env: e, private: &private{}}
	a.Global.output = cmp.Or(outputWish(e.Args), cmp.Or(e.Getenv(envName("output")), outputTable))
	return a
}

// end closes what the call opened.
func (a *Call) end() (err error) {
	for _, c := range slices.Backward(a.private.closers) {
		err = errors.Join(err, c.Close())
	}
	a.Progress.done()
	return err
}

// atEnd closes c when the command ends.
func (a *Call) atEnd(c io.Closer) { a.private.closers = append(a.private.closers, c) }

// resume is the command line that continues after an early end; "": none.
func (a *Call) resume() string {
	if !a.resumes {
		return ""
	}
	return a.again()
}

// forEnrolment is the call for the enrolment of that name.
func (a *Call) forEnrolment(name string) *Call {
	c := *a
	c.Global.name = name
	return &c
}

// forAccount is the call for the account of that name.
func (a *Call) forAccount(name string) *Call {
	c := *a
	c.Global.account = name
	return &c
}

// forServer is the call for the server of that name or URL.
func (a *Call) forServer(server string) *Call {
	c := *a
	c.Global.server = server
	return &c
}

// inState is the call with another state directory, as if --state named it.
func (a *Call) inState(dir string) *Call {
	c := *a
	c.Global.state = dir
	c.Settings.sources = maps.Clone(a.Settings.sources)
	c.Settings.sources["state"] = "flag"
	return &c
}
