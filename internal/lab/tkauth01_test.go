package lab

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"
)

// testNFInstance is the NF instance of testInstance, a URN.
var testNFInstance = strings.TrimPrefix(testInstance, "urn:uuid:")

func instanceOrder(values ...string) object {
	var ids []object
	for _, v := range values {
		ids = append(ids, object{"type": typeInstance, "value": v})
	}
	return object{"identifiers": ids}
}

// instanceChallenge orders the test's NF instance and returns its challenge.
func (c *client) instanceChallenge() (orderURL string, challenge object) {
	c.t.Helper()
	a := c.want(http.StatusCreated, c.lab.base+"/new-order", instanceOrder(testNFInstance))
	return a.header.Get("Location"), c.challenge(c.authorizations(a)[0])
}

func (c *client) fingerprint() string {
	c.t.Helper()
	sum, err := b64.DecodeString(thumbprintOf(c.key.Public()))
	if err != nil {
		c.t.Fatal(err)
	}
	return fingerprint(sum)
}

// goodClaims are those that the server takes for the test's NF instance.
func (c *client) goodClaims() object {
	return object{
		"exp": time.Now().Add(tokenLife).Unix(), "jti": newID(),
		"atc": object{"tktype": typeInstance, "tkvalue": testNFInstance, "fingerprint": c.fingerprint(), "ca": false},
	}
}

