package cmdflags

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/nfcert/nfcert/internal/commands/cli"
	"github.com/nfcert/nfcert/internal/enroll"
	"github.com/nfcert/nfcert/internal/layout"
)

// Hook has the flags of the program that runs after new files are installed.
type Hook struct {
	command string
	timeout time.Duration
	args    []string
}

// AddFlags adds the flags.
func (o *Hook) AddFlags(fs *pflag.FlagSet) {
	fs.StringVar(&o.command, "hook", "", "run `COMMAND` after the new files are installed, directly, not through a shell; $NFCERT_HOOK_NAME, $NFCERT_HOOK_CERT, $NFCERT_HOOK_KEY and others name the enrolment and its files")
	fs.DurationVar(&o.timeout, "hook-timeout", time.Minute, "time limit for --hook")
}

// Check checks the flags.
func (o *Hook) Check() (err error) {
	switch {
	case o.command == "":
		return nil
	case o.timeout <= 0:
		return cli.Usagef("as in --hook-timeout 1m", "--hook-timeout %s: want more than zero", o.timeout)
	}
	o.args, err = cli.SplitCommand("hook", o.command)
	return err
}

// HookError says that the new files are installed and the hook failed.
type HookError struct {
	Command string
	Err     error
	Stderr  string // the end of its stderr
}

func (e *HookError) Error() string {
	s := fmt.Sprintf("the new files are installed, but the hook %s failed: %v", e.Command, e.Err)
	if e.Stderr != "" {
		s += ": " + e.Stderr
	}
	return s
}

func (e *HookError) Unwrap() error { return e.Err }

// Runner returns the function that runs the hook; nil: there is no hook.
func (o *Hook) Runner(call *cli.Call) func(context.Context, *enroll.Enrolment) error {
	if len(o.args) == 0 {
		return nil
	}
	return func(ctx context.Context, en *enroll.Enrolment) error {
		call.Progress.Note("running the hook %s", o.args[0])
		return o.run(ctx, en)
	}
}

// run runs the hook. Its stdout is discarded, because the answer of nfcert is on
// stdout.
func (o *Hook) run(ctx context.Context, en *enroll.Enrolment) error {
	p := program{args: o.args, limit: o.timeout, env: append(withoutSecrets(os.Environ()), hookVariables(en)...)}
	_, stderr, err := p.run(ctx)
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	}
	return &HookError{Command: o.args[0], Err: err, Stderr: stderr}
}

// withoutSecrets removes the secrets of nfcert from an environment.
func withoutSecrets(env []string) []string {
	return slices.DeleteFunc(env, func(v string) bool {
		name, _, _ := strings.Cut(v, "=")
		return name == varEABKey || strings.HasPrefix(name, "NFCERT_") && strings.HasSuffix(name, "_PASSPHRASE")
	})
}

// hookVariables returns the environment variables for the hook. They name files
// and never contain what is in them.
func hookVariables(en *enroll.Enrolment) []string {
	c := en.Certificate
	vars := []string{
		"NFCERT_HOOK_NAME=" + en.Name, "NFCERT_HOOK_SERIAL=" + c.Serial,
		"NFCERT_HOOK_NOT_AFTER=" + c.NotAfter.UTC().Format(time.RFC3339),
	}
	if en.NF != nil {
		vars = append(vars, "NFCERT_HOOK_NF_TYPE="+en.NF.Type)
	}
	// Some layouts have the certificate only in the full chain.
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
