package acmewire_test

import (
	"compress/gzip"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nfcert/nfcert/internal/acmewire"
	"github.com/nfcert/nfcert/internal/lab"
	"github.com/nfcert/nfcert/internal/loopback"
)

// A server that is not reached or not trusted is reported by how far the connection came, in
// words that need no Go.
func TestStages(t *testing.T) {
	f := newFake(t, nil)
	plain := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(plain.Close)
	mutual := httptest.NewUnstartedServer(http.NotFoundHandler())
	mutual.TLS = &tls.Config{ClientAuth: tls.RequireAnyClientCert}
	mutual.Config.ErrorLog = log.New(io.Discard, "", 0)
	mutual.StartTLS()
	t.Cleanup(mutual.Close)
	expired, expiredRoot := startLab(t, "tls-expired")
	port := f.URL[strings.LastIndexByte(f.URL, ':'):]
	for _, tt := range []struct {
		name  string
		url   string
		roots *x509.CertPool
		stage acmewire.Stage
		want  string
		chain bool
	}{
		{"no such name", "https://ca.invalid/", nil, acmewire.StageDNS, "looking up ca.invalid: ", false},
		{"nobody listens", closedPort(t), nil, acmewire.StageConnect, "connection refused: no server listens on this port", false},
		{"plain HTTP", strings.Replace(plain.URL, "http:", "https:", 1), nil, acmewire.StageTLS, "does not use TLS", false},
		{"hangs up", rawServer(t, func(c net.Conn) { c.Close() }), nil, acmewire.StageTLS, "the connection was closed immediately", false},
		{"wrong root", f.URL, x509.NewCertPool(), acmewire.StageTLS, "trusting 127.0.0.1" + port + ": certificate signed by unknown authority", true},
		{"wrong host name", "https://localhost" + port, f.roots(), acmewire.StageTLS, "not localhost", true},
		{"expired", expired.DirectoryURL(), expiredRoot, acmewire.StageTLS, "has expired", true},
		{"client certificate wanted", mutual.URL, poolOf(mutual.Certificate()), acmewire.StageTLS, "it requires a client certificate", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := acmewire.New(acmewire.Config{DirectoryURL: tt.url, Roots: tt.roots})
			_, err := c.Directory(t.Context())
			e := wantNetwork(t, err, tt.stage, tt.want)
			if got := len(e.Chain) > 0; got != tt.chain {
				t.Errorf("the chain is: %v, want %v", got, tt.chain)
			}
			if strings.Count(e.Error(), "127.0.0.1:") > 1 {
				t.Errorf("%q tells the address more than once", e)
			}
		})
	}
}

// The hints of the commands hang on what the error wraps.
func TestTrustCauses(t *testing.T) {
	f := newFake(t, nil)
	_, err := acmewire.New(acmewire.Config{DirectoryURL: f.URL, Roots: x509.NewCertPool()}).Directory(t.Context())
	if unknown := (x509.UnknownAuthorityError{}); !errors.As(err, &unknown) {
		t.Errorf("got %v, want it to wrap an UnknownAuthorityError", err)
	}
}

// A client certificate is shown to a server that asks.
func TestMutualTLS(t *testing.T) {
	f := newFake(t, nil)
	shown := make(chan int, 1)
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		shown <- len(r.TLS.PeerCertificates)
		io.WriteString(w, f.directory())
	}))
	s.TLS = &tls.Config{ClientAuth: tls.RequireAnyClientCert}
	s.StartTLS()
	t.Cleanup(s.Close)
	cert := f.TLS.Certificates[0]
	c := acmewire.New(acmewire.Config{DirectoryURL: s.URL, Roots: poolOf(s.Certificate()), Certificate: &cert})
	if _, err := c.Directory(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := <-shown; n != 1 {
		t.Errorf("%d certificates were shown, want 1", n)
	}
}

// closedPort is the URL of a port on which nothing listens.
func closedPort(t *testing.T) string {
	t.Helper()
	port, err := loopback.Reserve()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(port.Release)
	return "https://" + port.String()
}

// rawServer serves each connection by hand, and closes it at the test's end.
func rawServer(t *testing.T, serve func(net.Conn)) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		var open []net.Conn
		for {
			c, err := ln.Accept()
			if err != nil {
				break
			}
			open = append(open, c)
			serve(c)
		}
		for _, c := range open {
			c.Close()
		}
	}()
	t.Cleanup(func() { ln.Close(); <-ended })
	return "https://" + ln.Addr().String()
}

func poolOf(certs ...*x509.Certificate) *x509.CertPool {
	pool := x509.NewCertPool()
	for _, c := range certs {
		pool.AddCert(c)
	}
	return pool
}

// expiring is a context whose deadline is over when done is closed: however slow the
// machine is, the request of interest has then been sent.
type expiring struct {
	context.Context
	done chan struct{}
}

