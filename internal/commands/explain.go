package commands

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
	"github.com/nfcert/nfcert/internal/csrgen"
	"github.com/nfcert/nfcert/internal/enroll"
	"github.com/nfcert/nfcert/internal/nf"
	"github.com/nfcert/nfcert/internal/store"
	"github.com/nfcert/nfcert/internal/ui"
)

// explain turns an error into what is told of it. It is the one place that
// knows exit codes.
func (a *App) explain(err error) report {
	r := report{APIVersion: apiVersion, Kind: "Error", Exit: exitBug, Code: "internal", Fault: faultInternal, Message: err.Error()}
	for _, explain := range []func(error, *report) bool{
		a.explainEnd, a.explainAccount, a.explainRenew, a.explainToken, a.explainIdentity, a.explainInput, a.explainKey, a.explainSource, a.explainEngine, a.explainCA, a.explainState,
	} {
		if told := r; explain(err, &told) {
			return told
		}
	}
	r.Hint = "this is a bug in nfcert; please report it with the output of the same command and --trace"
	return r
}

// as is errors.As with the target made here.
func as[T error](err error) (T, bool) {
	var target T
	ok := errors.As(err, &target)
	return target, ok
}

// explainEnd is for work that ended early and can be gone on with.
func (a *App) explainEnd(err error, r *report) bool {
	if _, ok := as[*enroll.PendingError](err); ok || errors.Is(err, context.DeadlineExceeded) {
		r.Exit, r.Code, r.Fault = exitPending, "pending", faultTimeout
		if !ok {
			r.Message = fmt.Sprintf("%s: out of time after %s", a.subject(), a.global.timeout)
		}
		r.Next = a.resume
		r.Hint = "nothing is lost: run it again, or give it longer with --timeout"
		return true
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, ui.ErrInterrupted) {
		r.Exit, r.Code, r.Fault = exitInterrupted, "interrupted", faultUsage
		r.Message = a.subject() + ": interrupted; what was reached is saved"
		r.Next = a.resume
		return true
	}
	return false
}

// subject names what the command was doing.
func (a *App) subject() string {
	if a.name != "" {
		return a.command + " " + a.name
	}
	if a.command == "" {
		return "nfcert"
	}
	return a.command
}

// explainInput is for what the user typed and the files it names.
func (a *App) explainInput(err error, r *report) bool {
	r.Exit, r.Code, r.Fault = exitUsage, "invalid-input", faultInput
	if e, ok := as[*usageError](err); ok {
		r.Code, r.Fault, r.Hint = "usage", faultUsage, e.hint
		return true
	}
	if errors.Is(err, ui.ErrNoTerminal) {
		r.Code, r.Fault = "usage", faultUsage
		return true
	}
	if e, ok := as[*fs.PathError](err); ok && e.Op == "write" && e.Path == os.Stdout.Name() {
		r.Code, r.Message = "output", a.subject()+": writing the answer: "+e.Err.Error()
		r.Hint = "what the command did is done and saved; run it again to see its answer"
		return true
	}
	if e, ok := as[*enroll.OutputError](err); ok {
		r.Code = "output"
		if _, exists := as[*store.ExistsError](e); exists {
			r.Code, r.Hint = "exists", "nothing was overwritten; --force replaces them, once key and chain are verified"
		}
		return true
	}
	if _, ok := as[*csrgen.RequestError](err); ok {
		_, saved := as[*enroll.KeyFileError](err)
		return !saved
	}
	if _, ok := as[*inputError](err); ok {
		return true
	}
	if e, ok := as[*pinFileError](err); ok {
		r.Code, r.Fault = "pin-mismatch", faultInput
		r.Hint = "the file is not what was pinned, or the pin is another's: compare both with what the CA's operator tells"
		r.Trust = &trustReport{Served: trustCertsOf(e.Found), TriedFrom: "the pin " + e.Pin.String()}
		return true
	}
	if _, ok := as[*nf.FileError](err); ok {
		return true
	}
	if _, ok := as[nf.FieldErrors](err); ok {
		return true
	}
	if e, ok := as[*csrgen.KeyTypeError](err); ok {
		r.Hint = "as in --key " + e.Wanted[0]
		return true
	}
	if e, ok := as[*enroll.NameError](err); ok {
		r.Code, r.Fault, r.Message = "usage", faultUsage, e.Error()
		return true
	}
	if _, ok := as[*enroll.ProfileError](err); ok {
		r.Hint = "one of: " + profileNames()
		return true
	}
	if explainLayout(err, r) {
		return true
	}
	if e, ok := as[*challenge.ListenError](err); ok {
		r.Code, r.Fault = "listen", faultUsage
		switch {
		case e.Nfcert:
			r.Exit, r.Next = exitPending, a.again()
			r.Hint = "nfcert waits while another nfcert answers there; run it again, or give it longer with --timeout"
		case e.InUse():
			r.Exit, r.Next = exitPending, a.again()
			r.Hint = "another program answers there: serve the challenge through it with --webroot DIR, or listen elsewhere with --http-listen ADDR and forward port 80"
		case e.NeedsPrivilege():
			r.Hint = "this port needs privilege: listen elsewhere with --http-listen ADDR and forward port 80, use --webroot DIR, or grant CAP_NET_BIND_SERVICE"
		default:
			r.Hint = "the order stays: run it again with an address and port of this machine, as in --http-listen :80 or --http-listen 127.0.0.1:5080"
		}
		return true
	}
	if e, ok := as[*challenge.TokenError](err); ok { // the CA's, and fit for no file's name
		r.Exit, r.Code, r.Fault, r.Clause = exitRefused, "protocol", faultCA, "RFC 8555 8.3"
		r.Message = a.subject() + ": " + e.Error()
		r.Hint = "nothing was put in place; tell the CA's operator"
		return true
	}
	if _, ok := as[*enroll.PlaceError](err); ok {
		r.Code, r.Message = "placing", a.subject()+": "+err.Error()
		r.Hint = "the CA was not told yet and the order stays: mend it, and run the same again"
		r.Next = a.again()
		return true
	}
	return false
}

