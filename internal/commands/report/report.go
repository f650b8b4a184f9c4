// Package report explains errors: exit code, code word, who must act, hint and next
// command, as text for people and as a JSON document for scripts.
package report

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"github.com/nfcert/nfcert/internal/acmewire"
	"github.com/nfcert/nfcert/internal/challenge"
	"github.com/nfcert/nfcert/internal/commands/cli"
	"github.com/nfcert/nfcert/internal/commands/cmdflags"
	"github.com/nfcert/nfcert/internal/commands/session"
	"github.com/nfcert/nfcert/internal/csrgen"
	"github.com/nfcert/nfcert/internal/enroll"
	"github.com/nfcert/nfcert/internal/nf"
	"github.com/nfcert/nfcert/internal/store"
	"github.com/nfcert/nfcert/internal/ui"
)

// Exit codes. `nfcert help exit-codes` explains them.
const (
	ExitDone          = 0
	exitBug           = 1
	ExitUsage         = 2
	ExitPending       = 3
	ExitRefused       = 4
	ExitAuthorization = 5
	ExitNetwork       = 6
	ExitState         = 7
	ExitFindings      = 8
	ExitToken         = 9
	ExitInterrupted   = 130
)

// Faults say on whose desk a problem lies.
const (
	FaultUsage          = "usage"
	faultInput          = "input"
	FaultState          = "state"
	FaultNetwork        = "network"
	FaultTLS            = "tls"
	faultCA             = "ca"
	faultAuthorization  = "authorization"
	faultTokenAuthority = "token-authority"
	faultTimeout        = "timeout"
	faultInternal       = "internal"
)

// Report is an error as it is told, to people and to scripts.
type Report struct {
	APIVersion string               `json:"apiVersion"`
	Kind       string               `json:"kind"`
	Exit       int                  `json:"exit"`
	Code       string               `json:"code"`
	Fault      string               `json:"fault"`
	Message    string               `json:"message"`
	Hint       string               `json:"hint,omitempty"`
	Causes     []string             `json:"causes,omitempty"` // what it may be, the likeliest first
	Clause     string               `json:"clause,omitempty"`
	Problem    *acmewire.Problem    `json:"problem,omitempty"`
	Request    *acmewire.Request    `json:"request,omitempty"`
	Trust      *session.TrustReport `json:"trust,omitempty"`
	Next       string               `json:"next,omitempty"`
}

// Explain turns an error into what is told of it. It is the one place that
// knows exit codes.
func Explain(call *cli.Call, err error) Report {
	r := Report{APIVersion: cli.APIVersion, Kind: "Error", Exit: exitBug, Code: "internal", Fault: faultInternal, Message: err.Error()}
	for _, explain := range []func(error, *Report) bool{
		func(err error, r *Report) bool { return explainEnd(call, err, r) }, func(err error, r *Report) bool { return explainAccount(call, err, r) }, func(err error, r *Report) bool { return explainRenew(call, err, r) }, func(err error, r *Report) bool { return explainToken(call, err, r) }, func(err error, r *Report) bool { return explainIdentity(call, err, r) }, func(err error, r *Report) bool { return explainInput(call, err, r) }, func(err error, r *Report) bool { return explainKey(call, err, r) }, func(err error, r *Report) bool { return explainSource(call, err, r) }, func(err error, r *Report) bool { return explainEngine(call, err, r) }, func(err error, r *Report) bool { return explainCA(call, err, r) }, func(err error, r *Report) bool { return explainState(call, err, r) },
	} {
		if told := r; explain(err, &told) {
			return told
		}
	}
	r.Hint = "this is a bug in nfcert; please report it with the output of the same command and --trace"
	return r
}

