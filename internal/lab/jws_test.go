package lab

import (
	"bytes"
	"crypto"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math/big"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// TestSigningKeys registers an account with each kind of key that RFC 8555
// clients use.
func TestSigningKeys(t *testing.T) {
	l, r := startLab(t, Options{})
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	_, edKey, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		name string
		key  crypto.Signer
	}{
		{"RS256", rsaKey}, {"EdDSA", edKey}, {"ES256", newECKey(t, elliptic.P256())},
		{"ES384", newECKey(t, elliptic.P384())}, {"ES512", newECKey(t, elliptic.P521())},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c := newClient(t, l, r)
			c.key = tc.key
			c.register(nil)
			c.want(http.StatusOK, c.kid, nil)
		})
	}
}

// TestThumbprint uses the example of RFC 7638 3.1 and that of RFC 8037 A.3.
func TestThumbprint(t *testing.T) {
	for _, tc := range []struct{ name, jwk, want string }{
		{"RFC 7638 3.1", `{"kty":"RSA","n":"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw","e":"AQAB","alg":"RS256","kid":"2011-04-29"}`, "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"},
		{"RFC 8037 A.3", `{"crv":"Ed25519","kty":"OKP","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}`, "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			key, err := parseJWK([]byte(tc.jwk))
			if err != nil {
				t.Fatal(err)
			}
			if got := key.thumbprint(); got != tc.want {
				t.Errorf("thumbprint %q, want %q", got, tc.want)
			}
		})
	}
}

// TestRefusedKeys sends keys that must not become an account's.
func TestRefusedKeys(t *testing.T) {
	ec := jwkOf(newECKey(t, elliptic.P256()).Public())
	weak := &rsa.PublicKey{N: newRSAModulus(t, 1024), E: 65537}
	for _, tc := range []struct {
		name string
		jwk  any
		want string
	}{
		{"symmetric", object{"kty": "oct", "k": "AAAA"}, "want RSA, EC or OKP"},
		{"weak RSA", jwkOf(weak), "1024 bits, want 2048"},
		{"even modulus", object{"kty": "RSA", "e": "AQAB", "n": b64.EncodeToString(append([]byte{0x80}, make([]byte, 255)...))}, "even modulus"},
		{"exponent one", object{"kty": "RSA", "e": "AQ", "n": b64.EncodeToString(newRSAModulus(t, 2048).Bytes())}, "exponent 1"},
		{"huge exponent", object{"kty": "RSA", "e": "AQABAQAB", "n": "gAAB"}, "at most 4"},
		{"padded modulus", object{"kty": "RSA", "e": "AQAB", "n": "AIAB"}, "leading zero"},
		{"secp256k1", object{"kty": "EC", "crv": "secp256k1", "x": ec["x"], "y": ec["y"]}, "want P-256"},
		{"off the curve", object{"kty": "EC", "crv": "P-256", "x": ec["x"], "y": ec["x"]}, "point"},
		{"short coordinate", object{"kty": "EC", "crv": "P-256", "x": "AAAA", "y": ec["y"]}, "has 3 octets, want 32"},
		{"padding", object{"kty": "EC", "crv": "P-256", "x": ec["x"] + "=", "y": ec["y"]}, "base64url"},
		{"private", object{"kty": "EC", "crv": "P-256", "x": ec["x"], "y": ec["y"], "d": "AAAA"}, "private key"},
		{"X25519", object{"kty": "OKP", "crv": "X25519", "x": "AAAA"}, "want Ed25519"},
		{"short Ed25519", object{"kty": "OKP", "crv": "Ed25519", "x": "AAAA"}, "3 octets, want 32"},
		{"duplicate member", json.RawMessage(`{"kty":"EC","kty":"RSA"}`), "twice"},
		{"not an object", "key", "not a JSON object"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := parseJWK(mustJSON(t, tc.jwk))
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("parseJWK: %v, want an error with %q", err, tc.want)
			}
		})
	}
	t.Run("over the wire", func(t *testing.T) {
		l, r := startLab(t, Options{})
		c := newClient(t, l, r)
		header := object{"alg": "RS256", "nonce": c.nonce(), "url": l.base + "/new-account", "jwk": jwkOf(weak)}
		a, err := c.send(l.base+"/new-account", "application/jose+json", sign(t, c.key, header, object{}))
		if err != nil {
			t.Fatal(err)
		}
		wantProblem(t, a, http.StatusBadRequest, badPublicKey)
	})
}

