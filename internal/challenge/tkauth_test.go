package challenge

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nfcert/nfcert/internal/secret"
	"github.com/nfcert/nfcert/internal/token"
)

var tokenNow = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

// fakeSource makes tokens that fit what is asked, and then spoils them.
type fakeSource struct {
	life  time.Duration           // 0: ten minutes
	spoil func(string) string     // of the token; nil: nothing
	claim func(claims, atc claim) // before it is made; nil: nothing
	err   error

	mu    sync.Mutex
	asked []token.ATC
}

type claim = map[string]any

func (f *fakeSource) Where() string { return "a fake" }

func (f *fakeSource) Token(_ context.Context, want token.ATC) (secret.Bytes, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.asked = append(f.asked, want)
	if f.err != nil {
		return secret.Bytes{}, f.err
	}
	life := f.life
	if life == 0 {
		life = 10 * time.Minute
	}
	atc := claim{"tktype": want.Type, "tkvalue": want.Value, "fingerprint": want.Fingerprint}
	claims := claim{"jti": fmt.Sprint(len(f.asked)), "exp": tokenNow.Add(life).Unix(), "atc": atc}
	if f.claim != nil {
		f.claim(claims, atc)
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		return secret.Bytes{}, err
	}
	b64 := base64.RawURLEncoding.EncodeToString
	text := b64([]byte(`{"alg":"ES256","typ":"JWT"}`)) + "." + b64(payload) + "." + b64(make([]byte, 64))
	if f.spoil != nil {
		text = f.spoil(text)
	}
	return secret.New([]byte(text)), nil
}

func tokenChallenge() Challenge {
	return Challenge{
		Type: TKAuth01, Identifier: Identifier{Type: "NfInstanceId", Value: "4ace9d34-2c69-4f99-92d5-a73a3fe8e23b"},
		Thumbprint: "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs", TKAuthType: "atc", TokenAuthority: "https://oam.example/token",
	}
}

func tokenSolver(f *fakeSource) *TKAuth {
	return &TKAuth{Source: f, Clock: func() time.Time { return tokenNow }}
}

// jti is the id of the token in an answer, by the member that carries it.
func jti(t *testing.T, answer json.RawMessage) map[string]string {
	t.Helper()
	var members map[string]string
	if err := json.Unmarshal(answer, &members); err != nil {
		t.Fatalf("%s: %v", answer, err)
	}
	for name, text := range members {
		got, err := token.Parse(secret.New([]byte(text)))
		if err != nil || strings.TrimSpace(text) != text {
			t.Fatalf("%s: %q: %v", name, text, err)
		}
		members[name] = got.ID
	}
	return members
}

// The member that carries the token is the one that is wanted, and no blank
// that a source left around it is sent.
func TestTokenField(t *testing.T) {
	for field, want := range map[TokenField][]string{
		"": {"tkauth"}, FieldTKAuth: {"tkauth"}, FieldATC: {"atc"}, FieldBoth: {"atc", "tkauth"},
	} {
		s := tokenSolver(&fakeSource{spoil: func(text string) string { return "\n" + text + " \r\n" }})
		s.Field = field
		answer, err := s.Prove(t.Context(), tokenChallenge())
		if err != nil {
			t.Fatalf("%q: %v", field, err)
		}
		var got []string
		for name, id := range jti(t, answer) {
			if id != "1" {
				t.Errorf("%q: %s carries token %s, want the one", field, name, id)
			}
			got = append(got, name)
		}
		if slices.Sort(got); !slices.Equal(got, want) {
			t.Errorf("%q: members %q, want %q", field, got, want)
		}
	}
}

// What is asked for is the identifier and the account key's fingerprint.
func TestTokenAsked(t *testing.T) {
	f := &fakeSource{}
	if _, err := tokenSolver(f).Prove(t.Context(), tokenChallenge()); err != nil {
		t.Fatal(err)
	}
	want := token.ATC{
		Type: "NfInstanceId", Value: "4ace9d34-2c69-4f99-92d5-a73a3fe8e23b",
		Fingerprint: "SHA256 37:36:CB:B1:78:7C:B8:30:9C:77:EE:8C:37:05:C5:E1:6F:FB:9E:85:97:15:90:1F:1E:4C:59:B1:11:82:F5:7B",
	}
	if !slices.Equal(f.asked, []token.ATC{want}) {
		t.Errorf("asked %+v, want %+v", f.asked, want)
	}
}

