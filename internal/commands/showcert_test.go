package commands

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nfcert/nfcert/internal/commands/report"
)

// shownWorld has the files of a cast in its home.
func shownWorld(t *testing.T, change func(*x509.Certificate)) (*world, *cast) {
	t.Helper()
	c, err := newCast(change)
	if err != nil {
		t.Fatal(err)
	}
	w := newWorld(t)
	if err := c.files(w.env["HOME"]); err != nil {
		t.Fatal(err)
	}
	return w, c
}

func (w *world) in(name string) string { return filepath.Join(w.env["HOME"], name) }

// serveCast is a server of TLS with the cast's chain, until the test ends.
func serveCast(t *testing.T, c *cast, config *tls.Config) string {
	t.Helper()
	config.Certificates = []tls.Certificate{{Certificate: [][]byte{c.leaf.Raw, c.issuer.Raw}, PrivateKey: c.key}}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var done sync.WaitGroup
	done.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			done.Go(func() {
				defer conn.Close()
				defer context.AfterFunc(ctx, func() { conn.Close() })()
				_, _ = tls.Server(conn, config).Read(make([]byte, 1))
			})
		}
	})
	t.Cleanup(func() {
		cancel()
		l.Close()
		done.Wait()
	})
	return l.Addr().String()
}

// A server's chain is taken without being trusted, with what its TLS is.
func TestShowCertOfServer(t *testing.T) {
	t.Parallel()
	w, c := shownWorld(t, func(*x509.Certificate) {})
	address := serveCast(t, c, &tls.Config{NextProtos: []string{"h2"}, ClientAuth: tls.RequireAnyClientCert})
	var doc struct {
		Kind, File   string
		Certificates []struct{ Label, IssuedBy string }
		TLS          struct {
			Version, CipherSuite, ALPN string
			ClientCertificateAsked     bool
		}
	}
	out := w.must(t, "show", "cert", address, "-o", "json").out
	if err := json.Unmarshal([]byte(out), &doc); err != nil {
		t.Fatal(err)
	}
	if doc.Kind != "Certificate" || doc.File != address || len(doc.Certificates) != 2 || doc.Certificates[0].IssuedBy != "#2" {
		t.Errorf("got %+v, want both certificates, linked", doc)
	}
	if doc.TLS.Version != "TLS 1.3" || doc.TLS.CipherSuite == "" || doc.TLS.ALPN != "h2" || !doc.TLS.ClientCertificateAsked {
		t.Errorf("got TLS %+v, want what the server does", doc.TLS)
	}
	w.onTerminal()
	if out := w.must(t, "show", "cert", address).out; !regexp.MustCompile(`(?m)^client cert: +requested \(TS 33.501`).MatchString(out) {
		t.Errorf("got\n%s\nwant that a client certificate is asked for", out)
	}

	demanding := serveCast(t, c, &tls.Config{ClientAuth: tls.RequireAnyClientCert, MaxVersion: tls.VersionTLS12})
	if out := w.must(t, "show", "cert", demanding).out; !strings.Contains(out, "handshake ended") {
		t.Errorf("got\n%s\nwant what ended the handshake", out)
	}
	out = w.must(t, "show", "cert", demanding, "--client-cert", w.in("leaf.pem"), "--client-key", w.in("key.pem")).out
	if strings.Contains(out, "handshake ended") || !strings.Contains(out, "TLS 1.2") {
		t.Errorf("got\n%s\nwant a whole handshake of TLS 1.2 with the client certificate", out)
	}
}

// What ends at the network ends with 6, and within --timeout.
func TestShowCertOfNoServer(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close() // accepts nothing: the handshake waits
	start := time.Now()
	if doc := w.run(t.Context(), "show", "cert", l.Addr().String(), "--timeout", "100ms", "-o", "json").report(t); doc.Exit != report.ExitPending {
		t.Errorf("a silent server: exit %d, want %d", doc.Exit, report.ExitPending)
	}
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("a silent server: it took %s, want about the time of --timeout", took)
	}
	closed := l.Addr().String()
	l.Close()
	if doc := w.run(t.Context(), "show", "cert", closed, "-o", "json").report(t); doc.Exit != report.ExitNetwork || doc.Fault != report.FaultNetwork {
		t.Errorf("nobody listens: exit %d and fault %q, want %d and %q", doc.Exit, doc.Fault, report.ExitNetwork, report.FaultNetwork)
	}
}

// Names never reach a terminal or a pipe as they are: a certificate could
// otherwise forge lines of the answer.
func TestShowHostileNames(t *testing.T) {
	t.Parallel()
	w, _ := shownWorld(t, hostileLeaf)
	for _, tty := range []bool{false, true} {
		w.streams.OutTTY, w.streams.ErrTTY = tty, tty
		for _, args := range [][]string{{"show", "cert", w.in("chain.pem")}, {"show", "csr", w.in("a.csr")}, {"show", "cert", w.in("leaf.pem"), "-o", "json"}} {
			out := w.must(t, args...).out
			for _, bad := range []string{"\x1b", "\u202e", "\nserial\t666"} {
				if strings.Contains(out, bad) {
					t.Errorf("nfcert %v on a terminal %t: %q is in the answer\n%q", args, tty, bad, out)
				}
			}
			if !strings.Contains(out, "[2J") {
				t.Errorf("nfcert %v: the rest of the name is missing", args)
			}
		}
	}
}

// However much of a certificate is there, it is shown or refused, and never
// ends in a bug.
func TestShowTruncated(t *testing.T) {
	t.Parallel()
	w, c := shownWorld(t, func(*x509.Certificate) {})
	path := w.in("cut.pem")
	shown := 0
	for n := 1; n < len(c.leaf.Raw); n += 7 {
		for kind, label := range map[string]string{"cert": "CERTIFICATE", "csr": "CERTIFICATE REQUEST"} {
			der := c.leaf.Raw
			if kind == "csr" {
				der = c.csr
			}
			if err := os.WriteFile(path, pemOf(label, der[:min(n, len(der)-1)]), 0o600); err != nil {
				t.Fatal(err)
			}
			r := w.run(t.Context(), "show", kind, path)
			if r.code != report.ExitDone || !strings.Contains(r.out, "\nfault\t") && !strings.HasPrefix(r.out, "fault\t") {
				t.Fatalf("%s cut after %d bytes: exit %d\n%s%s", kind, n, r.code, r.out, r.err)
			}
			if strings.Contains(r.out, castFQDN) {
				shown++
			}
		}
	}
	if shown == 0 {
		t.Error("no certificate that was cut short showed its name")
	}
}
