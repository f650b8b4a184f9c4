package challenge

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// present starts a listener on loopback with the test challenge in place.
func presentListener(t *testing.T, l *Listener) (addr string, p Placement) {
	t.Helper()
	p = mustPlan(t, l, testChallenge())
	if err := l.Present(t.Context(), testChallenge(), p); err != nil {
		t.Fatalf("Present: %v", err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	return l.Addr().String(), p
}

// ask sends one request with exactly that target and returns the answer.
func ask(t *testing.T, addr, method, target string) (status int, body string, header http.Header) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, "http://"+addr, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.URL.Opaque = target
	req.Host = "amf1.example"
	resp, err := new(http.Transport).RoundTrip(req) // no redirects, as the path must be exact
	if err != nil {
		t.Fatalf("%s %s: %v", method, target, err)
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(data), resp.Header
}

func TestListenerServes(t *testing.T) {
	addr, _ := presentListener(t, NewListener("127.0.0.1:0"))
	tests := []struct {
		name, method, target string
		want                 int
	}{
		{"exact", "GET", wellKnown + testToken, 200},
		{"head", "HEAD", wellKnown + testToken, 200},
		{"query", "GET", wellKnown + testToken + "?x=1", 200},
		{"post", "POST", wellKnown + testToken, 404},
		{"other token", "GET", wellKnown + "x", 404},
		{"no token", "GET", wellKnown, 404},
		{"directory", "GET", strings.TrimSuffix(wellKnown, "/"), 404},
		{"root", "GET", "/", 404},
		{"more behind", "GET", wellKnown + testToken + "/", 404},
		{"double slash", "GET", "/" + wellKnown + testToken, 404},
		{"dots", "GET", "/x/.." + wellKnown + testToken, 404},
		{"escaped", "GET", "/%2ewell-known/acme-challenge/" + testToken, 404},
		{"escaped token", "GET", wellKnown + "%44" + testToken[1:], 404},
		{"case", "GET", wellKnown + strings.ToLower(testToken), 404},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			status, body, header := ask(t, addr, tt.method, tt.target)
			if status != tt.want {
				t.Fatalf("%s %s: status %d, want %d", tt.method, tt.target, status, tt.want)
			}
			if status != 200 {
				if strings.Contains(body, testAuth) {
					t.Errorf("the refusal %q holds the key authorization", body)
				}
				return
			}
			if got := header.Get("Content-Type"); got != "application/octet-stream" {
				t.Errorf("content type %q, want application/octet-stream", got)
			}
			if want := map[string]string{"GET": testAuth, "HEAD": ""}[tt.method]; body != want {
				t.Errorf("body %q, want %q", body, want)
			}
		})
	}
}

// The socket is there while a challenge is, and no longer.
func TestListenerOpensLate(t *testing.T) {
	l := NewListener("127.0.0.1:0")
	if got := l.Addr(); got != nil {
		t.Errorf("address before Present %v, want none", got)
	}
	addr, first := presentListener(t, l)
	c := testChallenge()
	c.Token, c.KeyAuthorization = "second", "second.thumb"
	second := mustPlan(t, l, c)
	if err := l.Present(t.Context(), c, second); err != nil {
		t.Fatalf("Present: %v", err)
	}
	if got := l.Addr().String(); got != addr {
		t.Errorf("address with two challenges %q, want %q", got, addr)
	}
	if err := l.CleanUp(t.Context(), first); err != nil {
		t.Errorf("CleanUp: %v", err)
	}
	if status, _, _ := ask(t, addr, "GET", wellKnown+testToken); status != 404 {
		t.Errorf("status of the removed token %d, want 404", status)
	}
	if status, _, _ := ask(t, addr, "GET", wellKnown+"second"); status != 200 {
		t.Errorf("status of the other token %d, want 200", status)
	}
	if err := l.CleanUp(t.Context(), second); err != nil {
		t.Errorf("CleanUp: %v", err)
	}
	if got := l.Addr(); got != nil {
		t.Errorf("address after the last CleanUp %v, want none", got)
	}
	if conn, err := net.Dial("tcp", addr); err == nil {
		conn.Close()
		t.Errorf("%s still answers after the last CleanUp", addr)
	}
}

// Without a host both IP versions answer, where the system has both.
func TestListenerBothVersions(t *testing.T) {
	addr, _ := presentListener(t, NewListener(":0"))
	_, port, err := net.SplitHostPort(addr)
	if err != nil {
		t.Fatal(err)
	}
	hosts := []string{"127.0.0.1"}
	if probe, err := net.Listen("tcp6", "[::1]:0"); err == nil {
		probe.Close()
		hosts = append(hosts, "::1")
	}
	for _, host := range hosts {
		if status, _, _ := ask(t, net.JoinHostPort(host, port), "GET", wellKnown+testToken); status != 200 {
			t.Errorf("status over %s: %d, want 200", host, status)
		}
	}
}

func TestListenerOn(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := NewListenerOn(ln)
	addr, p := presentListener(t, l)
	if addr != ln.Addr().String() {
		t.Errorf("address %q, want %q", addr, ln.Addr())
	}
	if err := l.CleanUp(t.Context(), p); err != nil {
		t.Errorf("CleanUp: %v", err)
	}
	if status, _, _ := ask(t, addr, "GET", wellKnown+testToken); status != 404 {
		t.Errorf("status after CleanUp %d, want the socket open and 404", status)
	}
	for range 2 {
		if err := l.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	}
	var failed *ListenError
	if err := l.Present(t.Context(), testChallenge(), p); !errors.As(err, &failed) || !errors.Is(err, net.ErrClosed) {
		t.Errorf("Present after Close: %v, want a ListenError with net.ErrClosed", err)
	}
}

