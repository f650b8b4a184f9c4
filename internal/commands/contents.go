package commands

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/nfcert/nfcert/internal/certsource"
	"github.com/nfcert/nfcert/internal/enroll"
	"github.com/nfcert/nfcert/internal/ui"
)

func newShowCSR(app *App) *cobra.Command {
	var o sourceFlags
	cmd := &cobra.Command{
		Use: "csr [FILE]", Short: "What a CSR asks for: an enrolment's, or a file's", Args: wantArgs(0, 1, "at most one file"),
		Long: `Show what a certificate request asks for, and what that means in the 5G core:
an enrolment's with -n, or a file's. FILE is PEM (other blocks and text in it
are passed over) or DER; - is standard input. The signature of a request proves
that its maker has the key; whether it does is told.

What is malformed is shown as far as it can be read, with a line for each
fault. Nothing is judged.`,
		Example: `  nfcert show csr -n amf-01
  nfcert show csr vendor.csr
  nfcert show csr vendor.csr -o json`,
		RunE: func(cmd *cobra.Command, args []string) error { return app.runShowCSR(cmd.Context(), &o, args) },
	}
	o.addFlags(cmd.Flags())
	return cmd
}

func (a *App) runShowCSR(ctx context.Context, o *sourceFlags, args []string) error {
	contents, err := a.source(ctx, o, args, certsource.CSR)
	if err != nil {
		return err
	}
	items, others, err := ofKind(contents, certsource.CSR)
	if err != nil {
		return err
	}
	docs := make([]*requestDoc, len(items))
	for i, item := range items {
		docs[i] = newRequestDoc(item)
	}
	rest := leftover{Faults: faultTexts(contents), Skipped: contents.Skipped, Certificates: others}
	if a.global.output != outputTable {
		head := documentHead{APIVersion: apiVersion, Kind: "CSR", File: contents.Name}
		if len(docs) == 1 {
			return ui.WriteJSON(a.streams.Out, oneRequest{head, docs[0], rest})
		}
		head.Kind = "CSRs"
		return ui.WriteJSON(a.streams.Out, manyRequests{head, docs, rest})
	}
	page := a.newPage()
	for i, doc := range docs {
		f := page.section()
		f.Add("request", place(i, len(docs)))
		doc.fields(f)
	}
	rest.fields(page.section())
	return page.write()
}

func newShowCert(app *App) *cobra.Command {
	var o sourceFlags
	cmd := &cobra.Command{
		Use: "cert [FILE|HOST:PORT]", Short: "What a certificate says: an enrolment's, a file's, or a server's", Args: wantArgs(0, 1, "at most one file or HOST:PORT"),
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
		RunE: func(cmd *cobra.Command, args []string) error { return app.runShowCert(cmd.Context(), &o, args) },
	}
	o.addFlags(cmd.Flags())
	o.addServerFlags(cmd.Flags())
	return cmd
}

func (a *App) runShowCert(ctx context.Context, o *sourceFlags, args []string) error {
	contents, err := a.source(ctx, o, args, certsource.Certificate)
	if err != nil {
		return err
	}
	items, others, err := ofKind(contents, certsource.Certificate)
	if err != nil {
		return err
	}
	docs := make([]*certificateDoc, len(items))
	for i, item := range items {
		docs[i] = newCertificateDoc(item, a.clock())
	}
	paths := link(docs)
	rest := leftover{Faults: faultTexts(contents), Skipped: contents.Skipped, Requests: others}
	if a.global.output != outputTable {
		return ui.WriteJSON(a.streams.Out, manyCertificates{
			documentHead{APIVersion: apiVersion, Kind: "Certificate", File: contents.Name}, docs, paths, contents.TLS, rest,
		})
	}
	page := a.newPage()
	serverFields(page.section(), contents.TLS)
	if len(docs) > 1 {
		chainFields(page.section(), docs, paths)
	}
	for i, doc := range docs {
		f := page.section()
		f.Add("certificate", place(i, len(docs)))
		doc.fields(f)
	}
	rest.fields(page.section())
	return page.write()
}

// source reads what the argument names, or what an enrolment has of the kind.
func (a *App) source(ctx context.Context, o *sourceFlags, args []string, kind certsource.Kind) (*certsource.Contents, error) {
	ctx, cancel := a.bounded(ctx)
	defer cancel()
	if len(args) == 1 {
		return o.readSource(ctx, a, args[0], kind == certsource.CSR)
	}
	if a.global.name == "" {
		return nil, usagef("", "%s needs a file, or an enrolment with -n", a.command)
	}
	s, err := a.local()
	if err != nil {
		return nil, err
	}
	en, err := enroll.Load(s.store, a.global.name)
	if err != nil {
		return nil, a.noSuch(a.global.name, err)
	}
	path := ""
	switch {
	case kind == certsource.CSR && en.CSR != nil:
		path = en.CSR.File
	case kind == certsource.Certificate && en.Certificate != nil:
		path = en.Certificate.Files[enroll.KindFullchain]
	}
	if path == "" {
		return nil, &enroll.OutOfTurnError{Name: en.Name, Step: enroll.Step(a.command), Needs: en.Step, Found: "there is none yet"}
	}
	return o.readSource(ctx, a, path, true)
}
