package acmewire_test

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nfcert/nfcert/internal/acmewire"
)

// chainOf is the chain that a server shows.
func chainOf(t *testing.T, url string) (chain []*x509.Certificate) {
	t.Helper()
	address, _, _ := strings.Cut(strings.TrimPrefix(url, "https://"), "/")
	conn, err := tls.Dial("tcp", address, &tls.Config{InsecureSkipVerify: true})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	return conn.ConnectionState().PeerCertificates
}

func parseRoot(t *testing.T, text []byte) *x509.Certificate {
	t.Helper()
	block, _ := pem.Decode(text)
	c, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// configured is a fake whose TLS is set up by hand.
func configured(t *testing.T, f *fake, change func(*tls.Config)) *httptest.Server {
	t.Helper()
	s := httptest.NewUnstartedServer(f.Config.Handler)
	s.TLS = &tls.Config{}
	change(s.TLS)
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.StartTLS()
	t.Cleanup(s.Close)
	return s
}

// Servers with less than TS 33.210 6.2 and HTTP/2 allow are refused, and what
// they have is reported; with the others the exchange goes on.
func TestTooLittleTLS(t *testing.T) {
	f := newFake(t, nil)
	for _, tt := range []struct {
		name   string
		change func(*tls.Config)
		want   string // of the error; "": none
		old    bool
	}{
		{"TLS 1.3", func(c *tls.Config) { c.MinVersion = tls.VersionTLS13 }, "", false},
		{"TLS 1.2", func(c *tls.Config) { c.MaxVersion = tls.VersionTLS12 }, "", false},
		{"TLS 1.1", func(c *tls.Config) { c.MinVersion, c.MaxVersion = tls.VersionTLS10, tls.VersionTLS11 }, "it offers TLS 1.1, want TLS 1.2 or 1.3", true},
		{"CBC", func(c *tls.Config) {
			c.MaxVersion, c.CipherSuites = tls.VersionTLS12, []uint16{tls.TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA}
		}, "in TLS 1.2 it offers TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA, want", false},
		{"RSA key transport", func(c *tls.Config) {
			c.MaxVersion, c.CipherSuites = tls.VersionTLS12, []uint16{tls.TLS_RSA_WITH_AES_128_GCM_SHA256}
		}, "in TLS 1.2 it offers TLS_RSA_WITH_AES_128_GCM_SHA256, want", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := configured(t, f, tt.change)
			c := acmewire.New(acmewire.Config{DirectoryURL: s.URL + "/directory", Roots: poolOf(s.Certificate())})
			_, err := c.Directory(t.Context())
			if tt.want == "" {
				if err != nil {
					t.Fatal(err)
				}
				if got := c.Wire().Connection(); got == nil || tls.VersionName(got.Version) != tt.name {
					t.Errorf("got the connection %+v, want %s", got, tt.name)
				}
				return
			}
			if e := wantNetwork(t, err, acmewire.StageTLS, tt.want); e.Offer == nil || e.Offer.Old != tt.old {
				t.Errorf("got the offer %+v, want one whose version is old: %v", e.Offer, tt.old)
			}
		})
	}
}

// A server's request for a client certificate is reported with the issuers it accepts,
// and the certificate is shown also when it lists others.
func TestAskedClient(t *testing.T) {
	f := newFake(t, nil)
	other := newFake(t, nil)
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		s := configured(t, f, func(c *tls.Config) {
			c.MaxVersion, c.ClientAuth, c.ClientCAs = version, tls.RequireAndVerifyClientCert, poolOf(other.Certificate())
		})
		for _, cert := range []*tls.Certificate{nil, &other.TLS.Certificates[0], &f.TLS.Certificates[0]} {
			c := acmewire.New(acmewire.Config{DirectoryURL: s.URL + "/directory", Roots: poolOf(s.Certificate()), Certificate: cert})
			_, err := c.Directory(t.Context())
			if err == nil {
				if cert == nil {
					t.Error("the server takes nobody's certificate, want a refusal")
				}
				continue
			}
			e := wantNetwork(t, err, acmewire.StageTLS, "")
			if e.Client == nil || len(e.Client.CAs) != 1 || (e.Client.Shown == nil) != (cert == nil) || e.Offer != nil {
				t.Errorf("%s: got client %+v and offer %+v, want the issuers and what was shown", tls.VersionName(version), e.Client, e.Offer)
			}
		}
	}
}

// What is dialled in place of a name changes neither SNI nor trust.
func TestResolve(t *testing.T) {
	f := newFake(t, nil)
	names := make(chan string, 9)
	s := configured(t, f, func(c *tls.Config) {
		c.GetConfigForClient = func(hello *tls.ClientHelloInfo) (*tls.Config, error) {
			names <- hello.ServerName
			return nil, nil
		}
	})
	address := s.Listener.Addr().String()
	client := func(url string) *acmewire.Client {
		return acmewire.New(acmewire.Config{DirectoryURL: url, Roots: poolOf(s.Certificate()), Resolve: map[string]string{
			"example.com:443": address, "other.test:443": address, "closed.test:443": strings.TrimPrefix(closedPort(t), "https://"),
		}})
	}
	if _, err := client("https://Example.COM/directory").Directory(t.Context()); err != nil {
		t.Fatal(err) // httptest's certificate is for example.com
	}
	if got := <-names; !strings.EqualFold(got, "example.com") {
		t.Errorf("SNI %q, want example.com", got)
	}
	_, err := client("https://other.test/directory").Directory(t.Context())
	wantNetwork(t, err, acmewire.StageTLS, "trusting other.test at "+address+": certificate is valid for example.com")
	_, err = client("https://closed.test/directory").Directory(t.Context())
	if e := wantNetwork(t, err, acmewire.StageConnect, "connecting to closed.test at 127.0.0.1:"); e.Address == "" {
		t.Error("the error names no address")
	}
	_, err = client("https://example.invalid/directory").Directory(t.Context())
	wantNetwork(t, err, acmewire.StageDNS, "looking up example.invalid: ")
}

