package enroll_test

import (
	"net"
	"testing"

	"github.com/nfcert/nfcert/internal/acmewire"
	"github.com/nfcert/nfcert/internal/enroll"
	"github.com/nfcert/nfcert/internal/lab"
)

// An enrolment costs as many requests as the least that RFC 8555 allows: ten
// with a new account, nine with a saved one, seven when directory and nonce are
// saved too.
func TestRequestCounts(t *testing.T) {
	b := newBench(t, lab.Options{})
	saved := acmewire.Saved{}
	for _, tt := range []struct {
		name string
		want int
	}{
		{"new-account", 10}, {"saved-account", 9}, {"saved-all", 7},
	} {
		e := b.engine()
		if tt.name == "saved-all" {
			e.CA = acmewire.New(acmewire.Config{DirectoryURL: b.lab.DirectoryURL(), Roots: b.pool(), Saved: saved})
		}
		before := len(b.lab.Requests())
		if _, err := b.all(t.Context(), e, tt.name, enroll.FinalizeOptions{Roots: b.roots}); err != nil {
			t.Fatalf("%s: %v", tt.name, err)
		}
		closeSolvers(e)
		var asked []lab.Request
		for _, r := range b.lab.Requests()[before:] {
			// An order that is polled again because the lab was slow counts once.
			if n := len(asked); n > 0 && r.Endpoint == lab.EndpointOrder && r.Path == asked[n-1].Path {
				continue
			}
			asked = append(asked, r)
		}
		if len(asked) != tt.want {
			t.Errorf("%s: %d requests, want %d: %+v", tt.name, len(asked), tt.want, asked)
		}
		saved = e.CA.Wire().Saved()
	}
}

// blackHole is an address that takes connections and never answers, until the
// test ends.
func blackHole(t *testing.T) func(string) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ln.Close() }) // connections wait in the backlog
	return func(string) string { return ln.Addr().String() }
}
