package commands

import (
	"context"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/nfcert/nfcert/internal/enroll"
	"github.com/nfcert/nfcert/internal/token"
	"github.com/nfcert/nfcert/internal/ui"
)

func newTokenCheck(app *App) *cobra.Command {
	subject, authority := &subjectFlags{}, &authorityFlags{}
	cmd := &cobra.Command{
		Use: "check FILE", Short: "Check an Authority Token as a strict CA does",
		Long: `Check a token, - for stdin: its form, claims and times, and as far as it is known
what it is for (-n, --nf, --nf-instance-id or --identifier), whose key it is bound
to (-n, --account or --fingerprint; else any saved account passes), and who signed
it (--ta-root). Nobody is asked, but with --ta-x5u the host that the token names.
A check that fails makes the exit code 9.`,
		Example: `  nfcert token check amf-01.jwt -n amf-01 --ta-root oam-root.pem`,
		Args:    wantArgs(1, 1, "the file of one token"),
		RunE: func(cmd *cobra.Command, args []string) error {
			return app.runTokenCheck(cmd.Context(), args[0], subject, authority)
		},
	}
	subject.addFlags(cmd.Flags())
	authority.addTrustFlags(cmd.Flags())
	return cmd
}

// tokenCheck is the outcome of one check.
type tokenCheck struct {
	Check   token.Check `json:"check"`
	Verdict string      `json:"verdict"` // pass, fail, or skip where nothing to compare with is known
	Found   string      `json:"found,omitempty"`
	Wanted  string      `json:"wanted,omitempty"`
	Clause  string      `json:"clause,omitempty"`
}

func (a *App) runTokenCheck(ctx context.Context, path string, subject *subjectFlags, authority *authorityFlags) error {
	ctx, cancel := a.bounded(ctx)
	defer cancel()
	s, err := a.local()
	if err != nil {
		return err
	}
	got, err := a.readToken(path)
	if err != nil {
		return err
	}
	want, err := a.wanted(s, subject)
	if err != nil {
		return err
	}
	accounts, err := a.boundTo(s.store, got)
	if err != nil {
		return err
	}
	options := token.CheckOptions{Skew: tokenSkew, Life: tokenLife}
	if options.Roots, err = authority.signers(); err != nil {
		return err
	}
	var faults []*token.CheckError
	if authority.x5u {
		transport, err := authority.transport(s)
		if err != nil {
			return err
		}
		err = got.FetchSigner(ctx, transport)
		if fault, ok := as[*token.CheckError](err); ok {
			faults = append(faults, fault)
		} else if err != nil {
			return &tokenError{Err: err}
		}
	}
	faults = append(faults, got.Faults(want, a.clock(), options)...)
	return a.printChecks(tokenDoc{
		APIVersion: apiVersion, Kind: "TokenCheck", File: path, Token: got, Signers: signers(got), Accounts: accounts,
		Checks: outcomes(want, options, faults, len(accounts) > 0),
	}, faults)
}

// wanted is what the flags say of a token, with the account that -n or --account
// name.
func (a *App) wanted(s *session, subject *subjectFlags) (token.ATC, error) {
	en, err := a.named(s)
	if err != nil {
		return token.ATC{}, err
	}
	want, err := subject.want(a, en)
	if err != nil || want.Fingerprint != "" || a.global.account == "" && (en == nil || en.Server == "") {
		return want, err
	}
	url := ""
	s.account = first(a.global.account, enroll.DefaultAccount)
	if en != nil {
		url, s.account = en.Server, first(a.global.account, first(en.Account, enroll.DefaultAccount))
	}
	if s.server, err = a.chooseServer(s.store, url); err != nil {
		return want, err
	}
	want.Fingerprint, err = s.fingerprint()
	return want, err
}

// outcomes lists every check with its verdict. A token that is bound to a saved
// account passes the check of its fingerprint when no other was named.
func outcomes(want token.ATC, o token.CheckOptions, faults []*token.CheckError, bound bool) []tokenCheck {
	skipped := map[token.Check]bool{
		token.CheckType: want.Type == "", token.CheckValue: want.Value == "", token.CheckFingerprint: want.Fingerprint == "" && !bound,
		token.CheckSigner: o.Roots == nil, token.CheckSignature: o.Roots == nil,
	}
	var list []tokenCheck
	for _, check := range token.Checks() {
		out := tokenCheck{Check: check, Verdict: "pass"}
		i := slices.IndexFunc(faults, func(f *token.CheckError) bool { return f.Check == check })
		switch {
		case i >= 0:
			out = tokenCheck{check, "fail", faults[i].Found, faults[i].Wanted, faults[i].Clause}
			switch check {
			case token.CheckSigner: // by whose key would it be verified?
				skipped[token.CheckSignature] = true
			case token.CheckATC: // there is nothing in it
				skipped[token.CheckType], skipped[token.CheckValue], skipped[token.CheckFingerprint], skipped[token.CheckCA] = true, true, true, true
			}
		case skipped[check]:
			out.Verdict = "skip"
		}
		list = append(list, out)
	}
	return list
}

// printChecks prints the outcome, which is the command's answer; faults make its
// exit code.
func (a *App) printChecks(doc tokenDoc, faults []*token.CheckError) error {
	if a.machine() {
		if err := ui.WriteJSON(a.streams.Out, doc); err != nil || len(faults) == 0 {
			return err
		}
		return &exitError{code: exitToken}
	}
	a.progress.note("token for %s:%s", doc.ATC.Type, doc.ATC.Value)
	for _, name := range doc.Accounts {
		a.progress.note("bound to account %s", name)
	}
	if len(doc.Accounts) == 0 {
		a.progress.note("bound to no saved account, but to key %s", first(doc.ATC.Fingerprint, "(none)"))
	}
	table := ui.NewTable("CHECK", "VERDICT", "FOUND", "WANTED", "CLAUSE")
	for _, c := range doc.Checks {
		table.Row(string(c.Check), c.Verdict, c.Found, c.Wanted, c.Clause)
	}
	if err := table.Write(a.streams.Out, a.streams.OutColumns()); err != nil || len(faults) == 0 {
		return err
	}
	return &tokenError{Err: faults[0]}
}

func newShowToken(app *App) *cobra.Command {
	return &cobra.Command{
		Use: "token FILE", Short: "What an Authority Token says",
		Long: `Show the claims of a token, - for stdin, and which saved account it is bound to.
Nothing is judged (nfcert token check does), and the token itself is not shown.`,
		Args: wantArgs(1, 1, "the file of one token"),
		RunE: func(_ *cobra.Command, args []string) error { return app.runShowToken(args[0]) },
	}
}

func (a *App) runShowToken(path string) error {
	s, err := a.local()
	if err != nil {
		return err
	}
	got, err := a.readToken(path)
	if err != nil {
		return err
	}
	accounts, err := a.boundTo(s.store, got)
	if err != nil {
		return err
	}
	doc := tokenDoc{APIVersion: apiVersion, Kind: "Token", File: path, Token: got, Signers: signers(got), Accounts: accounts}
	if a.machine() {
		return ui.WriteJSON(a.streams.Out, doc)
	}
	return a.tokenFields(doc).Write(a.streams.Out, a.streams.OutColumns())
}

func (a *App) tokenFields(doc tokenDoc) *ui.Fields {
	f := &ui.Fields{Paint: a.streams.OutPaint()}
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
	var names []string
	for name := range doc.Others {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		f.Add("claim "+name, fmt.Sprintf("%.200s", doc.Others[name]))
	}
	return f
}