// explainEnd is for work that ended early and can be gone on with.
func explainEnd(call *cli.Call, err error, r *Report) bool {
	if _, ok := cli.As[*enroll.PendingError](err); ok || errors.Is(err, context.DeadlineExceeded) {
		r.Exit, r.Code, r.Fault = ExitPending, "pending", faultTimeout
		if !ok {
			r.Message = fmt.Sprintf("%s: out of time after %s", subject(call), call.Global.Timeout)
		}
		r.Next = call.Resume()
		r.Hint = "nothing is lost: run it again, or give it longer with --timeout"
		return true
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, ui.ErrInterrupted) {
		r.Exit, r.Code, r.Fault = ExitInterrupted, "interrupted", FaultUsage
		r.Message = subject(call) + ": interrupted; what was reached is saved"
		r.Next = call.Resume()
		return true
	}
	return false
}

// subject names what the command was doing.
func subject(call *cli.Call) string {
	if call.Global.Name != "" {
		return call.Command + " " + call.Global.Name
	}
	if call.Command == "" {
		return "nfcert"
	}
	return call.Command
}

// explainInput is for what the user typed and the files it names.
func explainInput(call *cli.Call, err error, r *Report) bool {
	r.Exit, r.Code, r.Fault = ExitUsage, "invalid-input", faultInput
	if e, ok := cli.As[*cli.UsageError](err); ok {
		r.Code, r.Fault, r.Hint = "usage", FaultUsage, e.Hint
		return true
	}
	if errors.Is(err, ui.ErrNoTerminal) {
		r.Code, r.Fault = "usage", FaultUsage
		return true
	}
	if e, ok := cli.As[*fs.PathError](err); ok && e.Op == "write" && e.Path == os.Stdout.Name() {
		r.Code, r.Message = "output", subject(call)+": writing the answer: "+e.Err.Error()
		r.Hint = "what the command did is done and saved; run it again to see its answer"
		return true
	}
	if e, ok := cli.As[*enroll.OutputError](err); ok {
		r.Code = "output"
		if _, exists := cli.As[*store.ExistsError](e); exists {
			r.Code, r.Hint = "exists", "nothing was overwritten; --force replaces them, once key and chain are verified"
		}
		return true
	}
	if _, ok := cli.As[*csrgen.RequestError](err); ok {
		_, saved := cli.As[*enroll.KeyFileError](err)
		return !saved
	}
	if _, ok := cli.As[*cli.InputError](err); ok {
		return true
	}
	if e, ok := cli.As[*session.PinFileError](err); ok {
		r.Code, r.Fault = "pin-mismatch", faultInput
		r.Hint = "the file is not what was pinned, or the pin is another's: compare both with what the CA's operator tells"
		r.Trust = &session.TrustReport{Served: session.TrustCertsOf(e.Found), TriedFrom: "the pin " + e.Pin.String()}
		return true
	}
	if _, ok := cli.As[*nf.FileError](err); ok {
		return true
	}
	if _, ok := cli.As[nf.FieldErrors](err); ok {
		return true
	}
	if e, ok := cli.As[*csrgen.KeyTypeError](err); ok {
		r.Hint = "as in --key " + e.Wanted[0]
		return true
	}
	if e, ok := cli.As[*enroll.NameError](err); ok {
		r.Code, r.Fault, r.Message = "usage", FaultUsage, e.Error()
		return true
	}
	if _, ok := cli.As[*enroll.ProfileError](err); ok {
		r.Hint = "one of: " + cmdflags.ProfileNames()
		return true
	}
	if explainLayout(err, r) {
		return true
	}
	if e, ok := cli.As[*challenge.ListenError](err); ok {
		r.Code, r.Fault = "listen", FaultUsage
		switch {
		case e.Nfcert:
			r.Exit, r.Next = ExitPending, call.Again()
			r.Hint = "nfcert waits while another nfcert answers there; run it again, or give it longer with --timeout"
		case e.InUse():
			r.Exit, r.Next = ExitPending, call.Again()
			r.Hint = "another program answers there: serve the challenge through it with --webroot DIR, or listen elsewhere with --http-listen ADDR and forward port 80"
		case e.NeedsPrivilege():
			r.Hint = "this port needs privilege: listen elsewhere with --http-listen ADDR and forward port 80, use --webroot DIR, or grant CAP_NET_BIND_SERVICE"
		default:
			r.Hint = "the order stays: run it again with an address and port of this machine, as in --http-listen :80 or --http-listen 127.0.0.1:5080"
		}
		return true
	}
	if e, ok := cli.As[*challenge.TokenError](err); ok { // the CA's, and fit for no file's name
		r.Exit, r.Code, r.Fault, r.Clause = ExitRefused, "protocol", faultCA, "RFC 8555 8.3"
		r.Message = subject(call) + ": " + e.Error()
		r.Hint = "nothing was put in place; tell the CA's operator"
		return true
	}
	if _, ok := cli.As[*enroll.PlaceError](err); ok {
		r.Code, r.Message = "placing", subject(call)+": "+err.Error()
		r.Hint = "the CA was not told yet and the order stays: mend it, and run the same again"
		r.Next = call.Again()
		return true
	}
	return false
}

