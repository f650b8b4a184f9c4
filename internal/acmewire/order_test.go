package acmewire_test

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nfcert/nfcert/internal/acmewire"
)

// An order that can be used is used, whatever else is odd about it.
func TestOrders(t *testing.T) {
	urls := func(n int) string {
		return `["` + strings.Repeat(`https://ca.example/a","`, n-1) + `https://ca.example/a"]`
	}
	for _, tt := range []struct {
		name, body string
		want       string // status, or words of the error
		fails      bool
	}{
		{"pending", pendingOrder, "pending", false},
		{"ready", readyOrder, "ready", false},
		{"processing needs no URLs", `{"status":"processing"}`, "processing", false},
		{"unknown status", `{"status":"deactivated"}`, "deactivated", false},
		{"nulls", `{"status":"invalid","identifiers":null,"authorizations":null,"expires":null,"error":null,"notBefore":null}`, "invalid", false},
		{"a problem that is text", `{"status":"invalid","error":"bad luck"}`, "invalid", false},
		{"unknown members", `{"status":"processing","replaces":1,"x":{"status":2}}`, "processing", false},
		{"other case", `{"Status":"processing"}`, "processing", false},
		{"200 authorizations", `{"status":"processing","authorizations":` + urls(200) + `}`, "processing", false},
		{"201 authorizations", `{"status":"processing","authorizations":` + urls(201) + `}`, "the order has 201 authorizations, over 200", true},
		{"no status", `{}`, "the order has no status", true},
		{"null", `null`, "the order has no status", true},
		{"no finalize", `{"status":"pending"}`, "the order has no finalize URL", true},
		{"valid without certificate", `{"status":"valid"}`, "the order is valid and has no certificate URL", true},
		{"empty", "", "the answer is empty, want JSON", true},
		{"HTML", "<html>", "the answer is HTML, want JSON", true},
		{"array", "[]", "the answer is a JSON array, want an object", true},
		{"wrong type", `{"status":3}`, `the answer's member "status" is a JSON number, which is the wrong type`, true},
		{"wrong type inside", `{"status":"pending","identifiers":[{"type":"dns","value":["a"]}]}`, `member "identifiers.value" is a JSON array`, true},
		{"bad time", `{"status":"pending","expires":"tomorrow"}`, "the answer has a member that cannot be decoded: ", true},
		{"cut short", `{"status":"pend`, "the answer is not JSON: unexpected end", true},
		{"two documents", `{"status":"processing"}{}`, "the answer is not JSON: invalid character '{' after", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f := newFake(t, routes{"order/1": says(200, tt.body), "new-order": says(201, tt.body, "Location: /order/1")})
			c := f.client(t)
			for name, call := range map[string]func() (*acmewire.Order, error){
				"Order":    func() (*acmewire.Order, error) { return c.Order(t.Context(), f.URL+"/order/1") },
				"NewOrder": func() (*acmewire.Order, error) { return c.NewOrder(t.Context(), acmewire.NewOrder{}) },
				"Finalize": func() (*acmewire.Order, error) {
					return c.Finalize(t.Context(), f.URL+"/order/1", f.URL+"/order/1", nil)
				},
			} {
				o, err := call()
				switch {
				case tt.fails:
					wantProtocol(t, err, tt.want)
				case err != nil:
					t.Errorf("%s: %v", name, err)
				case string(o.Status) != tt.want || o.URL != f.URL+"/order/1":
					t.Errorf("%s: got %q at %q, want %q at the URL it has", name, o.Status, o.URL, tt.want)
				}
			}
			wantCount(t, f, "new-order", 1)
		})
	}
}

