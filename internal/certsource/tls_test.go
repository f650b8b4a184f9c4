package certsource_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nfcert/nfcert/internal/certsource"
	"github.com/nfcert/nfcert/internal/loopback"
)

// serve answers on loopback with what handle does, until the test ends.
func serve(t *testing.T, network, address string, handle func(net.Conn)) string {
	t.Helper()
	l, err := net.Listen(network, address)
	if err != nil {
		t.Skipf("no listener on %s: %v", address, err)
	}
	var done sync.WaitGroup
	ctx, cancel := context.WithCancel(context.Background())
	done.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			done.Go(func() {
				defer conn.Close()
				defer context.AfterFunc(ctx, func() { conn.Close() })()
				handle(conn)
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

// serveTLS is a server that makes a handshake and then waits until the client
// closes.
func serveTLS(t *testing.T, config *tls.Config) string {
	t.Helper()
	return serve(t, "tcp", "127.0.0.1:0", func(conn net.Conn) {
		server := tls.Server(conn, config)
		_, _ = server.Read(make([]byte, 1))
	})
}

func pair(t *testing.T, name string, key crypto.Signer) tls.Certificate {
	t.Helper()
	return tls.Certificate{Certificate: [][]byte{certificate(t, name, key)}, PrivateKey: key}
}

func read(t *testing.T, target string, o certsource.Options) *certsource.Contents {
	t.Helper()
	a, err := certsource.Read(t.Context(), target, o)
	if err != nil {
		t.Fatalf("reading %s: %v", target, err)
	}
	return a
}

func TestServers(t *testing.T) {
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	ec, withRSA := pair(t, "ec", newKey(t)), pair(t, "rsa", rsaKey)
	chain := pair(t, "leaf", newKey(t))
	chain.Certificate = append(chain.Certificate, certificate(t, "issuer", newKey(t)))
	client := pair(t, "client", newKey(t))
	for _, tt := range []struct {
		name   string
		config *tls.Config
		client *tls.Certificate
		items  int
		want   certsource.TLS
	}{
		{"1.3", &tls.Config{Certificates: []tls.Certificate{ec}, NextProtos: []string{"h2"}}, nil, 1,
			certsource.TLS{Version: "TLS 1.3", ALPN: "h2"}},
		{"1.2 and EC", &tls.Config{Certificates: []tls.Certificate{ec}, MaxVersion: tls.VersionTLS12, CipherSuites: []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256}}, nil, 1,
			certsource.TLS{Version: "TLS 1.2", CipherSuite: "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"}},
		{"1.2 and RSA", &tls.Config{Certificates: []tls.Certificate{withRSA}, MaxVersion: tls.VersionTLS12, CipherSuites: []uint16{tls.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384}}, nil, 1,
			certsource.TLS{Version: "TLS 1.2", CipherSuite: "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"}},
		{"nothing but what is forbidden", &tls.Config{Certificates: []tls.Certificate{withRSA}, MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS10, CipherSuites: []uint16{tls.TLS_RSA_WITH_AES_128_CBC_SHA}}, nil, 1,
			certsource.TLS{Version: "TLS 1.0", CipherSuite: "TLS_RSA_WITH_AES_128_CBC_SHA"}},
		{"a chain", &tls.Config{Certificates: []tls.Certificate{chain}}, nil, 2, certsource.TLS{Version: "TLS 1.3"}},
		{"another protocol", &tls.Config{Certificates: []tls.Certificate{ec}, NextProtos: []string{"acme-tls/1"}}, nil, 1, certsource.TLS{Version: "TLS 1.3"}},
		{"1.3 demands a certificate", &tls.Config{Certificates: []tls.Certificate{ec}, ClientAuth: tls.RequireAnyClientCert}, nil, 1,
			certsource.TLS{Version: "TLS 1.3", ClientCertificateAsked: true}},
		{"1.2 demands a certificate", &tls.Config{Certificates: []tls.Certificate{ec}, ClientAuth: tls.RequireAnyClientCert, MaxVersion: tls.VersionTLS12}, nil, 1,
			certsource.TLS{Version: "TLS 1.2", ClientCertificateAsked: true, Failure: "handshake failure"}},
		{"and has one", &tls.Config{Certificates: []tls.Certificate{ec}, ClientAuth: tls.RequireAnyClientCert, MaxVersion: tls.VersionTLS12}, &client, 1,
			certsource.TLS{Version: "TLS 1.2", ClientCertificateAsked: true}},
		{"asks only", &tls.Config{Certificates: []tls.Certificate{ec}, ClientAuth: tls.RequestClientCert, MaxVersion: tls.VersionTLS12}, nil, 1,
			certsource.TLS{Version: "TLS 1.2", ClientCertificateAsked: true}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			address := serveTLS(t, tt.config)
			a := read(t, address, certsource.Options{Certificate: tt.client})
			got := *a.TLS
			if got.Address != address || a.Name != address {
				t.Errorf("got address %q and name %q, want %q", got.Address, a.Name, address)
			}
			if tt.want.CipherSuite == "" {
				tt.want.CipherSuite = got.CipherSuite
			}
			if got.Version != tt.want.Version || got.CipherSuite != tt.want.CipherSuite || got.ALPN != tt.want.ALPN ||
				got.ClientCertificateAsked != tt.want.ClientCertificateAsked || got.Failure != tt.want.Failure {
				t.Errorf("got  %+v\nwant %+v", got, tt.want)
			}
			if got.VersionID == 0 || got.CipherSuiteID == 0 {
				t.Errorf("got codes %x and %x, want both", got.VersionID, got.CipherSuiteID)
			}
			if len(a.Items) != tt.items || !bytes.Equal(a.Items[0].DER, tt.config.Certificates[0].Certificate[0]) {
				t.Errorf("got %d items, want the %d that the server has", len(a.Items), tt.items)
			}
		})
	}
}

func TestAcceptableCAsAndServerName(t *testing.T) {
	pool := x509.NewCertPool()
	ca, err := x509.ParseCertificate(certificate(t, "operator CA", newKey(t)))
	if err != nil {
		t.Fatal(err)
	}
	pool.AddCert(ca)
	asked := make(chan string, 2)
	config := &tls.Config{
		Certificates: []tls.Certificate{pair(t, "a", newKey(t))}, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: pool,
		GetConfigForClient: func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
			asked <- hello.ServerName
			return nil, nil
		},
	}
	address := serveTLS(t, config)
	a := read(t, address, certsource.Options{ServerName: "nrf.example"})
	if got := strings.Join(a.TLS.AcceptableCAs, ";"); got != "CN=operator CA" {
		t.Errorf("got acceptable CAs %q, want that of the server", got)
	}
	if got := <-asked; got != "nrf.example" || a.TLS.ServerName != got {
		t.Errorf("got SNI %q, reported as %q, want nrf.example", got, a.TLS.ServerName)
	}
	_, port, _ := net.SplitHostPort(address)
	if a := read(t, "localhost:"+port, certsource.Options{}); a.TLS.ServerName != "localhost" {
		t.Errorf("got SNI %q, want the host", a.TLS.ServerName)
	}
}

