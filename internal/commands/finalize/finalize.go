// Package finalize is nfcert finalize: from an order that is ready to an installed
// certificate.
package finalize

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/nfcert/nfcert/internal/commands/cli"
	"github.com/nfcert/nfcert/internal/commands/cmdflags"
	"github.com/nfcert/nfcert/internal/commands/session"
	"github.com/nfcert/nfcert/internal/commands/view"
)

// New returns the command.
func New(env *cli.Env) *cobra.Command {
	o := &cmdflags.Finalize{PrintsEnrolment: true}
	cmd := &cobra.Command{
		Use:   "finalize",
		Short: "Send the CSR, download the certificate, verify and install it",
		Long: `Send the CSR of an order that is ready (RFC 8555 section 7.4), wait for the
certificate, download it, and verify it before it is installed. Its key must be
that of the CSR, its names those of the order, and its chain must end at a root.
Everything else that the CA dropped, changed or added compared with the CSR is
listed under "differences". If the certificate breaks its profile, nfcert prints a
warning; with --lint error it does not install the certificate.

Without --out or another output flag, the files are only in the state directory;
show prints their paths. A second run installs the files again, also in another
directory or layout, without a request to the CA. --layout names and encodes the
files for a 5G core and prints the lines for its configuration on stderr: see
docs/layouts.md. --hook runs a program once after files were installed: a 5G core
must be restarted then, because it does not read new files while it runs.`,
		Example: `  nfcert finalize -n amf-01 --out /etc/open5gs/tls --layout open5gs
  nfcert finalize -n amf-01 --out /etc/open5gs/tls --layout open5gs \
      --hook 'systemctl try-restart open5gs-amfd'
  nfcert finalize -n amf-01 --issuer-root operator-root.pem \
      --fullchain-out amf.crt --key-out amf.key`,
		RunE: env.Run(func(ctx context.Context, call *cli.Call, _ []string) error { return runFinalize(ctx, call, o) }),
	}
	o.AddFlags(cmd.Flags())
	cmd.Flags().BoolVar(&o.NoWait, "no-wait", false, "send the CSR and do not wait for the certificate")
	return env.Named(cmd)
}

func runFinalize(ctx context.Context, call *cli.Call, o *cmdflags.Finalize) error {
	options, stdout, err := o.Options(call)
	if err != nil {
		return err
	}
	s, err := session.Existing(call)
	if err != nil {
		return err
	}
	call = s.Call
	if err := o.Output.Layout.Unlock(call, &options.Layout); err != nil {
		return err
	}
	return s.WithServer(ctx, func(ctx context.Context, s *session.Session) error {
		options.Anchors = s.Server.Roots
		en, unchanged, err := s.Engine.Finalize(ctx, call.Global.Name, options)
		if err != nil {
			return err
		}
		view.PrintConfiguration(call, en, options)
		return view.PrintIssued(call, s, en, unchanged, stdout)
	})
}
