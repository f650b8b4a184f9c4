package challenge

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

// early returns a listener whose Prepare opens the socket.
func early(t *testing.T, addr string) *Listener {
	l := NewListener(addr)
	l.Early = true
	t.Cleanup(func() { _ = l.Close() })
	return l
}

// A prepared socket stays open until Close, whatever is cleaned up.
func TestPrepareKeepsSocket(t *testing.T) {
	l := early(t, "127.0.0.1:0")
	if err := l.Prepare(t.Context()); err != nil {
		t.Fatal(err)
	}
	addr := l.Addr().String()
	p := mustPlan(t, l, testChallenge())
	if err := l.Present(t.Context(), testChallenge(), p); err != nil {
		t.Fatal(err)
	}
	if err := l.CleanUp(t.Context(), p); err != nil {
		t.Fatal(err)
	}
	if got := l.Addr(); got == nil || got.String() != addr {
		t.Errorf("address after the last CleanUp %v, want %s", got, addr)
	}
	if err := l.Close(); err != nil || l.Addr() != nil {
		t.Errorf("Close: %v, address %v; want none", err, l.Addr())
	}
}

// Without Early, Prepare opens nothing.
func TestPrepareDefault(t *testing.T) {
	l := NewListener("127.0.0.1:0")
	if err := l.Prepare(t.Context()); err != nil || l.Addr() != nil {
		t.Errorf("Prepare: %v, address %v; want no socket", err, l.Addr())
	}
}

// A listener waits for another nfcert, says so once, and takes the address when
// it is free. This is so for every way to write the same address.
func TestListenWaits(t *testing.T) {
	for _, host := range []string{"127.0.0.1", "", "0.0.0.0", "localhost"} {
		t.Run("host "+host, func(t *testing.T) {
			first := early(t, net.JoinHostPort(host, "0"))
			if err := first.Prepare(t.Context()); err != nil {
				t.Fatal(err)
			}
			_, port, err := net.SplitHostPort(first.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			reports := 0
			ctx := WithReport(t.Context(), func(string) {
				reports++
				if err := first.Close(); err != nil {
					t.Errorf("Close: %v", err)
				}
			})
			second := early(t, net.JoinHostPort(host, port))
			if err := second.Prepare(ctx); err != nil || second.Addr() == nil || reports != 1 {
				t.Errorf("Prepare: %v, address %v, %d reports; want the address after one", err, second.Addr(), reports)
			}
		})
	}
}

// Out of time, and interrupted, while another nfcert has the address.
func TestListenGivesUp(t *testing.T) {
	first := early(t, "127.0.0.1:0")
	if err := first.Prepare(t.Context()); err != nil {
		t.Fatal(err)
	}
	addr := first.Addr().String()

	late, cancel := context.WithTimeout(t.Context(), 2*probeTimeout)
	defer cancel()
	err := early(t, addr).Prepare(late)
	failed, ok := errors.AsType[*ListenError](err)
	if !ok || !failed.Nfcert || !failed.InUse() || errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("out of time: %v, want a ListenError that names the other nfcert", err)
	}

	canceled, cancel := context.WithCancel(t.Context())
	second := early(t, addr)
	err = second.Prepare(WithReport(canceled, func(string) { cancel() }))
	if !errors.Is(err, context.Canceled) {
		t.Errorf("interrupted: %v, want %v", err, context.Canceled)
	}
	// What waits does not hold up the end.
	p := mustPlan(t, second, testChallenge())
	busy, cancel := context.WithCancel(t.Context())
	waiting, done := make(chan struct{}), make(chan error)
	go func() {
		done <- second.Present(WithReport(busy, func(string) { close(waiting) }), testChallenge(), p)
	}()
	<-waiting
	if err := second.CleanUp(t.Context(), p); err != nil {
		t.Errorf("CleanUp: %v", err)
	}
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("Present: %v, want %v", err, context.Canceled)
	}
}

// Another program on the address is refused: at once when it answers, and after a
// moment when it does not.
func TestListenRefused(t *testing.T) {
	answers := httptest.NewServer(http.NotFoundHandler())
	defer answers.Close()
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	for name, addr := range map[string]string{"answers": answers.Listener.Addr().String(), "is silent": silent.Addr().String()} {
		began := time.Now()
		err := early(t, addr).Prepare(t.Context())
		failed, ok := errors.AsType[*ListenError](err)
		if !ok || failed.Nfcert || !failed.InUse() {
			t.Errorf("%s: %v after %s, want a ListenError of another program", name, err, time.Since(began))
		}
	}
}
