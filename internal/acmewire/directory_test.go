package acmewire_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/nfcert/nfcert/internal/acmewire"
)

// A directory that cannot be used says what is wrong with it, and is not kept.
func TestDirectoryRefused(t *testing.T) {
	dir := func(extra string) string {
		return `{"newNonce":"https://ca.example/n","newAccount":"https://ca.example/a"` + extra + `}`
	}
	for _, tt := range []struct {
		name   string
		answer http.HandlerFunc
		want   string
	}{
		{"empty", says(200, ""), "the answer is empty, want JSON"},
		{"white space", says(200, " \n"), "the answer is empty, want JSON"},
		{"HTML", says(200, "\n<!DOCTYPE html><html>"), "the answer is HTML, want JSON"},
		{"text", says(200, "hello"), "the answer is not JSON: invalid character 'h'"},
		{"cut JSON", says(200, `{"newNonce":`), "the answer is not JSON: unexpected end"},
		{"array", says(200, `[]`), "the answer is a JSON array, want an object"},
		{"null", says(200, `null`), "the directory lacks newNonce"},
		{"number for a URL", says(200, `{"newNonce":1}`), `member "newNonce" is a JSON number`},
		{"no newOrder", says(200, dir("")), "the directory lacks newOrder"},
		{"http", says(200, dir(`,"newOrder":"http://ca.example/o"`)), `newOrder is "http://ca.example/o", not an https URL`},
		{"relative", says(200, dir(`,"newOrder":"/o"`)), `newOrder is "/o", not an https URL`},
		{"http where nothing need be", says(200, dir(`,"newOrder":"https://ca.example/o","keyChange":"http://ca.example/k"`)), "keyChange"},
		{"unreadable URL", says(200, dir(`,"newOrder":"https://ca.example:x/"`)), "newOrder"},
		{"huge", func(w http.ResponseWriter, _ *http.Request) { w.Write(blank(2 << 20)) }, "body is over 1024 KiB"},
		{"404", says(404, "not here", "Content-Type: text/plain"), `refused with HTTP 404 and "text/plain" instead of a problem document`},
		{"502", says(502, "<html>"), `refused with HTTP 502 and "text/html`},
		{"redirected nowhere", says(302, ""), "refused with HTTP 302 and an empty body"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f := newFake(t, routes{"directory": tt.answer})
			c := f.client(t)
			_, err := c.Directory(t.Context())
			e := wantProtocol(t, err, tt.want)
			if e.Request.URL != f.URL+"/directory" || e.Request.Method != http.MethodGet {
				t.Errorf("request %+v, want GET of the directory", e.Request)
			}
			if s := c.Wire().Saved(); s.Directory != nil {
				t.Errorf("kept %s", s.Directory)
			}
		})
	}
}

// What servers in the field add or leave empty does no harm.
func TestDirectoryForgiven(t *testing.T) {
	f := newFake(t, nil)
	for name, extra := range map[string]string{
		"unknown members": `"xvQ3":"https://community.example/random","n":1,"o":{}`,
		"null meta":       `"meta":null`,
		"null in meta":    `"meta":{"termsOfService":null,"caaIdentities":null,"externalAccountRequired":null,"profiles":null,"x":[1]}`,
	} {
		answer := strings.TrimSuffix(f.directory(), "}") + "," + extra + "}"
		g := newFake(t, routes{"directory": says(200, answer)})
		if d, err := g.client(t).Directory(t.Context()); err != nil || d.NewOrder == "" {
			t.Errorf("%s: %+v, %v", name, d, err)
		}
	}
}

