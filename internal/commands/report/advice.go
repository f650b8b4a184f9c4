package report

import (
	"slices"
	"strings"

	"github.com/nfcert/nfcert/internal/acmewire"
)

// advice is the hint for a problem type, and the clause that defines the type.
type advice struct{ clause, hint string }

// adviceFor finds the advice for a problem. ok is false for types that RFC 8555 does not
// define.
func adviceFor(p *acmewire.Problem) (advice, bool) {
	i := strings.LastIndexByte(p.Type, ':')
	found, ok := problemAdvice[strings.ToLower(p.Type[i+1:])]
	return found, ok
}

// problemAdvice is by problem type in lower case (RFC 8555 section 6.7 and the
// sections that use them).
var problemAdvice = map[string]advice{
	"accountdoesnotexist":     {"RFC 8555 7.3.1", "the CA does not know this account key; register it: nfcert account"},
	"alreadyrevoked":          {"RFC 8555 7.6", "nothing to do: the certificate is revoked"},
	"badcsr":                  {"RFC 8555 7.4", "the CA will not sign this CSR; omit parts of it with nfcert csr --omit, or ask the CA what its policy requires"},
	"badnonce":                {"RFC 8555 6.5", "the CA refused every nonce; a proxy that caches answers, or a CA with several front ends that share no nonces, causes this"},
	"badpublickey":            {"RFC 8555 6.2", "the CA does not accept this type of key; choose another with --account-key or --key"},
	"badrevocationreason":     {"RFC 8555 7.6", "choose another reason"},
	"badsignaturealgorithm":   {"RFC 8555 6.2", "the CA does not accept this type of account key; register another with --account-key and --account NAME"},
	"caa":                     {"RFC 8555 6.7", "a CAA record of the name forbids this CA; the operator of its DNS must allow it"},
	"compound":                {"RFC 8555 6.7.1", "each cause is listed with its identifier"},
	"connection":              {"RFC 8555 8.3", "the CA did not reach the NF's address: check that its name resolves for the CA, and that port 80 reaches this challenge through every firewall"},
	"dns":                     {"RFC 8555 8.3", "the CA could not resolve the name: its resolver must know the 5GC names (TS 23.003 28)"},
	"externalaccountrequired": {"RFC 8555 7.3.4", "ask the CA's operator for a key id and a MAC key, and give them with --eab-kid and --eab-key-file"},
	"incorrectresponse":       {"RFC 8555 8.3", "something else answers at the challenge's URL: check which server has port 80, and that it serves the content unchanged"},
	"invalidcontact":          {"RFC 8555 7.3", "the CA cannot use the contact; give a mailto: address that exists"},
	"malformed":               {"RFC 8555 6.7", "the CA did not understand the request; some CAs also answer this for an unknown identifier type. To see the request: --trace -"},
	"ordernotready":           {"RFC 8555 7.4", "some authorizations are not valid yet: nfcert order refresh shows which"},
	"ratelimited":             {"RFC 8555 6.6", "the CA limits requests per client; wait and try again"},
	"rejectedidentifier":      {"RFC 8555 7.4", "the CA's policy does not allow this name; see what this CA allows: nfcert show server"},
	"serverinternal":          {"RFC 8555 6.7", "the CA failed; its operator finds the cause in its log. Some CAs also answer this for a wrong external account binding"},
	"tls":                     {"RFC 8737 3", "the TLS connection from the CA to the NF's address failed"},
	"unauthorized":            {"RFC 8555 6.7", "the CA does not permit the request: a deactivated account, a wrong external account binding, or names that the order does not have"},
	"unsupportedcontact":      {"RFC 8555 7.3", "the CA accepts other kinds of contact; mailto: is the usual one"},
	"unsupportedidentifier":   {"RFC 8555 7.4", "most CAs know only dns and ip identifiers; order those"},
	"useractionrequired":      {"RFC 8555 7.3.3", "the CA requires agreement to its terms: nfcert account --accept-tos, or the page it names"},
}

// refusesWildcard reports whether a problem is about a name with a wildcard.
func refusesWildcard(p *acmewire.Problem) bool {
	if !p.HasType("rejectedIdentifier") && !p.HasType("unsupportedIdentifier") {
		return false
	}
	return slices.ContainsFunc(p.Subproblems, func(s acmewire.Subproblem) bool {
		return s.Identifier != nil && strings.HasPrefix(s.Identifier.Value, "*.")
	}) || strings.Contains(p.Detail, "*.")
}

// networkHint says what to do about a server that was not reached.
func networkHint(e *acmewire.NetworkError) string {
	switch e.Stage {
	case acmewire.StageDNS:
		return "the name does not resolve here: check the URL and this machine's resolver"
	case acmewire.StageConnect:
		if e.Address != "" {
			return "the address comes from --resolve, of this or an earlier command: give another one, or remove it with --resolve -HOST:PORT"
		}
		return "check address and port, and whether a firewall or proxy blocks the connection"
	case acmewire.StageProxy:
		return proxyHint(e)
	}
	return "it is unknown whether the CA received the request; run the same command again: it asks the CA and continues from there"
}