// askToken asks the lab's Token Authority, with a client certificate when one is
// given.
func askToken(t *testing.T, l *Lab, cert *tls.Certificate, header http.Header, body any) (answer, error) {
	t.Helper()
	data, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(l.TokenAuthorityRoot())
	conf := &tls.Config{RootCAs: pool}
	if cert != nil {
		conf.Certificates = []tls.Certificate{*cert}
	}
	transport := &http.Transport{TLSClientConfig: conf}
	defer transport.CloseIdleConnections()
	c := &client{t: t, http: &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, l.TokenAuthorityURL(), bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	for name, values := range header {
		req.Header[name] = values
	}
	return c.do(req)
}

// authorityClient is a client certificate that the Token Authority knows.
func authorityClient(t *testing.T, l *Lab) *tls.Certificate {
	t.Helper()
	certPEM, keyPEM, err := l.IssueClient("oam-agent")
	if err != nil {
		t.Fatal(err)
	}
	pair, err := tls.X509KeyPair(certPEM, keyPEM)
	if err != nil {
		t.Fatal(err)
	}
	return &pair
}

func (c *client) tokenRequest() object {
	return object{"atc": object{"tktype": typeInstance, "tkvalue": testNFInstance, "ca": false, "fingerprint": c.fingerprint()}}
}

// token gets a token from the lab's Token Authority.
func (c *client) token() string {
	c.t.Helper()
	a, err := askToken(c.t, c.lab, authorityClient(c.t, c.lab), nil, c.tokenRequest())
	if err != nil || a.status != http.StatusOK {
		c.t.Fatalf("asking for a token: status %d, %v: %s", a.status, err, a.body)
	}
	return a.str(c.t, "token")
}

// TestInstance walks the way of Annex J: order, challenge, token, certificate.
func TestInstance(t *testing.T) {
	for _, field := range []string{"tkauth", "atc"} {
		t.Run(field, func(t *testing.T) {
			l, r := startLab(t, Options{})
			c := newClient(t, l, r)
			c.register(nil)
			a := c.want(http.StatusCreated, l.base+"/new-order", instanceOrder(strings.ToUpper(testNFInstance)))
			orderURL := a.header.Get("Location")
			ch := c.challenge(c.authorizations(a)[0])
			if ch["type"] != "tkauth-01" || ch["tkauth-type"] != "atc" || ch["token-authority"] != l.TokenAuthorityURL() {
				t.Errorf("challenge %v, want tkauth-01, atc and %s", ch, l.TokenAuthorityURL())
			}
			c.want(http.StatusOK, ch["url"].(string), object{field: c.token()})
			order := c.wait(orderURL, statusPending)
			if got := order.str(t, "status"); got != statusReady {
				t.Fatalf("order is %q, want ready: %s", got, order.body)
			}
			key := newECKey(t, elliptic.P256())
			urn := generalName{tagURI, testInstance}
			for _, wrong := range [][]generalName{
				{{tagURI, "urn:uuid:5ace9d34-2c69-4f99-92d5-a73a3fe8e23b"}}, {urn, {tagDNS, testFQDN}},
			} {
				c.refused(http.StatusBadRequest, badCSR, order.str(t, "finalize"), object{"csr": b64.EncodeToString(customCSR(t, key, wrong))})
			}
			order = c.finalize(orderURL, order, customCSR(t, key, []generalName{urn}))
			chain := parseChain(t, c.want(http.StatusOK, order.str(t, "certificate"), nil).body)
			if got := chain[0].URIs; len(got) != 1 || got[0].String() != urn.value {
				t.Errorf("certificate for %v, want %s", got, urn.value)
			}
			if l.TokenRequests() != 1 {
				t.Errorf("%d requests for tokens, want 1", l.TokenRequests())
			}
		})
	}
}

// TestToken demands that each check of a token has words of its own, and that
// a token which fails it costs the order (RFC 9447 3, RFC 8555 7.1.6).
func TestToken(t *testing.T) {
	l, r := startLab(t, Options{})
	c := newClient(t, l, r)
	c.register(nil)
	with := func(change func(claims, atc object)) func() string {
		return func() string {
			claims := c.goodClaims()
			change(claims, claims["atc"].(object))
			token, err := l.signer.sign(claims)
			if err != nil {
				t.Fatal(err)
			}
			return token
		}
	}
	good := with(func(_, _ object) {})
	part := func(token string, i int, with string) string {
		parts := strings.Split(token, ".")
		parts[i] = with
		return strings.Join(parts, ".")
	}
	header := func(h object) func() string {
		data, err := json.Marshal(h)
		if err != nil {
			t.Fatal(err)
		}
		return func() string { return part(good(), 0, encodeBase64(data)) }
	}
	stranger, err := newAuthorities(time.Now())
	if err != nil {
		t.Fatal(err)
	}
	foreign, err := stranger.newTokenSigner(time.Now())
	if err != nil {
		t.Fatal(err)
	}
	client := authorityClient(t, l) // of the same root, and no Token Authority
	impostor := &tokenSigner{client.PrivateKey.(*ecdsa.PrivateKey), client.Leaf}
	used := good()
	for _, tc := range []struct {
		name  string
		token func() string
		want  string // in the problem; "": none
	}{
		{"good", good, ""},
		{"thumbprint", with(func(_, atc object) { atc["fingerprint"] = thumbprintOf(c.key.Public()) }), ""},
		{"first use", func() string { return used }, ""},
		{"second use", func() string { return used }, "was used before"},
		{"type without case", with(func(_, atc object) { atc["tktype"] = strings.ToUpper(typeInstance) }), ""},
		{"not a JWS", func() string { return "x" }, "1 parts, want the 3"},
		{"header", func() string { return part(good(), 0, "!") }, "header"},
		{"typ", header(object{"alg": "ES256", "typ": "JOSE"}), `typ "JOSE", want JWT`},
		{"alg none", header(object{"alg": "none", "typ": "JWT"}), `alg "none", want an asymmetric one`},
		{"alg HMAC", header(object{"alg": "HS256", "typ": "JWT"}), `alg "HS256", want an asymmetric one`},
		{"x5u", header(object{"alg": "ES256", "typ": "JWT", "x5u": "https://ta.example/cert.pem"}), "x5u"},
		{"no x5c", header(object{"alg": "ES256", "typ": "JWT"}), "no x5c"},
		{"x5c garbage", header(object{"alg": "ES256", "typ": "JWT", "x5c": []string{"AAAA"}}), "x5c[0]"},
		{"foreign authority", func() string {
			token, err := foreign.sign(c.goodClaims())
			if err != nil {
				t.Fatal(err)
			}
			return token
		}, "does not trust the signer"},
		{"no authority", func() string {
			token, err := impostor.sign(c.goodClaims())
			if err != nil {
				t.Fatal(err)
			}
			return token
		}, "the signer is not a Token Authority"},
		{"signature", func() string { return part(good(), 2, encodeBase64(make([]byte, 64))) }, "signature"},
		{"claims", func() string {
			return part(good(), 1, encodeBase64([]byte(`{"exp":1}`)))
		}, "signature"},
		{"no atc", with(func(claims, _ object) { delete(claims, "atc") }), "no claim atc"},
		{"type", with(func(_, atc object) { atc["tktype"] = "TNAuthList" }), `tktype "TNAuthList", want "NfInstanceId"`},
		{"value", with(func(_, atc object) { atc["tkvalue"] = "another" }), `tkvalue "another"`},
		{"fingerprint", with(func(_, atc object) { atc["fingerprint"] = "SHA256 00" }), "is not that of the account key"},
		{"ca", with(func(_, atc object) { atc["ca"] = true }), "ca is true"},
		{"no jti", with(func(claims, _ object) { delete(claims, "jti") }), "no claim jti"},
		{"no exp", with(func(claims, _ object) { delete(claims, "exp") }), "no claim exp"},
		{"expired", with(func(claims, _ object) { claims["exp"] = time.Now().Add(-2 * tokenSkew).Unix() }), "token: expired at"},
		{"just expired", with(func(claims, _ object) { claims["exp"] = time.Now().Add(-tokenSkew / 2).Unix() }), ""},
		{"times with fractions", with(func(claims, _ object) {
			claims["exp"], claims["nbf"] = float64(time.Now().UnixMilli())/1000+60, float64(time.Now().UnixMilli())/1000
		}), ""},
		{"exp before time", with(func(claims, _ object) { claims["exp"] = -1e300 }), "token: expired at"},
		{"exp after all time", with(func(claims, _ object) { claims["exp"] = 1e300 }), "want at most an hour"},
		{"exp in words", with(func(claims, _ object) { claims["exp"] = "soon" }), "claims"},
		{"long", with(func(claims, _ object) { claims["exp"] = time.Now().Add(2 * tokenMaxLife).Unix() }), "want at most an hour"},
		{"early", with(func(claims, _ object) { claims["nbf"] = time.Now().Add(2 * tokenSkew).Unix() }), "not valid before"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c.t = t
			orderURL, ch := c.instanceChallenge()
			got := c.want(http.StatusOK, ch["url"].(string), object{"tkauth": tc.token()}).json(t)
			order := c.want(http.StatusOK, orderURL, nil).str(t, "status")
			if tc.want == "" {
				if got["status"] != statusValid || order != statusReady {
					t.Errorf("challenge %v, order %q; want valid and ready", got, order)
				}
				return
			}
			problem, _ := got["error"].(object)
			detail, _ := problem["detail"].(string)
			if got["status"] != statusInvalid || order != statusInvalid || !strings.Contains(detail, tc.want) {
				t.Errorf("challenge %v, order %q; want both invalid by %q", got, order, tc.want)
			}
		})
	}
}