// explainEngine is for what the engine found out itself.
func (a *App) explainEngine(err error, r *report) bool {
	r.Exit, r.Code, r.Fault = exitState, "state", faultState
	if e, ok := as[*enroll.OutOfTurnError](err); ok {
		r.Code = "out-of-turn"
		r.Next = a.comesFirst(e)
		if e.Needs == enroll.StepAccount {
			r.Message = a.subject() + ": " + e.Found // which every command may want
			r.Hint = a.otherAccounts()
		}
		return true
	}
	if e, ok := as[*enroll.ConflictError](err); ok {
		r.Code, r.Hint = "conflict", "use another name with -n"
		if e.Field == "key" && e.Asked != "" && a.command != "renew" {
			r.Hint += "; or, once there is a certificate: nfcert renew -n " + e.Name + ", which makes a new key"
		}
		if e.Field == "names" {
			r.Next = a.line("order abandon", "-n", e.Name)
		}
		return true
	}
	if e, ok := as[*enroll.TermsError](err); ok {
		r.Exit, r.Code, r.Fault, r.Clause = exitUsage, "terms", faultUsage, "RFC 8555 7.3.3"
		r.Hint = "read them and say --accept-tos: " + e.URL
		return true
	}
	if _, ok := as[*enroll.BindingRequiredError](err); ok {
		r.Exit, r.Code, r.Fault, r.Clause = exitUsage, "eab-required", faultUsage, "RFC 8555 7.3.4"
		r.Hint = "ask the CA's operator for a key id and a MAC key, and give them with --eab-kid and --eab-key-file"
		return true
	}
	if e, ok := as[*enroll.AccountStateError](err); ok {
		r.Code, r.Clause = "account-"+e.Status, "RFC 8555 7.1.6"
		r.Hint = "it cannot be used again; register another under a new name: --account NAME"
		return true
	}
	if e, ok := as[*challenge.NoSolverError](err); ok {
		a.explainNoChallenge(e, r)
		return true
	}
	if _, ok := as[*enroll.NamesError](err); ok {
		r.Exit, r.Code, r.Fault, r.Clause = exitUsage, "names-differ", faultInput, "RFC 8555 7.4"
		r.Hint = "every CA refuses that; nothing was sent. Order the CSR's names, or make the CSR anew with the order's"
		r.Next = a.line("order abandon", "-n", a.name)
		return true
	}
	if _, ok := as[*enroll.ChainChoiceError](err); ok {
		r.Exit, r.Code, r.Fault, r.Clause = exitUsage, "no-such-chain", faultUsage, "RFC 8555 7.4.2"
		r.Hint = "leave --chain out, or name one of these"
		return true
	}
	if e, ok := as[*enroll.AuthorizationError](err); ok {
		explainAuthorization(e, r)
		r.Next = a.orderAgain(e.Name)
		return true
	}
	if e, ok := as[*enroll.CertificateError](err); ok {
		r.Exit, r.Code, r.Fault, r.Clause = exitFindings, "certificate", faultCA, "RFC 8555 7.4.2"
		r.Hint = "it is kept for inspection and installed nowhere"
		if e.Judged {
			r.Code, r.Clause = "breaks-profile", ""
			r.Hint += "; --lint warn installs it all the same"
		}
		if e.Err != nil && len(e.Reasons) == 1 {
			r.Hint = "when the root is known from another source, name it with --issuer-root FILE; the certificate is kept and installed nowhere"
		}
		r.Next = a.line("show cert", "-n", e.Name)
		return true
	}
	return false
}

