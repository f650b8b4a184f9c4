package commands

import (
	"bufio"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strconv"
	"sync"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// proxy [STATUS]: an HTTP proxy until the script ends, which leads each CONNECT
// to 127.0.0.1 at the port that it names, or answers with STATUS. HTTPS_PROXY
// names it, with a password.
func cmdProxy(ts *testscript.TestScript, neg bool, args []string) {
	status := http.StatusOK
	if len(args) == 1 {
		var err error
		status, err = strconv.Atoi(args[0])
		ts.Check(err)
	}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, port, err := net.SplitHostPort(r.Host)
		if err != nil || status != http.StatusOK {
			w.WriteHeader(status)
			return
		}
		onward, err := net.Dial("tcp", net.JoinHostPort("127.0.0.1", port))
		if err != nil {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		defer onward.Close()
		w.WriteHeader(http.StatusOK)
		conn, buffered, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		splice(conn, buffered.Reader, onward)
	}))
	ts.Defer(s.CloseClientConnections)
	u, err := url.Parse(s.URL)
	ts.Check(err)
	u.User = url.UserPassword("amf", "GEHEIM")
	ts.Setenv("HTTPS_PROXY", u.String())
}

// port NAME: the port of NFCERT_SERVER, in the variable NAME.
func cmdPort(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: port NAME")
	}
	u, err := url.Parse(ts.Getenv("NFCERT_SERVER"))
	ts.Check(err)
	ts.Setenv(args[0], u.Port())
}

// splice copies both ways until both have ended.
func splice(conn net.Conn, from *bufio.Reader, onward net.Conn) {
	var both sync.WaitGroup
	both.Go(func() { _, _ = io.Copy(onward, from); onward.Close() })
	_, _ = io.Copy(conn, onward)
	conn.Close()
	both.Wait()
}

// fingerprint FILE NAME: the SHA-256 of the first certificate of FILE, in the
// variable NAME.
func cmdFingerprint(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: fingerprint FILE NAME")
	}
	block, _ := pem.Decode([]byte(ts.ReadFile(args[0])))
	if block == nil {
		ts.Fatalf("%s has no PEM block", args[0])
	}
	sum := sha256.Sum256(block.Bytes)
	ts.Setenv(args[1], hex.EncodeToString(sum[:]))
}

// serves KIND [again]: a directory by a server of one of these kinds, until the
// script ends; NFCERT_SERVER names it, and PORT is its port; leaf.pem and
// root.pem are its chain. Said again, it takes the place of the last one.
//
//	chain      sends its root too
//	early      its certificate is not valid yet
//	client     its certificate is no server's
//	tls11, cbc it has no better TLS
func cmdServes(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 1 || len(args) > 2 {
		ts.Fatalf("usage: serves KIND [again]")
	}
	config, change := servesKind(ts, args[0])
	root, rootKey, err := certify(nil, nil, func(c *x509.Certificate) { c.Subject = pkix.Name{CommonName: "script root"} })
	ts.Check(err)
	leaf, leafKey, err := certify(root, rootKey, func(c *x509.Certificate) {
		c.Subject, c.NotAfter = pkix.Name{CommonName: "script server"}, time.Now().Add(2*time.Hour)
		c.DNSNames, c.IPAddresses = []string{"ca.example"}, []net.IP{net.IPv4(127, 0, 0, 1)}
		c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
		change(c)
	})
	ts.Check(err)
	config.Certificates = []tls.Certificate{{Certificate: [][]byte{leaf.Raw, root.Raw}, PrivateKey: leafKey}}
	book(ts).tls.Store(config)
	if len(args) == 1 {
		startServer(ts)
	}
	for name, c := range map[string]*x509.Certificate{"leaf.pem": leaf, "root.pem": root} {
		ts.Check(os.WriteFile(ts.MkAbs(name), []byte(certPEM(c)), 0o644))
	}
}

// startServer serves a directory with the TLS configuration of the last serves,
// until the script ends. The listener is never closed before that: while other
// scripts start programs, a closed listener's address is not free at once.
func startServer(ts *testscript.TestScript) {
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, `{"newNonce":"https://%[1]s/n","newAccount":"https://%[1]s/a","newOrder":"https://%[1]s/o"}`, r.Host)
	}))
	current := &book(ts).tls
	s.TLS = &tls.Config{GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) { return current.Load(), nil }}
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.StartTLS()
	ts.Defer(s.Close)
	_, port, err := net.SplitHostPort(s.Listener.Addr().String())
	ts.Check(err)
	ts.Setenv("PORT", port)
	ts.Setenv("NFCERT_SERVER", "https://127.0.0.1:"+port+"/directory")
}

// servesKind is what a kind of server has of its own.
func servesKind(ts *testscript.TestScript, kind string) (config *tls.Config, change func(*x509.Certificate)) {
	config, change = &tls.Config{}, func(*x509.Certificate) {}
	switch kind {
	case "chain":
	case "early":
		change = func(c *x509.Certificate) { c.NotBefore = time.Now().Add(time.Hour) }
	case "client":
		change = func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth} }
	case "tls11":
		config.MinVersion, config.MaxVersion = tls.VersionTLS10, tls.VersionTLS11
	case "cbc":
		config.MaxVersion, config.CipherSuites = tls.VersionTLS12, []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA}
	default:
		ts.Fatalf("there is no kind %q", kind)
	}
	return config, change
}
