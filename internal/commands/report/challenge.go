package report

import (
	"fmt"
	"slices"

	"github.com/nfcert/nfcert/internal/challenge"
	"github.com/nfcert/nfcert/internal/enroll"
)

// challengeErrors are about challenges and authorizations.
func challengeErrors() []Entry {
	return []Entry{
		For(ExitUsage, CodeListen, FaultUsage, listening),
		For(ExitRefused, CodeProtocol, FaultCA, func(c *Context, e *challenge.TokenError, r *Report) {
			r.Clause = "RFC 8555 8.3"
			r.Message = c.Subject() + ": " + e.Error()
			r.Hint = "nothing was published; tell the CA's operator"
		}),
		For(ExitUsage, CodePlacing, FaultInput, placing),
		For(ExitUsage, CodePlacing, FaultInput, func(c *Context, e enroll.PlaceErrors, r *Report) { placing(c, e[0], r) }),
		For(ExitUsage, CodeNoChallenge, FaultUsage, noSolver),
		For(ExitAuthorization, CodeAuthorization, FaultAuthorization, authorization),
	}
}

func listening(c *Context, e *challenge.ListenError, r *Report) {
	switch {
	case e.Nfcert:
		r.Exit, r.Next = ExitPending, c.Again()
		r.Hint = "another nfcert uses this address; run the same command again, or allow more time with --timeout"
	case e.InUse():
		r.Exit, r.Next = ExitPending, c.Again()
		r.Hint = "another program uses this address: let it serve the challenge with --webroot DIR, or listen on another address with --http-listen ADDR and forward port 80 to it"
	case e.NeedsPrivilege():
		r.Hint = "this port needs privileges: listen on another one with --http-listen ADDR and forward port 80 to it, use --webroot DIR, or grant CAP_NET_BIND_SERVICE"
	default:
		r.Hint = "use an address and port of this machine, as in --http-listen :80 or --http-listen 127.0.0.1:5080"
	}
}

// placing is for a challenge that could not be published. An entry for the cause has
// priority. The CA does not know of the failure, so the order stays.
func placing(c *Context, e *enroll.PlaceError, r *Report) {
	if inner := *r; c.explain(e.Err, &inner) && inner.Code != CodeInternal {
		*r = inner
		return
	}
	r.Message = c.Subject() + ": " + e.Error()
	r.Hint = "the CA does not know of this, and the order stays: fix the cause, and run the same command again"
	r.Next = c.Again()
}

func noSolver(c *Context, e *challenge.NoSolverError, r *Report) {
	r.Clause = "RFC 8555 7.1.4"
	if len(e.Offered) == 0 {
		r.Exit, r.Fault = ExitRefused, FaultCA
		r.Hint = "the CA offers no challenge for this identifier; its operator must enable one"
		return
	}
	if slices.Contains(e.Offered, challenge.TKAuth01) && !slices.Contains(e.Configured, challenge.TKAuth01) {
		r.Clause = "TS 33.310 Annex J.2.2"
		r.Hint = "this identifier needs an Authority Token: name the OAM's Token Authority with --ta URL, or give a token with --token-file or --token-cmd; the order stays as it is"
		return
	}
	r.Hint = "choose one that the CA offers; the order stays as it is"
	r.Next = c.Line("order abandon", "-n", c.Global.Name)
}

// authorization is for identifiers that the CA could not validate.
func authorization(c *Context, e *enroll.AuthorizationError, r *Report) {
	r.Clause, r.Hint = "RFC 8555 7.1.6", "fix the cause, then order again"
	for _, refused := range e.Refused {
		if refused.Problem != nil {
			refusedChallenge(refused, r)
			break
		}
	}
	if r.Problem == nil {
		r.Problem = e.OrderError.ACME()
	}
	for _, refused := range e.Refused {
		if refused.Fetches != nil {
			r.Causes = append(r.Causes, fetchedFromHere(refused))
		}
	}
	r.Next = orderAgain(c.Call, e.Name)
}

func refusedChallenge(refused enroll.RefusedIdentifier, r *Report) {
	r.Problem = refused.Problem.ACME()
	if refused.Challenge == challenge.TKAuth01 {
		r.Hint, r.Clause = "the CA refused the token, and its message says why. Inspect the token with nfcert token get and nfcert token check. If the CA found no token, try --tkauth-field atc", "RFC 9447 3"
		return
	}
	advice, ok := adviceFor(r.Problem)
	if refused.Challenge != "" && r.Problem.HasType("unauthorized") {
		advice, ok = problemAdvice["incorrectresponse"], true // for a challenge it means that the CA got other content
	}
	if ok {
		r.Hint, r.Clause = advice.hint, advice.clause
	}
}

// fetchedFromHere explains a refusal by the requests for the challenge that this machine
// received.
func fetchedFromHere(refused enroll.RefusedIdentifier) string {
	f, value := refused.Fetches, refused.Identifier.Value
	times := fmt.Sprintf("%d times, last", f.Count)
	switch f.Count {
	case 0:
		return fmt.Sprintf("no request for the challenge of %s reached %s: for the CA the name has another address, or the request was blocked", value, f.Where)
	case 1:
		times = "once"
	}
	return fmt.Sprintf("the challenge of %s was fetched from %s %s by %s, and the answer was correct: ask the CA's operator why it was refused, or whether the CA also asked another address", value, f.Where, times, f.Last)
}