func (a *App) explainNoChallenge(e *challenge.NoSolverError, r *report) {
	r.Exit, r.Code, r.Fault, r.Clause = exitUsage, "no-challenge", faultUsage, "RFC 8555 7.1.4"
	if len(e.Offered) == 0 {
		r.Exit, r.Fault = exitRefused, faultCA
		r.Hint = "the CA's policy has no way to prove this identifier; its operator must enable one"
		return
	}
	r.Hint = "choose one of those that the CA offers; the order stays as it is"
	if slices.Contains(e.Offered, challenge.TKAuth01) && !slices.Contains(e.Configured, challenge.TKAuth01) {
		r.Clause = "TS 33.310 Annex J.2.2"
		r.Hint = "it is proven with an Authority Token: name the OAM's Token Authority with --ta URL, or give a token with --token-file or --token-cmd; the order stays as it is"
		return
	}
	r.Next = a.line("order abandon", "-n", a.name)
}

func explainAuthorization(e *enroll.AuthorizationError, r *report) {
	r.Exit, r.Code, r.Fault, r.Clause = exitAuthorization, "authorization", faultAuthorization, "RFC 8555 7.1.6"
	r.Hint = "mend the cause, then order again"
	for _, refused := range e.Refused {
		if refused.Problem == nil {
			continue
		}
		r.Problem = refused.Problem
		if refused.Challenge == challenge.TKAuth01 {
			r.Hint, r.Clause = "the CA does not take the token; its words say which check failed. See the token: nfcert token get and nfcert token check. A CA that finds none may want --tkauth-field atc", "RFC 9447 3"
			break
		}
		if refused.Challenge != "" && refused.Problem.HasType("unauthorized") {
			// Of a challenge it says that something else was found there.
			r.Hint, r.Clause = problemAdvice["incorrectresponse"].hint, problemAdvice["incorrectresponse"].clause
			break
		}
		if advice, ok := adviceFor(refused.Problem); ok {
			r.Hint = advice.hint
			r.Clause = advice.clause
		}
		break
	}
	if r.Problem == nil {
		r.Problem = e.OrderError
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
func (a *App) explainCA(err error, r *report) bool {
	if p, ok := as[*acmewire.Problem](err); ok {
		a.explainProblem(err, p, r)
		return true
	}
	if e, ok := as[*acmewire.ProtocolError](err); ok {
		r.Exit, r.Code, r.Fault, r.Clause = exitRefused, "protocol", faultCA, e.Clause
		r.Message = fmt.Sprintf("%s: the server does not speak ACME as it should: %s", a.subject(), e.Found)
		if e.Err != nil {
			r.Message += ": " + e.Err.Error()
		}
		r.Request = &e.Request
		r.Hint = "is this the ACME directory URL? See what came: add --trace -"
		return true
	}
	if e, ok := as[*acmewire.NetworkError](err); ok {
		r.Exit, r.Code, r.Fault = exitNetwork, "unreachable", faultNetwork
		r.Message = a.subject() + ": " + e.Error()
		r.Request = &e.Request
		r.Next = a.resume
		if e.Stage == acmewire.StageTLS {
			a.explainTrust(err, e, r)
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
func (a *App) explainProblem(err error, p *acmewire.Problem, r *report) {
	r.Exit, r.Code, r.Fault = exitRefused, "acme-refused", faultCA
	r.Message = fmt.Sprintf("%s: the CA refused: %s", a.subject(), problemName(p))
	r.Problem, r.Request = p, p.Request
	if advice, ok := adviceFor(p); ok {
		r.Clause, r.Hint = advice.clause, advice.hint
	}
	switch {
	case p.HasType("accountDoesNotExist"):
		r.Next = a.line("account", a.serverArgs()...)
	case refusesWildcard(p) && a.name != "":
		r.Clause, r.Hint = "RFC 8555 7.1.3", "a CA proves wildcards by dns-01 alone, and many refuse them; the CSR can do without, where peers send 3gpp-Sbi-Target-apiRoot and no telescopic FQDNs (TS 33.501 13.1.1.2)"
		r.Next = a.line("csr", "-n", a.name, "--omit", "wildcard")
	case p.Status == 404 && a.name != "":
		r.Hint = "the CA does not know this any more; give the order up and order again"
		r.Next = a.line("order abandon", "-n", a.name)
	}
	if p.RetryAfter > 0 {
		r.Hint = strings.TrimSpace(fmt.Sprintf("the CA asks to wait %s. %s", p.RetryAfter, r.Hint))
	}
	a.explainRefusedOrder(err, p, r)
	if e, ok := as[*enroll.RefusedCSRError](err); ok {
		r.Message = fmt.Sprintf("%s: the CA refused the CSR: %s", a.subject(), problemName(p))
		if len(e.URIs) > 0 && blamesNames(p.Detail) {
			r.Hint = fmt.Sprintf("the CSR has the URI name %s, which the order does not carry; many CAs refuse URI names in a dns order. Make the CSR without it (the certificate will then lack the NF instance id), and finalize again", e.URIs[0])
			r.Next = a.line("csr", "-n", e.Name, "--omit", "uri")
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
