package report

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/nfcert/nfcert/internal/acmewire"
	"github.com/nfcert/nfcert/internal/challenge"
	"github.com/nfcert/nfcert/internal/commands/cli"
	"github.com/nfcert/nfcert/internal/commands/cmdflags"
	"github.com/nfcert/nfcert/internal/enroll"
	"github.com/nfcert/nfcert/internal/token"
)

// explainToken is for Authority Tokens: those that were not had, and those that
// do not fit.
func explainToken(call *cli.Call, err error, r *Report) bool {
	r.Exit, r.Code, r.Fault, r.Clause = ExitToken, "token-refused", faultTokenAuthority, "RFC 9447 5"
	proof, proving := cli.As[*challenge.ProofError](err)
	if proving {
		r.Message = subject(call) + ": " + proof.Error()
	}
	_, asking := cli.As[*cmdflags.TokenError](err)
	if proving {
		r.Next = call.Again() // the order stays: the CA was told nothing
	}
	kept := func(hint string) string {
		if proving {
			return hint + ". The CA was not told, so the order stays"
		}
		return hint
	}
	if e, ok := cli.As[*token.CheckError](err); ok {
		r.Code, r.Clause = "token-unfit", e.Clause
		r.Hint = kept(tokenHint(e))
		return true
	}
	if _, ok := cli.As[*token.FormError](err); ok {
		r.Code, r.Clause = "token-malformed", "RFC 9447 4"
		r.Hint = kept("want a JWT in a compact JWS: three parts of base64url with dots between, and nothing else")
		return true
	}
	if e, ok := cli.As[*token.RefusedError](err); ok {
		r.Code = "token-refused"
		r.Hint = kept(refusedTokenHint(e))
		return true
	}
	if e, ok := cli.As[*token.AuthorityURLError](err); ok {
		explainAuthorityURL(call, e, r)
		return true
	}
	if e, ok := cli.As[*challenge.NoSourceError](err); ok {
		r.Exit, r.Code, r.Fault = ExitUsage, "no-token-source", FaultUsage
		r.Hint = "name the Token Authority with --ta URL, or give a token with --token-file or --token-cmd"
		if e.Hint != "" {
			r.Hint += fmt.Sprintf("; the CA names %q, which --ta-allow %s would let be used", e.Hint, hostOf(e.Hint))
		}
		return true
	}
	if _, ok := cli.As[*challenge.KindError](err); ok {
		r.Exit, r.Code, r.Fault, r.Clause = ExitRefused, "tkauth-type", faultCA, "RFC 9447 3.1"
		r.Hint = "no other kind of token is defined; ask the CA's operator what it wants"
		return true
	}
	if e, ok := cli.As[*token.SourceError](err); ok {
		r.Code, r.Clause = "token-source", ""
		r.Hint = kept("run it by hand to see what it lacks; it must print the token alone and end with 0")
		if e.File {
			r.Exit, r.Code, r.Fault = ExitUsage, "invalid-input", faultInput
			r.Hint = kept("it must be a readable file with the token alone")
		}
		return true
	}
	return (proving || asking) && explainTokenWire(call, err, r)
}

// explainTokenWire is for a Token Authority that was not reached or trusted, or
// does not answer as it should.
func explainTokenWire(call *cli.Call, err error, r *Report) bool {
	if e, ok := cli.As[*acmewire.NetworkError](err); ok {
		r.Exit, r.Code, r.Fault, r.Clause = ExitNetwork, "token-authority-unreachable", FaultNetwork, ""
		r.Message = subject(call) + ": the Token Authority: " + e.Error()
		r.Request = &e.Request
		r.Hint = networkHint(e)
		switch e.Stage {
		case acmewire.StageTLS:
			explainTrust(call, err, e, r)
			r.Code, r.Hint = "token-authority-untrusted", ofAuthority.Replace(r.Hint)
		case acmewire.StageAnswer: // what may have happened there does not matter
			r.Hint = "running the same again asks it again"
		}
		return true
	}
	if e, ok := cli.As[*acmewire.ProtocolError](err); ok {
		r.Code = "token-authority-protocol"
		r.Message = subject(call) + ": the Token Authority does not answer as it should: " + e.Found
		r.Request = &e.Request
		r.Hint = "is this the URL of its token resource, as in https://oam.example/at/account/ID/token?"
		return true
	}
	return false
}