func (e expiring) Done() <-chan struct{} { return e.done }

func (e expiring) Err() error {
	select {
	case <-e.done:
		return context.DeadlineExceeded
	default:
		return nil
	}
}

// However a server keeps silent, the wait ends with the context, and the error
// is the context's own.
func TestSilence(t *testing.T) {
	hold := func(_ http.ResponseWriter, r *http.Request) {
		<-r.Context().Done()
		panic(http.ErrAbortHandler) // returning would be an answer, which net/http may still take
	}
	half := func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", "100")
		io.WriteString(w, `{"status":`)
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	}
	order := func(ctx context.Context, c *acmewire.Client, f *fake) error {
		_, err := c.Order(ctx, f.URL+"/order/1")
		return err
	}
	register := func(ctx context.Context, c *acmewire.Client, _ *fake) error {
		_, _, err := c.Register(ctx, acmewire.NewAccount{})
		return err
	}
	for _, tt := range []struct {
		name string
		path string
		h    http.HandlerFunc
		call func(context.Context, *acmewire.Client, *fake) error
	}{
		{"directory", "directory", hold, order},
		{"newNonce", "new-nonce", hold, order},
		{"newNonce for the library", "new-nonce", hold, register},
		{"header", "order/1", hold, order},
		{"body", "order/1", half, order},
		{"newAccount", "new-account", hold, register},
		{"between retries", "order/1", problem(429, "rateLimited", "Retry-After: 9"), order},
		{"between retries of the library", "new-account", problem(429, "rateLimited", "Retry-After: 9"), register},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			ctx := expiring{t.Context(), make(chan struct{})}
			expire := sync.OnceFunc(func() { close(ctx.done) })
			f := newFake(t, routes{tt.path: func(w http.ResponseWriter, r *http.Request) {
				time.AfterFunc(50*time.Millisecond, expire)
				tt.h(w, r)
			}})
			began := time.Now()
			err := tt.call(ctx, f.client(t), f)
			if !errors.Is(err, context.DeadlineExceeded) {
				t.Fatalf("got %v, want the context's end", err)
			}
			if took := time.Since(began); took > 5*time.Second {
				t.Errorf("it took %v", took)
			}
			if !strings.Contains(err.Error(), f.URL+"/"+tt.path) || strings.Count(err.Error(), f.URL) != 1 {
				t.Errorf("got %q, want the URL in it once", err)
			}
			wantCount(t, f, tt.path, 1)
		})
	}
	t.Run("handshake", func(t *testing.T) {
		t.Parallel()
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		c := acmewire.New(acmewire.Config{DirectoryURL: rawServer(t, func(net.Conn) {})})
		if _, err := c.Directory(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v, want the context's end", err)
		}
	})
	t.Run("interrupted", func(t *testing.T) {
		t.Parallel()
		ctx, cancel := context.WithCancel(t.Context())
		f := newFake(t, routes{"order/1": func(_ http.ResponseWriter, r *http.Request) { cancel(); <-r.Context().Done() }})
		_, err := f.client(t).Order(ctx, f.URL+"/order/1")
		if network := (*acmewire.NetworkError)(nil); !errors.Is(err, context.Canceled) || errors.As(err, &network) {
			t.Errorf("got %v, want the cancellation and no NetworkError", err)
		}
	})
}

// A connection cut at a signed request, before or after the server acted, is
// told as such, and the request is not sent again.
func TestCut(t *testing.T) {
	dir := t.TempDir() // the roots of all labs
	calls := map[lab.Endpoint]func(*labUser) error{
		lab.EndpointNewAccount: func(u *labUser) error { _, err := u.FindAccount(t.Context()); return err },
		lab.EndpointNewOrder:   func(u *labUser) error { _, err := u.NewOrder(t.Context(), u.wish()); return err },
		lab.EndpointOrder:      func(u *labUser) error { _, err := u.Order(t.Context(), u.order.URL); return err },
		lab.EndpointAuthz:      func(u *labUser) error { _, err := u.Authorization(t.Context(), u.order.Authorizations[0]); return err },
		lab.EndpointChallenge:  func(u *labUser) error { _, err := u.Answer(t.Context(), u.challenge().URL, nil); return err },
		lab.EndpointFinalize: func(u *labUser) error {
			_, err := u.Finalize(t.Context(), u.order.URL, u.order.Finalize, u.csr())
			return err
		},
		lab.EndpointCert:      func(u *labUser) error { _, err := u.Certificate(t.Context(), u.base()+"/cert/x"); return err },
		lab.EndpointAccount:   func(u *labUser) error { _, err := u.Account(t.Context()); return err },
		lab.EndpointOrders:    func(u *labUser) error { _, err := u.Orders(t.Context(), u.account.URL+"/orders"); return err },
		lab.EndpointKeyChange: func(u *labUser) error { return u.Rollover(t.Context(), newKey(t)) },
	}
	for endpoint, call := range calls {
		for _, knob := range []string{"cut", "cut-before"} {
			t.Run(knob+" "+string(endpoint), func(t *testing.T) {
				t.Parallel()
				u := newLabUser(t, lab.Options{Dir: dir}, endpoint, knob+"="+string(endpoint))
				before := u.posts(endpoint)
				err := call(u)
				e := wantNetwork(t, err, acmewire.StageAnswer, "the connection was closed before the answer was complete")
				if e.Request.Method != http.MethodPost {
					t.Errorf("request %+v, want the POST", e.Request)
				}
				if got := u.posts(endpoint) - before; got != 1 {
					t.Errorf("%d requests at %s, want 1", got, endpoint)
				}
			})
		}
	}
}