// A given socket that was never used is closed too.
func TestListenerOnUnused(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := NewListenerOn(ln)
	for range 2 {
		if err := l.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	}
	if _, err := ln.Accept(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("Accept after Close: %v, want net.ErrClosed", err)
	}
}

func TestListenErrors(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	tests := []struct {
		name, addr string
		inUse      bool
	}{
		{"taken", taken.Addr().String(), true},
		{"no port", "127.0.0.1", false},
		{"port too large", "127.0.0.1:99999", false},
		{"foreign address", "192.0.2.1:0", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			l := NewListener(tt.addr)
			p := mustPlan(t, l, testChallenge())
			var failed *ListenError
			err := l.Present(t.Context(), testChallenge(), p)
			if !errors.As(err, &failed) || failed.Addr != tt.addr || failed.InUse() != tt.inUse || failed.NeedsPrivilege() {
				t.Errorf("Present on %q: %v, want a ListenError, in use: %t", tt.addr, err, tt.inUse)
			}
			if err := l.CleanUp(t.Context(), p); err != nil {
				t.Errorf("CleanUp after a failure: %v", err)
			}
		})
	}
	if err := NewListener("127.0.0.1:0").Present(t.Context(), Challenge{}, Placement{Token: "../x"}); err == nil {
		t.Error("Present of a bad token succeeded")
	}
}

// A client that sends nothing does not hold up the end.
func TestListenerClosesWithIdleClient(t *testing.T) {
	l := NewListener("127.0.0.1:0")
	addr, p := presentListener(t, l)
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, "GET / HT"); err != nil {
		t.Fatal(err)
	}
	if status, _, _ := ask(t, addr, "GET", wellKnown+testToken); status != 200 {
		t.Errorf("status beside a slow client: %d, want 200", status)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	if err := l.CleanUp(ctx, p); err != nil {
		t.Errorf("CleanUp: %v", err)
	}
	if ctx.Err() != nil {
		t.Errorf("CleanUp took over 5 s")
	}
}

func TestListenerHeaderLimit(t *testing.T) {
	addr, _ := presentListener(t, NewListener("127.0.0.1:0"))
	req, err := http.NewRequestWithContext(t.Context(), "GET", "http://"+addr+wellKnown+testToken, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("X-Long", strings.Repeat("x", 4*maxHeader))
	resp, err := new(http.Transport).RoundTrip(req)
	if err != nil {
		return // the connection was cut before the answer was read
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusRequestHeaderFieldsTooLarge {
		t.Errorf("status of a request with a large header: %d, want 431", resp.StatusCode)
	}
}

// The set signals when everything that the listener answers for was fetched, and
// the listener counts who fetched it; a refused request does not count.
func TestListenerFetches(t *testing.T) {
	l := NewListener("127.0.0.1:0")
	addr, p := presentListener(t, l)
	other := testChallenge()
	other.Token, other.KeyAuthorization = "other", "other"+strings.TrimPrefix(testAuth, testToken)
	second := mustPlan(t, l, other)
	if err := l.Present(t.Context(), other, second); err != nil {
		t.Fatalf("Present: %v", err)
	}
	set := Set{l}
	fetched, stop := set.Watch([]Placement{p, second, {Type: TKAuth01, Method: MethodToken}})
	signalled := func(c <-chan struct{}) bool {
		select {
		case <-c:
			return true
		default:
			return false
		}
	}
	want := func(when string, signal bool, first, last Fetches) {
		t.Helper()
		if got := signalled(fetched); got != signal {
			t.Errorf("%s: signalled %t, want %t", when, got, signal)
		}
		if a, b := l.Fetches(p), l.Fetches(second); a != first || b != last {
			t.Errorf("%s: fetches %+v and %+v, want %+v and %+v", when, a, b, first, last)
		}
	}
	once, twice := Fetches{1, "127.0.0.1"}, Fetches{2, "127.0.0.1"}
	ask(t, addr, "GET", wellKnown+"stranger")
	ask(t, addr, "HEAD", wellKnown+testToken)
	want("before", false, Fetches{}, Fetches{})
	ask(t, addr, "GET", wellKnown+testToken)
	want("one of two", false, once, Fetches{})
	ask(t, addr, "GET", wellKnown+"other")
	want("both", true, once, once)
	ask(t, addr, "GET", wellKnown+"other")
	ask(t, addr, "GET", wellKnown+testToken)
	want("again", true, twice, twice)

	// One that begins to watch late learns of what was fetched before.
	late, stopLate := set.Watch([]Placement{p})
	if !signalled(late) {
		t.Error("a late watch is not signalled, want that it is")
	}
	stopLate()
	stop()
	ask(t, addr, "GET", wellKnown+testToken)
	want("stopped", false, Fetches{3, "127.0.0.1"}, twice)
	if signalled(late) {
		t.Error("a watch that was stopped is signalled")
	}
	if err := l.CleanUp(t.Context(), p); err != nil {
		t.Fatalf("CleanUp: %v", err)
	}
	want("cleaned up", false, Fetches{}, twice)
	if c, stop := set.Watch([]Placement{{Type: TKAuth01, Method: MethodToken}}); c != nil {
		t.Error("a token is watched, want that it cannot be")
		stop()
	}
}
