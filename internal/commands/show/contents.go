package show

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/nfcert/nfcert/internal/certsource"
	"github.com/nfcert/nfcert/internal/commands/cli"
	"github.com/nfcert/nfcert/internal/commands/cmdflags"
	"github.com/nfcert/nfcert/internal/commands/credential"
	"github.com/nfcert/nfcert/internal/commands/session"
	"github.com/nfcert/nfcert/internal/commands/view"
	"github.com/nfcert/nfcert/internal/enroll"
	"github.com/nfcert/nfcert/internal/ui"
)

func newShowCSR(env *cli.Env) *cobra.Command {
	var o cmdflags.Source
	cmd := &cobra.Command{
		Use: "csr [FILE|NAME]", Short: "What a CSR asks for: an enrolment's, or a file's", Args: cli.WantArgs(0, 1, "at most one file"),
		Long: `Show what a certificate request asks for, and what that means in the 5G core:
an enrolment's with -n, or a file's. FILE is PEM (other blocks and text in it
are passed over) or DER; - is standard input. The signature of a request proves
that its maker has the key; whether it does is told.

What is malformed is shown as far as it can be read, with a line for each
fault. Nothing is judged.`,
		Example: `  nfcert show csr -n amf-01
  nfcert show csr vendor.csr
  nfcert show csr vendor.csr -o json`,
		RunE: env.Run(func(ctx context.Context, call *cli.Call, args []string) error { return runShowCSR(ctx, call, &o, args) }),
	}
	o.AddFlags(cmd.Flags())
	return cmd
}

func runShowCSR(ctx context.Context, call *cli.Call, o *cmdflags.Source, args []string) error {
	art, err := source(ctx, call, o, args, certsource.CSR)
	if err != nil {
		return err
	}
	items, others, err := credential.OfKind(art, certsource.CSR)
	if err != nil {
		return err
	}
	docs := make([]*view.RequestDoc, len(items))
	for i, item := range items {
		docs[i] = view.NewRequestDoc(item)
	}
	rest := view.Leftover{Faults: view.FaultTexts(art), Skipped: art.Skipped, Certificates: others}
	if call.Global.Output != cli.OutputTable {
		head := view.DocumentHead{APIVersion: cli.APIVersion, Kind: "CSR", File: art.Name}
		if len(docs) == 1 {
			return ui.WriteJSON(call.Streams.Out, view.OneRequest{DocumentHead: head, RequestDoc: docs[0], Leftover: rest})
		}
		head.Kind = "CSRs"
		return ui.WriteJSON(call.Streams.Out, view.ManyRequests{DocumentHead: head, Requests: docs, Leftover: rest})
	}
	page := view.NewPage(call)
	for i, doc := range docs {
		f := page.Section()
		f.Add("request", view.Place(i, len(docs)))
		doc.Fields(f)
	}
	rest.Fields(page.Section())
	return page.Write()
}

func newShowCert(env *cli.Env) *cobra.Command {
	var o cmdflags.Source
	cmd := &cobra.Command{
		Use: "cert [FILE|HOST:PORT|NAME]", Short: "What a certificate says: an enrolment's, a file's, or a server's", Args: cli.WantArgs(0, 1, "at most one file or HOST:PORT"),
		Long: `Show what certificates say, what that means in the 5G core, and which of them
issued which: an enrolment's with -n, a file's, or a server's. FILE is PEM
(other blocks and text in it are passed over, private keys unread), DER,
PKCS#12 or PKCS#7; - is standard input. HOST:PORT, where no file has that name,
is a TLS server: the chain that it shows is taken without trusting it, and
version, cipher suite and whether it asks for a client certificate are told
beside (--client-cert and --client-key give it one).

What is malformed is shown as far as it can be read, with a line for each
fault. Nothing is judged.`,
		Example: `  nfcert show cert -n amf-01
  nfcert show cert chain.pem
  nfcert show cert amf.p12 --passphrase-file amf.pass
  nfcert show cert nrf.5gc.mnc001.mcc001.3gppnetwork.org:443`,
		RunE: env.Run(func(ctx context.Context, call *cli.Call, args []string) error {
			return runShowCert(ctx, call, &o, args)
		}),
	}
	o.AddFlags(cmd.Flags())
	o.AddServerFlags(cmd.Flags())
	return cmd
}

func runShowCert(ctx context.Context, call *cli.Call, o *cmdflags.Source, args []string) error {
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

// source reads what the argument names, or what an enrolment has of the kind. A
// file comes before an enrolment of the same name.
func source(ctx context.Context, call *cli.Call, o *cmdflags.Source, args []string, kind certsource.Kind) (*certsource.Contents, error) {
	ctx, cancel := call.Bounded(ctx)
	defer cancel()
	s, err := session.Local(call)
	if err != nil {
		return nil, err
	}
	if len(args) == 1 {
		if named := session.ForArgument(call, s, args[0]); named != nil {
			call = named
		} else {
			return o.ReadSource(ctx, call, args[0], kind == certsource.CSR)
		}
	}
	if call, err = session.Existing(call); err != nil {
		return nil, err
	}
	en, err := enroll.Load(s.Store, call.Global.Name)
	if err != nil {
		return nil, err
	}
	path := ""
	switch {
	case kind == certsource.CSR && en.CSR != nil:
		path = en.CSR.File
	case kind == certsource.Certificate && en.Certificate != nil:
		path = en.Certificate.Files[enroll.KindFullchain]
	}
	if path == "" {
		return nil, &enroll.OutOfTurnError{Name: en.Name, Step: enroll.Step(call.Command), Needs: en.Step, Found: "there is none yet"}
	}
	return o.ReadSource(ctx, call, path, true)
}