// explainEngine is for what the engine found out itself.
func explainEngine(call *cli.Call, err error, r *Report) bool {
	r.Exit, r.Code, r.Fault = ExitState, "state", FaultState
	if e, ok := cli.As[*enroll.OutOfTurnError](err); ok {
		r.Code = "out-of-turn"
		r.Next = comesFirst(call, e)
		if e.Needs == enroll.StepAccount {
			r.Message = subject(call) + ": " + e.Found // which every command may want
			r.Hint = otherAccounts(call)
		}
		return true
	}
	if e, ok := cli.As[*enroll.ConflictError](err); ok {
		r.Code, r.Hint = "conflict", "use another name with -n"
		if e.Field == "key" && e.Asked != "" && call.Command != "renew" {
			r.Hint += "; or, once there is a certificate: nfcert renew -n " + e.Name + ", which makes a new key"
		}
		if e.Field == "names" {
			r.Next = call.Line("order abandon", "-n", e.Name)
		}
		return true
	}
	if e, ok := cli.As[*enroll.TermsError](err); ok {
		r.Exit, r.Code, r.Fault, r.Clause = ExitUsage, "terms", FaultUsage, "RFC 8555 7.3.3"
		r.Hint = "read them and say --accept-tos: " + e.URL
		return true
	}
	if _, ok := cli.As[*enroll.BindingRequiredError](err); ok {
		r.Exit, r.Code, r.Fault, r.Clause = ExitUsage, "eab-required", FaultUsage, "RFC 8555 7.3.4"
		r.Hint = "ask the CA's operator for a key id and a MAC key, and give them with --eab-kid and --eab-key-file"
		return true
	}
	if e, ok := cli.As[*enroll.AccountStateError](err); ok {
		r.Code, r.Clause = "account-"+e.Status, "RFC 8555 7.1.6"
		r.Hint = "it cannot be used again; register another under a new name: --account NAME"
		return true
	}
	if e, ok := cli.As[*challenge.NoSolverError](err); ok {
		explainNoChallenge(call, e, r)
		return true
	}
	if _, ok := cli.As[*enroll.NamesError](err); ok {
		r.Exit, r.Code, r.Fault, r.Clause = ExitUsage, "names-differ", faultInput, "RFC 8555 7.4"
		r.Hint = "every CA refuses that; nothing was sent. Order the CSR's names, or make the CSR anew with the order's"
		r.Next = call.Line("order abandon", "-n", call.Global.Name)
		return true
	}
	if _, ok := cli.As[*enroll.ChainChoiceError](err); ok {
		r.Exit, r.Code, r.Fault, r.Clause = ExitUsage, "no-such-chain", FaultUsage, "RFC 8555 7.4.2"
		r.Hint = "leave --chain out, or name one of these"
		return true
	}
	if e, ok := cli.As[*enroll.AuthorizationError](err); ok {
		explainAuthorization(e, r)
		r.Next = orderAgain(call, e.Name)
		return true
	}
	if e, ok := cli.As[*enroll.CertificateError](err); ok {
		r.Exit, r.Code, r.Fault, r.Clause = ExitFindings, "certificate", faultCA, "RFC 8555 7.4.2"
		r.Hint = "it is kept for inspection and installed nowhere"
		if e.Judged {
			r.Code, r.Clause = "breaks-profile", ""
			r.Hint += "; --lint warn installs it all the same"
		}
		if e.Err != nil && len(e.Reasons) == 1 {
			r.Hint = "when the root is known from another source, name it with --issuer-root FILE; the certificate is kept and installed nowhere"
		}
		r.Next = call.Line("show cert", "-n", e.Name)
		return true
	}
	return false
}

