package lab

import (
	"bytes"
	"crypto/elliptic"
	"crypto/tls"
	"crypto/x509"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

func TestOptions(t *testing.T) {
	for _, tc := range []struct {
		name string
		in   Options
		want string
	}{
		{"public", Options{Listen: "0.0.0.0:0"}, "not loopback"},
		{"all interfaces", Options{Listen: ":0"}, "not loopback"},
		{"name", Options{Listen: "ca.example:0"}, "not loopback"},
		{"no port", Options{Listen: "127.0.0.1"}, "missing port"},
		{"http port", Options{HTTPPort: 70000}, "http-01 port 70000"},
		{"four years", Options{Validity: 4 * 365 * 24 * time.Hour}, "3 years"},
		{"negative validity", Options{Validity: -time.Hour}, "3 years"},
		{"negative wait", Options{RetryAfter: -1}, "negative"},
		{"binding without keys", Options{RequireEAB: true}, "no key"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			l, err := Start(t.Context(), tc.in)
			if err == nil {
				l.Close()
			}
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("Start: %v, want an error with %q", err, tc.want)
			}
		})
	}
	t.Run("three years", func(t *testing.T) {
		startLab(t, Options{Validity: maxValidity(time.Now()) - time.Minute})
	})
	t.Run("forced public", func(t *testing.T) {
		o, err := Options{Listen: "0.0.0.0:0", AllowPublic: true}.complete()
		if name, _ := os.Hostname(); err != nil || o.Host != name {
			t.Errorf("host %q, %v; want this machine's name %q", o.Host, err, name)
		}
	})
	t.Run("localhost", func(t *testing.T) {
		l, r := startLab(t, Options{Listen: "localhost:0"})
		if !strings.HasPrefix(l.DirectoryURL(), "https://localhost:") {
			t.Errorf("directory %q, want it at localhost", l.DirectoryURL())
		}
		newClient(t, l, r).register(nil)
	})
	t.Run("other host", func(t *testing.T) {
		l, _ := startLab(t, Options{Host: "ca.example"})
		if !strings.HasPrefix(l.DirectoryURL(), "https://ca.example:") {
			t.Errorf("directory %q, want it at ca.example", l.DirectoryURL())
		}
	})
}

// TestMutualTLS is the way of an NF: a certificate of one CA opens the door of
// the next, and nothing else does.
func TestMutualTLS(t *testing.T) {
	first, r := startLab(t, Options{})
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(first.IssuerRootPEM())
	l, _ := startLab(t, Options{ClientCAs: pool})
	other, r2 := startLab(t, Options{})
	enrolled := func(by *Lab, r *responder) []tls.Certificate {
		key := newECKey(t, elliptic.P256())
		chain := newClient(t, by, r).enrol(nfCSR(t, key, testFQDN), testFQDN)
		return []tls.Certificate{{Certificate: [][]byte{chain[0].Raw, chain[1].Raw}, PrivateKey: key}}
	}
	for _, tc := range []struct {
		name         string
		certificates []tls.Certificate
		served       bool
	}{
		{"none", nil, false},
		{"of another CA", enrolled(other, r2), false},
		{"of the right CA", enrolled(first, r), true},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c := newClient(t, l, r)
			c.http.Transport.(*http.Transport).TLSClientConfig.Certificates = tc.certificates
			if _, err := c.tryGet(l.DirectoryURL()); (err == nil) != tc.served {
				t.Errorf("error %v, want served %v", err, tc.served)
			}
		})
	}
}

func (c *client) tryGet(url string) (answer, error) {
	req, err := http.NewRequestWithContext(c.t.Context(), http.MethodGet, url, nil)
	if err != nil {
		return answer{}, err
	}
	return c.do(req)
}

// TestKept starts two labs on one folder: they have the same roots.
func TestKept(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "lab")
	first, _ := startLab(t, Options{Dir: dir})
	second, r := startLab(t, Options{Dir: dir})
	for name, get := range map[string]func(*Lab) []byte{
		"TLS": (*Lab).TLSRootPEM, "issuer": (*Lab).IssuerRootPEM, "alternate": (*Lab).AlternateRootPEM,
	} {
		if !bytes.Equal(get(first), get(second)) {
			t.Errorf("the second lab has another %s root", name)
		}
	}
	chain := newClient(t, second, r).enrol(nfCSR(t, newECKey(t, elliptic.P256()), testFQDN), testFQDN)
	if err := verifyChain(chain, first.IssuerRootPEM()); err != nil {
		t.Errorf("issued by the second lab: %v", err)
	}
	files, err := filepath.Glob(filepath.Join(dir, "*", "*.key"))
	if err != nil || len(files) != 4 {
		t.Fatalf("key files %q, %v; want 4", files, err)
	}
	for _, f := range files {
		if info, err := os.Stat(f); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: mode %v, %v; want 0600", f, info.Mode(), err)
		}
	}
	t.Run("damaged", func(t *testing.T) {
		for _, f := range files {
			good, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			for _, bad := range [][]byte{nil, good[:len(good)/2], bytes.Repeat([]byte("x"), maxCAFile+1)} {
				write(t, f, bad)
				if _, err := openAuthorities(dir, time.Now()); err == nil || !strings.Contains(err.Error(), filepath.Base(f)) {
					t.Errorf("%s with %d bytes: %v, want an error that names it", f, len(bad), err)
				}
			}
			write(t, f, good)
		}
		tls, err := os.ReadFile(filepath.Join(dir, caFolder, "issuer-root.key"))
		if err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(dir, caFolder, "issuer.key"), tls)
		if _, err := openAuthorities(dir, time.Now()); err == nil || !strings.Contains(err.Error(), "is not the key of") {
			t.Errorf("foreign key: %v, want an error", err)
		}
		if _, err := openAuthorities(dir, time.Now().AddDate(30, 0, 0)); err == nil || !strings.Contains(err.Error(), "expired") {
			t.Errorf("in 30 years: %v, want an error that says expired", err)
		}
	})
}

func write(t *testing.T, path string, data []byte) {
	t.Helper()
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestKeptAtOnce makes the kept CA from several sides at once: one wins.
func TestKeptAtOnce(t *testing.T) {
	dir := t.TempDir()
	roots := make([]string, 4)
	var wg sync.WaitGroup
	for i := range roots {
		wg.Go(func() {
			a, err := openAuthorities(dir, time.Now())
			if err != nil {
				t.Errorf("openAuthorities: %v", err)
				return
			}
			roots[i] = string(a.issuerRoot.pem())
		})
	}
	wg.Wait()
	for _, r := range roots[1:] {
		if r != roots[0] {
			t.Error("two labs on one folder have different roots")
		}
	}
	if left, _ := filepath.Glob(filepath.Join(dir, "*.new-*")); len(left) != 0 {
		t.Errorf("left behind: %q", left)
	}
}

// TestManyAtOnce enrols from several sides at once, for the race detector.
func TestManyAtOnce(t *testing.T) {
	l, r := startLab(t, Options{})
	var wg sync.WaitGroup
	for range 4 {
		c := newClient(t, l, r)
		csr := nfCSR(t, newECKey(t, elliptic.P256()), testFQDN)
		wg.Go(func() {
			c.enrol(csr, testFQDN) // its Fatal ends this goroutine and fails the test
		})
	}
	wg.Wait()
	if n := len(l.Requests()); n < 4*8 {
		t.Errorf("%d requests are logged, want at least 32", n)
	}
}