// The unsigned GET of the directory follows redirects, but not off https and
// not in circles.
func TestDirectoryRedirect(t *testing.T) {
	plain := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("a request went out in the clear") }))
	t.Cleanup(plain.Close)
	var f *fake
	f = newFake(t, routes{
		"directory": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/"+r.URL.Query().Get("to"), http.StatusFound)
		},
		"other":   func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, f.directory()) },
		"plain":   func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, plain.URL, http.StatusFound) },
		"circle":  func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/circle", http.StatusFound) },
		"order/1": says(200, pendingOrder),
	})
	to := func(name string) func(*acmewire.Config) {
		return func(cfg *acmewire.Config) { cfg.DirectoryURL += "?to=" + name }
	}
	c := f.client(t, to("other"))
	if _, err := c.Order(t.Context(), f.URL+"/order/1"); err != nil {
		t.Errorf("to https: %v", err)
	}
	if s := c.Wire().Saved(); s.Directory == nil {
		t.Error("the directory behind a redirect was not kept")
	}
	_, err := f.client(t, to("plain")).Directory(t.Context())
	wantProtocol(t, err, "not an https URL")
	_, err = f.client(t, to("circle")).Directory(t.Context())
	wantProtocol(t, err, "redirected more than 4 times")
}

// What an earlier process saved spares requests while it is fresh and whole.
func TestSaved(t *testing.T) {
	now := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		name       string
		change     func(*acmewire.Saved)
		directory  int // requests
		newNonce   int
		everything int
	}{
		{"fresh", func(*acmewire.Saved) {}, 0, 0, 1},
		{"nothing", func(s *acmewire.Saved) { *s = acmewire.Saved{} }, 1, 1, 3},
		{"old directory", func(s *acmewire.Saved) { s.DirectoryAt = now.Add(-25 * time.Hour) }, 1, 0, 2},
		{"directory of the future", func(s *acmewire.Saved) { s.DirectoryAt = now.Add(time.Hour) }, 1, 0, 2},
		{"directory cut short", func(s *acmewire.Saved) { s.Directory = s.Directory[:len(s.Directory)-1] }, 1, 0, 2},
		{"directory with http URLs", func(s *acmewire.Saved) {
			s.Directory = json.RawMessage(strings.ReplaceAll(string(s.Directory), "https:", "http:"))
		}, 1, 0, 2},
		{"directory lacks newOrder", func(s *acmewire.Saved) { s.Directory = json.RawMessage(`{}`) }, 1, 0, 2},
		{"old nonce", func(s *acmewire.Saved) { s.NonceAt = now.Add(-2 * time.Hour) }, 0, 1, 2},
		{"damaged nonce", func(s *acmewire.Saved) { s.Nonce = "no nonce!" }, 0, 1, 2},
		{"nonce without a time", func(s *acmewire.Saved) { s.NonceAt = time.Time{} }, 0, 1, 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f := newFake(t, routes{"order/1": says(200, pendingOrder)})
			s := acmewire.Saved{Directory: json.RawMessage(f.directory()), DirectoryAt: now.Add(-time.Hour), Nonce: "saved", NonceAt: now.Add(-time.Minute)}
			tt.change(&s)
			c := f.client(t, func(cfg *acmewire.Config) { cfg.Saved, cfg.Clock = s, func() time.Time { return now } })
			if _, err := c.Order(t.Context(), f.URL+"/order/1"); err != nil {
				t.Fatal(err)
			}
			wantCount(t, f, "directory", tt.directory)
			wantCount(t, f, "new-nonce", tt.newNonce)
			wantCount(t, f, "", tt.everything)
			if got := c.Wire().Requests(); got != tt.everything {
				t.Errorf("Requests() = %d, want %d", got, tt.everything)
			}
		})
	}
}

// A nonce that is saved over and over without use does not grow younger.
func TestSavedNonceAges(t *testing.T) {
	now := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	at := now.Add(-50 * time.Minute)
	c := acmewire.New(acmewire.Config{Saved: acmewire.Saved{Nonce: "saved", NonceAt: at}, Clock: func() time.Time { return now }})
	if s := c.Wire().Saved(); s.Nonce != "saved" || !s.NonceAt.Equal(at) {
		t.Errorf("nonce %q of %v, want saved of %v", s.Nonce, s.NonceAt, at)
	}
}