func explainNoChallenge(call *cli.Call, e *challenge.NoSolverError, r *Report) {
	r.Exit, r.Code, r.Fault, r.Clause = ExitUsage, "no-challenge", FaultUsage, "RFC 8555 7.1.4"
	if len(e.Offered) == 0 {
		r.Exit, r.Fault = ExitRefused, faultCA
		r.Hint = "the CA's policy has no way to prove this identifier; its operator must enable one"
		return
	}
	r.Hint = "choose one of those that the CA offers; the order stays as it is"
	if slices.Contains(e.Offered, challenge.TKAuth01) && !slices.Contains(e.Configured, challenge.TKAuth01) {
		r.Clause = "TS 33.310 Annex J.2.2"
		r.Hint = "it is proven with an Authority Token: name the OAM's Token Authority with --ta URL, or give a token with --token-file or --token-cmd; the order stays as it is"
		return
	}
	r.Next = call.Line("order abandon", "-n", call.Global.Name)
}

func explainAuthorization(e *enroll.AuthorizationError, r *Report) {
	r.Exit, r.Code, r.Fault, r.Clause = ExitAuthorization, "authorization", faultAuthorization, "RFC 8555 7.1.6"
	r.Hint = "mend the cause, then order again"
	for _, refused := range e.Refused {
		if refused.Problem == nil {
			continue
		}
		r.Problem = refused.Problem.ACME()
		if refused.Challenge == challenge.TKAuth01 {
			r.Hint, r.Clause = "the CA does not take the token; its words say which check failed. See the token: nfcert token get and nfcert token check. A CA that finds none may want --tkauth-field atc", "RFC 9447 3"
			break
		}
		if refused.Challenge != "" && r.Problem.HasType("unauthorized") {
			// Of a challenge it says that something else was found there.
			r.Hint, r.Clause = problemAdvice["incorrectresponse"].hint, problemAdvice["incorrectresponse"].clause
			break
		}
		if advice, ok := adviceFor(r.Problem); ok {
			r.Hint = advice.hint
			r.Clause = advice.clause
		}
		break
	}
	if r.Problem == nil {
		r.Problem = e.OrderError.ACME()
	}
	for _, refused := range e.Refused {
		if refused.Fetches != nil {
			r.Causes = append(r.Causes, seenFromHere(refused))
		}
	}
}

// seenFromHere tells a refusal by what was seen of the CA's validation: whether
// it got as far as this machine is what nobody but the solver knows.
func seenFromHere(refused enroll.RefusedIdentifier) string {
	fetches, value := refused.Fetches, refused.Identifier.Value
	switch fetches.Count {
	case 0:
		return fmt.Sprintf("nobody asked %s for the challenge of %s: for the CA the name leads elsewhere, or something on the way let nothing through", fetches.Where, value)
	case 1:
		return fmt.Sprintf("%s was asked for the challenge of %s once, by %s, and answered as it should: what came of that, or of asking elsewhere too, the CA alone knows", fetches.Where, value, fetches.Last)
	}
	return fmt.Sprintf("%s was asked for the challenge of %s %d times, last by %s, and answered as it should: what came of that, or of asking elsewhere too, the CA alone knows", fetches.Where, value, fetches.Count, fetches.Last)
}

