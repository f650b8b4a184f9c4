package lab

import (
	"bytes"
	"context"
	"crypto"
	"crypto/elliptic"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

// b64 is base64url without padding.
var b64 = base64.RawURLEncoding

// responder answers http-01 as a client under test would.
type responder struct {
	*httptest.Server
	mu      sync.Mutex
	answers map[string]http.HandlerFunc // by path
}

func newResponder(t *testing.T) *responder {
	t.Helper()
	r := &responder{answers: make(map[string]http.HandlerFunc)}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		r.mu.Lock()
		answer := r.answers[req.URL.Path]
		r.mu.Unlock()
		if answer == nil {
			http.NotFound(w, req)
			return
		}
		answer(w, req)
	}))
	t.Cleanup(r.Close)
	return r
}

func (r *responder) set(path string, h http.HandlerFunc) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.answers[path] = h
}

func (r *responder) publish(token, content string) {
	r.set("/.well-known/acme-challenge/"+token, func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, content) })
}

func (r *responder) addr(string) string { return r.Listener.Addr().String() }

// startLab starts a lab that validates at its own responder.
func startLab(t *testing.T, o Options, misbehaviours ...string) (*Lab, *responder) {
	t.Helper()
	r := newResponder(t)
	if o.HTTP01Addr == nil {
		o.HTTP01Addr = r.addr
	}
	for _, s := range misbehaviours {
		k, err := ParseMisbehaviour(s)
		if err != nil {
			t.Fatalf("ParseMisbehaviour(%q): %v", s, err)
		}
		o.Misbehave = append(o.Misbehave, k)
	}
	l, err := Start(t.Context(), o)
	if err != nil {
		t.Fatalf("Start: %v", err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return l, r
}

// client is a raw ACME client: it shows each answer as it came.
type client struct {
	t         *testing.T
	lab       *Lab
	responder *responder
	http      *http.Client
	key       crypto.Signer
	kid       string
}

func newClient(t *testing.T, l *Lab, r *responder) *client {
	t.Helper()
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(l.TLSRootPEM())
	tr := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}}
	t.Cleanup(tr.CloseIdleConnections)
	return &client{
		t: t, lab: l, responder: r, key: newECKey(t, elliptic.P256()),
		http: &http.Client{Transport: tr, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }},
	}
}

// answer is a response with its body read.
type answer struct {
	status int
	header http.Header
	body   []byte
}

func (a answer) json(t *testing.T) map[string]any {
	t.Helper()
	var m map[string]any
	if err := json.Unmarshal(a.body, &m); err != nil {
		t.Fatalf("status %d, body %.200q is not JSON: %v", a.status, a.body, err)
	}
	return m
}

func (a answer) str(t *testing.T, name string) string {
	t.Helper()
	s, _ := a.json(t)[name].(string)
	return s
}

// link finds the URL of a Link header field by its relation.
func (a answer) link(rel string) string {
	for _, v := range a.header.Values("Link") {
		if strings.HasSuffix(v, `;rel="`+rel+`"`) {
			return strings.TrimPrefix(strings.SplitN(v, ">", 2)[0], "<")
		}
	}
	return ""
}

func (c *client) do(req *http.Request) (answer, error) {
	resp, err := c.http.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return answer{resp.StatusCode, resp.Header, body}, err
}

func (c *client) plain(method, url string) answer {
	c.t.Helper()
	req, err := http.NewRequestWithContext(c.t.Context(), method, url, nil)
	if err != nil {
		c.t.Fatal(err)
	}
	a, err := c.do(req)
	if err != nil {
		c.t.Fatalf("%s %s: %v", method, url, err)
	}
	return a
}

func (c *client) nonce() string {
	c.t.Helper()
	n := c.plain(http.MethodHead, c.lab.base+"/new-nonce").header.Get("Replay-Nonce")
	if n == "" {
		c.t.Fatal("newNonce gave no nonce")
	}
	return n
}

