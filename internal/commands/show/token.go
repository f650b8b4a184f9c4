package show

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/spf13/cobra"

	"github.com/nfcert/nfcert/internal/commands/cli"
	"github.com/nfcert/nfcert/internal/commands/session"
	"github.com/nfcert/nfcert/internal/commands/view"
	"github.com/nfcert/nfcert/internal/ui"
)

func newToken(env *cli.Env) *cobra.Command {
	return &cobra.Command{
		Use: "token FILE", Short: "Show the claims of an Authority Token",
		Long: `Show the claims of the token in FILE, - for stdin, and the saved account that it
is bound to. The token itself is not shown. To check a token, use nfcert token
check.`,
		Args: cli.WantArgs(1, 1, "one file with a token"),
		RunE: env.Run(func(_ context.Context, call *cli.Call, args []string) error { return runToken(call, args[0]) }),
	}
}

func runToken(call *cli.Call, path string) error {
	s, err := session.Local(call)
	if err != nil {
		return err
	}
	got, err := view.ReadToken(call, path)
	if err != nil {
		return err
	}
	accounts, err := view.BoundTo(call, s.Store, got)
	if err != nil {
		return err
	}
	doc := view.TokenDoc{APIVersion: cli.APIVersion, Kind: "Token", File: path, Token: got, Signers: view.Signers(got), Accounts: accounts}
	if call.Machine() {
		return ui.WriteJSON(call.Streams.Out, doc)
	}
	return tokenFields(call, doc).Write(call.Streams.Out, call.Streams.OutColumns())
}

func tokenFields(call *cli.Call, doc view.TokenDoc) *ui.Fields {
	f := &ui.Fields{Paint: call.Streams.OutPaint()}
	f.Add("identifier", doc.ATC.Type+":"+doc.ATC.Value)
	f.Add("fingerprint", doc.ATC.Fingerprint)
	for _, name := range doc.Accounts {
		f.Add("account", name)
	}
	if doc.ATC.CA {
		f.Add("ca", "true")
	}
	f.Add("issuer", doc.Issuer)
	f.Add("subject", doc.Subject)
	f.Add("id", doc.ID)
	f.Add("issued", doc.Issued)
	f.Add("not before", doc.NotBefore)
	f.Add("expires", doc.Expires)
	f.Add("algorithm", doc.Algorithm)
	f.Add("type", doc.Type)
	f.Add("key id", doc.KeyID)
	f.Add("signer at", doc.X5U)
	for _, subject := range doc.Signers {
		f.Add("signer", subject)
	}
	for _, name := range slices.Sorted(maps.Keys(doc.Others)) {
		f.Add("claim "+name, fmt.Sprintf("%.200s", doc.Others[name]))
	}
	return f
}