// TestRefusedRequests breaks one rule of RFC 8555 6.2 to 6.5 at a time.
func TestRefusedRequests(t *testing.T) {
	l, r := startLab(t, Options{})
	c := newClient(t, l, r)
	c.register(nil)
	url := l.base + "/new-order"
	good := func() object {
		return object{"alg": "ES256", "nonce": c.nonce(), "url": url, "kid": c.kid}
	}
	with := func(h object, name string, value any) object {
		h[name] = value
		return h
	}
	without := func(h object, name string) object {
		delete(h, name)
		return h
	}
	payload := object{"identifiers": identifiers(testFQDN)}
	edit := func(change func(m object)) []byte {
		var m object
		if err := json.Unmarshal(sign(t, c.key, good(), payload), &m); err != nil {
			t.Fatal(err)
		}
		change(m)
		return mustJSON(t, m)
	}
	used := c.nonce()
	c.post(c.kid, nil)
	spent, err := c.send(url, "application/jose+json", sign(t, c.key, with(good(), "nonce", used), payload))
	if err != nil || spent.status != http.StatusCreated {
		t.Fatalf("first use of a nonce: status %d, %v", spent.status, err)
	}
	stranger := newECKey(t, elliptic.P256())
	flipped := edit(func(m object) {
		sig, _ := b64.DecodeString(m["signature"].(string))
		sig[0] ^= 1
		m["signature"] = b64.EncodeToString(sig)
	})
	for _, tc := range []struct {
		name   string
		body   []byte
		status int
		kind   problemType
	}{
		{"used nonce", sign(t, c.key, with(good(), "nonce", used), payload), 400, badNonce},
		{"foreign nonce", sign(t, c.key, with(good(), "nonce", "AAAA"), payload), 400, badNonce},
		{"no nonce", sign(t, c.key, without(good(), "nonce"), payload), 400, badNonce},
		{"nonce is not base64url", sign(t, c.key, with(good(), "nonce", "AAAA="), payload), 400, malformed},
		{"nonce is empty", sign(t, c.key, with(good(), "nonce", ""), payload), 400, malformed},
		{"nonce is a number", sign(t, c.key, with(good(), "nonce", 7), payload), 400, malformed},
		{"wrong url", sign(t, c.key, with(good(), "url", l.base+"/new-account"), payload), 403, unauthorized},
		{"no url", sign(t, c.key, without(good(), "url"), payload), 400, malformed},
		{"alg none", sign(t, c.key, with(good(), "alg", "none"), payload), 400, badSignatureAlgorithm},
		{"alg HS256", signMAC(t, []byte("key"), with(good(), "alg", "HS256"), payload), 400, badSignatureAlgorithm},
		{"alg of another curve", sign(t, c.key, with(good(), "alg", "ES384"), payload), 400, malformed},
		{"no alg", sign(t, c.key, without(good(), "alg"), payload), 400, malformed},
		{"crit", sign(t, c.key, with(with(good(), "crit", []string{"b64"}), "b64", false), payload), 400, malformed},
		{"jwk and kid", sign(t, c.key, with(good(), "jwk", jwkOf(c.key.Public())), payload), 400, malformed},
		{"neither jwk nor kid", sign(t, c.key, without(good(), "kid"), payload), 400, malformed},
		{"jwk where kid belongs", sign(t, c.key, with(without(good(), "kid"), "jwk", jwkOf(c.key.Public())), payload), 400, malformed},
		{"unknown account", sign(t, c.key, with(good(), "kid", c.kid+"x"), payload), 400, accountDoesNotExist},
		{"kid is no URL of ours", sign(t, c.key, with(good(), "kid", strings.TrimPrefix(c.kid, l.url(EndpointAccount, ""))), payload), 400, accountDoesNotExist},
		{"another key", sign(t, stranger, good(), payload), 400, malformed},
		{"flipped signature", flipped, 400, malformed},
		{"short signature", edit(func(m object) { m["signature"] = "AAAA" }), 400, malformed},
		{"padded payload", edit(func(m object) { m["payload"] = m["payload"].(string) + "=" }), 400, malformed},
		{"altered payload", edit(func(m object) { m["payload"] = b64.EncodeToString([]byte(`{}`)) }), 400, malformed},
		{"unprotected header", edit(func(m object) { m["header"] = object{"kid": c.kid} }), 400, malformed},
		{"general serialization", edit(func(m object) { m["signatures"] = []object{} }), 400, malformed},
		{"no payload", edit(func(m object) { delete(m, "payload") }), 400, malformed},
		{"duplicate member", append([]byte(`{"payload":"e30",`), edit(func(object) {})[1:]...), 400, malformed},
		{"data after", append(edit(func(object) {}), '{', '}'), 400, malformed},
		{"not JSON", []byte("hello"), 400, malformed},
		{"empty", nil, 400, malformed},
		{"array", []byte("[]"), 400, malformed},
		{"too large", bytes.Repeat([]byte(" "), maxRequestBody+1), 413, malformed},
		{"payload no object", sign(t, c.key, good(), []byte(`[]`)), 400, malformed},
		{"payload with a duplicate", sign(t, c.key, good(), []byte(`{"identifiers":[],"identifiers":[]}`)), 400, malformed},
		{"payload of wrong types", sign(t, c.key, good(), []byte(`{"identifiers":7}`)), 400, malformed},
	} {
		t.Run(tc.name, func(t *testing.T) {
			a, err := c.send(url, "application/jose+json", tc.body)
			if err != nil {
				t.Fatal(err)
			}
			wantProblem(t, a, tc.status, tc.kind)
			if tc.kind == badSignatureAlgorithm {
				if got := fmt.Sprint(a.json(t)["algorithms"]); got != fmt.Sprint(signatureAlgorithms()) {
					t.Errorf("algorithms %s, want %v", got, signatureAlgorithms())
				}
			}
		})
	}
	t.Run("content type", func(t *testing.T) {
		for _, ct := range []string{"application/json", "", "application/jose+json;"} {
			a, err := c.send(url, ct, sign(t, c.key, good(), payload))
			if err != nil {
				t.Fatal(err)
			}
			if ct == "application/jose+json;" {
				if a.status != http.StatusCreated {
					t.Errorf("content type %q: status %d, want 201", ct, a.status)
				}
				continue
			}
			wantProblem(t, a, http.StatusUnsupportedMediaType, malformed)
		}
	})
}