// A token is fresh for each challenge, unless it is to be used again; then until
// it no longer passes, and only for the same identifier and account.
func TestTokenReuse(t *testing.T) {
	other := tokenChallenge()
	other.Identifier.Value = "00000000-0000-4000-8000-000000000000"
	key := tokenChallenge()
	key.Thumbprint = base64.RawURLEncoding.EncodeToString(make([]byte, 32))
	for _, reuse := range []bool{false, true} {
		f := &fakeSource{}
		s := tokenSolver(f)
		s.Reuse, s.Check = reuse, token.CheckOptions{Life: time.Minute}
		now := tokenNow
		s.Clock = func() time.Time { return now }
		prove := func(c Challenge) string {
			answer, err := s.Prove(t.Context(), c)
			if err != nil {
				t.Fatal(err)
			}
			return jti(t, answer)["tkauth"]
		}
		got := []string{prove(tokenChallenge()), prove(tokenChallenge()), prove(other), prove(key), prove(tokenChallenge())}
		want := []string{"1", "2", "3", "4", "5"}
		if reuse {
			want = []string{"1", "1", "2", "3", "1"}
		}
		if !slices.Equal(got, want) {
			t.Errorf("reuse %t: tokens %q, want %q", reuse, got, want)
		}
		// Less than a minute of its life is left.
		now = tokenNow.Add(9*time.Minute + time.Second)
		f.life = 20 * time.Minute
		if got, last := prove(tokenChallenge()), fmt.Sprint(len(f.asked)); got != last {
			t.Errorf("reuse %t: token %s, want the fresh %s", reuse, got, last)
		}
		wantKept := 0
		if reuse { // those that are over are let go
			now = tokenNow.Add(10 * time.Minute)
			other.Identifier.Value = "00000000-0000-4000-8000-000000000001"
			prove(other)
			wantKept = 2
		}
		if len(s.kept) != wantKept {
			t.Errorf("reuse %t: %d tokens are kept, want %d", reuse, len(s.kept), wantKept)
		}
	}
}

