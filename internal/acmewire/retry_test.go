package acmewire_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/nfcert/nfcert/internal/acmewire"
)

// A wish for patience can neither be negative nor without end.
func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	month := 30 * 24 * time.Hour
	date := "Date: " + now.Format(http.TimeFormat)
	for _, tt := range []struct {
		name, header string
		want         time.Duration
	}{
		{"none", "", 0},
		{"seconds", "5", 5 * time.Second},
		{"spaces", " 5 ", 5 * time.Second},
		{"zero", "0", 0},
		{"negative", "-5", 0},
		{"so negative that its nanoseconds overflow", "-10000000000", 0},
		{"huge", "31536000", month},
		{"so huge that its nanoseconds overflow", "10000000000", month},
		{"over 64 bits", "99999999999999999999", month},
		{"under 64 bits", "-99999999999999999999", 0},
		{"date ahead", "Tue, 24 Nov 2026 12:01:00 GMT", time.Minute},
		{"date past", "Thu, 01 Jan 2015 00:00:00 GMT", 0},
		{"date far", "Fri, 31 Dec 9999 23:59:59 GMT", month},
		{"nonsense", "soon", 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f := newFake(t, routes{
				"order/1": says(200, pendingOrder, date, "Retry-After: "+tt.header),
				"authz/1": says(200, `{"status":"pending","challenges":null}`, date, "Retry-After: "+tt.header),
				"order/2": problem(403, "rateLimited", date, "Retry-After: "+tt.header),
			})
			c := f.client(t, func(cfg *acmewire.Config) { cfg.Clock = func() time.Time { return now } })
			o, err := c.Order(t.Context(), f.URL+"/order/1")
			if err != nil || o.RetryAfter != tt.want {
				t.Errorf("order: %v (%v), want %v", o, err, tt.want)
			}
			a, err := c.Authorization(t.Context(), f.URL+"/authz/1")
			if err != nil || a.RetryAfter != tt.want {
				t.Errorf("authorization: %v (%v), want %v", a, err, tt.want)
			}
			_, err = c.Order(t.Context(), f.URL+"/order/2")
			if p := wantProblem(t, err, "rateLimited"); p.RetryAfter != tt.want {
				t.Errorf("problem: %v, want %v", p.RetryAfter, tt.want)
			}
		})
	}
}

// A date is by the clock of who sent it: that this machine's is wrong makes no
// wait longer or shorter.
func TestRetryAfterDate(t *testing.T) {
	now := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		name  string
		ahead time.Duration // of our clock
		date  string        // of the answer
		want  time.Duration
	}{
		{"same clock", 0, "Tue, 24 Nov 2026 12:00:00 GMT", 5 * time.Second},
		{"our clock is behind", -time.Hour, "Tue, 24 Nov 2026 12:00:00 GMT", 5 * time.Second},
		{"our clock is ahead", time.Hour, "Tue, 24 Nov 2026 12:00:00 GMT", 5 * time.Second},
		{"no date", 0, "none", 5 * time.Second},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f := newFake(t, routes{"order/1": says(200, pendingOrder, "Date: "+tt.date, "Retry-After: Tue, 24 Nov 2026 12:00:05 GMT")})
			c := f.client(t, func(cfg *acmewire.Config) { cfg.Clock = func() time.Time { return now.Add(tt.ahead) } })
			o, err := c.Order(t.Context(), f.URL+"/order/1")
			if err != nil || o.RetryAfter.Round(time.Second) != tt.want {
				t.Errorf("%+v (%v), want %v", o, err, tt.want)
			}
		})
	}
}

