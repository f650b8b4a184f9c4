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
			r.Hint = "nothing was changed; import it under another name: --account NAME"
		}),
		For(ExitState, CodeState, FaultState, func(_ *Context, e *enroll.AccountStateError, r *Report) {
			r.Code, r.Clause = Code("account-"+e.Status), "RFC 8555 7.1.6"
			r.Hint = "it cannot be used again; register another under a new name: --account NAME"
		}),
		For(ExitUsage, CodeTerms, FaultUsage, func(_ *Context, e *enroll.TermsError, r *Report) {
			r.Clause, r.Hint = "RFC 8555 7.3.3", "read them, and agree with --accept-tos: "+e.URL
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

// accountArgs repeats which account was meant.
func accountArgs(call *cli.Call) []string {
	args := call.ServerArgs()
	if call.Global.Account != "" {
		args = append(args, "--account", call.Global.Account)
	}
	return args
}

// tolerableSkew is how far clocks may differ before that is a possible cause.
const tolerableSkew = 5 * time.Minute

// bindingRefused lists what makes CAs refuse an external account binding: what can
// be seen from here first, then what cannot.
func bindingRefused(c *Context, e *enroll.BindingRefusedError, r *Report) {
	c.explain(e.Problem, r)
	r.Clause = "RFC 8555 7.3.4"
	r.Message = fmt.Sprintf("%s: the CA refused the external account binding of key id %q: %s", c.Subject(), e.KeyID, problemName(e.Problem))
	because := func(format string, args ...any) { r.Causes = append(r.Causes, fmt.Sprintf(format, args...)) }
	if e.Twice {
		because("encoded twice: the MAC key, decoded, is base64 text again; decode it once before you give it")
	}
	if e.NewAccount != "" {
		because("a proxy that does not rewrite URLs: the directory is %s, and its newAccount is %s; the binding is signed for the latter", e.Directory, e.NewAccount)
	}
	if clock, ok := cli.As[*session.ClockError](c.Err); ok && clock.Ahead.Abs() >= tolerableSkew {
		word := "ahead of"
		if clock.Ahead < 0 {
			word = "behind"
		}
		because("clocks: the CA's is %s %s this machine's", clock.Ahead.Abs().Round(time.Second), word)
	}
	visible := len(r.Causes) > 0
	if e.Short {
		because("a short key: %d bytes, fewer than %s needs (RFC 7518 3.2)", e.KeyBytes, e.Algorithm)
	}
	because("used before: many CAs accept a key for one account only; ask for a new pair")
	because("another MAC algorithm: this one is %s; --eab-alg takes %s", e.Algorithm, strings.Join(acmewire.BindingAlgorithms(), ", "))
	because("the pair of another CA, or the key of another key id")
	r.Hint = "nothing looks wrong with the external account binding from here; the likely causes are listed, and the CA's operator can say which it is"
	if visible {
		r.Hint = "the first cause can be seen from here; fix it and run the same again"
	}
	if e.Problem.HasType("serverInternal") {
		r.Hint += ". Some CAs answer a wrong external account binding with serverInternal"
	}
}
