// Package enroll is nfcert enroll: all steps in one run.
package enroll

import (
	"context"
	"crypto/x509"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/nfcert/nfcert/internal/commands/cli"
	"github.com/nfcert/nfcert/internal/commands/cmdflags"
	"github.com/nfcert/nfcert/internal/commands/practice"
	"github.com/nfcert/nfcert/internal/commands/session"
	"github.com/nfcert/nfcert/internal/commands/view"
	"github.com/nfcert/nfcert/internal/enroll"
	"github.com/nfcert/nfcert/internal/nf"
	"github.com/nfcert/nfcert/internal/ui"
)

// enrollOptions are the flags of all steps.
type enrollOptions struct {
	account   cmdflags.Account
	nf        cmdflags.NF
	order     cmdflags.Order
	challenge cmdflags.Challenge
	finalize  cmdflags.Finalize
	lab       bool
}

// New returns the command.
func New(env *cli.Env) *cobra.Command {
	o := &enrollOptions{finalize: cmdflags.Finalize{PrintsEnrolment: true}}
	cmd := &cobra.Command{
		Use:   "enroll",
		Short: "Run all steps, or resume them",
		Long: `Run account, csr, order and finalize, one after the other. Steps that are done are
skipped, so after an interruption run enroll again: it continues where it stopped.
--hook runs a program once after files were installed.

--lab starts a practice CA inside this process and enrols a sample AMF there, in a
new temporary directory. It needs no setup.`,
		Example: `  nfcert enroll --lab
  nfcert enroll -n amf-01 --nf amf-01.yaml \
      --server https://ca.example/directory --ca-root ca.pem \
      --accept-tos --http-listen :80 --out /etc/open5gs/tls --layout open5gs \
      --hook 'systemctl try-restart open5gs-amfd'`,
		RunE: env.Run(func(ctx context.Context, call *cli.Call, _ []string) error {
			if o.lab {
				return runEnrollLab(ctx, call, o)
			}
			return runEnroll(ctx, call, o)
		}),
	}
	cli.Section(cmd.Flags(), cli.SectionAccount, o.account.AddFlags)
	cli.Section(cmd.Flags(), cli.SectionFunction, o.nf.AddFlags)
	cli.Section(cmd.Flags(), cli.SectionOrder, o.order.AddFlags)
	cli.Section(cmd.Flags(), cli.SectionProof, o.challenge.AddFlags)
	cli.Section(cmd.Flags(), cli.SectionCertificate, o.finalize.AddFlags)
	cmd.Flags().BoolVar(&o.lab, "lab", false, "practice: start a lab CA in this process and enrol there")
	cli.Formats(cmd, cli.OutputTable, cli.OutputJSON, cli.OutputJSONL, cli.OutputName)
	return env.Named(cmd)
}

func runEnroll(ctx context.Context, call *cli.Call, o *enrollOptions) error {
	if err := session.Named(call); err != nil {
		return err
	}
	s, err := session.Local(call)
	if err != nil {
		return err
	}
	return cmdflags.WithSolvers(ctx, s, &o.challenge, func(ctx context.Context, s *session.Session) error {
		return allSteps(ctx, call, s, o)
	})
}

// allSteps runs the steps and prints the result.
func allSteps(ctx context.Context, call *cli.Call, s *session.Session, o *enrollOptions) error {
	options, stdout, err := o.options(call, s)
	if err != nil {
		return err
	}
	en, unchanged, err := s.Engine.Enroll(ctx, call.Global.Name, options)
	if err != nil {
		return err
	}
	view.PrintConfiguration(call, en, options.Finalize)
	if call.Global.Output == cli.OutputJSONL {
		return ui.WriteJSONLine(call.Streams.Out, view.EnrolmentDoc{APIVersion: cli.APIVersion, Kind: "Enrolment", Enrolment: en, Unchanged: unchanged, Warnings: call.Progress.Warnings()})
	}
	return view.PrintIssued(call, s, en, unchanged, stdout)
}

// options turns the flags of all steps into what the engine takes. stdout is the
// kind of file that goes to standard output; "": none.
func (o *enrollOptions) options(call *cli.Call, s *session.Session) (w enroll.Options, stdout string, err error) {
	if w.Account, err = o.account.Options(call); err != nil {
		return w, "", err
	}
	if w.CSR, err = o.nf.Options(s); err != nil {
		return w, "", err
	}
	if w.Order, err = o.order.Options(call); err != nil {
		return w, "", err
	}
	o.challenge.Into(&w.Order)
	if w.Finalize, stdout, err = o.finalize.Options(call); err != nil {
		return w, "", err
	}
	w.Finalize.Anchors = s.Server.Roots
	return w, stdout, o.finalize.Output.Layout.Unlock(call, &w.Finalize.Layout)
}

// runEnrollLab enrols a sample AMF at a lab CA in this process, in a new temporary
// directory unless --state names one.
func runEnrollLab(ctx context.Context, call *cli.Call, o *enrollOptions) error {
	if call.Global.Server != "" {
		return cli.Usagef("omit one of them", "--lab starts its own CA, and --server names another")
	}
	var dir string
	if call.Global.State == "" {
		var err error
		if dir, err = os.MkdirTemp("", "nfcert-lab-"); err != nil {
			return &enroll.OutputError{Err: err}
		}
		call = call.InState(filepath.Join(dir, "state"))
	}
	if call.Global.Name == "" {
		call = call.ForEnrolment("amf-01")
	}
	sample := nf.SampleAMF()
	o.nf.Sample = &sample
	if o.finalize.Output.Dir == "" && dir != "" {
		o.finalize.Output.Dir = filepath.Join(dir, "tls")
	}
	o.account.AcceptTOS = true
	return practice.InLab(ctx, call, func(ctx context.Context, s *session.Session, roots []*x509.Certificate) error {
		o.finalize.Roots = roots
		return allSteps(ctx, call, s, o)
	})
}
