package acmewire_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/nfcert/nfcert/internal/acmewire"
)

// A refusal is reported in whatever form it comes.
func TestProblems(t *testing.T) {
	type P = acmewire.Problem
	acme := "urn:ietf:params:acme:error:"
	for _, tt := range []struct {
		name   string
		status int
		body   string
		want   P
		text   string
	}{
		{"whole", 400, `{"type":"` + acme + `badCSR","title":"Bad","detail":"too short","status":400,"instance":"https://ca.example/1"}`,
			P{Type: acme + "badCSR", Title: "Bad", Detail: "too short", Status: 400, Instance: "https://ca.example/1"}, `badCSR: "too short"`},
		{"null detail", 403, `{"type":"` + acme + `unauthorized","detail":null}`, P{Type: acme + "unauthorized", Status: 403}, "unauthorized"},
		{"title for want of a detail", 403, `{"type":"` + acme + `unauthorized","title":"No"}`, P{Type: acme + "unauthorized", Title: "No", Status: 403}, `unauthorized: "No"`},
		{"no type", 403, `{"detail":"go away"}`, P{Detail: "go away", Status: 403}, `HTTP status 403: "go away"`},
		{"about:blank", 403, `{"type":"about:blank","detail":"go away"}`, P{Type: "about:blank", Detail: "go away", Status: 403}, `HTTP status 403: "go away"`},
		{"type that is no URN", 403, `{"type":"https://ca.example/errors/no"}`, P{Type: "https://ca.example/errors/no", Status: 403}, "https://ca.example/errors/no"},
		{"plain JSON error", 500, `{"error":"database is down"}`, P{Detail: "database is down", Status: 500}, `HTTP status 500: "database is down"`},
		{"plain JSON message", 401, `{"status":401,"message":"who are you"}`, P{Detail: "who are you", Status: 401}, `HTTP status 401: "who are you"`},
		{"nothing in it", 400, `{}`, P{Status: 400}, "HTTP status 400"},
		{"status lies", 403, `{"type":"` + acme + `unauthorized","status":200}`, P{Type: acme + "unauthorized", Status: 403}, "unauthorized"},
		{"status is text", 403, `{"type":"` + acme + `unauthorized","status":"forbidden"}`, P{Type: acme + "unauthorized", Status: 403}, "unauthorized"},
		{"members of wrong types", 400, `{"type":7,"title":[],"detail":{"a":1},"subproblems":"x","algorithms":{},"instance":0}`, P{Status: 400}, "HTTP status 400"},
		{"algorithms", 400, `{"type":"` + acme + `badSignatureAlgorithm","algorithms":["RS256","ES256"]}`,
			P{Type: acme + "badSignatureAlgorithm", Status: 400, Algorithms: []string{"RS256", "ES256"}}, "badSignatureAlgorithm"},
		{"subproblems", 403, `{"type":"` + acme + `compound","detail":"two","subproblems":[
			{"type":"` + acme + `rejectedIdentifier","detail":"no","identifier":{"type":"dns","value":"a.example"}},
			{"type":"` + acme + `caa","detail":null}]}`,
			P{Type: acme + "compound", Detail: "two", Status: 403, Subproblems: []acmewire.Subproblem{
				{Type: acme + "rejectedIdentifier", Detail: "no", Identifier: &acmewire.Identifier{Type: "dns", Value: "a.example"}},
				{Type: acme + "caa"}}},
			`compound: "two"; dns:a.example: rejectedIdentifier: "no"; caa`},
		{"control characters", 400, `{"detail":"a\u001b[31mb\nc"}`, P{Detail: "a\x1b[31mb\nc", Status: 400}, `HTTP status 400: "a\x1b[31mb\nc"`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			refuse := says(tt.status, tt.body)
			f := newFake(t, routes{"finalize/1": refuse, "new-account": refuse})
			c := f.client(t)
			_, err := c.Finalize(t.Context(), "", f.URL+"/finalize/1", nil)
			got := wantProblem(t, err, (&tt.want).Name())
			if got.Request == nil || *got.Request != (acmewire.Request{Method: "POST", URL: f.URL + "/finalize/1", Status: tt.status}) {
				t.Errorf("request %+v, want the POST with status %d", got.Request, tt.status)
			}
			if d := cmp.Diff(tt.want, *got, cmpopts.IgnoreFields(P{}, "Request")); d != "" {
				t.Errorf("-want +got\n%s", d)
			}
			if got.Error() != tt.text {
				t.Errorf("got %q, want %q", got, tt.text)
			}
			// Registration goes through the library, whose own reading loses much.
			_, _, err = c.Register(t.Context(), acmewire.NewAccount{})
			if d := cmp.Diff(tt.want, *wantProblem(t, err, (&tt.want).Name()), cmpopts.IgnoreFields(P{}, "Request")); d != "" {
				t.Errorf("registration: -want +got\n%s", d)
			}
			wantCount(t, f, "new-account", 1)
		})
	}
}

func TestHasType(t *testing.T) {
	for typ, want := range map[string]bool{
		"urn:ietf:params:acme:error:badNonce": true, "urn:acme:error:badNonce": true, "urn:ietf:params:acme:error:badnonce": true,
		"badNonce": true, "urn:ietf:params:acme:error:badNonces": false, "": false, "notbadNonce": false,
	} {
		if got := (&acmewire.Problem{Type: typ}).HasType("badNonce"); got != want {
			t.Errorf("HasType of %q = %v, want %v", typ, got, want)
		}
	}
}

