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

// checkOptions are the options of nfcert token check.
type checkOptions struct {
	subject   subject
	authority cmdflags.Authority
}

func newCheck(env *cli.Env) *cobra.Command {
	o := &checkOptions{}
	cmd := &cobra.Command{
		Use: "check FILE", Short: "Check an Authority Token as a strict CA does",
		Long: `Check a token in a file, - for stdin: its form, its claims and its validity. These
flags add checks:
  what the token is for          -n, --nf, --nf-instance-id or --identifier
  the account key                -n, --account or --fingerprint
  the signer and the signature   --ta-root
Without the flags for the account key, the key of any saved account passes. nfcert
sends no request, except to the host in the token if --ta-x5u is set. If a check
fails, the exit code is 9.`,
		Example: `  nfcert token check amf-01.jwt -n amf-01 --ta-root oam-root.pem`,
		Args:    cli.WantArgs(1, 1, "the file with the token"),
		RunE: env.Run(func(ctx context.Context, call *cli.Call, args []string) error {
			return runCheck(ctx, call, args[0], o)
		}),
	}
	o.subject.addFlags(cmd.Flags())
	o.authority.AddTrustFlags(cmd.Flags())
	return cmd
}

func runCheck(ctx context.Context, call *cli.Call, path string, o *checkOptions) error {
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
	want, err := wanted(call, s, &o.subject)
	if err != nil {
		return err
	}
	accounts, err := view.BoundTo(call, s.Store, got)
	if err != nil {
		return err
	}
	options := token.CheckOptions{Skew: cmdflags.TokenSkew, Life: cmdflags.TokenLife}
	if options.Roots, err = o.authority.Signers(); err != nil {
		return err
	}
	var faults []*token.CheckError
	if o.authority.X5U {
		transport, err := o.authority.Transport(s)
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

// wanted returns what the flags require of a token, with the fingerprint of the
// account of -n or --account.
func wanted(call *cli.Call, s *session.Session, subject *subject) (token.ATC, error) {
	en, err := s.Found()
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

// outcomes returns every check with its verdict. bound says that the token is bound to
// a saved account: then the fingerprint passes unless another one is required.
func outcomes(want token.ATC, options token.CheckOptions, faults []*token.CheckError, bound bool) []view.TokenCheck {
	skipped := map[token.Check]bool{
		token.CheckType: want.Type == "", token.CheckValue: want.Value == "", token.CheckFingerprint: want.Fingerprint == "" && !bound,
		token.CheckSigner: options.Roots == nil, token.CheckSignature: options.Roots == nil,
	}
	var list []view.TokenCheck
	for _, check := range token.Checks() {
		out := view.TokenCheck{Check: check, Verdict: "pass"}
		i := slices.IndexFunc(faults, func(f *token.CheckError) bool { return f.Check == check })
		switch {
		case i >= 0:
			out = view.TokenCheck{Check: check, Verdict: "fail", Found: faults[i].Found, Wanted: faults[i].Wanted, Clause: faults[i].Clause}
			switch check {
			case token.CheckSigner: // without a trusted signer, no key verifies the signature
				skipped[token.CheckSignature] = true
			case token.CheckATC: // without this claim, its members cannot be checked
				skipped[token.CheckType], skipped[token.CheckValue], skipped[token.CheckFingerprint], skipped[token.CheckCA] = true, true, true, true
			}
		case skipped[check]:
			out.Verdict = "skip"
		}
		list = append(list, out)
	}
	return list
}

// printChecks prints the verdicts. Its error gives the exit code.
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
		call.Progress.Note("bound to key %s, which is not the key of a saved account", cmp.Or(doc.ATC.Fingerprint, "(none)"))
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
