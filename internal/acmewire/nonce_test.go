package acmewire_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/nfcert/nfcert/internal/acmewire"
)

// newNonce that gives none, or one that RFC 8555 section 6.5.1 says to ignore,
// is told; the library would send whatever came.
func TestNewNonceUseless(t *testing.T) {
	for name, nonce := range map[string]string{
		"none": "", "spaces": "a b", "padded": "YQ==", "not base64url": "a+/b", "huge": strings.Repeat("A", 600),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFake(t, routes{"new-nonce": func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Del("Replay-Nonce")
				if nonce != "" {
					w.Header().Set("Replay-Nonce", nonce)
				}
			}})
			c := f.client(t)
			_, err := c.Order(t.Context(), f.URL+"/order/1")
			e := wantProtocol(t, err, "no usable nonce")
			if len(e.Error()) > 300 {
				t.Errorf("an error of %d bytes: %.400s", len(e.Error()), e)
			}
			_, err = c.FindAccount(t.Context())
			wantProtocol(t, err, "no usable nonce")
			wantCount(t, f, "order/1", 0)
			wantCount(t, f, "new-account", 0)
		})
	}
}

func TestNewNonceRefused(t *testing.T) {
	for name, tt := range map[string]struct {
		answer http.HandlerFunc
		want   string
		asked  int
	}{
		"403":        {says(403, ""), "refused with HTTP 403 and an empty body", 1},
		"500":        {says(500, ""), "refused with HTTP 500 and an empty body", 3},
		"redirected": {says(307, "", "Location: /elsewhere"), `redirected to "/elsewhere"`, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFake(t, routes{"new-nonce": tt.answer})
			_, err := f.client(t).Order(t.Context(), f.URL+"/order/1")
			wantProtocol(t, err, tt.want)
			wantCount(t, f, "new-nonce", tt.asked)
			wantCount(t, f, "elsewhere", 0)
			wantCount(t, f, "order/1", 0)
		})
	}
}

// An answer without a usable nonce costs one newNonce; no nonce is used twice,
// and none that came before a refused one.
func TestNonceUsedOnce(t *testing.T) {
	useless := func(nonce string, h http.HandlerFunc) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			w.Header().Del("Replay-Nonce")
			if nonce != "" {
				w.Header().Set("Replay-Nonce", nonce)
			}
			h(w, r)
		}
	}
	good := says(200, pendingOrder)
	for _, tt := range []struct {
		name     string
		order    http.HandlerFunc
		posts    int
		newNonce int
	}{
		{"a nonce with each answer", good, 3, 1},
		{"no nonce with answers", useless("", good), 3, 3},
		{"a useless one with answers", useless("not a nonce", good), 3, 3},
		{"refused, with a fresh one", first(problem(400, "badNonce"), good), 4, 1},
		{"refused, without", first(useless("", problem(400, "badNonce")), good), 4, 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f := newFake(t, routes{"order/1": tt.order})
			c := f.client(t)
			for range 3 {
				if _, err := c.Order(t.Context(), f.URL+"/order/1"); err != nil {
					t.Fatal(err)
				}
			}
			wantCount(t, f, "order/1", tt.posts)
			wantCount(t, f, "new-nonce", tt.newNonce)
			used := make(map[string]bool)
			for _, r := range f.requests("order/1") {
				n := r.protected.Nonce
				if n == "" || used[n] {
					t.Errorf("nonce %q, want one that was not used before", n)
				}
				used[n] = true
			}
		})
	}
}

// The library keeps no nonces of its own beside the wire's.
func TestNonceUsedOnceByLibrary(t *testing.T) {
	f := newFake(t, routes{"new-account": says(200, `{"status":"valid"}`, "Location: /account/1"), "order/1": says(200, pendingOrder)})
	c := f.client(t)
	for range 3 {
		if _, err := c.FindAccount(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, err := c.Order(t.Context(), f.URL+"/order/1"); err != nil {
			t.Fatal(err)
		}
	}
	used := make(map[string]bool)
	for _, r := range append(f.requests("new-account"), f.requests("order/1")...) {
		if n := r.protected.Nonce; n == "" || used[n] {
			t.Errorf("nonce %q, want one that was not used before", n)
		}
		used[r.protected.Nonce] = true
	}
	wantCount(t, f, "new-nonce", 1)
}

// What was kept beside a refused nonce is as old, and not tried in its turn.
func TestNonceRefusedForgetsOthers(t *testing.T) {
	refuse := func(w http.ResponseWriter, r *http.Request) {
		w.Header().Del("Replay-Nonce")
		problem(400, "badNonce")(w, r)
	}
	var f *fake
	f = newFake(t, routes{
		"directory": func(w http.ResponseWriter, r *http.Request) {
			says(200, f.directory(), "Replay-Nonce: newer")(w, r)
		},
		"order/1": first(refuse, says(200, pendingOrder)),
	})
	c := f.client(t, func(cfg *acmewire.Config) {
		cfg.Saved = acmewire.Saved{Nonce: "older", NonceAt: time.Now()}
	})
	if _, err := c.Order(t.Context(), f.URL+"/order/1"); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range f.requests("order/1") {
		got = append(got, r.protected.Nonce)
	}
	if len(got) != 2 || got[0] != "newer" || got[1] == "older" {
		t.Errorf("nonces %q, want newer and then a fresh one", got)
	}
}