// ofAuthority turns words on trust in the CA into such on trust in the Token
// Authority.
var ofAuthority = strings.NewReplacer(
	", or its fingerprint with --ca-pin", "", "--ca-root", "--ta-root", "--client-cert", "--ta-client-cert", "--client-key", "--ta-client-key",
	"the CA's", "the OAM's", "a CA that", "an authority that",
)

func explainAuthorityURL(call *cli.Call, e *token.AuthorityURLError, r *Report) {
	r.Code, r.Fault = "token-authority-url", faultCA
	switch {
	case e.Unlisted:
		r.Hint = fmt.Sprintf("a challenge's token-authority is but a hint of the CA's: when the operator vouches for that host, --ta-allow %s; else name the authority with --ta URL", hostOf(e.URL))
	default:
		r.Hint = "nothing was sent there; name the authority with --ta URL, and tell the CA's operator"
	}
}

func hostOf(raw string) string {
	if u, err := url.Parse(raw); err == nil && u.Host != "" {
		return u.Host
	}
	return "HOST"
}

// refusedTokenHint says what to do about an authority that gave no token.
func refusedTokenHint(e *token.RefusedError) string {
	switch e.Status {
	case 401:
		return "show it who asks: --ta-client-cert and --ta-client-key, --ta-bearer-file or --ta-basic-file, as the OAM's operator says"
	case 403:
		return "the OAM's operator must allow this NF instance id to who asks"
	case 404, 405:
		return "is this the URL of its token resource, as in https://oam.example/at/account/ID/token?"
	}
	if e.Status >= 500 {
		return "it failed; its operator finds the cause in its log. Running the same again asks it again"
	}
	return "the OAM's operator knows what it wants (RFC 9447 5 leaves much open)"
}

// tokenHint says whose desk a failed check lies on.
func tokenHint(e *token.CheckError) string {
	switch e.Check {
	case token.CheckFingerprint:
		return "the token is for another ACME account key; get one for this account: nfcert show account tells its thumbprint"
	case token.CheckValue, token.CheckType:
		return "the token is for another identifier; get one for this NF instance id"
	case token.CheckExpiry, token.CheckNotBefore:
		return "get a fresh one; when the authority says that it is fresh, one of the two clocks is wrong"
	case token.CheckSigner, token.CheckSignature:
		return "name the root of who signs the tokens with --ta-root; when it is the right one, do not use this token"
	case token.CheckAlgorithm:
		return "nobody can tell who made such a token; the authority must sign with an asymmetric key"
	case token.CheckCA:
		return "the authority must not allow a CA certificate to a network function"
	}
	return "the authority's tokens lack what RFC 9447 demands; tell its operator"
}

// explainRefusedOrder adds the way out when the CA refused an NF instance id, or
// may have: most of today's CAs know dns and ip alone, and not all say so.
func explainRefusedOrder(call *cli.Call, err error, p *acmewire.Problem, r *Report) {
	e, ok := cli.As[*enroll.RefusedOrderError](err)
	if !ok || !e.HasInstance() || !(p.HasType("unsupportedIdentifier") || p.HasType("rejectedIdentifier") || p.HasType("malformed")) {
		return
	}
	if p.HasType("rejectedIdentifier") && len(p.Subproblems) == 0 && e.OthersThanInstance() {
		return // it may well mean another one
	}
	if !p.HasType("rejectedIdentifier") {
		r.Clause = "TS 33.310 Annex J.2.2"
		r.Hint = "most of today's CAs know only dns and ip names and no NfInstanceId"
		if e.OthersThanInstance() {
			r.Hint += "; order the DNS names alone (the certificate will carry the NF instance id only if the CA copies it from the CSR)"
			r.Next = call.Line("order", "-n", e.Name, "--identifiers", "dns")
		}
	}
}
