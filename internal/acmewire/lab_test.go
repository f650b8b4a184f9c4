package acmewire_test

import (
	"crypto/rand"
	"crypto/x509"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/nfcert/nfcert/internal/acmewire"
	"github.com/nfcert/nfcert/internal/lab"
)

const fqdn = "amf1.example"

// A labUser is a client of a lab with what it has there so far.
type labUser struct {
	*acmewire.Client
	t       testing.TB
	lab     *lab.Lab
	account *acmewire.Account
	order   *acmewire.Order
}

func (u *labUser) base() string { return strings.TrimSuffix(u.lab.DirectoryURL(), "/directory") }

func (u *labUser) wish() acmewire.NewOrder {
	return acmewire.NewOrder{Identifiers: []acmewire.Identifier{{Type: "dns", Value: fqdn}}}
}

func (u *labUser) csr() []byte {
	u.t.Helper()
	der, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{DNSNames: []string{fqdn}}, newKey(u.t))
	if err != nil {
		u.t.Fatal(err)
	}
	return der
}

// posts counts the signed requests that an endpoint saw.
func (u *labUser) posts(e lab.Endpoint) (n int) {
	for _, r := range u.lab.Requests() {
		if r.Endpoint == e && r.Method == http.MethodPost {
			n++
		}
	}
	return n
}

// responder answers http-01 for every name.
type responder struct {
	*httptest.Server
	files sync.Map // content by path
}

func newResponder(t testing.TB) *responder {
	t.Helper()
	r := &responder{}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		content, ok := r.files.Load(req.URL.Path)
		if !ok {
			http.NotFound(w, req)
			return
		}
		io.WriteString(w, content.(string))
	}))
	t.Cleanup(r.Close)
	return r
}

func (r *responder) addr(string) string { return r.Listener.Addr().String() }

// newLabUser starts a lab and makes there what comes before the use of an
// endpoint: an account, and an order for one name.
func newLabUser(t testing.TB, o lab.Options, before lab.Endpoint, knobs ...string) *labUser {
	t.Helper()
	l, roots := startLabWith(t, o, knobs...)
	u := &labUser{Client: acmewire.New(acmewire.Config{DirectoryURL: l.DirectoryURL(), Roots: roots}), t: t, lab: l}
	u.Client = u.WithAccount(newKey(t), "")
	if before == lab.EndpointNewAccount {
		return u
	}
	var err error
	if u.account, _, err = u.Register(t.Context(), acmewire.NewAccount{}); err != nil {
		t.Fatal(err)
	}
	if before == lab.EndpointNewOrder {
		return u
	}
	if u.order, err = u.NewOrder(t.Context(), u.wish()); err != nil {
		t.Fatal(err)
	}
	return u
}

// challenge fetches the order's authorization and returns its challenge.
func (u *labUser) challenge() acmewire.Challenge {
	u.t.Helper()
	a, err := u.Authorization(u.t.Context(), u.order.Authorizations[0])
	if err != nil || len(a.Challenges) != 1 {
		u.t.Fatalf("authorization %+v, %v; want one challenge", a, err)
	}
	return a.Challenges[0]
}

// startLab starts a lab with knobs; the pool holds its TLS root.
func startLab(t testing.TB, knobs ...string) (*lab.Lab, *x509.CertPool) {
	t.Helper()
	return startLabWith(t, lab.Options{}, knobs...)
}

func startLabWith(t testing.TB, o lab.Options, knobs ...string) (*lab.Lab, *x509.CertPool) {
	t.Helper()
	for _, s := range knobs {
		k, err := lab.ParseMisbehaviour(s)
		if err != nil {
			t.Fatal(err)
		}
		o.Misbehave = append(o.Misbehave, k)
	}
	l, err := lab.Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l, poolOfPEM(l.TLSRootPEM())
}

func poolOfPEM(roots []byte) *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(roots)
	return pool
}
