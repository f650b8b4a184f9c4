// Package lab is nfcert lab: a practice CA and Token Authority for a terminal or a
// command.
package lab

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/nfcert/nfcert/internal/commands/cli"
	"github.com/nfcert/nfcert/internal/commands/practice"
	"github.com/nfcert/nfcert/internal/lab"
	"github.com/nfcert/nfcert/internal/ui"
)

// New returns the command.
func New(env *cli.Env) *cobra.Command {
	cmd := &cobra.Command{
		Use: "lab", Short: "Run a practice ACME CA and Token Authority on loopback; never for production",
		Long: "An ACME CA on loopback, which checks as strictly as RFC 8555 allows and issues what\nthe 5GC profiles ask for. With it runs a Token Authority, like the OAM of TS 33.310\nAnnex J: its tokens prove NF instance ids. " + capital(lab.Notice) + ".",
	}
	cmd.AddCommand(newLabUp(env), newLabExec(env))
	return env.Group(cmd)
}

func capital(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

func newLabUp(env *cli.Env) *cobra.Command {
	o := &practice.Options{}
	cmd := &cobra.Command{
		Use: "up", Short: "Run a lab CA until interrupted",
		Long: "Run a lab CA until it is interrupted, and print the settings that point nfcert at\nit as shell commands. They include a separate state directory, so that the lab\nnever changes yours.\n\n" + misbehaviourHelp(),
		Example: `  nfcert lab up
  nfcert lab up --misbehave bad-nonce=50 --misbehave retry-after-past`,
		Args: cli.NoArgs,
		RunE: env.Run(func(ctx context.Context, call *cli.Call, _ []string) error { return runLabUp(ctx, call, o) }),
	}
	o.AddFlags(cmd.Flags())
	return cmd
}

func misbehaviourHelp() string {
	var b strings.Builder
	b.WriteString("Faults of --misbehave:\n")
	for _, m := range lab.Misbehaviours() {
		name := m.Name
		switch {
		case strings.HasPrefix(m.Value, "["):
			name += "[=" + m.Value[1:]
		case m.Value != "":
			name += "=" + m.Value
		}
		b.WriteString("  " + name + "\n")
		for _, line := range ui.Wrap(m.Does, 72) {
			b.WriteString("      " + line + "\n")
		}
	}
	return strings.TrimSuffix(b.String(), "\n")
}

func runLabUp(ctx context.Context, call *cli.Call, o *practice.Options) error {
	r, err := practice.Start(ctx, call, o)
	if err != nil {
		return err
	}
	if err := printLab(call, r); err != nil {
		return errors.Join(err, r.Stop())
	}
	<-ctx.Done()
	return r.Stop()
}

// printLab prints the settings as shell commands or as a document.
func printLab(call *cli.Call, r *practice.Running) error {
	if call.Global.Output == cli.OutputJSON {
		return ui.WriteJSON(call.Streams.Out, map[string]any{"apiVersion": cli.APIVersion, "kind": "Lab", "directory": r.DirectoryURL(), "environment": r.Settings, "warnings": call.Progress.Warnings()})
	}
	var b strings.Builder
	for _, s := range r.Settings {
		fmt.Fprintf(&b, "export %s=%s\n", s.Name, cli.ShellQuote(s.Value))
	}
	if err := cli.WriteAll(call.Streams.Out, []byte(b.String())); err != nil {
		return err
	}
	call.Progress.Note("The lab CA runs until interrupted. Paste these lines into another terminal, then type: nfcert account")
	return nil
}

func newLabExec(env *cli.Env) *cobra.Command {
	o := &practice.Options{}
	cmd := &cobra.Command{
		Use: "exec [flags] -- COMMAND [ARG...]", Short: "Run a command with a lab CA; the lab ends with it",
		Long: `Run a command with a lab CA: variables point nfcert at the lab and at a separate
state directory. When the command ends, the lab ends and its files are removed. The
exit code is the command's. A shell on a terminal begins with what to type first.`,
		Example: `  nfcert lab exec -- sh
  nfcert lab exec -- sh -c 'nfcert account && nfcert csr -n amf-01 --nf amf-01.yaml &&
      nfcert order -n amf-01 && nfcert finalize -n amf-01 --out .'`,
		Args: cli.WantArgs(1, -1, "a command after --"),
		RunE: env.Run(func(ctx context.Context, call *cli.Call, args []string) error { return runLabExec(ctx, call, o, args) }),
	}
	o.AddFlags(cmd.Flags())
	return cmd
}

// greeting is printed before an interactive shell starts.
const greeting = `A practice CA runs, and ends with this shell (exit). Try:
  nfcert account
  nfcert csr amf-01 --nf-type AMF --nf-instance-id new --plmn 001-01 --country SE \
      --fqdn amf1.amf.5gc.mnc001.mcc001.3gppnetwork.org
  nfcert order amf-01
  nfcert finalize amf-01
  nfcert show amf-01`

// greet tells the user of an interactive shell what to type first.
func greet(call *cli.Call, command []string) {
	shells := []string{"sh", "ash", "bash", "dash", "fish", "ksh", "zsh", "cmd.exe", "powershell.exe", "pwsh"}
	if len(command) > 1 || !call.Streams.InTTY || !call.Streams.ErrTTY || !slices.Contains(shells, filepath.Base(command[0])) {
		return
	}
	for line := range strings.SplitSeq(greeting, "\n") {
		call.Progress.Note("%s", line)
	}
}

func runLabExec(ctx context.Context, call *cli.Call, o *practice.Options, args []string) error {
	r, err := practice.Start(ctx, call, o)
	if err != nil {
		return err
	}
	child := exec.CommandContext(ctx, args[0], args[1:]...)
	child.Stdin, child.Stdout, child.Stderr = call.Streams.In, call.Streams.Out, call.Streams.Err
	child.Cancel = func() error { return child.Process.Signal(os.Interrupt) }
	child.WaitDelay = 10 * time.Second
	child.Env = os.Environ()
	if self, err := os.Executable(); err == nil { // lets the command find nfcert
		child.Env = append(child.Env, "PATH="+filepath.Dir(self)+string(os.PathListSeparator)+call.Getenv("PATH"))
	}
	for _, s := range r.Settings {
		child.Env = append(child.Env, s.Name+"="+s.Value)
	}
	greet(call, args)
	runErr := child.Run()
	stopErr := r.Stop()
	if exit, ok := cli.As[*exec.ExitError](runErr); ok && exit.ExitCode() > 0 {
		return &cli.ExitError{Code: exit.ExitCode()}
	}
	if runErr != nil {
		return errors.Join(cli.Usagef("", "cannot run %q: %v", args[0], runErr), stopErr)
	}
	return stopErr
}
