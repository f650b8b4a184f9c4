package token

import (
	"cmp"
	"context"
	"slices"

	"github.com/spf13/cobra"

	"github.com/nfcert/nfcert/internal/commands/cli"
	"github.com/nfcert/nfcert/internal/commands/cmdflags"
	"github.com/nfcert/nfcert/internal/commands/report"
	"github.com/nfcert/nfcert/internal/commands/session"
	"github.com/nfcert/nfcert/internal/commands/view"
	"github.com/nfcert/nfcert/internal/enroll"
	"github.com/nfcert/nfcert/internal/token"
	"github.com/nfcert/nfcert/internal/ui"
)

func newTokenCheck(env *cli.Env) *cobra.Command {
	subject, authority := &subjectFlags{}, &cmdflags.Authority{}
	cmd := &cobra.Command{
		Use: "check FILE", Short: "Check an Authority Token as a strict CA does",
		Long: `Check a token, - for stdin: its form, claims and times, and as far as it is known
what it is for (-n, --nf, --nf-instance-id or --identifier), whose key it is bound
to (-n, --account or --fingerprint; else any saved account passes), and who signed
it (--ta-root). Nobody is asked, but with --ta-x5u the host that the token names.
A check that fails makes the exit code 9.`,
		Example: `  nfcert token check amf-01.jwt -n amf-01 --ta-root oam-root.pem`,
		Args:    cli.WantArgs(1, 1, "the file of one token"),
		RunE: env.Run(func(ctx context.Context, call *cli.Call, args []string) error {
			return runTokenCheck(ctx, call, args[0], subject, authority)
		}),
	}
	subject.addFlags(cmd.Flags())
	authority.AddTrustFlags(cmd.Flags())
	return cmd
}

func runTokenCheck(ctx context.Context, call *cli.Call, path string, subject *subjectFlags, authority *cmdflags.Authority) error {
	ctx, cancel := call.Bounded(ctx)
	defer cancel()
	s, err := session.Local(call)
	if err != nil {
		return err
	}
	got, err := view.ReadToken(call, path)
	if err != nil {
		return err
	}
	want, err := wanted(call, s, subject)
	if err != nil {
		return err
	}
	accounts, err := view.BoundTo(call, s.Store, got)
	if err != nil {
		return err
	}
	options := token.CheckOptions{Skew: cmdflags.TokenSkew, Life: cmdflags.TokenLife}
	if options.Roots, err = authority.Signers(); err != nil {
		return err
	}
	var faults []*token.CheckError
	if authority.X5U {
		transport, err := authority.Transport(s)
		if err != nil {
			return err
		}
		err = got.FetchSigner(ctx, transport)
		if fault, ok := cli.As[*token.CheckError](err); ok {
			faults = append(faults, fault)
		} else if err != nil {
			return &cmdflags.TokenError{Err: err}
		}
	}
	faults = append(faults, got.Faults(want, call.Clock(), options)...)
	return printChecks(call, view.TokenDoc{
		APIVersion: cli.APIVersion, Kind: "TokenCheck", File: path, Token: got, Signers: view.Signers(got), Accounts: accounts,
		Checks: outcomes(want, options, faults, len(accounts) > 0),
	}, faults)
}

// wanted is what the flags say of a token, with the account that -n or --account
// name.
func wanted(call *cli.Call, s *session.Session, subject *subjectFlags) (token.ATC, error) {
	en, err := session.LoadNamed(call, s)
	if err != nil {
		return token.ATC{}, err
	}
	want, err := subject.want(call, en)
	if err != nil || want.Fingerprint != "" || call.Global.Account == "" && (en == nil || en.Server == "") {
		return want, err
	}
	url := ""
	s.Account = cmp.Or(call.Global.Account, enroll.DefaultAccount)
	if en != nil {
		url, s.Account = en.Server, cmp.Or(call.Global.Account, cmp.Or(en.Account, enroll.DefaultAccount))
	}
	if s.Server, err = session.ChooseServer(call, s.Store, url); err != nil {
		return want, err
	}
	want.Fingerprint, err = fingerprint(s)
	return want, err
}

// outcomes lists every check with its verdict. A token that is bound to a saved
// account passes the check of its fingerprint when no other was named.
func outcomes(want token.ATC, o token.CheckOptions, faults []*token.CheckError, bound bool) []view.TokenCheck {
	skipped := map[token.Check]bool{
		token.CheckType: want.Type == "", token.CheckValue: want.Value == "", token.CheckFingerprint: want.Fingerprint == "" && !bound,
		token.CheckSigner: o.Roots == nil, token.CheckSignature: o.Roots == nil,
	}
	var list []view.TokenCheck
	for _, check := range token.Checks() {
		out := view.TokenCheck{Check: check, Verdict: "pass"}
		i := slices.IndexFunc(faults, func(f *token.CheckError) bool { return f.Check == check })
		switch {
		case i >= 0:
			out = view.TokenCheck{Check: check, Verdict: "fail", Found: faults[i].Found, Wanted: faults[i].Wanted, Clause: faults[i].Clause}
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
func printChecks(call *cli.Call, doc view.TokenDoc, faults []*token.CheckError) error {
	if call.Machine() {
		if err := ui.WriteJSON(call.Streams.Out, doc); err != nil || len(faults) == 0 {
			return err
		}
		return &cli.ExitError{Code: report.ExitToken}
	}
	call.Progress.Note("token for %s:%s", doc.ATC.Type, doc.ATC.Value)
	for _, name := range doc.Accounts {
		call.Progress.Note("bound to account %s", name)
	}
	if len(doc.Accounts) == 0 {
		call.Progress.Note("bound to no saved account, but to key %s", cmp.Or(doc.ATC.Fingerprint, "(none)"))
	}
	table := ui.NewTable("CHECK", "VERDICT", "FOUND", "WANTED", "CLAUSE")
	for _, c := range doc.Checks {
		table.Row(string(c.Check), c.Verdict, c.Found, c.Wanted, c.Clause)
	}
	if err := table.Write(call.Streams.Out, call.Streams.OutColumns()); err != nil || len(faults) == 0 {
		return err
	}
	return &cmdflags.TokenError{Err: faults[0]}
}