// What is sent again, and how often, depends on whether the server can have
// acted. The order is placed (or read) by one call.
func TestRetries(t *testing.T) {
	good, created := says(200, pendingOrder), says(201, pendingOrder, "Location: /order/1")
	for _, tt := range []struct {
		name    string
		read    http.HandlerFunc // answers the POST-as-GET of an order
		reads   int              // times it is sent
		readErr string           // type of the problem, "" for success
		place   http.HandlerFunc // answers newOrder
		places  int
		placErr string
	}{
		{"503 once", first(problem(503, "serverInternal"), good), 2, "", first(problem(503, "serverInternal"), created), 1, "serverInternal"},
		{"503 once, soon", first(problem(503, "serverInternal", "Retry-After: 0"), good), 2, "", first(problem(503, "serverInternal", "Retry-After: 0"), created), 1, "serverInternal"},
		{"503 once, much later", first(problem(503, "serverInternal", "Retry-After: 60"), good), 1, "serverInternal", first(problem(503, "serverInternal", "Retry-After: 60"), created), 1, "serverInternal"},
		{"500 for ever", problem(500, "serverInternal"), 3, "serverInternal", problem(500, "serverInternal"), 1, "serverInternal"},
		{"429, short", first(problem(429, "rateLimited", "Retry-After: 0"), good), 2, "", first(problem(429, "rateLimited", "Retry-After: 0"), created), 2, ""},
		{"429, short, for ever", problem(429, "rateLimited", "Retry-After: 0"), 3, "rateLimited", problem(429, "rateLimited", "Retry-After: 0"), 3, "rateLimited"},
		{"429, past", first(problem(429, "rateLimited", "Retry-After: -9"), good), 2, "", first(problem(429, "rateLimited", "Retry-After: -9"), created), 2, ""},
		{"429, long", problem(429, "rateLimited", "Retry-After: 3600"), 1, "rateLimited", problem(429, "rateLimited", "Retry-After: 3600"), 1, "rateLimited"},
		{"429, no word", problem(429, "rateLimited"), 1, "rateLimited", problem(429, "rateLimited"), 1, "rateLimited"},
		{"refused", problem(403, "unauthorized"), 1, "unauthorized", problem(403, "unauthorized"), 1, "unauthorized"},
		{"bad nonce", first(problem(400, "badNonce"), good), 2, "", first(problem(400, "badNonce"), created), 2, ""},
		{"bad nonce of an old draft", first(says(400, `{"type":"urn:acme:error:badNonce"}`), good), 2, "", first(says(400, `{"type":"urn:acme:error:badNonce"}`), created), 2, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f := newFake(t, routes{"order/1": tt.read, "new-order": tt.place})
			c := f.client(t)
			_, err := c.Order(t.Context(), f.URL+"/order/1")
			checkOutcome(t, err, tt.readErr)
			wantCount(t, f, "order/1", tt.reads)
			_, err = c.NewOrder(t.Context(), acmewire.NewOrder{})
			checkOutcome(t, err, tt.placErr)
			wantCount(t, f, "new-order", tt.places)
		})
	}
}

func checkOutcome(t *testing.T, err error, want string) {
	t.Helper()
	switch {
	case want != "":
		wantProblem(t, err, want)
	case err != nil:
		t.Errorf("got %v, want success", err)
	}
}

// The calls that go through x/crypto/acme are bounded in the same way.
func TestRetriesOfRegistration(t *testing.T) {
	account := says(201, `{"status":"valid"}`, "Location: /account/1")
	for _, tt := range []struct {
		name   string
		nonce  http.HandlerFunc
		answer http.HandlerFunc
		posts  int
		err    string
	}{
		{"500", nil, problem(500, "serverInternal"), 1, "serverInternal"},
		{"429, short", nil, first(problem(429, "rateLimited", "Retry-After: 0"), account), 2, ""},
		{"429, no word", nil, problem(429, "rateLimited"), 1, "rateLimited"},
		{"bad nonce", nil, first(problem(400, "badNonce"), account), 2, ""},
		{"newNonce is down once", first(says(503, ""), says(200, "")), account, 1, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := routes{"new-account": tt.answer}
			if tt.nonce != nil {
				r["new-nonce"] = tt.nonce
			}
			f := newFake(t, r)
			_, _, err := f.client(t).Register(t.Context(), acmewire.NewAccount{})
			checkOutcome(t, err, tt.err)
			wantCount(t, f, "new-account", tt.posts)
		})
	}
}

