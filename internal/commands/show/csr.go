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

func newCSR(env *cli.Env) *cobra.Command {
	var o cmdflags.Source
	cmd := &cobra.Command{
		Use: "csr [FILE|NAME]", Short: "Show the CSR of an enrolment or in a file", Args: cli.WantArgs(0, 1, "at most one file or name"),
		Long: `Show what a CSR requests, what that means in the 5G core, and whether its
signature is valid, which proves possession of the key. NAME is an enrolment.
FILE is PEM (other blocks and text are skipped) or DER; - is standard input.

A malformed CSR is shown as far as it can be read, with one line for each fault.
To check a CSR against its profile, use nfcert lint.`,
		Example: `  nfcert show csr amf-01
  nfcert show csr vendor.csr
  nfcert show csr vendor.csr -o json`,
		RunE: env.Run(func(ctx context.Context, call *cli.Call, args []string) error { return runCSR(ctx, call, &o, args) }),
	}
	o.AddFlags(cmd.Flags())
	return env.NameOrFile(cmd)
}

func runCSR(ctx context.Context, call *cli.Call, o *cmdflags.Source, args []string) error {
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

// source reads the file or server that the argument names, or the file of that kind
// of an enrolment. A file has priority over an enrolment of the same name.
func source(ctx context.Context, call *cli.Call, o *cmdflags.Source, args []string, kind certsource.Kind) (*certsource.Contents, error) {
	ctx, cancel := call.Bounded(ctx)
	defer cancel()
	s, err := session.Local(call)
	if err != nil {
		return nil, err
	}
	if len(args) == 1 {
		if !s.ForArgument(args[0]) {
			return o.ReadSource(ctx, call, args[0], kind == certsource.CSR)
		}
	}
	en, err := s.Existing()
	if err != nil {
		return nil, err
	}
	call = s.Call
	path := ""
	switch {
	case kind == certsource.CSR && en.CSR != nil:
		path = en.CSR.File
	case kind == certsource.Certificate && en.Certificate != nil:
		path = en.Certificate.Files[enroll.KindFullchain]
	}
	if path == "" {
		return nil, &enroll.OutOfTurnError{Name: en.Name, Step: enroll.Step(call.Command), Needs: en.Step, Found: "no " + map[certsource.Kind]string{certsource.CSR: "CSR", certsource.Certificate: "certificate"}[kind] + " yet"}
	}
	return o.ReadSource(ctx, call, path, true)
}