// TestMethods reads by plain GET what wants a signature (RFC 8555 6.3).
func TestMethods(t *testing.T) {
	l, r := startLab(t, Options{})
	c := newClient(t, l, r)
	c.register(nil)
	orderURL, order := c.order(testFQDN)
	for _, url := range slices.Concat([]string{c.kid, c.kid + "/orders", orderURL, order.str(t, "finalize"), l.base + "/new-order"}, c.authorizations(order)) {
		a := c.plain(http.MethodGet, url)
		wantProblem(t, a, http.StatusMethodNotAllowed, malformed)
		if got := a.header.Get("Allow"); got != http.MethodPost {
			t.Errorf("GET %s: Allow %q, want POST", url, got)
		}
	}
	if a := c.plain(http.MethodPut, l.DirectoryURL()); a.status != http.StatusMethodNotAllowed {
		t.Errorf("PUT of the directory: status %d, want 405", a.status)
	}
	wantProblem(t, c.plain(http.MethodGet, l.base+"/nowhere"), http.StatusNotFound, malformed)
}

// TestPostAsGet reads by a signed request what can also be read without one (RFC
// 8555 6.3).
func TestPostAsGet(t *testing.T) {
	l, r := startLab(t, Options{})
	c := newClient(t, l, r)
	c.register(nil)
	directory, nonce := c.want(http.StatusOK, l.DirectoryURL(), nil), c.want(http.StatusNoContent, l.base+"/new-nonce", nil)
	if got := directory.str(t, "newNonce"); got != l.base+"/new-nonce" {
		t.Errorf("the directory has newNonce %q", got)
	}
	for url, a := range map[string]answer{l.DirectoryURL(): directory, l.base + "/new-nonce": nonce} {
		if a.header.Get("Replay-Nonce") == "" {
			t.Errorf("POST-as-GET of %s: no Replay-Nonce", url)
		}
		c.refused(400, malformed, url, object{})
		if got := c.plain(http.MethodPut, url).header.Get("Allow"); !strings.HasSuffix(got, ", POST") {
			t.Errorf("PUT %s: Allow %q, want POST among them", url, got)
		}
	}
}

