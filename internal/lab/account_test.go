package lab

import (
	"crypto/elliptic"
	"net/http"
	"strings"
	"testing"
)

// TestAccount creates, finds, changes and ends an account (RFC 8555 7.3).
func TestAccount(t *testing.T) {
	l, r := startLab(t, Options{})
	c := newClient(t, l, r)
	newAccount := l.base + "/new-account"
	c.refused(400, accountDoesNotExist, newAccount, object{"onlyReturnExisting": true})
	created := c.register(object{"contact": []string{"mailto:noc@example.org"}})
	url := c.kid
	if created.str(t, "status") != statusValid || created.str(t, "orders") == "" || url == "" {
		t.Errorf("new account %s at %q, want valid, with orders and a URL", created.body, url)
	}
	c.kid = ""
	for _, payload := range []object{{}, {"onlyReturnExisting": true}} {
		if got := c.want(http.StatusOK, newAccount, payload).header.Get("Location"); got != url {
			t.Errorf("the same key with %v: Location %q, want %q", payload, got, url)
		}
	}
	c.kid = url
	if got := c.want(http.StatusOK, url, object{}).json(t)["contact"].([]any); len(got) != 1 {
		t.Errorf("an empty update leaves contacts %v, want the one", got)
	}
	if got := c.want(http.StatusOK, url, object{"contact": []string{}}).json(t)["contact"]; got != nil {
		t.Errorf("an empty list leaves contacts %v, want none", got)
	}
	c.refused(400, malformed, url, object{"status": "revoked"})

	orderURL, _ := c.order(testFQDN)
	if got := c.want(http.StatusOK, url, object{"status": statusDeactivated}).str(t, "status"); got != statusDeactivated {
		t.Errorf("status %q, want deactivated", got)
	}
	c.refused(401, unauthorized, orderURL, nil)
	c.kid = ""
	c.refused(401, unauthorized, newAccount, object{})
}

func TestContacts(t *testing.T) {
	for _, tc := range []struct {
		in   string
		want problemType // empty: accepted
	}{
		{"mailto:noc@example.org", ""},
		{"MAILTO:noc@example.org", ""},
		{"tel:+4612345", unsupportedContact},
		{"https://example.org", unsupportedContact},
		{"noc@example.org", invalidContact},
		{"mailto:", invalidContact},
		{"mailto:noc", invalidContact},
		{"mailto:a@example.org,b@example.org", invalidContact},
		{"mailto:a@example.org?subject=x", invalidContact},
		{"mailto:NOC <noc@example.org>", invalidContact},
	} {
		t.Run(tc.in, func(t *testing.T) {
			err := checkContacts([]string{tc.in})
			var got problemType
			if err != nil {
				got = asProblem(err).kind
			}
			if got != tc.want {
				t.Errorf("contact %q: problem %q, want %q", tc.in, got, tc.want)
			}
		})
	}
	l, r := startLab(t, Options{})
	newClient(t, l, r).refused(400, unsupportedContact, l.base+"/new-account", object{"contact": []string{"tel:1"}})
}

func TestTermsOfService(t *testing.T) {
	const terms = "https://lab.example/terms"
	l, r := startLab(t, Options{TermsOfService: terms})
	c := newClient(t, l, r)
	meta := c.plain(http.MethodGet, l.DirectoryURL()).json(t)["meta"].(object)
	if meta["termsOfService"] != terms || meta["externalAccountRequired"] != nil {
		t.Errorf("meta %v, want the terms and no external account", meta)
	}
	a := c.refused(403, userActionRequired, l.base+"/new-account", object{"termsOfServiceAgreed": false})
	if a.link("terms-of-service") != terms || a.str(t, "instance") != terms {
		t.Errorf("refusal links %q, instance %q; want %q", a.header.Values("Link"), a.str(t, "instance"), terms)
	}
	if got := c.register(nil).json(t)["termsOfServiceAgreed"]; got != true {
		t.Errorf("termsOfServiceAgreed %v, want true", got)
	}
}