// What newOrder is asked is what the caller wants and no more; where the order
// lies is said by Location alone.
func TestNewOrder(t *testing.T) {
	for _, tt := range []struct {
		name     string
		wish     acmewire.NewOrder
		location string
		want     string // payload
		at       string // path, or words of the error
		fails    bool
	}{
		{"plain", acmewire.NewOrder{Identifiers: []acmewire.Identifier{{Type: "dns", Value: "a.example"}}}, "/order/1",
			`{"identifiers":[{"type":"dns","value":"a.example"}]}`, "/order/1", false},
		{"any type of identifier, a profile that nobody advertises, times in UTC", acmewire.NewOrder{
			Identifiers: []acmewire.Identifier{{Type: "NfInstanceId", Value: "x"}}, Profile: "nf",
			NotBefore: time.Date(2026, 1, 1, 1, 0, 0, 5, time.FixedZone("CET", 3600)), NotAfter: time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC),
		}, "/order/1", `{"identifiers":[{"type":"NfInstanceId","value":"x"}],"notBefore":"2026-01-01T00:00:00Z","notAfter":"2026-02-01T00:00:00Z","profile":"nf"}`, "/order/1", false},
		{"no Location", acmewire.NewOrder{}, "", `{"identifiers":null}`, "no usable Location header", true},
		{"Location that is no URL", acmewire.NewOrder{}, "http://[::1", `{"identifiers":null}`, "no usable Location header", true},
		{"relative Location", acmewire.NewOrder{}, "order/1", `{"identifiers":null}`, "/order/1", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f := newFake(t, routes{"new-order": says(201, pendingOrder, "Location: "+tt.location)})
			o, err := f.client(t).NewOrder(t.Context(), tt.wish)
			if tt.fails {
				wantProtocol(t, err, tt.at)
			} else if err != nil || o.URL != f.URL+tt.at {
				t.Errorf("got %+v, %v, want it at %s", o, err, tt.at)
			}
			if got := f.requests("new-order"); len(got) != 1 || got[0].payload != tt.want {
				t.Errorf("sent %+v, want once %s", got, tt.want)
			}
		})
	}
}

// An authorization is taken as it is; what it lacks is the caller's to judge.
func TestAuthorizations(t *testing.T) {
	for _, tt := range []struct {
		name, body string
		challenges int
		want       string // words of the error
	}{
		{"pending", `{"status":"pending","identifier":{"type":"dns","value":"a"},"challenges":[{"type":"http-01","url":"https://ca.example/c","token":"t","status":"pending"}]}`, 1, ""},
		{"challenges null", `{"status":"pending","challenges":null}`, 0, ""},
		{"challenges empty", `{"status":"pending","challenges":[]}`, 0, ""},
		{"challenges absent", `{"status":"pending"}`, 0, ""},
		{"pending though its challenge is invalid", `{"status":"pending","challenges":[{"type":"http-01","status":"invalid","error":{"detail":"no"}}]}`, 1, ""},
		{"challenge without token", `{"status":"valid","challenges":[{"type":"dns-persist-01","validated":"2026-01-01T00:00:00Z"}]}`, 1, ""},
		{"unknown status", `{"status":"sleeping","wildcard":true}`, 0, ""},
		{"no status", `{"challenges":[]}`, 0, "the authorization has no status"},
		{"challenges of the wrong type", `{"status":"pending","challenges":{}}`, 0, `member "challenges" is a JSON object`},
		{"HTML", `<html>`, 0, "the answer is HTML, want JSON"},
		{"empty", ``, 0, "the answer is empty, want JSON"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f := newFake(t, routes{"authz/1": says(200, tt.body)})
			a, err := f.client(t).Authorization(t.Context(), f.URL+"/authz/1")
			if tt.want != "" {
				wantProtocol(t, err, tt.want)
				return
			}
			if err != nil || len(a.Challenges) != tt.challenges || a.URL != f.URL+"/authz/1" {
				t.Errorf("got %+v, %v, want %d challenges", a, err, tt.challenges)
			}
			if tt.name == "challenge without token" && a.Challenges[0].Validated.IsZero() {
				t.Error("the time of validation is lost")
			}
		})
	}
}