// A server whose directory has changed since it was saved is asked once for
// the new one, and the call goes there.
func TestDirectoryChanged(t *testing.T) {
	created := says(201, pendingOrder, "Location: /order/1")
	for _, status := range []int{301, 308, 404, 405, 410} {
		t.Run(http.StatusText(status), func(t *testing.T) {
			t.Parallel()
			moved := says(status, "", "Location: /new-order")
			f := newFake(t, routes{"old-order": moved, "old-nonce": moved, "new-order": created})
			for _, member := range []string{"new-nonce", "new-order"} {
				saved := strings.Replace(f.directory(), "/"+member, "/old-"+strings.TrimPrefix(member, "new-"), 1)
				c := f.client(t, func(cfg *acmewire.Config) {
					cfg.Saved = acmewire.Saved{Directory: json.RawMessage(saved), DirectoryAt: time.Now()}
				})
				if _, err := c.NewOrder(t.Context(), acmewire.NewOrder{}); err != nil {
					t.Errorf("%s moved: %v", member, err)
				}
				if s := c.Wire().Saved(); string(s.Directory) != f.directory() {
					t.Errorf("%s moved: kept %s, want the new directory", member, s.Directory)
				}
			}
			wantCount(t, f, "directory", 2)
			wantCount(t, f, "old-order", 1)
			wantCount(t, f, "old-nonce", 1)
			wantCount(t, f, "new-order", 2)
		})
	}
	t.Run("elsewhere", func(t *testing.T) {
		t.Parallel()
		f := newFake(t, routes{"new-order": created})
		for _, member := range []string{"new-nonce", "new-order"} {
			saved := strings.Replace(f.directory(), f.URL+"/"+member, closedPort(t)+"/"+member, 1)
			c := f.client(t, func(cfg *acmewire.Config) {
				cfg.Saved = acmewire.Saved{Directory: json.RawMessage(saved), DirectoryAt: time.Now()}
			})
			if _, err := c.NewOrder(t.Context(), acmewire.NewOrder{}); err != nil {
				t.Errorf("%s moved: %v", member, err)
			}
		}
		wantCount(t, f, "directory", 2)
		wantCount(t, f, "new-order", 2)
	})
	t.Run("cut", func(t *testing.T) { // it may have acted: that is not asked again
		t.Parallel()
		f := newFake(t, routes{"new-order": func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }})
		c := f.client(t, func(cfg *acmewire.Config) {
			cfg.Saved = acmewire.Saved{Directory: json.RawMessage(f.directory()), DirectoryAt: time.Now()}
		})
		_, err := c.NewOrder(t.Context(), acmewire.NewOrder{})
		wantNetwork(t, err, acmewire.StageAnswer, "closed before the answer was complete")
		wantCount(t, f, "directory", 0)
		wantCount(t, f, "new-order", 1)
	})
	t.Run("for the worse", func(t *testing.T) {
		t.Parallel()
		f := newFake(t, routes{"new-order": says(404, "")})
		c := f.client(t, func(cfg *acmewire.Config) {
			cfg.Saved = acmewire.Saved{Directory: json.RawMessage(f.directory()), DirectoryAt: time.Now()}
		})
		_, err := c.NewOrder(t.Context(), acmewire.NewOrder{})
		wantProtocol(t, err, "refused with HTTP 404 and an empty body")
		wantCount(t, f, "directory", 1)
		wantCount(t, f, "new-order", 2)
	})
	t.Run("404 elsewhere", func(t *testing.T) {
		t.Parallel()
		f := newFake(t, nil)
		c := f.client(t, func(cfg *acmewire.Config) {
			cfg.Saved = acmewire.Saved{Directory: json.RawMessage(f.directory()), DirectoryAt: time.Now()}
		})
		_, err := c.Order(t.Context(), f.URL+"/order/gone")
		wantProtocol(t, err, "HTTP 404")
		wantCount(t, f, "directory", 0)
		wantCount(t, f, "order/gone", 1)
	})
}
