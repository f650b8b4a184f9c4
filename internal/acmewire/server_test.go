package acmewire_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/nfcert/nfcert/internal/acmewire"
)

// A fake is an ACME server of which each answer is written by hand. Left alone
// it answers the directory and newNonce, and gives a nonce with all but the
// former.
type fake struct {
	*httptest.Server
	mu    sync.Mutex
	given int
	seen  []seen
}

// seen is a request that came, with its JWS decoded.
type seen struct {
	method, path, userAgent string
	protected               struct{ Nonce, KID, URL, Alg string }
	payload                 string
	hasPayload              bool // a JWS with the member, as RFC 8555 section 6.3 wants even when it is empty
}

func (s seen) String() string { return s.method + " " + s.path }

// routes are handlers by path, without the leading slash.
type routes map[string]http.HandlerFunc

func newFake(t testing.TB, r routes) *fake {
	t.Helper()
	return newFakeTLS(t, r, func(*tls.Config) {})
}

// newFakeTLS is newFake with a change of its TLS.
func newFakeTLS(t testing.TB, r routes, change func(*tls.Config)) *fake {
	t.Helper()
	f := &fake{}
	f.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		f.note(req)
		path := strings.TrimPrefix(req.URL.Path, "/")
		if path != "directory" {
			w.Header().Set("Replay-Nonce", f.nonce())
		}
		switch h := r[path]; {
		case h != nil:
			h(w, req)
		case path == "directory":
			w.Header().Set("Content-Type", "application/json")
			io.WriteString(w, f.directory())
		case path == "new-nonce":
		default:
			http.NotFound(w, req)
		}
	}))
	f.Config.ErrorLog = log.New(io.Discard, "", 0)
	f.TLS = &tls.Config{}
	change(f.TLS)
	f.StartTLS()
	t.Cleanup(f.Close)
	return f
}

func (f *fake) directory() string {
	return strings.ReplaceAll(`{"newNonce":"@/new-nonce","newAccount":"@/new-account","newOrder":"@/new-order",
		"keyChange":"@/key-change","revokeCert":"@/revoke"}`, "@", f.URL)
}

func (f *fake) nonce() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.given++
	return fmt.Sprintf("nonce%03d", f.given)
}

func (f *fake) note(req *http.Request) {
	s := seen{method: req.Method, path: req.URL.Path, userAgent: req.UserAgent()}
	body, err := io.ReadAll(req.Body)
	var jws struct {
		Protected string
		Payload   *string
	}
	if err == nil && json.Unmarshal(body, &jws) == nil && jws.Payload != nil {
		s.hasPayload = true
		s.payload = fromB64(*jws.Payload)
		_ = json.Unmarshal([]byte(fromB64(jws.Protected)), &s.protected)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.seen = append(f.seen, s)
}

func fromB64(s string) string {
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil {
		return "not base64url: " + s
	}
	return string(b)
}

// requests returns what came at a path, or everything when path is "".
func (f *fake) requests(path string) (found []seen) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, s := range f.seen {
		if path == "" || s.path == "/"+path {
			found = append(found, s)
		}
	}
	return found
}

// roots trusts the fake.
func (f *fake) roots() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(f.Certificate())
	return pool
}

// client makes a client with an account at the fake.
func (f *fake) client(t testing.TB, change ...func(*acmewire.Config)) *acmewire.Client {
	t.Helper()
	cfg := acmewire.Config{DirectoryURL: f.URL + "/directory", Roots: f.roots()}
	for _, ch := range change {
		ch(&cfg)
	}
	c := acmewire.New(cfg)
	c = c.WithAccount(newKey(t), f.URL+"/account/1")
	return c
}

func newKey(t testing.TB) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// says answers with a status, a body, and header fields as "Name: value".
func says(status int, body string, header ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for _, h := range header {
			name, value, _ := strings.Cut(h, ": ")
			w.Header().Add(name, value)
		}
		w.WriteHeader(status)
		io.WriteString(w, body)
	}
}

// first answers by one handler once and by the other ever after.
func first(once, after http.HandlerFunc) http.HandlerFunc { return times(1, once, after) }

// times answers by one handler n times and by the other ever after.
func times(n int, before, after http.HandlerFunc) http.HandlerFunc {
	var mu sync.Mutex
	return func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		h := after
		if n > 0 {
			h = before
		}
		n--
		mu.Unlock()
		h(w, r)
	}
}

// problem answers with a problem document of RFC 8555's.
func problem(status int, name string, header ...string) http.HandlerFunc {
	body := fmt.Sprintf(`{"type":"urn:ietf:params:acme:error:%s","detail":"because"}`, name)
	return says(status, body, append(header, "Content-Type: application/problem+json")...)
}

// The least objects that can be used.
const (
	pendingOrder = `{"status":"pending","identifiers":[{"type":"dns","value":"amf1.example"}],"authorizations":[],"finalize":"https://ca.example/finalize"}`
	readyOrder   = `{"status":"ready","finalize":"https://ca.example/finalize"}`
)

// wantProtocol demands a ProtocolError whose text has the given words.
func wantProtocol(t *testing.T, err error, words string) *acmewire.ProtocolError {
	t.Helper()
	e, ok := errors.AsType[*acmewire.ProtocolError](err)
	if !ok {
		t.Fatalf("got %T %v, want a ProtocolError with %q", err, err, words)
	}
	if !strings.Contains(e.Error(), words) {
		t.Errorf("got %q, want %q in it", e, words)
	}
	return e
}

// wantProblem demands a Problem of the given type.
func wantProblem(t *testing.T, err error, name string) *acmewire.Problem {
	t.Helper()
	p, ok := errors.AsType[*acmewire.Problem](err)
	if !ok {
		t.Fatalf("got %T %v, want a Problem %s", err, err, name)
	}
	if p.Name() != name {
		t.Errorf("got problem %q, want %q", p.Name(), name)
	}
	return p
}

// wantNetwork demands a NetworkError of a stage, with the given words.
func wantNetwork(t *testing.T, err error, stage acmewire.Stage, words string) *acmewire.NetworkError {
	t.Helper()
	e, ok := errors.AsType[*acmewire.NetworkError](err)
	if !ok {
		t.Fatalf("got %T %v, want a NetworkError at %s", err, err, stage)
	}
	if e.Stage != stage || !strings.Contains(e.Error(), words) {
		t.Errorf("got stage %q, %q, want %q with %q", e.Stage, e, stage, words)
	}
	return e
}

// wantCount demands a number of requests at a path.
func wantCount(t *testing.T, f *fake, path string, want int) {
	t.Helper()
	if got := f.requests(path); len(got) != want {
		t.Errorf("%d requests at %s, want %d; all: %v", len(got), path, want, f.requests(""))
	}
}

// blank is a JSON object of n bytes.
func blank(n int) []byte {
	return append(bytes.Repeat([]byte(" "), n-2), "{}"...)
}