// Each way in which a challenge cannot be answered is reported as what it is, before
// the server hears of it, and no error repeats the token.
func TestTokenRefused(t *testing.T) {
	down := errors.New("down")
	var leaked []string
	good := &fakeSource{}
	hint := func(url string) (token.Source, error) {
		if err := token.CheckHint(url, []string{"oam.example"}); err != nil {
			return nil, err
		}
		return good, nil
	}
	type kind = func(error) bool
	is := func(target error) kind { return func(err error) bool { return errors.Is(err, target) } }
	check := func(c token.Check) kind {
		return func(err error) bool {
			var fault *token.CheckError
			return errors.As(err, &fault) && fault.Check == c
		}
	}
	noSource := func(hint string) kind {
		return func(err error) bool {
			var none *NoSourceError
			return errors.As(err, &none) && none.Hint == hint
		}
	}
	unknown := func(err error) bool {
		var kind *KindError
		return errors.As(err, &kind) && kind.Kind == "other"
	}
	form := func(err error) bool { var form *token.FormError; return errors.As(err, &form) }
	badURL := func(unlisted bool) kind {
		return func(err error) bool {
			var url *token.AuthorityURLError
			return errors.As(err, &url) && url.Unlisted == unlisted
		}
	}
	at := func(change func(*Challenge)) Challenge { c := tokenChallenge(); change(&c); return c }
	for _, tc := range []struct {
		name   string
		solver *TKAuth
		c      Challenge
		planned,
		want kind // of the error; nil: none
		where string
	}{
		{"kind", tokenSolver(good), at(func(c *Challenge) { c.TKAuthType = "other" }), unknown, unknown, ""},
		{"kind in capitals", tokenSolver(good), at(func(c *Challenge) { c.TKAuthType = "ATC" }), nil, nil, ""},
		{"no kind", tokenSolver(good), at(func(c *Challenge) { c.TKAuthType = "" }), nil, nil, ""},
		{"no token in the challenge, no authority", tokenSolver(good), at(func(c *Challenge) { c.Token, c.TokenAuthority = "", "" }), nil, nil, ""},
		{"no source", &TKAuth{}, tokenChallenge(), noSource("https://oam.example/token"), noSource("https://oam.example/token"), ""},
		{"no source, no hint", &TKAuth{Hint: hint}, at(func(c *Challenge) { c.TokenAuthority = "" }), noSource(""), noSource(""), ""},
		{"hint", &TKAuth{Hint: hint, Clock: tokenSolver(nil).Clock}, tokenChallenge(), nil, nil, ""},
		{"hint off the list", &TKAuth{Hint: hint}, at(func(c *Challenge) { c.TokenAuthority = "https://evil.example/" }), badURL(true), badURL(true), ""},
		{"hint of http", &TKAuth{Hint: hint}, at(func(c *Challenge) { c.TokenAuthority = "http://oam.example/" }), badURL(false), badURL(false), ""},
		{"hint of metadata", &TKAuth{Hint: hint}, at(func(c *Challenge) { c.TokenAuthority = "https://[::ffff:169.254.169.254]/" }), badURL(false), badURL(false), ""},
		{"a source beats a bad hint", &TKAuth{Source: good, Hint: hint, Clock: tokenSolver(nil).Clock}, at(func(c *Challenge) { c.TokenAuthority = "http://evil.example/" }), nil, nil, ""},
		{"thumbprint", tokenSolver(good), at(func(c *Challenge) { c.Thumbprint = "x" }), nil, func(err error) bool { return strings.Contains(err.Error(), "thumbprint") }, "a fake"},
		{"source down", tokenSolver(&fakeSource{err: down}), tokenChallenge(), nil, is(down), "a fake"},
		{"no token", tokenSolver(&fakeSource{spoil: func(string) string { return "" }}), tokenChallenge(), nil, form, "a fake"},
		{"no JWT", tokenSolver(&fakeSource{spoil: func(s string) string { return s[:40] }}), tokenChallenge(), nil, form, "a fake"},
		{"foreign", tokenSolver(&fakeSource{claim: func(_, atc claim) { atc["tkvalue"] = "x" }}), tokenChallenge(), nil, check(token.CheckValue), "a fake"},
		{"another's", tokenSolver(&fakeSource{claim: func(_, atc claim) { atc["fingerprint"] = "SHA256 00" }}), tokenChallenge(), nil, check(token.CheckFingerprint), "a fake"},
		{"ca", tokenSolver(&fakeSource{claim: func(_, atc claim) { atc["ca"] = true }}), tokenChallenge(), nil, check(token.CheckCA), "a fake"},
		{"expired", tokenSolver(&fakeSource{life: -time.Hour}), tokenChallenge(), nil, check(token.CheckExpiry), "a fake"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			judge := func(step string, err error, want kind, where string) {
				var proof *ProofError
				switch {
				case want == nil && err != nil:
					t.Errorf("%s: %v", step, err)
				case want != nil && (!errors.As(err, &proof) || !want(err)):
					t.Errorf("%s: %v (%T)", step, err, errors.Unwrap(err))
				case want != nil && (proof.Identifier != tc.c.Identifier.String() || proof.Where != where):
					t.Errorf("%s: %+v, want the identifier and %q", step, proof, where)
				}
				if err != nil && strings.Contains(err.Error(), "eyJ") {
					leaked = append(leaked, err.Error())
				}
			}
			p, err := tc.solver.Plan(tc.c)
			judge("Plan", err, tc.planned, "")
			if err == nil && (p.Method != MethodToken || p.Where != "a fake" || p.Content != "" || p.Lasts()) {
				t.Errorf("Plan: %+v", p)
			}
			answer, err := tc.solver.Prove(t.Context(), tc.c)
			judge("Prove", err, tc.want, tc.where)
			if (answer == nil) != (err != nil) {
				t.Errorf("Prove: answer %s with %v", answer, err)
			}
		})
	}
	if leaked != nil {
		t.Errorf("errors with tokens: %q", leaked)
	}
}

// Many challenges may be proven at once.
func TestTokensAtOnce(t *testing.T) {
	s := tokenSolver(&fakeSource{})
	s.Reuse = true
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for range 20 {
				c := tokenChallenge()
				c.Identifier.Value = fmt.Sprintf("00000000-0000-4000-8000-%012d", i%4)
				if _, err := s.Prove(t.Context(), c); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if len(s.kept) != 4 {
		t.Errorf("%d tokens are kept, want 4", len(s.kept))
	}
}