// TestNonce looks at what newNonce answers (RFC 8555 7.2).
func TestNonce(t *testing.T) {
	l, r := startLab(t, Options{})
	c := newClient(t, l, r)
	for method, status := range map[string]int{http.MethodHead: http.StatusOK, http.MethodGet: http.StatusNoContent} {
		a := c.plain(method, l.base+"/new-nonce")
		if a.status != status || a.header.Get("Replay-Nonce") == "" || a.header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: status %d, header %v; want %d, a nonce and no-store", method, a.status, a.header, status)
		}
		if got := a.link("index"); got != l.DirectoryURL() {
			t.Errorf("%s: Link index %q, want %q", method, got, l.DirectoryURL())
		}
	}
}

// TestCanonicalIDs decodes identifiers, nonces and tokens strictly: clients that
// decode and encode them again must get the same text.
func TestCanonicalIDs(t *testing.T) {
	l, r := startLab(t, Options{})
	c := newClient(t, l, r)
	c.register(nil)
	_, ch := c.instanceChallenge()
	ids := map[string]string{"challenge token": ch["token"].(string), "account": strings.TrimPrefix(c.kid, l.url(EndpointAccount, ""))}
	for range 20 { // an identifier with random unused bits is canonical now and then
		ids["nonce"], ids["identifier"] = c.nonce(), newID()
		for name, id := range ids {
			data, err := base64.RawURLEncoding.Strict().DecodeString(id)
			if err != nil || base64.RawURLEncoding.EncodeToString(data) != id || len(data) < 16 {
				t.Errorf("%s %q: %d octets, %v; want canonical base64url of at least 128 bits", name, id, len(data), err)
			}
		}
	}
}

// TestDecodeBase64 refuses text that is not canonical base64url.
func TestDecodeBase64(t *testing.T) {
	for _, in := range []string{"AB", "AA==", "AA\n", "A\r\nA", "A", "+/AA", "AA A"} {
		if data, err := decodeBase64(in); err == nil {
			t.Errorf("%q decodes to %x, want an error", in, data)
		}
	}
	for in, want := range map[string]string{"": "", "AA": "\x00", "-_8": "\xfb\xff"} {
		if data, err := decodeBase64(in); err != nil || string(data) != want {
			t.Errorf("%q decodes to %x, %v; want %x", in, data, err, want)
		}
	}
}

// TestNoncesAreBounded forgets the oldest, not the newest.
func TestNoncesAreBounded(t *testing.T) {
	n := newNonces(2)
	first, second, third := n.issue(), n.issue(), n.issue()
	if n.use(first) {
		t.Error("the oldest of three is remembered by a store of two")
	}
	if !n.use(second) || !n.use(third) {
		t.Error("a newer one is forgotten")
	}
	if n.use(third) {
		t.Error("a nonce is good twice")
	}
	if len(n.unused) != 0 {
		t.Errorf("%d nonces left, want none", len(n.unused))
	}
}

// newRSAModulus is an odd number of that many bits; nobody knows its factors.
func newRSAModulus(t *testing.T, bits int) *big.Int {
	t.Helper()
	data := make([]byte, bits/8)
	if _, err := rand.Read(data); err != nil {
		t.Fatal(err)
	}
	data[0] |= 0x80
	data[len(data)-1] |= 1
	return new(big.Int).SetBytes(data)
}
