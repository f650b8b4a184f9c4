// Package finalize is nfcert finalize.
package finalize

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/nfcert/nfcert/internal/commands/cli"
	"github.com/nfcert/nfcert/internal/commands/cmdflags"
	"github.com/nfcert/nfcert/internal/commands/session"
	"github.com/nfcert/nfcert/internal/commands/view"
)

func New(env *cli.Env) *cobra.Command {
	o := &cmdflags.Finalize{}
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
	call, err = session.Existing(call)
	if err != nil {
		return err
	}
	if err := o.Output.Layout.Unlock(call, &options.Layout); err != nil {
		return err
	}
	return session.WithServer(ctx, call, func(ctx context.Context, s *session.Session) error {
		options.Anchors = s.Server.Roots
		en, unchanged, err := s.Engine.Finalize(ctx, call.Global.Name, options)
		if err != nil {
			return err
		}
		view.PrintConfiguration(call, en, options)
		return view.PrintIssued(call, s, en, unchanged, stdout)
	})
}