// A server that refuses every nonce is given up, and says so.
func TestBadNonceForEver(t *testing.T) {
	refuse := problem(400, "badNonce")
	f := newFake(t, routes{"new-order": refuse, "new-account": refuse})
	for name, call := range map[string]func(*acmewire.Client) error{
		"new-order":   func(c *acmewire.Client) error { _, err := c.NewOrder(t.Context(), acmewire.NewOrder{}); return err },
		"new-account": func(c *acmewire.Client) error { _, err := c.FindAccount(t.Context()); return err },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			wantProblem(t, call(f.client(t)), "badNonce")
			wantCount(t, f, name, 33) // the first and 32 more
		})
	}
}

// x/crypto/acme takes a 2xx it does not know for a failure and sends the
// request again; the order or account exists by then.
func TestUnexpectedSuccess(t *testing.T) {
	for _, status := range []int{200, 201, 202} {
		t.Run(http.StatusText(status), func(t *testing.T) {
			t.Parallel()
			account := says(status, `{"status":"valid"}`, "Location: /account/7")
			f := newFake(t, routes{
				"new-order":   says(status, pendingOrder, "Location: /order/1"),
				"finalize/1":  says(status, `{"status":"processing"}`),
				"new-account": account,
				"authz/1":     says(status, `{"status":"deactivated"}`),
				"key-change":  says(status, ""),
			})
			c := f.client(t)
			o, err := c.NewOrder(t.Context(), acmewire.NewOrder{})
			if err != nil || o.URL != f.URL+"/order/1" {
				t.Errorf("newOrder: %+v, %v", o, err)
			}
			if got, want := c.Wire().Announce(), min(1, max(201-status, status-201)); len(got) != want {
				t.Errorf("announced %+v, want %d", got, want)
			}
			if again := c.Wire().Announce(); len(again) != 0 {
				t.Errorf("announced again: %+v", again)
			}
			if _, err := c.Finalize(t.Context(), f.URL+"/order/1", f.URL+"/finalize/1", nil); err != nil {
				t.Errorf("finalize: %v", err)
			}
			if err := c.DeactivateAuthorization(t.Context(), f.URL+"/authz/1"); err != nil {
				t.Errorf("deactivation: %v", err)
			}
			if err := c.Rollover(t.Context(), newKey(t)); err != nil {
				t.Errorf("key change: %v", err)
			}
			if a, err := c.FindAccount(t.Context()); err != nil || a.URL != f.URL+"/account/7" {
				t.Errorf("account: %+v, %v", a, err)
			}
			if _, created, err := c.Register(t.Context(), acmewire.NewAccount{}); err != nil || created != (status == 201) {
				t.Errorf("registered: %v, %v", created, err)
			}
			for path, want := range map[string]int{"new-order": 1, "finalize/1": 1, "authz/1": 1, "key-change": 1, "new-account": 2} {
				wantCount(t, f, path, want)
			}
		})
	}
}

// A server that is busy is distinguished from one that refuses, however it says
// so.
func TestBusy(t *testing.T) {
	page := func(status int, header ...string) http.HandlerFunc {
		return says(status, "<html>", append(header, "Content-Type: text/html")...)
	}
	for _, tt := range []struct {
		name   string
		answer http.HandlerFunc
		wish   time.Duration
		busy   bool
	}{
		{"503", problem(503, "serverInternal", "Retry-After: 60"), time.Minute, true},
		{"503 of a proxy", page(503, "Retry-After: 60"), time.Minute, true},
		{"502 of a proxy", page(502), 0, true},
		{"504 of a proxy", page(504), 0, true},
		{"429", problem(429, "rateLimited"), 0, true},
		{"500", problem(500, "serverInternal"), 0, false},
		{"403", problem(403, "rateLimited", "Retry-After: 60"), 0, false},
		{"an order that failed so", says(200, `{"status":"invalid","error":{"status":503}}`), 0, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f := newFake(t, routes{"order/1": tt.answer})
			_, err := f.client(t).Order(t.Context(), f.URL+"/order/1")
			if wish, busy := acmewire.Busy(err); wish != tt.wish || busy != tt.busy {
				t.Errorf("%v: busy %v for %s, want %v for %s", err, busy, wish, tt.busy, tt.wish)
			}
		})
	}
}
