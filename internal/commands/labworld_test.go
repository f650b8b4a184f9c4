package commands

import (
	"net"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/nfcert/nfcert/internal/lab"
)

// newLabWorld is a world whose variables point at a lab CA, and an NF file in
// its home.
func newLabWorld(t *testing.T, o lab.Options) (*world, *lab.Lab) {
	t.Helper()
	w := newWorld(t)
	port, err := quietPort()
	if err != nil {
		t.Fatal(err)
	}
	o.HTTPPort = port
	l, err := lab.Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	write(t, w.path("ca.pem"), string(l.TLSRootPEM()))
	write(t, w.path("amf.yaml"), nfFile)
	w.env["NFCERT_SERVER"] = l.DirectoryURL()
	w.env["NFCERT_CA_ROOT"] = w.path("ca.pem")
	w.env["NFCERT_HTTP_LISTEN"] = net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
	w.env["NFCERT_STATE"] = w.path("state")
	return w, l
}

// path is a file in the world's home.
func (w *world) path(elem ...string) string {
	return filepath.Join(append([]string{w.env["HOME"]}, elem...)...)
}