// Dialling another address does not change the SNI.
func TestResolve(t *testing.T) {
	address := serveTLS(t, &tls.Config{Certificates: []tls.Certificate{pair(t, "a", newKey(t))}})
	a := read(t, "NRF.example:7777", certsource.Options{Resolve: map[string]string{"nrf.example:7777": address}})
	if a.TLS.Address != "NRF.example:7777" || a.TLS.ServerName != "NRF.example" || len(a.Items) != 1 {
		t.Errorf("got %+v and %d items, want the name called and its certificate", a.TLS, len(a.Items))
	}
}

func TestIPv6(t *testing.T) {
	config := &tls.Config{Certificates: []tls.Certificate{pair(t, "a", newKey(t))}}
	address := serve(t, "tcp6", "[::1]:0", func(conn net.Conn) { _ = tls.Server(conn, config).Handshake() })
	if a := read(t, address, certsource.Options{}); a.TLS.ServerName != "" || len(a.Items) != 1 {
		t.Errorf("got SNI %q and %d items, want none and 1", a.TLS.ServerName, len(a.Items))
	}
}

// A certificate that crypto/x509 cannot parse is still returned when the server
// also speaks TLS 1.2.
func TestServerWithUnparsableCertificate(t *testing.T) {
	key := newKey(t)
	der := certificate(t, "a", key)
	bad := bytes.Replace(der, []byte{0xa0, 3, 2, 1, 2, 2, 1, 1}, []byte{0xa0, 3, 2, 1, 2, 2, 1, 0xff}, 1) // serial number -1
	if _, err := x509.ParseCertificate(bad); err == nil {
		t.Fatal("the certificate parses, which it must not for this test")
	}
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		t.Run(tls.VersionName(version), func(t *testing.T) {
			a := read(t, serveTLS(t, &tls.Config{MaxVersion: version, Certificates: []tls.Certificate{{Certificate: [][]byte{bad}, PrivateKey: key}}}), certsource.Options{})
			if !bytes.Equal(a.Items[0].DER, bad) {
				t.Error("got another certificate than the server's")
			}
			if a.TLS.VersionID != version || a.TLS.CipherSuite == "" || !strings.Contains(a.TLS.Failure, "failed to parse certificate") {
				t.Errorf("got %+v, want the version, a suite and why it failed", a.TLS)
			}
		})
	}
}

