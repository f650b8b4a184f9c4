package commands

import (
	"context"
	"crypto/x509"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/nfcert/nfcert/internal/enroll"
)

// finalizeFlags say how to judge the certificate and where to put it.
type finalizeFlags struct {
	output     outputFlags
	noWait     bool
	chain      string
	issuerRoot string
	lint       string
	roots      []*x509.Certificate // a lab's, instead of issuerRoot
}

func (o *finalizeFlags) addFlags(fs *pflag.FlagSet) {
	o.output.addFlags(fs)
	fs.StringVar(&o.chain, "chain", "", "of several chains take the one whose end has `ISSUER` in its name")
	fs.StringVar(&o.issuerRoot, "issuer-root", "", "PEM `FILE` of roots that the certificate must verify to (default: what the CA sends)")
	fs.StringVar(&o.lint, "lint", lintWarn, "judge the certificate before it is installed, as nfcert lint does by our rules: error (one that breaks its profile is not installed), warn or off")
}

// options turns the flags into what the engine takes. stdout is the kind of
// file that goes to standard output.
func (o *finalizeFlags) options(a *Call) (out enroll.FinalizeOptions, stdout string, err error) {
	if out.Outputs, stdout, err = o.output.outputs(); err != nil {
		return out, "", err
	}
	if out.Layout, err = o.output.layout.options(a, o.output.dir); err != nil {
		return out, "", err
	}
	if out.Judge, err = a.judgeIssued(o.lint); err != nil {
		return out, "", err
	}
	out.NoWait, out.Chain, out.Overwrite = o.noWait, o.chain, o.output.force
	out.Roots, out.NeedKey = o.roots, o.output.key != ""
	out.Acceptance.Chain = o.chain
	if o.lint != lintWarn {
		out.Acceptance.Lint = o.lint
	}
	if o.issuerRoot != "" {
		if out.Acceptance.IssuerRoot, err = absolute(o.issuerRoot); err != nil {
			return out, stdout, err
		}
		out.Roots, err = readCertificates(o.issuerRoot)
	}
	return out, stdout, err
}

func readCertificates(path string) ([]*x509.Certificate, error) {
	data, err := readFile(path, maxPEM)
	if err != nil {
		return nil, err
	}
	certs, err := enroll.ParseCertificates(data)
	if err != nil {
		return nil, &inputError{File: path, Err: err}
	}
	return certs, nil
}

func newFinalize(env *Env) *cobra.Command {
	o := &finalizeFlags{}
	cmd := &cobra.Command{
		Use:   "finalize",
		Short: "Send the CSR, wait, download, verify, compare with what was asked for, save",
		Long: `Send the CSR of an order that is ready (RFC 8555 section 7.4), download the
certificate and verify it before it is installed: its key must be the CSR's, its
names the order's, and its chain must end at a root. Whatever else the CA
dropped, changed or added against the CSR is listed under "differences". What it
has against its profile is warned of, or with --lint error keeps it from being
installed.

Without --out and its like the files stay in the state; show tells where. Run
again, it installs them once more, in another place or another layout, and asks
the CA nothing. --layout names and encodes them as a 5G core wants them, and the
lines for its configuration are told on stderr: see docs/layouts.md.`,
		Example: `  nfcert finalize -n amf-01 --out /etc/open5gs/tls --layout open5gs
  nfcert finalize -n amf-01 --issuer-root operator-root.pem --fullchain-out amf.crt --key-out amf.key`,
		Args: noArgs,
		RunE: env.run(func(ctx context.Context, a *Call, _ []string) error { return a.runFinalize(ctx, o) }),
	}
	o.addFlags(cmd.Flags())
	cmd.Flags().BoolVar(&o.noWait, "no-wait", false, "send the CSR and do not wait for the certificate")
	return cmd
}

func (a *Call) runFinalize(ctx context.Context, o *finalizeFlags) error {
	options, stdout, err := o.options(a)
	if err != nil {
		return err
	}
	if err := a.mustExist(); err != nil {
		return err
	}
	if err := o.output.layout.unlock(a, &options.Layout); err != nil {
		return err
	}
	return a.withServer(ctx, func(ctx context.Context, s *session) error {
		options.Anchors = s.server.roots
		en, unchanged, err := s.engine.Finalize(ctx, a.Global.name, options)
		if err != nil {
			return err
		}
		a.tellConfiguration(en, options)
		return a.printIssued(s, en, unchanged, stdout)
	})
}

// printIssued prints the enrolment, or the file that stdout was to carry.
func (a *Call) printIssued(s *session, en *enroll.Enrolment, unchanged bool, stdout string) error {
	if stdout == "" {
		return a.printEnrolment(en, unchanged)
	}
	data, err := s.engine.Content(en, stdout)
	if err != nil {
		return err
	}
	return writeAll(a.Streams.Out, data)
}
