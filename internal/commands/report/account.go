package report

import (
	"errors"
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

// explainAccount is for accounts: their keys, bindings and files.
func explainAccount(call *cli.Call, err error, r *Report) bool {
	r.Exit, r.Code, r.Fault = ExitUsage, "invalid-input", faultInput
	const give = "give it with --account-key-passphrase-file FILE, or $" + credential.VarAccountPassphrase
	if _, ok := cli.As[*credential.AccountPassphraseError](err); ok {
		r.Code, r.Hint = "passphrase", give
		return true
	}
	if _, ok := cli.As[*credential.TransferPassphraseError](err); ok {
		r.Code, r.Hint = "passphrase", "give it with --passphrase-file FILE, or $NFCERT_PASSPHRASE"
		return true
	}
	if _, ok := cli.As[*enroll.PassphraseError](err); ok {
		r.Code, r.Hint = "wrong-passphrase", give
		return true
	}
	if _, ok := cli.As[*cmdflags.EabCommandError](err); ok {
		r.Code, r.Hint = "eab-cmd", `nothing was sent to the CA; run the command by hand: it must print {"kid": "…", "key": "…"}, or the key id and the MAC key on a line each`
		return true
	}
	if e, ok := cli.As[*acmewire.KeyError](err); ok {
		r.Message = subject(call) + ": " + e.Error()
		return true
	}
	if _, ok := cli.As[*enroll.AccountExistsError](err); ok {
		r.Exit, r.Code, r.Fault = ExitState, "conflict", FaultState
		r.Hint = "nothing was changed; import it under another name: --account NAME"
		return true
	}
	if explainParcel(err, r) {
		return true
	}
	if e, ok := cli.As[*enroll.BindingRefusedError](err); ok {
		explainProblem(call, err, e.Problem, r)
		explainBinding(call, err, e, r)
		return true
	}
	if p, ok := cli.As[*acmewire.Problem](err); ok && p.HasType("badSignatureAlgorithm") {
		explainProblem(call, err, p, r)
		takes := ""
		if len(p.Algorithms) > 0 {
			takes = " (" + strings.Join(p.Algorithms, ", ") + ")"
		}
		r.Hint = "the CA does not take this kind of account key; nearly every CA takes P256" + takes
		if call.Command == "account" || call.Command == "account rollover" {
			r.Next = call.Line(call.Command, append(accountArgs(call), "--account-key", "P256")...)
		}
		return true
	}
	return false
}

// accountArgs repeats which account was meant.
func accountArgs(call *cli.Call) []string {
	args := call.ServerArgs()
	if call.Global.Account != "" {
		args = append(args, "--account", call.Global.Account)
	}
	return args
}

// explainParcel is for a file of account import.
func explainParcel(err error, r *Report) bool {
	if errors.Is(err, accountfile.ErrWrongPassphrase) {
		r.Code, r.Hint = "wrong-passphrase", "give the one that it was exported with: --passphrase-file FILE, or $NFCERT_PASSPHRASE"
		return true
	}
	if _, ok := cli.As[*accountfile.VersionError](err); ok {
		r.Code, r.Hint = "newer-version", "a newer nfcert wrote it; use that one"
		return true
	}
	if _, ok := cli.As[*accountfile.DamagedError](err); ok {
		r.Hint = "nothing was saved; export it again with nfcert account export, and carry it over unchanged"
		return true
	}
	return false
}

// tolerableSkew is how far clocks may differ without being suspected.
const tolerableSkew = 5 * time.Minute

// explainBinding lists what makes CAs refuse a binding: what can be seen from
// here first, then what cannot.
func explainBinding(call *cli.Call, err error, e *enroll.BindingRefusedError, r *Report) {
	r.Clause = "RFC 8555 7.3.4"
	r.Message = fmt.Sprintf("%s: the CA refused the external account binding of key id %q: %s", subject(call), e.KeyID, problemName(e.Problem))
	because := func(format string, args ...any) { r.Causes = append(r.Causes, fmt.Sprintf(format, args...)) }
	if e.Twice {
		because("encoded twice: the MAC key, decoded, is base64 text again; decode it once before it is given")
	}
	if e.NewAccount != "" {
		because("a proxy that does not rewrite URLs: the directory is %s, and its newAccount is %s; the binding is signed for the latter", e.Directory, e.NewAccount)
	}
	if clock, ok := cli.As[*session.ClockError](err); ok && clock.Ahead.Abs() >= tolerableSkew {
		ahead := clock.Ahead
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
