package report

import (
	"fmt"
	"net/url"

	"github.com/nfcert/nfcert/internal/challenge"
	"github.com/nfcert/nfcert/internal/commands/cmdflags"
	"github.com/nfcert/nfcert/internal/token"
)

// tokenErrors are about Authority Tokens (RFC 9447): those that nfcert could not get, and
// those that fail a check.
func tokenErrors() []Entry {
	return []Entry{
		For(ExitToken, CodeTokenRefused, FaultTokenAuthority, proving),
		For(ExitToken, CodeTokenRefused, FaultTokenAuthority, func(c *Context, e *cmdflags.TokenError, r *Report) {
			c.TokenAuthority = true
			c.explain(e.Err, r)
		}),
		For(ExitToken, CodeTokenUnfit, FaultTokenAuthority, func(_ *Context, e *token.CheckError, r *Report) {
			r.Clause, r.Hint = e.Clause, tokenHint(e)
		}),
		For(ExitToken, CodeTokenMalformed, FaultTokenAuthority, func(_ *Context, _ *token.FormError, r *Report) {
			r.Clause = "RFC 9447 4"
			r.Hint = "a token is a JWT as a compact JWS: three parts of base64url separated by dots, and nothing else"
		}),
		For(ExitToken, CodeTokenRefused, FaultTokenAuthority, func(_ *Context, e *token.RefusedError, r *Report) {
			r.Clause, r.Hint = "RFC 9447 5", refusedTokenHint(e)
		}),
		For(ExitToken, CodeTokenAuthorityURL, FaultCA, func(_ *Context, e *token.AuthorityURLError, r *Report) {
			r.Clause = "RFC 9447 5"
			r.Hint = "nothing was sent there; name the Token Authority with --ta URL, and tell the CA's operator"
			if e.Unlisted {
				r.Hint = fmt.Sprintf("the CA only suggests this Token Authority: if its operator confirms the host, use --ta-allow %s; otherwise name one with --ta URL", hostOf(e.URL))
			}
		}),
		For(ExitUsage, CodeNoTokenSource, FaultUsage, func(_ *Context, e *challenge.NoSourceError, r *Report) {
			r.Clause = "RFC 9447 5"
			r.Hint = "name the Token Authority with --ta URL, or give a token with --token-file or --token-cmd"
			if e.Hint != "" {
				r.Hint += fmt.Sprintf("; the CA names %q, which --ta-allow %s permits", e.Hint, hostOf(e.Hint))
			}
		}),
		For(ExitRefused, CodeTKAuthType, FaultCA, func(_ *Context, _ *challenge.KindError, r *Report) {
			r.Clause = "RFC 9447 3.1"
			r.Hint = "no other kind of token is defined; ask the CA's operator what it expects"
		}),
		For(ExitToken, CodeTokenSource, FaultTokenAuthority, func(_ *Context, e *token.SourceError, r *Report) {
			r.Hint = "run it by hand to see what is missing; it must print only the token and exit with 0"
			if e.File {
				r.Exit, r.Code, r.Fault = ExitUsage, CodeInvalidInput, FaultInput
				r.Hint = "it must be a readable file that contains only the token"
			}
		}),
	}
}

// proving is for a token that was needed for a challenge. Nothing was sent to the CA, so
// the order stays.
func proving(c *Context, e *challenge.ProofError, r *Report) {
	c.TokenAuthority = true
	if !c.explain(e.Err, r) {
		return
	}
	if r.Code != CodeTKAuthType && r.Code != CodeNoTokenSource && r.Code != CodeTokenAuthorityURL && r.Exit != ExitNetwork && r.Code != CodeTokenAuthorityProtocol {
		r.Hint += ". Nothing was sent to the CA, so the order stays"
	}
	if r.Code != CodeTokenAuthorityProtocol && r.Exit != ExitNetwork {
		r.Message = c.Subject() + ": " + e.Error()
	}
	r.Next = c.Again()
}

func hostOf(raw string) string {
	if u, err := url.Parse(raw); err == nil && u.Host != "" {
		return u.Host
	}
	return "HOST"
}

// refusedTokenHint says what to do about a Token Authority that issued no token.
func refusedTokenHint(e *token.RefusedError) string {
	switch e.Status {
	case 401:
		return "authenticate with --ta-client-cert and --ta-client-key, --ta-bearer-file or --ta-basic-file; ask the OAM's operator which"
	case 403:
		return "the OAM's operator must allow this client to get tokens for this NF instance id"
	case 404, 405:
		return "check that this is the URL of its token resource, as in https://oam.example/at/account/ID/token"
	}
	if e.Status >= 500 {
		return "the Token Authority failed, and its operator finds the cause in its log; then run the same command again"
	}
	return "ask the OAM's operator what the Token Authority expects (RFC 9447 5 leaves much open)"
}

// tokenHint says what to do about a failed check.
func tokenHint(e *token.CheckError) string {
	switch e.Check {
	case token.CheckFingerprint:
		return "the token is for another ACME account key; get one for this account: nfcert show account prints its thumbprint"
	case token.CheckValue, token.CheckType:
		return "the token is for another identifier; get one for this NF instance id"
	case token.CheckExpiry, token.CheckNotBefore:
		return "get a new token; if this one is new, the clock of this machine or of the Token Authority is wrong"
	case token.CheckSigner, token.CheckSignature:
		return "name the root of the tokens' signer with --ta-root; if it is the right one, do not use this token"
	case token.CheckAlgorithm:
		return "anyone can forge such a token; the Token Authority must sign with an asymmetric key"
	case token.CheckCA:
		return "the Token Authority must not allow a CA certificate for a network function"
	}
	return "the token lacks what RFC 9447 requires; tell the operator of the Token Authority"
}