// connectProxy is an HTTP proxy that leads every CONNECT to one address, or
// answers with a status; withheld, it hangs up.
func connectProxy(t *testing.T, to string, status int) (u *url.URL, seen *atomic.Value) {
	t.Helper()
	seen = &atomic.Value{}
	seen.Store("")
	raw := rawServer(t, func(c net.Conn) {
		req, err := http.ReadRequest(bufio.NewReader(c))
		if err != nil || status == 0 {
			c.Close()
			return
		}
		seen.Store(req.Method + " " + req.Host + " " + req.Header.Get("Proxy-Authorization"))
		if status != http.StatusOK {
			resp := http.Response{StatusCode: status, ProtoMajor: 1, ProtoMinor: 1}
			_ = resp.Write(c)
			c.Close()
			return
		}
		_, _ = io.WriteString(c, "HTTP/1.1 200 Connection established\r\n\r\n")
		onward, err := net.Dial("tcp", to)
		if err != nil {
			c.Close()
			return
		}
		go func() { _, _ = io.Copy(onward, c); onward.Close() }()
		go func() { _, _ = io.Copy(c, onward); c.Close() }()
	})
	u, err := url.Parse("http://user:GEHEIM@" + strings.TrimPrefix(raw, "https://"))
	if err != nil {
		t.Fatal(err)
	}
	return u, seen
}

// A proxy is gone through by CONNECT, told without its credentials, and blamed
// for what it does.
func TestProxy(t *testing.T) {
	f := newFake(t, nil)
	closed, err := url.Parse(strings.Replace(closedPort(t), "https:", "http:", 1))
	if err != nil {
		t.Fatal(err)
	}
	made := func(status int) *url.URL {
		u, _ := connectProxy(t, f.Listener.Addr().String(), status)
		return u
	}
	for _, tt := range []struct {
		name  string
		proxy *url.URL
		want  string
	}{
		{"asks for credentials", made(http.StatusProxyAuthRequired), "it answered CONNECT with 407 Proxy Authentication Required"},
		{"forbids", made(http.StatusForbidden), "it answered CONNECT with 403 Forbidden"},
		{"hangs up", made(0), "closed"},
		{"is down", closed, "connection refused"},
		{"has no name", &url.URL{Scheme: "http", Host: "proxy.invalid:3128"}, ""},
		{"speaks TLS", &url.URL{Scheme: "https", Host: "127.0.0.1:1"}, "want http:// or socks5://"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := acmewire.New(acmewire.Config{DirectoryURL: "https://example.com/directory", Roots: f.roots(), Proxy: http.ProxyURL(tt.proxy)})
			_, err := c.Directory(t.Context())
			e := wantNetwork(t, err, acmewire.StageProxy, "reaching example.com through the proxy "+tt.proxy.Scheme+"://"+tt.proxy.Host+": ")
			if !strings.Contains(e.Error(), tt.want) || strings.Contains(e.Error(), "GEHEIM") {
				t.Errorf("got %q, want %q in it and no credentials", e, tt.want)
			}
		})
	}
	_, err = acmewire.New(acmewire.Config{DirectoryURL: "https://example.com/directory", Proxy: func(*http.Request) (*url.URL, error) {
		return nil, errors.New("http://user:GEHEIM@proxy is no URL")
	}}).Directory(t.Context())
	if e := wantNetwork(t, err, acmewire.StageProxy, "reaching example.com through a proxy: the proxy setting is not a URL"); strings.Contains(e.Error(), "GEHEIM") {
		t.Errorf("%q tells the password", e)
	}
	proxy, seen := connectProxy(t, f.Listener.Addr().String(), http.StatusOK)
	var told string
	c := acmewire.New(acmewire.Config{DirectoryURL: "https://example.com/directory", Roots: f.roots(), Proxy: http.ProxyURL(proxy),
		Observe: func(ex *acmewire.Exchange) { told = ex.Proxy }})
	if _, err := c.Directory(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := seen.Load(); got != "CONNECT example.com:443 Basic dXNlcjpHRUhFSU0=" || told != "http://"+proxy.Host {
		t.Errorf("the proxy saw %q and the exchange tells %q, want CONNECT with credentials, and none told", got, told)
	}
}

// The skew of clocks is read from Date, but not from a cache's.
func TestSkew(t *testing.T) {
	for _, tt := range []struct {
		name, date, age string
		ok              bool
	}{
		{"an hour ahead", time.Now().Add(time.Hour).UTC().Format(http.TimeFormat), "", true},
		{"from a cache", time.Now().Add(time.Hour).UTC().Format(http.TimeFormat), "7", false},
		{"nonsense", "yesterday", "", false},
	} {
		f := newFake(t, routes{"directory": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Date", tt.date)
			if tt.age != "" {
				w.Header().Set("Age", tt.age)
			}
		}})
		var got time.Duration
		var ok bool
		c := f.client(t, func(cfg *acmewire.Config) { cfg.Observe = func(ex *acmewire.Exchange) { got, ok = ex.Skew() } })
		_, _ = c.Directory(t.Context())
		if ok != tt.ok || ok && (got < time.Hour-time.Minute || got > time.Hour+time.Minute) {
			t.Errorf("%s: got %v, %v, want an hour and %v", tt.name, got, ok, tt.ok)
		}
	}
}