// What is sent for an authorization and its challenges.
func TestPayloads(t *testing.T) {
	f := newFake(t, routes{"authz/1": says(200, `{"status":"pending"}`), "c/1": says(200, `{"status":"processing"}`), "order/1": says(200, readyOrder)})
	c := f.client(t)
	ctx := t.Context()
	for _, tt := range []struct {
		path string
		call func() error
		want string
	}{
		{"authz/1", func() error { _, err := c.Authorization(ctx, f.URL+"/authz/1"); return err }, ""},
		{"order/1", func() error { _, err := c.Order(ctx, f.URL+"/order/1"); return err }, ""},
		{"authz/1", func() error { return c.DeactivateAuthorization(ctx, f.URL+"/authz/1") }, `{"status":"deactivated"}`},
		{"c/1", func() error { _, err := c.Answer(ctx, f.URL+"/c/1", nil); return err }, `{}`},
		{"c/1", func() error { _, err := c.Answer(ctx, f.URL+"/c/1", []byte(`{"tkauth":"x"}`)); return err }, `{"tkauth":"x"}`},
		{"order/1", func() error { _, err := c.Finalize(ctx, "o", f.URL+"/order/1", []byte{1, 2, 255}); return err }, `{"csr":"AQL_"}`},
	} {
		if err := tt.call(); err != nil {
			t.Errorf("%s: %v", tt.path, err)
			continue
		}
		all := f.requests(tt.path)
		got := all[len(all)-1]
		if got.payload != tt.want || !got.hasPayload || got.protected.URL != f.URL+"/"+tt.path || got.protected.KID != f.URL+"/account/1" || got.protected.Alg != "ES256" {
			t.Errorf("%s: sent %+v, want payload %q", tt.path, got, tt.want)
		}
		if got.userAgent != "nfcert" {
			t.Errorf("%s: User-Agent %q, want one", tt.path, got.userAgent)
		}
	}
}

// The list of orders is read page by page, and only so far.
func TestOrdersList(t *testing.T) {
	page := func(orders, links string) http.HandlerFunc { return says(200, `{"orders":`+orders+`}`, "Link: "+links) }
	endless := 0
	for _, tt := range []struct {
		name   string
		routes routes
		want   []string
		err    string
	}{
		{"one page", routes{"list": page(`["a","b"]`, "</directory>;rel=index")}, []string{"a", "b"}, ""},
		{"null", routes{"list": page(`null`, "")}, nil, ""},
		{"three pages", routes{"list": page(`["a"]`, `</directory>;rel="index", </2>;rel="next"`), "2": page(`["b"]`, `<3>; title="x, y"; rel="prev next"`), "3": page(`["c"]`, "")}, []string{"a", "b", "c"}, ""},
		{"to itself", routes{"list": page(`["a"]`, `</list>;rel="next"`)}, []string{"a"}, ""},
		{"without end", routes{"list": func(w http.ResponseWriter, r *http.Request) {
			endless++
			page(`["a"]`, fmt.Sprintf(`</list?%d>;rel="next"`, endless))(w, r)
		}}, slices.Repeat([]string{"a"}, 10), ""},
		{"next in the clear", routes{"list": page(`["a"]`, `<http://ca.example/2>;rel="next"`)}, nil, "is not an https URL"},
		{"wrong type", routes{"list": page(`{}`, "")}, nil, `member "orders" is a JSON object`},
		{"wrong type inside", routes{"list": page(`[1]`, "")}, nil, `member "orders" is a JSON number`},
		{"404", routes{"list": says(404, "")}, nil, "refused with HTTP 404"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f := newFake(t, tt.routes)
			got, err := f.client(t).Orders(t.Context(), f.URL+"/list")
			if tt.err != "" {
				wantProtocol(t, err, tt.err)
			} else if err != nil || !slices.Equal(got, tt.want) {
				t.Errorf("got %q, %v, want %q", got, err, tt.want)
			}
		})
	}
	if got, err := newFake(t, nil).client(t).Orders(t.Context(), ""); got != nil || err != nil {
		t.Errorf("no list: got %q, %v, want nothing", got, err)
	}
}
