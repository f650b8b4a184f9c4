package acmewire

import (
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"
)

// This file recognises deviations in what a server answers. It changes nothing:
// the code that reads an answer accepts them by the way it reads.

// judge records what every answer of an ACME server shows, whatever it is about.
func (w *Wire) judge(ex *Exchange) {
	if w.tokens {
		return
	}
	w.judgeStatus(ex)
	w.judgeNonce(ex)
	if v := ex.header.Get("Retry-After"); v != "" {
		if _, usable := ex.readRetryAfter(); !usable {
			w.deviated(DevRetryAfterUnusable, "Retry-After: %s", v)
		}
	}
	if ex.Status < http.StatusBadRequest {
		return
	}
	p, ok := parseProblem(ex)
	if !ok {
		return // an error, which the caller gets
	}
	w.judgeMediaType(ex, DevProblemContentType, "application/problem+json")
	w.judgeProblem(redact(ex.raw))
	var said struct {
		Status int `json:"status"`
	}
	_ = json.Unmarshal(ex.raw, &said) // of another kind it is judged above
	if said.Status != 0 && said.Status != ex.Status {
		w.deviated(DevProblemStatus, "status %d in an answer of HTTP %d", said.Status, ex.Status)
	}
	if p.HasType("badNonce") && ex.header.Get("Replay-Nonce") == "" {
		w.deviated(DevBadNonceWithoutNonce, "%s %s: badNonce without Replay-Nonce", ex.Method, ex.URL)
	}
}

// judgeStatus records successes by another status than RFC 8555 section 7 says.
func (w *Wire) judgeStatus(ex *Exchange) {
	dir := w.directory().Directory
	switch {
	case !ex.isSuccess():
		if ex.Status >= 300 && ex.Status < 400 {
			w.deviated(DevGetRedirected, "%s %s: HTTP %d to %s", ex.Method, ex.URL, ex.Status, ex.header.Get("Location"))
		}
	case dir != nil && ex.Method == http.MethodPost && ex.URL == dir.NewOrder:
		if ex.Status != http.StatusCreated {
			w.deviated(DevNewOrderStatus, "newOrder answered %d, want 201", ex.Status)
		}
	case dir != nil && ex.Method == http.MethodPost && ex.URL == dir.NewAccount:
		if ex.Status != http.StatusCreated && ex.Status != http.StatusOK {
			w.deviated(DevNewAccountStatus, "newAccount answered %d, want 201 or 200", ex.Status)
		}
	case ex.Status != http.StatusOK:
		w.deviated(DevAnswerStatus, "%s %s: HTTP %d, want 200", ex.Method, ex.URL, ex.Status)
	}
}

// judgeNonce records a nonce that is missing, malformed or cacheable.
func (w *Wire) judgeNonce(ex *Exchange) {
	nonce := ex.header.Get("Replay-Nonce")
	switch {
	case nonce != "" && !validNonce(nonce):
		w.deviated(DevNonceMalformed, "Replay-Nonce: %q", nonce)
	case nonce == "" && ex.Method == http.MethodPost && ex.isSuccess():
		w.deviated(DevNonceMissing, "POST %s: no Replay-Nonce", ex.URL)
	}
	cache := ex.header.Values("Cache-Control")
	if ex.Method == http.MethodHead && ex.isSuccess() && !strings.Contains(strings.ToLower(strings.Join(cache, ",")), "no-store") {
		w.deviated(DevNonceCacheable, "Cache-Control: %q, want no-store", cache)
	}
}

// judgeMediaType records an answer of another media type than wanted.
func (w *Wire) judgeMediaType(ex *Exchange, id DeviationID, want string) {
	field := ex.header.Get("Content-Type")
	if kind, _, err := mime.ParseMediaType(field); err != nil || kind != want {
		w.deviated(id, "%s %s: Content-Type %q, want %s", ex.Method, ex.URL, field, want)
	}
}

// judgeJSON records what the JSON of a successful answer shows.
func (w *Wire) judgeJSON(ex *Exchange) {
	w.judgeMediaType(ex, DevJSONContentType, "application/json")
	if !utf8.Valid(ex.raw) {
		w.deviated(DevAnswerNotUTF8, "%s %s: bytes that are not UTF-8", ex.Method, ex.URL)
	}
	var v any
	if json.Unmarshal(ex.raw, &v) == nil {
		w.judgeMembers(v)
	}
}