// A server that closes on a large ClientHello is tried again with a small one.
func TestServerWithSmallBuffer(t *testing.T) {
	config := &tls.Config{Certificates: []tls.Certificate{pair(t, "a", newKey(t))}}
	address := serve(t, "tcp", "127.0.0.1:0", func(conn net.Conn) {
		hello := make([]byte, 2048)
		n, err := conn.Read(hello)
		if err != nil || n > 1000 {
			return
		}
		_, _ = tls.Server(&replay{conn, hello[:n]}, config).Read(make([]byte, 1))
	})
	if a := read(t, address, certsource.Options{}); len(a.Items) != 1 || a.TLS.Group != "X25519" || a.TLS.Failure != "" {
		t.Errorf("got %d items and %+v, want the certificate by X25519", len(a.Items), a.TLS)
	}
}

// replay is a connection of which some bytes were already read.
type replay struct {
	net.Conn
	before []byte
}

func (r *replay) Read(p []byte) (int, error) {
	if len(r.before) == 0 {
		return r.Conn.Read(p)
	}
	n := copy(p, r.before)
	r.before = r.before[n:]
	return n, nil
}

func TestServersWithoutChain(t *testing.T) {
	closed := serve(t, "tcp", "127.0.0.1:0", func(net.Conn) {})
	plain := serve(t, "tcp", "127.0.0.1:0", func(conn net.Conn) { _, _ = conn.Write([]byte("220 mail.example ESMTP\r\n")) })
	refusing := serve(t, "tcp", "127.0.0.1:0", func(conn net.Conn) {
		_, _ = conn.Read(make([]byte, 1))
		_, _ = conn.Write([]byte{21, 3, 3, 0, 2, 2, 40})
	})
	nobody, err := loopback.Reserve()
	if err != nil {
		t.Fatal(err)
	}
	defer nobody.Release()
	for _, tt := range []struct {
		name, target string
		stage        certsource.Stage
		want         string
	}{
		{"nobody", nobody.String(), certsource.StageConnect, "connection refused"},
		{"closed", closed, certsource.StageTLS, "closed the connection before it sent a certificate"},
		{"plain", plain, certsource.StageTLS, "does not speak TLS"},
		{"refusing", refusing, certsource.StageTLS, "refused the handshake"},
		{"no such host", "host.invalid:443", certsource.StageDNS, "host.invalid:443"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := certsource.Read(t.Context(), tt.target, certsource.Options{})
			var connect *certsource.ConnectError
			if !errors.As(err, &connect) || connect.Stage != tt.stage || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want stage %s and %q", err, tt.stage, tt.want)
			}
		})
	}
}

func TestSilentServerEndsWithContext(t *testing.T) {
	silent := serve(t, "tcp", "127.0.0.1:0", func(conn net.Conn) {
		for {
			if _, err := conn.Read(make([]byte, 1024)); err != nil {
				return
			}
		}
	})
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := certsource.Read(ctx, silent, certsource.Options{}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v, want the context's end", err)
	}
}

func TestParseAddress(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{"localhost:443", "localhost:443"}, {"127.0.0.1:1", "127.0.0.1:1"}, {"[::1]:65535", "[::1]:65535"}, {"[fe80::1%eth0]:443", "[fe80::1%eth0]:443"},
		{"", ""}, {"file.pem", ""}, {":443", ""}, {"host:", ""}, {"host:0", ""}, {"host:65536", ""}, {"host:https", ""},
		{"::1:443", ""}, {"[host:x]:443", ""}, {"dir/file:443", ""}, {"a b:443", ""}, {"https://host:443", ""}, {"host:443\n", ""},
	} {
		got, ok := certsource.ParseAddress(tt.in)
		if got != tt.want || ok != (tt.want != "") {
			t.Errorf("ParseAddress(%q) = %q, %t; want %q", tt.in, got, ok, tt.want)
		}
	}
}
