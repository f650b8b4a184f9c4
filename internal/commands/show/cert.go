package show

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/nfcert/nfcert/internal/certsource"
	"github.com/nfcert/nfcert/internal/commands/cli"
	"github.com/nfcert/nfcert/internal/commands/cmdflags"
	"github.com/nfcert/nfcert/internal/commands/credential"
	"github.com/nfcert/nfcert/internal/commands/view"
	"github.com/nfcert/nfcert/internal/ui"
)

func newCert(env *cli.Env) *cobra.Command {
	var o cmdflags.Source
	cmd := &cobra.Command{
		Use: "cert [FILE|HOST:PORT|NAME]", Short: "Show certificates of an enrolment, a file or a TLS server", Args: cli.WantArgs(0, 1, "at most one file, HOST:PORT or name"),
		Long: `Show what certificates contain, what that means in the 5G core, and which of them
issued which. NAME is an enrolment. FILE is PEM (other blocks and text are
skipped, private keys are not read), DER, PKCS#12 or PKCS#7; - is standard input.

HOST:PORT is a TLS server. nfcert shows its chain without trusting it, with the
TLS version, the cipher suite, and whether the server asks for a client
certificate. To send one, use --client-cert and --client-key.

A malformed certificate is shown as far as it can be read, with one line for each
fault. To check certificates against their profile, use nfcert lint.`,
		Example: `  nfcert show cert amf-01
  nfcert show cert chain.pem
  nfcert show cert amf.p12 --passphrase-file amf.pass
  nfcert show cert nrf.5gc.mnc001.mcc001.3gppnetwork.org:443`,
		RunE: env.Run(func(ctx context.Context, call *cli.Call, args []string) error {
			return runCert(ctx, call, &o, args)
		}),
	}
	o.AddFlags(cmd.Flags())
	o.AddServerFlags(cmd.Flags())
	return env.NameOrFile(cmd)
}

func runCert(ctx context.Context, call *cli.Call, o *cmdflags.Source, args []string) error {
	art, err := source(ctx, call, o, args, certsource.Certificate)
	if err != nil {
		return err
	}
	items, others, err := credential.OfKind(art, certsource.Certificate)
	if err != nil {
		return err
	}
	docs := make([]*view.CertificateDoc, len(items))
	for i, item := range items {
		docs[i] = view.NewCertificateDoc(item, call.Clock())
	}
	paths := view.Link(docs)
	rest := view.Leftover{Faults: view.FaultTexts(art), Skipped: art.Skipped, Requests: others}
	if call.Global.Output != cli.OutputTable {
		return ui.WriteJSON(call.Streams.Out, view.ManyCertificates{
			DocumentHead: view.DocumentHead{APIVersion: cli.APIVersion, Kind: "Certificate", File: art.Name},
			Certificates: docs, Chains: paths, TLS: art.TLS, Leftover: rest,
		})
	}
	page := view.NewPage(call)
	view.ServerFields(page.Section(), art.TLS)
	if len(docs) > 1 {
		view.ChainFields(page.Section(), docs, paths)
	}
	for i, doc := range docs {
		f := page.Section()
		f.Add("certificate", view.Place(i, len(docs)))
		doc.Fields(f)
	}
	rest.Fields(page.Section())
	return page.Write()
}