// explainCA is for what came, or did not come, from the server.
func explainCA(call *cli.Call, err error, r *Report) bool {
	if p, ok := cli.As[*acmewire.Problem](err); ok {
		explainProblem(call, err, p, r)
		return true
	}
	if e, ok := cli.As[*acmewire.ProtocolError](err); ok {
		r.Exit, r.Code, r.Fault, r.Clause = ExitRefused, "protocol", faultCA, e.Clause
		r.Message = fmt.Sprintf("%s: the server does not speak ACME as it should: %s", subject(call), e.Found)
		if e.Err != nil {
			r.Message += ": " + e.Err.Error()
		}
		r.Request = &e.Request
		r.Hint = "is this the ACME directory URL? See what came: add --trace -"
		return true
	}
	if e, ok := cli.As[*acmewire.NetworkError](err); ok {
		r.Exit, r.Code, r.Fault = ExitNetwork, "unreachable", FaultNetwork
		r.Message = subject(call) + ": " + e.Error()
		r.Request = &e.Request
		r.Next = call.Resume()
		if e.Stage == acmewire.StageTLS {
			explainTrust(call, err, e, r)
			return true
		}
		if e.Stage == acmewire.StageProxy {
			r.Code = "proxy"
		}
		r.Hint = networkHint(e)
		return true
	}
	return false
}

// explainProblem is for a problem document.
func explainProblem(call *cli.Call, err error, p *acmewire.Problem, r *Report) {
	r.Exit, r.Code, r.Fault = ExitRefused, "acme-refused", faultCA
	r.Message = fmt.Sprintf("%s: the CA refused: %s", subject(call), problemName(p))
	r.Problem, r.Request = p, p.Request
	if advice, ok := adviceFor(p); ok {
		r.Clause, r.Hint = advice.clause, advice.hint
	}
	switch {
	case p.HasType("accountDoesNotExist"):
		r.Next = call.Line("account", call.ServerArgs()...)
	case refusesWildcard(p) && call.Global.Name != "":
		r.Clause, r.Hint = "RFC 8555 7.1.3", "a CA proves wildcards by dns-01 alone, and many refuse them; the CSR can do without, where peers send 3gpp-Sbi-Target-apiRoot and no telescopic FQDNs (TS 33.501 13.1.1.2)"
		r.Next = call.Line("csr", "-n", call.Global.Name, "--omit", "wildcard")
	case p.Status == 404 && call.Global.Name != "":
		r.Hint = "the CA does not know this any more; give the order up and order again"
		r.Next = call.Line("order abandon", "-n", call.Global.Name)
	}
	if p.RetryAfter > 0 {
		r.Hint = strings.TrimSpace(fmt.Sprintf("the CA asks to wait %s. %s", p.RetryAfter, r.Hint))
	}
	explainRefusedOrder(call, err, p, r)
	if e, ok := cli.As[*enroll.RefusedCSRError](err); ok {
		r.Message = fmt.Sprintf("%s: the CA refused the CSR: %s", subject(call), problemName(p))
		if len(e.URIs) > 0 && blamesNames(p.Detail) {
			r.Hint = fmt.Sprintf("the CSR has the URI name %s, which the order does not carry; many CAs refuse URI names in a dns order. Make the CSR without it (the certificate will then lack the NF instance id), and finalize again", e.URIs[0])
			r.Next = call.Line("csr", "-n", e.Name, "--omit", "uri")
		}
	}
}

// blamesNames reports whether a refusal may be for a name in the CSR: the CA's
// words speak of names, or not of anything that the CSR has beside them.
func blamesNames(detail string) bool {
	detail = strings.ToLower(detail)
	has := func(words ...string) bool {
		return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(detail, w) })
	}
	return has("uri", "san", "name", "identifier") || !has("usage", "eku", "extension", "nftypes", "key", "signature", "subject")
}

func problemName(p *acmewire.Problem) string {
	if name := p.Name(); name != "" && name != "about:blank" {
		return name
	}
	return fmt.Sprintf("HTTP status %d without a problem type", p.Status)
}
