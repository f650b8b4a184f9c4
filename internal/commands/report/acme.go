package report

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/nfcert/nfcert/internal/acmewire"
	"github.com/nfcert/nfcert/internal/enroll"
)

// acmeErrors are about requests to a server and its answers.
func acmeErrors() []Entry {
	return []Entry{
		For(ExitRefused, CodeRefused, FaultCA, problem),
		For(ExitRefused, CodeRefused, FaultCA, refusedOrder),
		For(ExitRefused, CodeRefused, FaultCA, refusedCSR),
		For(ExitRefused, CodeProtocol, FaultCA, brokenProtocol),
		For(ExitNetwork, CodeUnreachable, FaultNetwork, unreached),
	}
}

// problem is for a problem document (RFC 8555 6.7).
func problem(c *Context, p *acmewire.Problem, r *Report) {
	r.Message = fmt.Sprintf("%s: the CA refused: %s", c.Subject(), problemName(p))
	r.Problem, r.Request = p, p.Request
	if advice, ok := adviceFor(p); ok {
		r.Clause, r.Hint = advice.clause, advice.hint
	}
	name := c.Global.Name
	switch {
	case p.HasType("accountDoesNotExist"):
		r.Next = c.Line("account", c.ServerArgs()...)
	case p.HasType("badSignatureAlgorithm"):
		badAlgorithm(c, p, r)
	case refusesWildcard(p) && name != "":
		r.Clause, r.Hint = "RFC 8555 7.1.3", "CAs validate wildcards only by dns-01, and many refuse them; omit the wildcard from the CSR if peers use 3gpp-Sbi-Target-apiRoot and no telescopic FQDNs (TS 33.501 13.1.1.2)"
		r.Next = c.Line("csr", "-n", name, "--omit", "wildcard")
	case p.Status == http.StatusNotFound && name != "":
		r.Hint = "the CA no longer knows this order; abandon it and order again"
		r.Next = c.Line("order abandon", "-n", name)
	}
	if c.Command == "revoke" {
		refusedRevocation(p, r)
	}
	if p.RetryAfter > 0 {
		r.Hint = strings.TrimSpace(fmt.Sprintf("the CA asks to wait %s. %s", p.RetryAfter, r.Hint))
	}
}

// badAlgorithm is for an account key that the CA does not accept.
func badAlgorithm(c *Context, p *acmewire.Problem, r *Report) {
	accepts := ""
	if len(p.Algorithms) > 0 {
		accepts = " (" + strings.Join(p.Algorithms, ", ") + ")"
	}
	r.Hint = "the CA does not accept this type of account key; nearly every CA accepts P256" + accepts
	if c.Command == "account" || c.Command == "account rollover" {
		r.Next = c.Line(c.Command, append(accountArgs(c.Call), "--account-key", "P256")...)
	}
}

// refusedRevocation is for a revocation that the CA refused.
func refusedRevocation(p *acmewire.Problem, r *Report) {
	switch {
	case p.HasType("badRevocationReason"):
		r.Hint = "this CA does not revoke for that reason; use another of " + ReasonNames() + ", or omit --reason"
	case p.HasType("unauthorized"):
		r.Clause = "RFC 8555 7.6"
		r.Hint = "these may revoke it: the account that it was issued to (--account NAME), an account that has proven all its names, and the holder of its key (--by certificate-key --key-in FILE)"
	case p.Status == http.StatusNotFound, p.HasType("malformed"):
		r.Clause, r.Next = "RFC 8555 7.6", ""
		r.Hint = "most likely another CA issued this certificate; name that CA's server with --server"
	}
}

// refusedOrder proposes another order if the CA may have refused the NF instance id:
// most CAs know only dns and ip, and not all of them say so.
func refusedOrder(c *Context, e *enroll.RefusedOrderError, r *Report) {
	c.explain(e.Err, r)
	p := r.Problem
	if p == nil || !e.HasInstance() || !(p.HasType("unsupportedIdentifier") || p.HasType("malformed")) {
		return // rejectedIdentifier may mean another identifier
	}
	r.Clause = "TS 33.310 Annex J.2.2"
	r.Hint = "most CAs know only dns and ip identifiers, and no NfInstanceId"
	if e.OthersThanInstance() {
		r.Hint += "; order the DNS names alone (the certificate then has the NF instance id only if the CA copies it from the CSR)"
		r.Next = c.Line("order", "-n", e.Name, "--identifiers", "dns")
	}
}

// refusedCSR is for an order that the CA refused to finalize.
func refusedCSR(c *Context, e *enroll.RefusedCSRError, r *Report) {
	c.explain(e.Err, r)
	p := r.Problem
	if p == nil {
		return
	}
	r.Message = fmt.Sprintf("%s: the CA refused the CSR: %s", c.Subject(), problemName(p))
	if len(e.URIs) > 0 && blamesNames(p.Detail) {
		r.Hint = fmt.Sprintf("the CSR has the URI name %s, which the order does not include; many CAs refuse URI names in a dns order. Make the CSR without it (the certificate will then not have the NF instance id), and finalize again", e.URIs[0])
		r.Next = c.Line("csr", "-n", e.Name, "--omit", "uri")
	}
}

// blamesNames reports whether a refusal may be about a name in the CSR: the detail
// mentions names, or no other part of a CSR.
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

func brokenProtocol(c *Context, e *acmewire.ProtocolError, r *Report) {
	r.Request = &e.Request
	if c.TokenAuthority {
		r.Exit, r.Code, r.Fault, r.Clause = ExitToken, CodeTokenAuthorityProtocol, FaultTokenAuthority, "RFC 9447 5"
		r.Message = c.Subject() + ": the Token Authority's answer is not what the protocol requires: " + e.Found
		r.Hint = "check that this is the URL of its token resource, as in https://oam.example/at/account/ID/token"
		return
	}
	r.Clause = e.Clause
	r.Message = fmt.Sprintf("%s: the server's answer is not what ACME requires: %s", c.Subject(), e.Found)
	if e.Err != nil {
		r.Message += ": " + e.Err.Error()
	}
	r.Hint = "check that this is the ACME directory URL; to see what was received, add --trace -"
}

func unreached(c *Context, e *acmewire.NetworkError, r *Report) {
	r.Request = &e.Request
	server := ""
	if c.TokenAuthority {
		r.Code, server = CodeTokenAuthorityUnreachable, "the Token Authority: "
	} else {
		r.Next = c.Resume()
	}
	r.Message = c.Subject() + ": " + server + e.Error()
	switch e.Stage {
	case acmewire.StageTLS:
		untrusted(c, e, r)
		if c.TokenAuthority {
			r.Code, r.Hint = CodeTokenAuthorityUntrusted, forTokenAuthority.Replace(r.Hint)
		}
		return
	case acmewire.StageProxy:
		if !c.TokenAuthority {
			r.Code = CodeProxy
		}
	}
	r.Hint = networkHint(e)
	if c.TokenAuthority && e.Stage == acmewire.StageAnswer {
		r.Hint = "run the same command again"
	}
}

// forTokenAuthority turns hints about trust in the CA into hints about trust in
// the Token Authority.
var forTokenAuthority = strings.NewReplacer(
	", or its fingerprint with --ca-pin", "", "--ca-root", "--ta-root", "--client-cert", "--ta-client-cert", "--client-key", "--ta-client-key",
	"the CA's", "the OAM's", "a CA that", "an authority that",
)