// send posts a body as it is.
func (c *client) send(url, contentType string, body []byte) (answer, error) {
	req, err := http.NewRequestWithContext(c.t.Context(), http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	req.Header.Set("Content-Type", contentType)
	return c.do(req)
}

// tryPost signs a payload and posts it; nil is a POST-as-GET.
func (c *client) tryPost(url string, payload any) (answer, error) {
	c.t.Helper()
	header := map[string]any{"alg": algorithmOf(c.key), "nonce": c.nonce(), "url": url}
	if c.kid != "" {
		header["kid"] = c.kid
	} else {
		header["jwk"] = jwkOf(c.key.Public())
	}
	return c.send(url, "application/jose+json", sign(c.t, c.key, header, payload))
}

func (c *client) post(url string, payload any) answer {
	c.t.Helper()
	a, err := c.tryPost(url, payload)
	if err != nil {
		c.t.Fatalf("POST %s: %v", url, err)
	}
	return a
}

// want posts and demands a status.
func (c *client) want(status int, url string, payload any) answer {
	c.t.Helper()
	a := c.post(url, payload)
	if a.status != status {
		c.t.Fatalf("POST %s: status %d, want %d; body %.500s", url, a.status, status, a.body)
	}
	return a
}

// refused posts and demands a problem; it returns the answer for more.
func (c *client) refused(status int, kind problemType, url string, payload any) answer {
	c.t.Helper()
	a := c.post(url, payload)
	wantProblem(c.t, a, status, kind)
	return a
}

func wantProblem(t *testing.T, a answer, status int, kind problemType) {
	t.Helper()
	if a.status != status {
		t.Fatalf("status %d, want %d; body %.500s", a.status, status, a.body)
	}
	if got := a.header.Get("Content-Type"); got != "application/problem+json" {
		t.Errorf("content type %q, want application/problem+json", got)
	}
	if got, want := a.str(t, "type"), errorNamespace+string(kind); got != want {
		t.Errorf("problem type %q, want %q; detail %q", got, want, a.str(t, "detail"))
	}
	if a.header.Get("Replay-Nonce") == "" {
		t.Error("the refusal has no Replay-Nonce")
	}
}

type object = map[string]any

func (c *client) register(extra object) answer {
	c.t.Helper()
	payload := object{"termsOfServiceAgreed": true}
	for k, v := range extra {
		payload[k] = v
	}
	a := c.want(http.StatusCreated, c.lab.base+"/new-account", payload)
	c.kid = a.header.Get("Location")
	return a
}

func identifiers(names ...string) []object {
	var ids []object
	for _, n := range names {
		ids = append(ids, object{"type": "dns", "value": n})
	}
	return ids
}

// order places an order.
func (c *client) order(names ...string) (url string, a answer) {
	c.t.Helper()
	a = c.want(http.StatusCreated, c.lab.base+"/new-order", object{"identifiers": identifiers(names...)})
	return a.header.Get("Location"), a
}

func (c *client) authorizations(order answer) (urls []string) {
	c.t.Helper()
	for _, u := range order.json(c.t)["authorizations"].([]any) {
		urls = append(urls, u.(string))
	}
	return urls
}

// challenge fetches an authorization and returns its http-01 challenge.
func (c *client) challenge(authz string) object {
	c.t.Helper()
	list, _ := c.want(http.StatusOK, authz, nil).json(c.t)["challenges"].([]any)
	if len(list) != 1 {
		c.t.Fatalf("%d challenges, want 1", len(list))
	}
	return list[0].(object)
}

// publish puts the right key authorization where validation looks for it.
func (c *client) publish(ch object) {
	token := ch["token"].(string)
	c.responder.publish(token, token+"."+thumbprintOf(c.key.Public()))
}

// wait polls until the object's status is none of the given ones.
func (c *client) wait(url string, while ...string) answer {
	c.t.Helper()
	for range 500 {
		a := c.want(http.StatusOK, url, nil)
		status := a.str(c.t, "status")
		over := true
		for _, w := range while {
			over = over && status != w
		}
		if over {
			return a
		}
	}
	c.t.Fatalf("%s does not leave %q", url, while)
	return answer{}
}

// solve makes every authorization of an order valid, and the order ready.
func (c *client) solve(orderURL string, order answer) answer {
	c.t.Helper()
	for _, authz := range c.authorizations(order) {
		ch := c.challenge(authz)
		c.publish(ch)
		c.want(http.StatusOK, ch["url"].(string), object{})
	}
	return c.wait(orderURL, statusPending)
}

// ready places an order and solves it.
func (c *client) ready(names ...string) (url string, a answer) {
	c.t.Helper()
	url, a = c.order(names...)
	a = c.solve(url, a)
	if got := a.str(c.t, "status"); got != statusReady {
		c.t.Fatalf("order is %q, want ready; %s", got, a.body)
	}
	return url, a
}

// finalize sends a CSR for a ready order and waits for the end.
func (c *client) finalize(orderURL string, order answer, csr []byte) answer {
	c.t.Helper()
	c.want(http.StatusOK, order.str(c.t, "finalize"), object{"csr": b64.EncodeToString(csr)})
	return c.wait(orderURL, statusProcessing)
}

// enrol walks the whole way and returns the chain, leaf first.
func (c *client) enrol(csr []byte, names ...string) []*x509.Certificate {
	c.t.Helper()
	if c.kid == "" {
		c.register(nil)
	}
	url, order := c.ready(names...)
	order = c.finalize(url, order, csr)
	return parseChain(c.t, c.want(http.StatusOK, order.str(c.t, "certificate"), nil).body)
}

func parseChain(t *testing.T, data []byte) (chain []*x509.Certificate) {
	t.Helper()
	for block, rest := pem.Decode(data); block != nil; block, rest = pem.Decode(rest) {
		cert, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			t.Fatalf("chain: %v", err)
		}
		chain = append(chain, cert)
	}
	if len(chain) == 0 {
		t.Fatalf("no certificate in %.200q", data)
	}
	return chain
}

// verifyChain checks a chain against a root in PEM.
func verifyChain(chain []*x509.Certificate, root []byte) error {
	roots, between := x509.NewCertPool(), x509.NewCertPool()
	roots.AppendCertsFromPEM(root)
	for _, c := range chain[1:] {
		between.AddCert(c)
	}
	_, err := chain[0].Verify(x509.VerifyOptions{Roots: roots, Intermediates: between, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}})
	return err
}

// ended reports whether an error says that the connection was closed.
func ended(err error) bool {
	return err != nil && !errors.Is(err, context.DeadlineExceeded) && !errors.Is(err, context.Canceled)
}
