package challenge

import (
	"context"
	"fmt"
	"net/netip"
	"strings"
)

// wellKnown is the path under which a CA requests http-01 tokens (RFC 8555 8.3).
const wellKnown = "/.well-known/acme-challenge/"

// maxToken caps a token, which becomes a file name. Servers send 22 to 43
// characters.
const maxToken = 200

// A TokenError refuses a token that RFC 8555 8.3 does not allow: an empty one, one
// of excessive length, or one with characters outside the base64url alphabet,
// which may be an attempt to leave the challenge directory.
type TokenError struct {
	Token string // as the server sent it: clean it before a terminal sees it
}

func (e *TokenError) Error() string {
	return fmt.Sprintf("challenge token %.60q: want 1 to %d characters of base64url (RFC 8555 8.3)", e.Token, maxToken)
}

func checkToken(token string) error {
	if token == "" || len(token) > maxToken || strings.ContainsFunc(token, notBase64URL) {
		return &TokenError{Token: token}
	}
	return nil
}

func notBase64URL(r rune) bool {
	return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '-' || r == '_')
}

// HTTP01URL returns the URL from which the CA will fetch the key authorization. The host is a DNS name or an IP address.
func HTTP01URL(host, token string) string {
	if addr, err := netip.ParseAddr(host); err == nil && addr.Is6() {
		host = "[" + host + "]"
	}
	return "http://" + host + wellKnown + token
}

// provesHTTP01 reports whether http-01 can prove an identifier: a DNS name or an
// IP address (RFC 8738 section 4). A wildcard has no web server.
func provesHTTP01(id Identifier) bool {
	return (id.Type == "dns" || id.Type == "ip") && !id.Wildcard && !strings.HasPrefix(id.Value, "*.")
}

// planHTTP01 checks that http-01 can solve c, and returns the parts of its
// placement that are the same for every method.
func planHTTP01(c Challenge) (Placement, error) {
	if c.Type != HTTP01 {
		return Placement{}, fmt.Errorf("challenge type %q: this solver does %s", c.Type, HTTP01)
	}
	if !provesHTTP01(c.Identifier) {
		return Placement{}, fmt.Errorf("http-01 for %s: it proves dns and ip identifiers and no wildcards (RFC 8555 8.3, RFC 8738 4)", c.Identifier)
	}
	if err := checkToken(c.Token); err != nil {
		return Placement{}, err
	}
	thumbprint, ok := strings.CutPrefix(c.KeyAuthorization, c.Token+".")
	if !ok || thumbprint == "" || strings.ContainsFunc(thumbprint, notBase64URL) {
		return Placement{}, fmt.Errorf("key authorization %.80q: want the token, a dot and a thumbprint (RFC 8555 8.1)", c.KeyAuthorization)
	}
	return Placement{Type: HTTP01, Token: c.Token, Content: c.KeyAuthorization}, nil
}

// Published solves http-01 where a person or a script has put the response in
// place: it changes nothing. Its placement's Where is the URL.
type Published struct{}

// Type returns "http-01".
func (Published) Type() string { return HTTP01 }

// Method returns "published".
func (Published) Method() string { return MethodPublished }

// Proves reports whether http-01 can prove the identifier.
func (Published) Proves(id Identifier) bool { return provesHTTP01(id) }

// Plan returns what must be served and where.
func (Published) Plan(c Challenge) (Placement, error) {
	p, err := planHTTP01(c)
	if err != nil {
		return Placement{}, err
	}
	p.Method, p.Where = MethodPublished, HTTP01URL(c.Identifier.Value, c.Token)
	return p, nil
}

// Present does nothing.
func (Published) Present(context.Context, Challenge, Placement) error { return nil }

// CleanUp does nothing: the person or script that put the response in place
// removes it.
func (Published) CleanUp(context.Context, Placement) error { return nil }
