package commands

import (
	"context"
	"crypto/x509"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/nfcert/nfcert/internal/enroll"
	"github.com/nfcert/nfcert/internal/nf"
	"github.com/nfcert/nfcert/internal/ui"
)

// enrollOptions are the flags of all steps.
type enrollOptions struct {
	account   accountFlags
	nf        nfFlags
	order     orderFlags
	challenge challengeFlags
	finalize  finalizeFlags
	lab       bool
}

func newEnroll(env *Env) *cobra.Command {
	o := &enrollOptions{}
	cmd := &cobra.Command{
		Use:   "enroll",
		Short: "All steps, resuming where an earlier run stopped",
		Long: `Run account, csr, order and finalize one after the other. Steps that are done are
passed over, so running it again after an interruption goes on from there.

With --lab a practice CA runs inside this process and a sample AMF enrols at it,
in a fresh directory that is named at the end: nothing has to be set up.`,
		Example: `  nfcert enroll --lab
  nfcert enroll -n amf-01 --nf amf-01.yaml --server https://ca.example/directory --ca-root ca.pem \
      --accept-tos --http-listen :80 --out /etc/open5gs/tls --layout open5gs`,
		Args: noArgs,
		RunE: env.run(func(ctx context.Context, a *Call, _ []string) error {
			if o.lab {
				return a.runEnrollLab(ctx, o)
			}
			return a.runEnroll(ctx, o)
		}),
	}
	section(cmd.Flags(), sectionAccount, o.account.addFlags)
	section(cmd.Flags(), sectionFunction, o.nf.addFlags)
	section(cmd.Flags(), sectionOrder, o.order.addFlags)
	section(cmd.Flags(), sectionProof, o.challenge.addFlags)
	section(cmd.Flags(), sectionCertificate, o.finalize.addFlags)
	cmd.Flags().BoolVar(&o.lab, "lab", false, "practice: start a lab CA in this process and enrol at it")
	return cmd
}

func (a *Call) runEnroll(ctx context.Context, o *enrollOptions) error {
	if err := a.needName(); err != nil {
		return err
	}
	return a.withSolvers(ctx, &o.challenge, func(ctx context.Context, s *session) error {
		return a.allSteps(ctx, s, o)
	})
}

// allSteps runs the flow.
func (a *Call) allSteps(ctx context.Context, s *session, o *enrollOptions) error {
	wishes, stdout, err := o.wishes(a, s)
	if err != nil {
		return err
	}
	en, unchanged, err := s.engine.Enroll(ctx, a.Global.name, wishes)
	if err != nil {
		return err
	}
	a.tellConfiguration(en, wishes.Finalize)
	if a.Global.output == outputJSONL {
		return ui.WriteJSONLine(a.Streams.Out, enrolmentDoc{APIVersion: apiVersion, Kind: "Enrolment", Enrolment: en, Unchanged: unchanged, Warnings: a.Progress.warnings()})
	}
	return a.printIssued(s, en, unchanged, stdout)
}

// wishes turns the flags of all steps into what the engine takes. stdout is the
// kind of file that goes to standard output.
func (o *enrollOptions) wishes(a *Call, s *session) (w enroll.Wishes, stdout string, err error) {
	if w.Account, err = o.account.options(a); err != nil {
		return w, "", err
	}
	if w.CSR, err = a.csrWishes(s, &o.nf); err != nil {
		return w, "", err
	}
	if w.Order, err = o.order.options(a); err != nil {
		return w, "", err
	}
	w.Order.Challenge = o.challenge.challenge
	if w.Finalize, stdout, err = o.finalize.options(a); err != nil {
		return w, "", err
	}
	w.Finalize.Anchors = s.server.roots
	return w, stdout, o.finalize.output.layout.unlock(a, &w.Finalize.Layout)
}

// runEnrollLab enrols a sample AMF at a lab CA in this process, in a fresh
// directory unless --state names one.
func (a *Call) runEnrollLab(ctx context.Context, o *enrollOptions) error {
	if a.Global.server != "" {
		return usagef("leave one of them out", "--lab brings its own CA, and --server names another")
	}
	var dir string
	if a.Global.state == "" {
		var err error
		if dir, err = os.MkdirTemp("", "nfcert-lab-"); err != nil {
			return &enroll.OutputError{Err: err}
		}
		a = a.inState(filepath.Join(dir, "state"))
	}
	if a.Global.name == "" {
		a = a.forEnrolment("amf-01")
	}
	sample := nf.SampleAMF()
	o.nf.sample = &sample
	if o.finalize.output.dir == "" && dir != "" {
		o.finalize.output.dir = filepath.Join(dir, "tls")
	}
	o.account.acceptTOS = true
	return a.inLab(ctx, func(ctx context.Context, s *session, roots []*x509.Certificate) error {
		o.finalize.roots = roots
		return a.allSteps(ctx, s, o)
	})
}
