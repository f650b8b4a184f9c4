package acmewire_test

import (
	"context"
	"crypto/tls"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nfcert/nfcert/internal/acmewire"
)

// known is what an earlier process kept of the server at base.
func known(base string) acmewire.Saved {
	now := time.Now()
	directory := strings.ReplaceAll(`{"newNonce":"@/nonce","newAccount":"@/account","newOrder":"@/order"}`, "@", base)
	return acmewire.Saved{Directory: []byte(directory), DirectoryAt: now, Nonce: "nonce", NonceAt: now}
}

// Connecting ahead shakes hands and sends no request, and the first request is
// sent over that connection or another.
func TestConnect(t *testing.T) {
	var requests atomic.Int32
	shaken := make(chan struct{}, 10)
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		requests.Add(1)
		io.WriteString(w, `{"status":"pending","finalize":"https://ca.example/finalize"}`)
	}))
	server.TLS = &tls.Config{VerifyConnection: func(tls.ConnectionState) error {
		shaken <- struct{}{}
		return nil
	}}
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	defer server.Close()
	c := acmewire.New(acmewire.Config{DirectoryURL: server.URL + "/directory", Roots: poolOf(server.Certificate()), Saved: known(server.URL)})
	c.SetAccount(newKey(t), server.URL+"/account/1")

	c.Connect(t.Context())
	c.Connect(t.Context())
	select {
	case <-shaken:
	case <-time.After(10 * time.Second):
		t.Fatal("nobody connected")
	}
	if n := requests.Load(); n != 0 || c.Wire().Requests() != 0 {
		t.Errorf("%d requests came and %d are counted after connecting, want none", n, c.Wire().Requests())
	}
	if _, err := c.Order(t.Context(), server.URL+"/order/1"); err != nil {
		t.Fatal(err)
	}
	c.Connect(t.Context()) // there is a connection now, over which it must send nothing
	server.Close()
	if n := requests.Load(); n != 1 || c.Wire().Requests() != 1 {
		t.Errorf("%d requests came and %d are counted, want 1", n, c.Wire().Requests())
	}
}

// A first request that is due at once needs no connection beside its own.
func TestConnectWithoutDirectory(t *testing.T) {
	f := newFake(t, nil)
	c := f.client(t)
	c.Connect(t.Context())
	if _, err := c.Directory(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := f.requests(""); len(got) != 1 {
		t.Errorf("requests %v, want one of the directory", got)
	}
}

// What goes wrong with connecting ahead is told by the first request, and an
// end of its context by nobody.
func TestConnectFails(t *testing.T) {
	url := closedPort(t)
	c := acmewire.New(acmewire.Config{DirectoryURL: url + "/directory", Saved: known(url)})
	c.SetAccount(newKey(t), url+"/account/1")
	c.Connect(t.Context())
	_, err := c.Order(t.Context(), url+"/order/1")
	wantNetwork(t, err, acmewire.StageConnect, "nothing listens there")

	f := newFake(t, routes{"order/1": says(200, `{"status":"pending","finalize":"https://ca.example/finalize"}`)})
	c = f.client(t, func(cfg *acmewire.Config) { cfg.Saved = known(f.URL) })
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	c.Connect(ended)
	if _, err := c.Order(t.Context(), f.URL+"/order/1"); err != nil {
		t.Errorf("after connecting ahead was given up: %v", err)
	}
}
