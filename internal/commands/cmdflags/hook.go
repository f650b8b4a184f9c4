package cmdflags

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/nfcert/nfcert/internal/commands/cli"
	"github.com/nfcert/nfcert/internal/enroll"
	"github.com/nfcert/nfcert/internal/layout"
)

// Hook say what to run when new files are in place.
type Hook struct {
	command string
	timeout time.Duration
	args    []string
}

func (o *Hook) AddFlags(fs *pflag.FlagSet) {
	fs.StringVar(&o.command, "hook", "", "run `COMMAND` when the new files are in place; no shell is between, $NFCERT_HOOK_NAME, $NFCERT_HOOK_CERT, $NFCERT_HOOK_KEY and others tell it which")
	fs.DurationVar(&o.timeout, "hook-timeout", time.Minute, "bound on the hook")
}

func (o *Hook) Check() (err error) {
	switch {
	case o.command == "":
		return nil
	case o.timeout <= 0:
		return cli.Usagef("", "--hook-timeout %s: want more than zero, as in 1m", o.timeout)
	}
	o.args, err = cli.SplitCommand("hook", o.command)
	return err
}

// HookError says that the new files are in place and the hook did not end well.
type HookError struct {
	Command string
	Err     error
	Stderr  string // the end of what it said; "": nothing
}

func (e *HookError) Error() string {
	s := fmt.Sprintf("the new files are in place, and the hook %s failed: %v", e.Command, e.Err)
	if e.Stderr != "" {
		s += ": " + e.Stderr
	}
	return s
}

func (e *HookError) Unwrap() error { return e.Err }

// Runner is what the engine calls; nil: there is no hook.
func (o *Hook) Runner(call *cli.Call) func(context.Context, *enroll.Enrolment) error {
	if len(o.args) == 0 {
		return nil
	}
	return func(ctx context.Context, en *enroll.Enrolment) error {
		call.Progress.Note("running the hook %s", o.args[0])
		return o.run(ctx, en)
	}
}

// Bounds of a hook.
const (
	maxHookStderr = 2 << 10
	hookEnds      = 2 * time.Second // how long its children may hold its output open
)

// run starts the hook and waits for it. What it prints is told only when it
// fails: stdout is the answer's.
func (o *Hook) run(ctx context.Context, en *enroll.Enrolment) error {
	bounded, cancel := context.WithTimeout(ctx, o.timeout)
	defer cancel()
	cmd := exec.CommandContext(bounded, o.args[0], o.args[1:]...)
	cmd.Env = append(withoutSecrets(os.Environ()), hookVariables(en)...)
	cmd.WaitDelay = hookEnds
	stderr := &tail{limit: maxHookStderr}
	cmd.Stderr = stderr
	err := cmd.Run()
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	case bounded.Err() != nil:
		err = fmt.Errorf("it took longer than %s", o.timeout)
	}
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		err = errors.New(exit.String())
	}
	return &HookError{Command: o.args[0], Err: err, Stderr: strings.TrimSpace(stderr.String())}
}

// withoutSecrets leaves out of an environment what only nfcert is to know.
func withoutSecrets(env []string) []string {
	return slices.DeleteFunc(env, func(v string) bool {
		name, _, _ := strings.Cut(v, "=")
		return name == "NFCERT_EAB_KEY" || strings.HasPrefix(name, "NFCERT_") && strings.HasSuffix(name, "_PASSPHRASE")
	})
}

// hookVariables tell a hook what was renewed. They name files, never what is in
// them.
func hookVariables(en *enroll.Enrolment) []string {
	c := en.Certificate
	vars := []string{
		"NFCERT_HOOK_NAME=" + en.Name, "NFCERT_HOOK_SERIAL=" + c.Serial,
		"NFCERT_HOOK_NOT_AFTER=" + c.NotAfter.UTC().Format(time.RFC3339),
	}
	if en.NF != nil {
		vars = append(vars, "NFCERT_HOOK_NF_TYPE="+en.NF.Type)
	}
	// A core's layout has the chain with the certificate, or both apart.
	for _, v := range []struct {
		name  string
		kinds []string
	}{
		{"CERT", []string{layout.KindCert, layout.KindFullchain}},
		{"CHAIN", []string{layout.KindChain}},
		{"FULLCHAIN", []string{layout.KindFullchain}},
		{"KEY", []string{layout.KindKey}},
		{"CA", []string{layout.KindCA}},
		{"PKCS12", []string{layout.KindPKCS12}},
		{"SECRET", []string{layout.KindSecret}},
	} {
		for _, kind := range v.kinds {
			if path := c.Files[kind]; path != "" {
				vars = append(vars, "NFCERT_HOOK_"+v.name+"="+path)
				break
			}
		}
	}
	return vars
}

// tail keeps the end of what is written.
type tail struct {
	buf   bytes.Buffer
	limit int
}

func (t *tail) Write(p []byte) (int, error) {
	t.buf.Write(p)
	if over := t.buf.Len() - t.limit; over > 0 {
		t.buf.Next(over)
	}
	return len(p), nil
}

func (t *tail) String() string { return t.buf.String() }
