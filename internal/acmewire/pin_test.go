package acmewire_test

import (
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"strings"
	"testing"

	"github.com/nfcert/nfcert/internal/acmewire"
)

func TestParsePin(t *testing.T) {
	sum := sha256.Sum256([]byte("x"))
	digits := hex.EncodeToString(sum[:])
	var colons []string
	for i := 0; i < len(digits); i += 2 {
		colons = append(colons, strings.ToUpper(digits[i:i+2]))
	}
	for _, tt := range []struct{ in, want string }{
		{"sha256:" + digits, "sha256:" + digits},
		{"SHA256:" + strings.ToUpper(digits), "sha256:" + digits},
		{"sha256:" + strings.Join(colons, ":"), "sha256:" + digits},
		{"sha256:" + base64.StdEncoding.EncodeToString(sum[:]), "sha256:" + digits},
		{"sha256:" + base64.RawURLEncoding.EncodeToString(sum[:]), "sha256:" + digits},
		{"spki-sha256:" + digits, "spki-sha256:" + digits},
		{"sha256//" + base64.StdEncoding.EncodeToString(sum[:]), "spki-sha256:" + digits},
		{"", ""}, {digits, ""}, {"sha256:", ""}, {"sha256:" + digits[2:], ""}, {"sha256:" + digits + "00", ""},
		{"sha1:" + digits, ""}, {"sha256:g" + digits[1:], ""}, {"spki-sha256:AAAA", ""},
	} {
		p, err := acmewire.ParsePin(tt.in)
		switch {
		case tt.want == "" && err == nil:
			t.Errorf("%q was read as %v, want an error", tt.in, p)
		case tt.want != "" && (err != nil || p.String() != tt.want):
			t.Errorf("%q: got %v (%v), want %s", tt.in, p, err, tt.want)
		}
	}
}

// FuzzParsePin: what is read is written in a form that is read as the same.
func FuzzParsePin(f *testing.F) {
	f.Add("sha256:" + strings.Repeat("ab", 32))
	f.Add("spki-sha256:" + strings.Repeat("A", 43))
	f.Add("sha256//" + strings.Repeat("+", 43) + "=")
	f.Fuzz(func(t *testing.T, s string) {
		p, err := acmewire.ParsePin(s)
		if err != nil {
			return
		}
		if again, err := acmewire.ParsePin(p.String()); err != nil || again != p {
			t.Errorf("%q gave %v, which gave %v (%v)", s, p, again, err)
		}
	})
}

// A pin trusts a server by its own certificate or by one that issued it, with
// the name checked as ever; with another pin nothing is sent.
func TestPin(t *testing.T) {
	f := newFake(t, nil)
	leaf := f.Certificate()
	l, _ := startLab(t)
	lab := chainOf(t, l.DirectoryURL())
	pin := func(c *x509.Certificate, key bool) *acmewire.Pin {
		p := &acmewire.Pin{PublicKey: key, Sum: sha256.Sum256(c.Raw)}
		if key {
			p.Sum = sha256.Sum256(c.RawSubjectPublicKeyInfo)
		}
		return p
	}
	root := parseRoot(t, l.TLSRootPEM())
	localhost := strings.Replace(f.URL, "127.0.0.1", "localhost", 1)
	for _, tt := range []struct {
		name  string
		url   string
		pin   *acmewire.Pin
		roots []*x509.Certificate
		want  string // of the error; "": none
	}{
		{"the server's own", f.URL + "/directory", pin(leaf, false), nil, ""},
		{"its key", f.URL + "/directory", pin(leaf, true), nil, ""},
		{"a leaf that is no CA", l.DirectoryURL(), pin(lab[0], false), nil, ""},
		{"the root, at hand", l.DirectoryURL(), pin(root, false), []*x509.Certificate{root}, ""},
		{"another name", localhost, pin(leaf, false), nil, "not localhost"},
		{"another server's", f.URL, pin(root, false), nil, "none of its certificates has the fingerprint sha256:"},
		{"another key", f.URL, pin(root, true), nil, "none of its certificates has the fingerprint spki-sha256:"},
		{"a root that did not issue it", f.URL, pin(root, false), []*x509.Certificate{root}, "unknown authority"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			before := len(f.requests(""))
			c := acmewire.New(acmewire.Config{DirectoryURL: tt.url, Pin: tt.pin, PinRoots: tt.roots})
			_, err := c.Directory(t.Context())
			if tt.want == "" {
				if err != nil {
					t.Fatal(err)
				}
				if got := c.Wire().Pinned(); got == nil || !tt.pin.Matches(got) {
					t.Errorf("pinned is %v, want the certificate of the pin", got)
				}
				return
			}
			e := wantNetwork(t, err, acmewire.StageTLS, tt.want)
			if len(e.Chain) == 0 || len(f.requests("")) != before || c.Wire().Pinned() != nil {
				t.Errorf("got a chain of %d, %d requests and %v pinned; want the chain told and nothing sent", len(e.Chain), len(f.requests(""))-before, c.Wire().Pinned())
			}
			if pinned := (*acmewire.PinError)(nil); strings.HasPrefix(tt.want, "none of") != errors.As(err, &pinned) {
				t.Errorf("got %v, want a PinError only where nothing has the pin", err)
			}
		})
	}
}