// TestExternalAccount checks a binding as RFC 8555 7.3.4 says.
func TestExternalAccount(t *testing.T) {
	secret := []byte("0123456789abcdef0123456789abcdef")
	l, r := startLab(t, Options{RequireEAB: true, EAB: map[string][]byte{"kid-1": secret}})
	url := l.base + "/new-account"
	other := newECKey(t, elliptic.P256())
	for _, tc := range []struct {
		name   string
		bind   func(t *testing.T, c *client, h object) []byte // nil: no binding
		status int
		kind   problemType
	}{
		{"none", nil, 403, externalAccountRequired},
		{"good", func(t *testing.T, c *client, h object) []byte { return signMAC(t, secret, h, jwkOf(c.key.Public())) }, 201, ""},
		{"wrong key", func(t *testing.T, c *client, h object) []byte {
			return signMAC(t, []byte("guess"), h, jwkOf(c.key.Public()))
		}, 403, unauthorized},
		{"unknown kid", func(t *testing.T, c *client, h object) []byte {
			h["kid"] = "kid-2"
			return signMAC(t, secret, h, jwkOf(c.key.Public()))
		}, 403, unauthorized},
		{"wrong url", func(t *testing.T, c *client, h object) []byte {
			h["url"] = l.base + "/new-order"
			return signMAC(t, secret, h, jwkOf(c.key.Public()))
		}, 400, malformed},
		{"nonce", func(t *testing.T, c *client, h object) []byte {
			h["nonce"] = "AAAA"
			return signMAC(t, secret, h, jwkOf(c.key.Public()))
		}, 400, malformed},
		{"another account key", func(t *testing.T, _ *client, h object) []byte { return signMAC(t, secret, h, jwkOf(other.Public())) }, 400, malformed},
		{"asymmetric", func(t *testing.T, c *client, h object) []byte {
			h["alg"] = "ES256"
			return sign(t, c.key, h, jwkOf(c.key.Public()))
		}, 400, malformed},
		{"jwk", func(t *testing.T, c *client, h object) []byte {
			delete(h, "kid")
			h["jwk"] = jwkOf(c.key.Public())
			return signMAC(t, secret, h, jwkOf(c.key.Public()))
		}, 400, malformed},
		{"not a JWS", func(*testing.T, *client, object) []byte { return []byte(`"text"`) }, 400, malformed},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c := newClient(t, l, r)
			payload := object{}
			if tc.bind != nil {
				payload["externalAccountBinding"] = rawJSON(tc.bind(t, c, object{"alg": "HS256", "kid": "kid-1", "url": url}))
			}
			a := c.post(url, payload)
			if tc.kind != "" {
				wantProblem(t, a, tc.status, tc.kind)
			} else if a.status != tc.status {
				t.Errorf("status %d, want %d; body %s", a.status, tc.status, a.body)
			}
		})
	}
	c := newClient(t, l, r)
	if meta := c.plain(http.MethodGet, l.DirectoryURL()).json(t)["meta"].(object); meta["externalAccountRequired"] != true {
		t.Errorf("meta %v, want externalAccountRequired", meta)
	}
}

// rawJSON is JSON that is not to be encoded again.
type rawJSON []byte

// MarshalJSON implements json.Marshaler.
func (r rawJSON) MarshalJSON() ([]byte, error) { return r, nil }

// TestKeyChange replaces the account key and checks each demand of RFC 8555 7.3.5.
func TestKeyChange(t *testing.T) {
	l, r := startLab(t, Options{})
	url := l.base + "/key-change"
	holder := newClient(t, l, r)
	holder.register(nil)
	c := newClient(t, l, r)
	c.register(nil)
	next := newECKey(t, elliptic.P384())
	old := jwkOf(c.key.Public())
	header := func() object { return object{"alg": "ES384", "url": url, "jwk": jwkOf(next.Public())} }
	change := func() object { return object{"account": c.kid, "oldKey": old} }
	for _, tc := range []struct {
		name string
		edit func(h, p object)
	}{
		{"nonce inside", func(h, _ object) { h["nonce"] = c.nonce() }},
		{"other url", func(h, _ object) { h["url"] = l.base + "/new-account" }},
		{"kid inside", func(h, _ object) { delete(h, "jwk"); h["kid"] = c.kid }},
		{"another account", func(_, p object) { p["account"] = holder.kid }},
		{"not the old key", func(_, p object) { p["oldKey"] = jwkOf(next.Public()) }},
		{"no old key", func(_, p object) { delete(p, "oldKey") }},
		{"not signed by the new key", func(h, _ object) { h["jwk"] = jwkOf(newECKey(t, elliptic.P384()).Public()) }},
	} {
		t.Run(tc.name, func(t *testing.T) {
			h, p := header(), change()
			tc.edit(h, p)
			c.t = t
			c.refused(400, malformed, url, sign(t, next, h, p))
		})
	}
	c.t = t
	h := header()
	h["alg"], h["jwk"] = "ES256", jwkOf(holder.key.Public())
	conflict := c.refused(409, malformed, url, sign(t, holder.key, h, change()))
	if got := conflict.header.Get("Location"); got != holder.kid {
		t.Errorf("conflict Location %q, want %q", got, holder.kid)
	}
	c.want(http.StatusOK, url, sign(t, next, header(), change()))
	c.refused(400, malformed, c.kid, nil) // by the old key
	c.key = next
	c.want(http.StatusOK, c.kid, nil)
	c.order(testFQDN)
}

// TestStrangers asks for another account's objects, and for none at all.
func TestStrangers(t *testing.T) {
	l, r := startLab(t, Options{})
	owner := newClient(t, l, r)
	owner.register(nil)
	url, order := owner.ready(testFQDN)
	owner.finalize(url, order, nfCSR(t, newECKey(t, elliptic.P256()), testFQDN))
	order = owner.want(http.StatusOK, url, nil)
	authz := owner.authorizations(order)[0]
	challenge := owner.challenge(authz)["url"].(string)
	stranger := newClient(t, l, r)
	stranger.register(nil)
	csr := object{"csr": "AAAA"}
	for _, tc := range []struct {
		url     string
		payload any
	}{
		{url, nil}, {authz, nil}, {challenge, nil}, {challenge, object{}}, {order.str(t, "certificate"), nil},
		{order.str(t, "certificate") + "/alternate", nil}, {order.str(t, "finalize"), csr}, {owner.kid, nil}, {owner.kid + "/orders", nil},
		{authz, object{"status": statusDeactivated}}, {owner.kid, object{"status": statusDeactivated}},
	} {
		stranger.refused(403, unauthorized, tc.url, tc.payload)
		unknown := strings.Replace(tc.url, "/alternate", "x/alternate", 1)
		if unknown == tc.url {
			unknown = strings.Replace(tc.url+"x", "/ordersx", "x/orders", 1)
		}
		stranger.refused(404, malformed, unknown, tc.payload)
	}
}