// members are the names of RFC 8555 sections 7.1 and 9.7, RFC 9447 and RFC 9773
// that encoding/json finds in upper and lower case alike.
var members = []string{
	"newNonce", "newAccount", "newOrder", "newAuthz", "revokeCert", "keyChange", "renewalInfo", "meta", "termsOfService", "website",
	"caaIdentities", "externalAccountRequired", "status", "contact", "orders", "expires", "identifiers", "notBefore", "notAfter", "error",
	"authorizations", "finalize", "certificate", "profile", "identifier", "challenges", "wildcard", "type", "value", "url", "token",
	"validated", "tkauth-type", "token-authority", "suggestedWindow", "start", "end", "explanationURL",
}

// judgeMembers records null members, names in another case, and the problems
// inside.
func (w *Wire) judgeMembers(v any) {
	switch v := v.(type) {
	case []any:
		for _, element := range v {
			w.judgeMembers(element)
		}
	case map[string]any:
		for name, value := range v {
			if i := slices.IndexFunc(members, func(m string) bool { return strings.EqualFold(m, name) }); i >= 0 && members[i] != name {
				w.deviated(DevAnswerMemberCase, "%q, want %q", name, members[i])
			}
			switch {
			case value == nil:
				w.deviated(DevAnswerMemberNull, "%q is null", name)
			case strings.EqualFold(name, "error"):
				if doc, err := json.Marshal(value); err == nil {
					w.judgeProblem(redact(doc))
				}
			case name != "profiles": // its names are the server's own
				w.judgeMembers(value)
			}
		}
	}
}

// problemNames are the types that IANA registers for ACME: RFC 8555 section 6.7
// and later documents.
var problemNames = []string{
	"accountDoesNotExist", "alreadyReplaced", "alreadyRevoked", "autoRenewalCanceled", "autoRenewalExpired", "autoRenewalCancellationInvalid",
	"autoRenewalRevocationNotSupported", "badCSR", "badNonce", "badPublicKey", "badRevocationReason", "badSignatureAlgorithm", "caa", "compound",
	"connection", "dns", "externalAccountRequired", "incorrectResponse", "invalidContact", "invalidProfile", "malformed", "onionCAARequired",
	"orderNotReady", "rateLimited", "rejectedIdentifier", "serverInternal", "tls", "unauthorized", "unknownDelegation", "unsupportedContact",
	"unsupportedIdentifier", "userActionRequired",
}

// judgeProblem records what a problem document shows. doc has no secrets.
func (w *Wire) judgeProblem(doc []byte) {
	var all map[string]json.RawMessage
	if json.Unmarshal(doc, &all) != nil || all == nil {
		w.deviated(DevProblemMember, "a problem that is %.60s", doc)
		return
	}
	p := &Problem{}
	for _, name := range p.read(all) {
		w.deviated(DevProblemMember, "%q: %.60s", name, all[name])
	}
	registered := slices.IndexFunc(problemNames, p.HasType)
	switch {
	case p.Type == "" && all["detail"] == nil && p.Detail != "":
		w.deviated(DevProblemPlainJSON, "%.100s", doc)
	case p.Type == "":
		w.deviated(DevProblemTypeMissing, "%.100s", doc)
	case registered >= 0 && p.Type != problemPrefix+problemNames[registered]:
		w.deviated(DevProblemTypeForm, "%q, want %q", p.Type, problemPrefix+problemNames[registered])
	}
}

// judgeLocation records a Location that is missing or relative.
func (w *Wire) judgeLocation(ex *Exchange, missing DeviationID) {
	v := ex.header.Get("Location")
	switch {
	case v == "" && missing != "":
		w.deviated(missing, "%s %s: no Location", ex.Method, ex.URL)
	case v != "" && !strings.Contains(v, "://"):
		w.deviated(DevLocationRelative, "Location: %s", v)
	}
}