// Of a body that is too long, never ends or unpacks to too much, no more is
// read than the limit.
func TestBodyTooLarge(t *testing.T) {
	zipped := func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		z.Write(make([]byte, 2<<20))
		z.Close()
	}
	endless := func(w http.ResponseWriter, _ *http.Request) {
		chunk := make([]byte, 64<<10)
		for { // until the client hangs up
			if _, err := w.Write(chunk); err != nil {
				return
			}
		}
	}
	ten := func(w http.ResponseWriter, _ *http.Request) { w.Write(make([]byte, 10<<20)) }
	const limit = 64 << 10
	for name, h := range map[string]http.HandlerFunc{"10 MB": ten, "a zip bomb": zipped, "no end": endless} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFake(t, routes{"order/1": h, "new-account": h})
			c := f.client(t, func(cfg *acmewire.Config) {
				cfg.MaxBody = limit
				cfg.Observe = func(ex *acmewire.Exchange) {
					if n := len(ex.Raw()); n > limit || ex.BodySize != n {
						t.Errorf("%s: %d bytes kept, %d told, want at most %d", ex.URL, n, ex.BodySize, limit)
					}
				}
			})
			_, err := c.Order(t.Context(), f.URL+"/order/1")
			wantProtocol(t, err, "the answer's body is over 64 KiB")
			_, err = c.FindAccount(t.Context())
			wantProtocol(t, err, "the answer's body is over 64 KiB")
			wantCount(t, f, "order/1", 1)
			wantCount(t, f, "new-account", 1)
		})
	}
}

// A redirect of a signed request is refused; nothing comes to its target.
func TestRedirectRefused(t *testing.T) {
	for _, status := range []int{301, 302, 303, 307, 308} {
		t.Run(http.StatusText(status), func(t *testing.T) {
			t.Parallel()
			elsewhere := newFake(t, nil)
			move := says(status, "", "Location: "+elsewhere.URL+"/target")
			f := newFake(t, routes{"order/1": move, "new-order": move, "new-account": move})
			c := f.client(t)
			_, err := c.Order(t.Context(), f.URL+"/order/1")
			e := wantProtocol(t, err, `redirected to "`+elsewhere.URL)
			if e.Request.Status != status {
				t.Errorf("status %d, want %d", e.Request.Status, status)
			}
			_, err = c.NewOrder(t.Context(), acmewire.NewOrder{})
			wantProtocol(t, err, "redirected to")
			_, _, err = c.Register(t.Context(), acmewire.NewAccount{})
			wantProtocol(t, err, "redirected to")
			wantCount(t, elsewhere, "", 0)
			wantCount(t, f, "order/1", 1)
			wantCount(t, f, "new-account", 1)
		})
	}
}

// http and other URLs that a server names are refused before anything is sent.
func TestURLRefused(t *testing.T) {
	var sent int
	plain := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { sent++ }))
	f := newFake(t, nil)
	c := f.client(t)
	for _, url := range []string{plain.URL + "/x", "", "/order/1", "ftp://ca.example/", "https:///x", "https://ca.example:x/", "::", "http://\x00"} {
		for name, call := range map[string]func() error{
			"order":         func() error { _, err := c.Order(t.Context(), url); return err },
			"authorization": func() error { _, err := c.Authorization(t.Context(), url); return err },
			"challenge":     func() error { _, err := c.Answer(t.Context(), url, nil); return err },
			"finalize":      func() error { _, err := c.Finalize(t.Context(), "", url, nil); return err },
			"certificate":   func() error { _, err := c.Certificate(t.Context(), url); return err },
		} {
			t.Run(name+" "+url, func(t *testing.T) {
				wantProtocol(t, call(), "is not an https URL")
			})
		}
	}
	plain.Close() // waits for its handlers
	if sent != 0 {
		t.Errorf("%d requests went out in the clear", sent)
	}
}