// A refusal that is no problem document is still told, with what came.
func TestRefusedWithout(t *testing.T) {
	html := "Content-Type: text/html; charset=utf-8"
	for _, tt := range []struct {
		name   string
		answer http.HandlerFunc
		want   string
	}{
		{"HTML", says(403, "<html>", html), `refused with HTTP 403 and "text/html; charset=utf-8" instead of a problem document`},
		{"502 of a proxy", says(502, "<html>", html), `refused with HTTP 502 and "text/html; charset=utf-8" instead of a problem document`},
		{"empty", says(405, ""), "refused with HTTP 405 and an empty body"},
		{"array", says(400, `["no"]`, "Content-Type: application/json"), `refused with HTTP 400 and "application/json" instead`},
		{"null", says(400, `null`, "Content-Type: application/json"), "refused with HTTP 400"},
		{"long media type", says(400, "x", "Content-Type: "+string(blank(9000))), "refused with HTTP 400"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f := newFake(t, routes{"new-order": tt.answer, "new-account": tt.answer})
			c := f.client(t)
			_, err := c.NewOrder(t.Context(), acmewire.NewOrder{})
			if e := wantProtocol(t, err, tt.want); len(e.Error()) > 300 {
				t.Errorf("%d bytes of error", len(e.Error()))
			}
			_, err = c.FindAccount(t.Context())
			wantProtocol(t, err, tt.want)
			wantCount(t, f, "new-order", 1)
			wantCount(t, f, "new-account", 1)
		})
	}
}

// A problem that lies inside an object is read as leniently, and comes back
// from where it is saved.
func TestProblemInside(t *testing.T) {
	for doc, want := range map[string]string{
		`{"type":"urn:ietf:params:acme:error:dns","detail":"NXDOMAIN","status":400}`: `dns: "NXDOMAIN"`,
		`{"type":"urn:ietf:params:acme:error:dns","status":"400","detail":null}`:     "dns",
		`{"message":"no"}`: `HTTP status 0: "no"`,
		`"it failed"`:      `HTTP status 0: "it failed"`,
		`["a"]`:            `HTTP status 0: "[\"a\"]"`,
	} {
		f := newFake(t, routes{"authz/1": says(200, `{"status":"invalid","challenges":[{"type":"http-01","status":"invalid","error":`+doc+`}]}`)})
		a, err := f.client(t).Authorization(t.Context(), f.URL+"/authz/1")
		if err != nil {
			t.Errorf("%s: %v", doc, err)
			continue
		}
		got := a.Challenges[0].Error
		if got == nil || got.Error() != want {
			t.Errorf("%s: got %v, want %q", doc, got, want)
		}
		saved, err := json.Marshal(got)
		again := &acmewire.Problem{}
		if err != nil || json.Unmarshal(saved, again) != nil || !cmp.Equal(got, again) {
			t.Errorf("%s: saved as %s (%v), read again as %+v", doc, saved, err, again)
		}
	}
}

// A refusal that repeats the token it refuses is reported without it, wherever in
// the document that stands: what is reported is also saved.
func TestProblemWithoutTokens(t *testing.T) {
	const token = "eyJhbGciOiJFUzI1NiJ9.eyJqdGkiOiIxIn0.c2lnbmF0dXJl"
	for name, doc := range map[string]string{
		"detail":     `{"detail":"TOKEN is no good"}`,
		"title":      `{"title":"TOKEN is no good"}`,
		"message":    `{"message":"TOKEN is no good"}`,
		"subproblem": `{"detail":"no","subproblems":[{"detail":"TOKEN is no good"}]}`,
		"text alone": `"TOKEN is no good"`,
		"array":      `["TOKEN is no good"]`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := &acmewire.Problem{}
			if err := json.Unmarshal([]byte(strings.ReplaceAll(doc, "TOKEN", token)), p); err != nil {
				t.Fatal(err)
			}
			saved, err := json.Marshal(p)
			if text := p.Error() + string(saved); err != nil || strings.Contains(text, token) || !strings.Contains(text, "is no good") {
				t.Errorf("told and saved %s (%v), want the words without the token", text, err)
			}
		})
	}
}

// TestProblemBounds guards that a server cannot fill terminal and state with an
// error.
func TestProblemBounds(t *testing.T) {
	const maxText, maxSubproblems = 2048, 100
	long := strings.Repeat("ä", 1<<18)
	sub := `{"type":"` + long + `","detail":"` + long + `"},`
	doc := `{"type":"urn:x","detail":"` + long + `","title":"` + long + `","subproblems":[` + strings.TrimSuffix(strings.Repeat(sub, 3), ",") + `]}`
	var p acmewire.Problem
	if err := json.Unmarshal([]byte(doc), &p); err != nil {
		t.Fatal(err)
	}
	if want := strings.Repeat("ä", maxText/2) + "…"; p.Detail != want || p.Title != want || p.Subproblems[2].Detail != want || p.Subproblems[2].Type != want {
		t.Errorf("texts of %d, %d and %d bytes are kept, want %d", len(p.Detail), len(p.Title), len(p.Subproblems[2].Detail), len(want))
	}
	if err := json.Unmarshal([]byte(`{"subproblems":[`+strings.Repeat(`{"type":"x"},`, 1000)+`{"type":"x"}]}`), &p); err != nil {
		t.Fatal(err)
	}
	if len(p.Subproblems) != maxSubproblems {
		t.Errorf("%d subproblems are kept, want %d", len(p.Subproblems), maxSubproblems)
	}
	if err := json.Unmarshal([]byte(`"`+long+`"`), &p); err != nil || len(p.Detail) > maxText+len("…") {
		t.Errorf("a text of %d bytes is kept (%v)", len(p.Detail), err)
	}
}
