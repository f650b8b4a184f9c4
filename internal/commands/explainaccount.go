package commands

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/nfcert/nfcert/internal/accountfile"
	"github.com/nfcert/nfcert/internal/acmewire"
	"github.com/nfcert/nfcert/internal/enroll"
)

// explainAccount is for accounts: their keys, bindings and files.
func (a *App) explainAccount(err error, r *report) bool {
	r.Exit, r.Code, r.Fault = exitUsage, "invalid-input", faultInput
	const give = "give it with --account-key-passphrase-file FILE, or $" + varAccountPassphrase
	if _, ok := as[*accountPassphraseError](err); ok {
		r.Code, r.Hint = "passphrase", give
		return true
	}
	if _, ok := as[*transferPassphraseError](err); ok {
		r.Code, r.Hint = "passphrase", "give it with --passphrase-file FILE, or $NFCERT_PASSPHRASE"
		return true
	}
	if _, ok := as[*enroll.PassphraseError](err); ok {
		r.Code, r.Hint = "wrong-passphrase", give
		return true
	}
	if _, ok := as[*eabCommandError](err); ok {
		r.Code, r.Hint = "eab-cmd", `nothing was sent to the CA; run the command by hand: it must print {"kid": "…", "key": "…"}, or the key id and the MAC key on a line each`
		return true
	}
	if e, ok := as[*acmewire.KeyError](err); ok {
		r.Message = a.subject() + ": " + e.Error()
		return true
	}
	if _, ok := as[*enroll.AccountExistsError](err); ok {
		r.Exit, r.Code, r.Fault = exitState, "conflict", faultState
		r.Hint = "nothing was changed; import it under another name: --account NAME"
		return true
	}
	if explainAccountFile(err, r) {
		return true
	}
	if e, ok := as[*enroll.BindingRefusedError](err); ok {
		a.explainProblem(err, e.Problem, r)
		a.explainBinding(e, r)
		return true
	}
	if p, ok := as[*acmewire.Problem](err); ok && p.HasType("badSignatureAlgorithm") {
		a.explainProblem(err, p, r)
		takes := ""
		if len(p.Algorithms) > 0 {
			takes = " (" + strings.Join(p.Algorithms, ", ") + ")"
		}
		r.Hint = "the CA does not take this kind of account key; nearly every CA takes P256" + takes
		if a.command == "account" || a.command == "account rollover" {
			r.Next = a.line(a.command, append(a.accountArgs(), "--account-key", "P256")...)
		}
		return true
	}
	return false
}

// accountArgs repeats which account was meant.
func (a *App) accountArgs() []string {
	args := a.serverArgs()
	if a.global.account != "" {
		args = append(args, "--account", a.global.account)
	}
	return args
}

// explainAccountFile is for a file of account import.
func explainAccountFile(err error, r *report) bool {
	if errors.Is(err, accountfile.ErrWrongPassphrase) {
		r.Code, r.Hint = "wrong-passphrase", "give the one that it was exported with: --passphrase-file FILE, or $NFCERT_PASSPHRASE"
		return true
	}
	if _, ok := as[*accountfile.VersionError](err); ok {
		r.Code, r.Hint = "newer-version", "a newer nfcert wrote it; use that one"
		return true
	}
	if _, ok := as[*accountfile.DamagedError](err); ok {
		r.Hint = "nothing was saved; export it again with nfcert account export, and carry it over unchanged"
		return true
	}
	return false
}

// tolerableSkew is how far clocks may differ without being suspected.
const tolerableSkew = 5 * time.Minute

// noteClock keeps how far the server's clock is before ours.
func (a *App) noteClock(ex *acmewire.Exchange) {
	if ahead, ok := ex.Skew(); ok {
		a.clockAhead = ahead
	}
}

// explainBinding lists what makes CAs refuse a binding: what can be seen from
// here first, then what cannot.
func (a *App) explainBinding(e *enroll.BindingRefusedError, r *report) {
	r.Clause = "RFC 8555 7.3.4"
	r.Message = fmt.Sprintf("%s: the CA refused the external account binding of key id %q: %s", a.subject(), e.KeyID, problemName(e.Problem))
	because := func(format string, args ...any) { r.Causes = append(r.Causes, fmt.Sprintf(format, args...)) }
	if e.Twice {
		because("encoded twice: the MAC key, decoded, is base64 text again; decode it once before it is given")
	}
	if e.NewAccount != "" {
		because("a proxy that does not rewrite URLs: the directory is %s, and its newAccount is %s; the binding is signed for the latter", e.Directory, e.NewAccount)
	}
	if ahead := a.clockAhead; ahead.Abs() >= tolerableSkew {
		word := "ahead of"
		if ahead < 0 {
			word = "behind"
		}
		because("clocks: the CA's is %s %s this machine's", ahead.Abs().Round(time.Second), word)
	}
	sure := len(r.Causes) > 0
	if e.Short {
		because("a short key: %d bytes, fewer than %s wants (RFC 7518 3.2)", e.KeyBytes, e.Algorithm)
	}
	because("used up: many CAs take a key for one account only; ask for a fresh pair")
	because("another MAC: this one is %s; --eab-alg takes %s", e.Algorithm, strings.Join(acmewire.BindingAlgorithms(), ", "))
	because("another CA's pair, or the key of another key id")
	r.Hint = "nothing of the external account binding looks wrong from here; the likely causes are listed, and the CA's operator can say which"
	if sure {
		r.Hint = "the first cause of the external account binding's refusal can be seen from here; mend it and run the same again"
	}
	if e.Problem.HasType("serverInternal") {
		r.Hint += ". Some CAs answer a wrong binding as if they had failed themselves"
	}
}
