package challenge

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const (
	testToken = "DGyRejmCefe7v4NfDGDKfA-_x"
	testAuth  = testToken + ".9jg46WB3rR_AHD-EBXdN7cBkH1WOu0tA3M9fm21mqTI"
)

func testChallenge() Challenge {
	return Challenge{Type: HTTP01, Identifier: Identifier{Type: "dns", Value: "amf1.example"}, Token: testToken, KeyAuthorization: testAuth}
}

func mustPlan(t *testing.T, s Solver, c Challenge) Placement {
	t.Helper()
	p, err := s.Plan(c)
	if err != nil {
		t.Fatalf("Plan(%+v): %v", c, err)
	}
	return p
}

func TestPlan(t *testing.T) {
	root := t.TempDir()
	tests := []struct {
		name   string
		solver Solver
		want   Placement
	}{
		{"listener", NewListener(":80"), Placement{Type: HTTP01, Method: MethodListener, Where: ":80", Token: testToken, Content: testAuth}},
		{"published", Published{}, Placement{Type: HTTP01, Method: MethodPublished,
			Where: "http://amf1.example/.well-known/acme-challenge/" + testToken, Token: testToken, Content: testAuth}},
		{"webroot", NewWebroot(root), Placement{Type: HTTP01, Method: MethodWebroot,
			Where: filepath.Join(root, ".well-known", "acme-challenge", testToken), Token: testToken, Content: testAuth,
			Directories: []string{filepath.Join(root, ".well-known"), filepath.Join(root, ".well-known", "acme-challenge")}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.solver.Type(); got != HTTP01 {
				t.Errorf("Type: got %q, want %q", got, HTTP01)
			}
			if diff := cmp.Diff(mustPlan(t, tt.solver, testChallenge()), tt.want); diff != "" {
				t.Errorf("Plan, got -, want +:\n%s", diff)
			}
		})
	}
}

func TestPlanRefuses(t *testing.T) {
	tests := []struct {
		name   string
		change func(*Challenge)
		want   string // in the error
	}{
		{"other type", func(c *Challenge) { c.Type = "dns-01" }, `"dns-01"`},
		{"no type", func(c *Challenge) { c.Type = "" }, "http-01"},
		{"NF instance", func(c *Challenge) { c.Identifier.Type = "NfInstanceId" }, "NfInstanceId"},
		{"wildcard", func(c *Challenge) { c.Identifier.Wildcard = true }, "wildcard"},
		{"name of a wildcard", func(c *Challenge) { c.Identifier.Value = "*.example" }, "wildcard"},
		{"bad token", func(c *Challenge) { c.Token = "../x" }, "base64url"},
		{"no key authorization", func(c *Challenge) { c.KeyAuthorization = "" }, "key authorization"},
		{"of another token", func(c *Challenge) { c.KeyAuthorization = "x.y" }, "key authorization"},
		{"no thumbprint", func(c *Challenge) { c.KeyAuthorization = testToken + "." }, "key authorization"},
		{"markup in it", func(c *Challenge) { c.KeyAuthorization += "<script>" }, "key authorization"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := testChallenge()
			tt.change(&c)
			for _, s := range []Solver{NewListener(":0"), NewWebroot(t.TempDir()), Published{}} {
				if p, err := s.Plan(c); err == nil || !strings.Contains(err.Error(), tt.want) {
					t.Errorf("%T.Plan(%+v): got %+v, %v, want an error with %q", s, c, p, err, tt.want)
				}
			}
		})
	}
}

func TestCheckToken(t *testing.T) {
	tests := []struct {
		in string
		ok bool
	}{
		{testToken, true},
		{"a", true},
		{"-", true},
		{strings.Repeat("A", maxToken), true},
		{strings.Repeat("A", maxToken+1), false},
		{"", false},
		{".", false},
		{"..", false},
		{"a/b", false},
		{`a\b`, false},
		{"../../etc/passwd", false},
		{"a=", false},
		{"a+b", false},
		{"a b", false},
		{"a\x00", false},
		{"ä", false},
		{"C:x", false},
	}
	for _, tt := range tests {
		err := checkToken(tt.in)
		var refused *TokenError
		if (err == nil) != tt.ok || (err != nil && !errors.As(err, &refused)) {
			t.Errorf("checkToken(%q): got %v, want accepted: %t", tt.in, err, tt.ok)
		}
	}
}

func TestHTTP01URL(t *testing.T) {
	for host, want := range map[string]string{
		"amf1.example":     "http://amf1.example/.well-known/acme-challenge/tok",
		"192.0.2.1":        "http://192.0.2.1/.well-known/acme-challenge/tok",
		"2001:db8::1":      "http://[2001:db8::1]/.well-known/acme-challenge/tok",
		"::ffff:192.0.2.1": "http://[::ffff:192.0.2.1]/.well-known/acme-challenge/tok",
	} {
		if got := HTTP01URL(host, "tok"); got != want {
			t.Errorf("HTTP01URL(%q): got %q, want %q", host, got, want)
		}
	}
}

func FuzzPlan(f *testing.F) {
	f.Add(testToken, testAuth, "amf1.example")
	f.Add("..", "...x", "*.x")
	f.Add("a/../b", "a/../b.c", "")
	f.Add("", ".", "::1")
	f.Fuzz(func(t *testing.T, token, auth, identifier string) {
		root := t.TempDir()
		c := Challenge{Type: HTTP01, Identifier: Identifier{Type: "dns", Value: identifier}, Token: token, KeyAuthorization: auth}
		w := NewWebroot(root)
		p, err := w.Plan(c)
		if err != nil {
			return
		}
		want := filepath.Join(root, ".well-known", "acme-challenge")
		if filepath.Dir(p.Where) != want {
			t.Errorf("Plan(%+v): file %q, want it in %q", c, p.Where, want)
		}
		if err := w.Present(t.Context(), c, p); err != nil {
			t.Errorf("Present of %q: %v", token, err)
		}
		if err := w.CleanUp(t.Context(), p); err != nil {
			t.Errorf("CleanUp of %q: %v", token, err)
		}
	})
}
