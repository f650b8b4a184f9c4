package challenge

import (
	"context"
	"fmt"
	"net/netip"
	"strings"
)

// wellKnown is the path below which http-01 tokens are asked for (RFC 8555 8.3).
const wellKnown = "/.well-known/acme-challenge/"

// maxToken caps a token, which becomes a file name. Servers send 22 to 43
// characters.
const maxToken = 200

// A TokenError refuses a token that RFC 8555 8.3 does not allow: one with
// characters outside the base64url alphabet, which might be meant to leave the
// challenge directory, an empty one, or one of excessive length.
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

// HTTP01URL returns the URL at which the CA will ask for token: what a person
// must serve. The host is a DNS name or an IP address.
func HTTP01URL(host, token string) string {
	if addr, err := netip.ParseAddr(host); err == nil && addr.Is6() {
		host = "[" + host + "]"
	}
	return "http://" + host + wellKnown + token
}

// planHTTP01 checks that c can be solved by http-01 at all, and returns the
// parts of its placement that no method changes.
func planHTTP01(c Challenge) (Placement, error) {
	if c.Type != HTTP01 {
		return Placement{}, fmt.Errorf("challenge type %q: this solver does %s", c.Type, HTTP01)
	}
	if c.IdentifierType != "dns" && c.IdentifierType != "ip" {
		return Placement{}, fmt.Errorf("http-01 for identifier type %q: it proves dns and ip identifiers (RFC 8555 8.3, RFC 8738 4)", c.IdentifierType)
	}
	if strings.HasPrefix(c.Identifier, "*.") {
		return Placement{}, fmt.Errorf("http-01 for %q: a wildcard has no web server", c.Identifier)
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

// Published solves http-01 for what a person or script has put in place: it
// changes nothing. Its placement's Where is the URL.
type Published struct{}

// Type returns "http-01".
func (Published) Type() string { return HTTP01 }

// Method returns "published".
func (Published) Method() string { return MethodPublished }

// Plan returns what must be served and where.
func (Published) Plan(c Challenge) (Placement, error) {
	p, err := planHTTP01(c)
	if err != nil {
		return Placement{}, err
	}
	p.Method, p.Where = MethodPublished, HTTP01URL(c.Identifier, c.Token)
	return p, nil
}

// Present does nothing.
func (Published) Present(context.Context, Challenge, Placement) error { return nil }

// CleanUp does nothing: who put it there takes it away.
func (Published) CleanUp(context.Context, Placement) error { return nil }