// TestTokenAnswer refuses an answer without a token.
func TestTokenAnswer(t *testing.T) {
	l, r := startLab(t, Options{})
	c := newClient(t, l, r)
	c.register(nil)
	for _, payload := range []object{{}, {"token": "x"}, {"tkauth": 1}} {
		_, ch := c.instanceChallenge()
		if got := c.want(http.StatusOK, ch["url"].(string), payload); got.str(t, "status") != statusInvalid {
			t.Errorf("%v: challenge %s, want invalid", payload, got.body)
		}
	}
}

// TestAuthority is about who gets a token, and for what.
func TestAuthority(t *testing.T) {
	l, r := startLab(t, Options{Roster: []string{testNFInstance}, Authority: Authority{Bearer: "bearer", Basic: "amf:secret"}})
	c := newClient(t, l, r)
	known := authorityClient(t, l)
	header := func(v string) http.Header { return http.Header{"Authorization": {v}} }
	ask := func(change object) object {
		atc := c.tokenRequest()["atc"].(object)
		for k, v := range change {
			atc[k] = v
		}
		return object{"atc": atc}
	}
	for _, tc := range []struct {
		name   string
		cert   *tls.Certificate
		header http.Header
		body   any
		want   int
		words  string
	}{
		{"certificate", known, nil, ask(nil), 200, ""},
		{"bearer", nil, header("Bearer bearer"), ask(nil), 200, ""},
		{"basic", nil, header("Basic " + base64.StdEncoding.EncodeToString([]byte("amf:secret"))), ask(nil), 200, ""},
		{"upper case", known, nil, ask(object{"tkvalue": strings.ToUpper(testNFInstance)}), 200, ""},
		{"nobody", nil, nil, ask(nil), 401, "unknown client"},
		{"wrong bearer", nil, header("Bearer x"), ask(nil), 401, "unknown client"},
		{"empty bearer", nil, header("Bearer "), ask(nil), 401, "unknown client"},
		{"wrong basic", nil, header("Basic " + base64.StdEncoding.EncodeToString([]byte("amf:x"))), ask(nil), 401, "unknown client"},
		{"not on the roster", known, nil, ask(object{"tkvalue": "5ace9d34-2c69-4f99-92d5-a73a3fe8e23b"}), 403, "not on the roster"},
		{"a CA", known, nil, ask(object{"ca": true}), 403, "CA certificates are not issued"},
		{"no atc", known, nil, object{}, 400, "tkvalue"},
		{"no fingerprint", known, nil, ask(object{"fingerprint": ""}), 400, "fingerprint"},
		{"no object", known, nil, "x", 400, "not valid JSON"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			a, err := askToken(t, l, tc.cert, tc.header, tc.body)
			if err != nil {
				t.Fatal(err)
			}
			if a.status != tc.want || !strings.Contains(a.str(t, "message"), tc.words) {
				t.Errorf("status %d, %s; want %d and %q", a.status, a.body, tc.want, tc.words)
			}
			if tc.want == 200 && a.str(t, "token") == "" {
				t.Errorf("%s has no token", a.body)
			}
		})
	}
}
