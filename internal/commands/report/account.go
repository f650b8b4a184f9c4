package report

import (
	"fmt"
	"strings"
	"time"

	"github.com/nfcert/nfcert/internal/accountfile"
	"github.com/nfcert/nfcert/internal/acmewire"
	"github.com/nfcert/nfcert/internal/commands/cli"
	"github.com/nfcert/nfcert/internal/commands/cmdflags"
	"github.com/nfcert/nfcert/internal/commands/credential"
	"github.com/nfcert/nfcert/internal/commands/session"
	"github.com/nfcert/nfcert/internal/enroll"
)

// accountErrors are about accounts: their keys, external account bindings and
// exported files.
func accountErrors() []Entry {
	give := credential.Give(credential.FlagAccount)
	return []Entry{
		For(ExitUsage, CodeWrongPassphrase, FaultInput, func(_ *Context, _ *enroll.PassphraseError, r *Report) { r.Hint = give }),
		For(ExitUsage, CodeInvalidInput, FaultInput, func(c *Context, e *credential.AccountKeyError, r *Report) {
			if c.explain(e.Err, r); r.Code == CodeWrongPassphrase {
				r.Hint = give
			}
		}),
		Is(accountfile.ErrWrongPassphrase, ExitUsage, CodeWrongPassphrase, FaultInput, func(_ *Context, r *Report) {
			r.Hint = "use the passphrase of the export: " + credential.Give(credential.FlagPassphrase)
		}),
		For(ExitUsage, CodeNewerVersion, FaultInput, func(_ *Context, _ *accountfile.VersionError, r *Report) {
			r.Hint = "a newer nfcert wrote it; use that version"
		}),
		For(ExitUsage, CodeInvalidInput, FaultInput, func(_ *Context, _ *accountfile.DamagedError, r *Report) {
			r.Hint = "nothing was saved; export it again with nfcert account export, and copy it unchanged"
		}),
		For(ExitState, CodeConflict, FaultState, func(_ *Context, _ *enroll.AccountExistsError, r *Report) {
			r.Hint = "nothing was changed; import it with another name: --account NAME"
		}),
		For(ExitState, CodeState, FaultState, func(_ *Context, e *enroll.AccountStateError, r *Report) {
			r.Code, r.Clause = Code("account-"+e.Status), "RFC 8555 7.1.6"
			r.Hint = "it cannot be used again; register another account with a new name: --account NAME"
		}),
		For(ExitUsage, CodeTerms, FaultUsage, func(_ *Context, e *enroll.TermsError, r *Report) {
			r.Clause, r.Hint = "RFC 8555 7.3.3", "read the terms, and agree to them with --accept-tos: "+e.URL
		}),
		For(ExitUsage, CodeEABRequired, FaultUsage, func(_ *Context, _ *enroll.BindingRequiredError, r *Report) {
			r.Clause, r.Hint = "RFC 8555 7.3.4", problemAdvice["externalaccountrequired"].hint
		}),
		For(ExitUsage, CodeEABCommand, FaultInput, func(_ *Context, _ *cmdflags.EABCommandError, r *Report) {
			r.Hint = `nothing was sent to the CA; run the command by hand: it must print {"kid": "…", "key": "…"}, or the key id and the MAC key on a line each`
		}),
		For(ExitRefused, CodeRefused, FaultCA, bindingRefused),
		For(ExitUsage, CodeInvalidInput, FaultInput, func(c *Context, e *acmewire.KeyError, r *Report) {
			r.Message = c.Subject() + ": " + e.Error()
		}),
	}
}

// accountArgs are the flags that name the server and the account.
func accountArgs(call *cli.Call) []string {
	args := call.ServerArgs()
	if call.Global.Account != "" {
		args = append(args, "--account", call.Global.Account)
	}
	return args
}

// tolerableSkew is the difference between clocks above which it is a possible cause.
const tolerableSkew = 5 * time.Minute

// bindingRefused lists the possible causes of a refused external account binding: first
// those that nfcert detected, then those that it cannot detect.
func bindingRefused(c *Context, e *enroll.BindingRefusedError, r *Report) {
	c.explain(e.Problem, r)
	r.Clause = "RFC 8555 7.3.4"
	r.Message = fmt.Sprintf("%s: the CA refused the external account binding of key id %q: %s", c.Subject(), e.KeyID, problemName(e.Problem))
	because := func(format string, args ...any) { r.Causes = append(r.Causes, fmt.Sprintf(format, args...)) }
	if e.Twice {
		because("the MAC key was encoded twice: decoded, it is base64 text again; decode it once first")
	}
	if e.NewAccount != "" {
		because("a proxy does not rewrite URLs: the directory is %s, but its newAccount is %s, for which the binding is signed", e.Directory, e.NewAccount)
	}
	if clock, ok := cli.As[*session.ClockError](c.Err); ok && clock.Ahead.Abs() >= tolerableSkew {
		word := "ahead of"
		if clock.Ahead < 0 {
			word = "behind"
		}
		because("clocks differ: the CA's is %s %s this machine's", clock.Ahead.Abs().Round(time.Second), word)
	}
	visible := len(r.Causes) > 0
	if e.Short {
		because("the key is too short: %d bytes, fewer than %s needs (RFC 7518 3.2)", e.KeyBytes, e.Algorithm)
	}
	because("the key was used before: many CAs accept it for only one account; ask for a new one")
	because("the CA expects another MAC algorithm: this one is %s; --eab-alg accepts %s", e.Algorithm, strings.Join(acmewire.BindingAlgorithms(), ", "))
	because("the key is for another CA, or for another key id")
	r.Hint = "nfcert sees no fault in the external account binding; the likely causes are listed, and the CA's operator knows which it is"
	if visible {
		r.Hint = "nfcert detected the first cause; fix it and run the same command again"
	}
	if e.Problem.HasType("serverInternal") {
		r.Hint += ". Some CAs answer a wrong external account binding with serverInternal"
	}
}