// judgeMissing records the members that an object should have and does not.
func (w *Wire) judgeMissing(id DeviationID, what string, missing map[string]bool) {
	var names []string
	for name, is := range missing {
		if is {
			names = append(names, name)
		}
	}
	if slices.Sort(names); len(names) > 0 {
		w.deviated(id, "%s without %s", what, strings.Join(names, ", "))
	}
}

// judgeAccount records what an account lacks (RFC 8555 section 7.1.2).
func (w *Wire) judgeAccount(a *Account) {
	w.judgeMissing(DevAccountMemberMissing, "an account", map[string]bool{"status": a.Status == "", "orders": a.Orders == ""})
}

// judgeOrder records what an order lacks (RFC 8555 section 7.1.3), and a status
// that it cannot have.
func (w *Wire) judgeOrder(o *Order) {
	w.judgeMissing(DevOrderMemberMissing, "an order", map[string]bool{
		"identifiers": len(o.Identifiers) == 0, "authorizations": len(o.Authorizations) == 0, "finalize": o.Finalize == "",
		"expires": o.Expires.IsZero() && (o.Status == Pending || o.Status == Valid),
	})
	w.judgeState("an order", o.Status, Pending, Ready, Processing, Valid, Invalid)
}

// judgeAuthorization records what an authorization and its challenges lack.
func (w *Wire) judgeAuthorization(a *Authorization) {
	w.judgeMissing(DevAuthorizationMemberMissing, "an authorization", map[string]bool{
		"identifier": a.Identifier == Identifier{}, "challenges": len(a.Challenges) == 0,
		"expires": a.Expires.IsZero() && a.Status == Valid,
	})
	w.judgeState("an authorization", a.Status, Pending, Valid, Invalid, StatusDeactivated, Expired, StatusRevoked)
	for i := range a.Challenges {
		w.judgeChallenge(&a.Challenges[i])
	}
}

// judgeChallenge records what a challenge lacks. Types that nfcert does not know
// may do without a token, as Pebble's dns-persist-01 does.
func (w *Wire) judgeChallenge(c *Challenge) {
	needsToken := slices.Contains([]string{"http-01", "dns-01", "tls-alpn-01", tkauth01}, c.Type)
	w.judgeMissing(DevChallengeMemberMissing, fmt.Sprintf("a challenge %.40q", c.Type), map[string]bool{
		"status": c.Status == "", "token": needsToken && c.Token == "",
	})
	if c.Status != "" {
		w.judgeState("a challenge", c.Status, Pending, Processing, Valid, Invalid)
	}
	if c.Type == tkauth01 && c.TKAuthType != atc && (c.TKAuthType == "" || strings.EqualFold(c.TKAuthType, atc)) {
		w.deviated(DevTKAuthType, "tkauth-type %q, want %q", c.TKAuthType, atc)
	}
}

// The challenge of RFC 9447 and its one kind of token.
const (
	tkauth01 = "tkauth-01"
	atc      = "atc"
)

// judgeState records a status that is not among those that the object can have
// (RFC 8555 section 7.1.6).
func (w *Wire) judgeState(what string, found Status, known ...Status) {
	if !slices.Contains(known, found) {
		w.deviated(DevStatusUnknown, "%s is %q", what, found)
	}
}

// judgeDirectory records what a directory lacks or spells otherwise.
func (w *Wire) judgeDirectory(d *Directory) {
	w.judgeMissing(DevDirectoryMemberMissing, "a directory", map[string]bool{"revokeCert": d.RevokeCert == "", "keyChange": d.KeyChange == ""})
	if strings.HasSuffix(d.RenewalInfo, "/") {
		w.deviated(DevRenewalInfoURL, "renewalInfo %s", d.RenewalInfo)
	}
}

// judgeChain records a chain that is not certificates alone (RFC 8555 section
// 9.1). White space is not compared: servers use different line ends.
func (w *Wire) judgeChain(ex *Exchange, chain *Chain) {
	w.judgeMediaType(ex, DevCertificateContentType, "application/pem-certificate-chain")
	compact := func(b []byte) string { return strings.Join(strings.Fields(string(b)), "") }
	if pure, raw := compact(EncodePEM(chain.Certificates)), compact(ex.raw); raw != pure {
		w.deviated(DevCertificateText, "%d characters besides the PEM blocks", len(raw)-len(pure))
	}
}
