package acmewire

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// exchange is an answer as the wire would have kept it.
func exchange(status int, body string, h http.Header) *Exchange {
	return &Exchange{Method: "POST", URL: "https://ca.example/x/y", Status: status, Time: time.Unix(1e9, 0), raw: []byte(body), header: h}
}

// A parsed problem can be told, saved and read again without change.
func FuzzProblem(f *testing.F) {
	for _, doc := range []string{
		`{"type":"urn:ietf:params:acme:error:badCSR","detail":"no","status":400}`,
		`{"type":null,"detail":null,"subproblems":null}`, `{"message":"x"}`, `{"error":{"a":1}}`, `{}`, `null`, `[]`, `"x"`, `<html>`, ``,
		`{"subproblems":[{"type":"a","identifier":{"type":"dns","value":"b"}},{}],"algorithms":["ES256",1]}`,
		`{"type":":","status":1e99,"identifier":"x"}`,
	} {
		f.Add(doc)
	}
	f.Fuzz(func(t *testing.T, doc string) {
		p, ok := parseProblem(exchange(418, doc, http.Header{"Location": {doc}}))
		if ok != (p != nil) {
			t.Fatalf("ok %v with %+v", ok, p)
		}
		if !ok {
			return
		}
		if p.Status != 418 || p.Error() == "" {
			t.Errorf("%q: %+v, %q, want status 418 and words", doc, p, p)
		}
		if _, err := json.Marshal(p); err != nil {
			t.Errorf("%q: %v", doc, err)
		}
	})
}

// A directory that is accepted names https URLs alone, and is accepted again
// when it comes back from disk.
func FuzzDirectory(f *testing.F) {
	good := `{"newNonce":"https://a/n","newAccount":"https://a/a","newOrder":"https://a/o"}`
	for _, doc := range []string{
		good, strings.Replace(good, "https", "http", 1), good[:40], `{}`, `null`, `[]`, ``, `<html>`,
		good[:len(good)-1] + `,"meta":{"profiles":{"a":"b"},"caaIdentities":null}}`,
		good[:len(good)-1] + `,"keyChange":"https://","revokeCert":"//a"}`,
	} {
		f.Add([]byte(doc))
	}
	f.Fuzz(func(t *testing.T, doc []byte) {
		d, err := parseDirectory(doc)
		if err != nil {
			if err.Error() == "" || d != nil {
				t.Errorf("%q: %v with %+v", doc, err, d)
			}
			return
		}
		for _, r := range d.resources() {
			u, err := url.Parse(r.url)
			if r.url != "" && (err != nil || u.Scheme != "https" || u.Host == "") || r.url == "" && r.required {
				t.Errorf("%q: accepted with %s %q", doc, r.name, r.url)
			}
		}
		at := time.Unix(1e9, 0)
		w := newWire(Config{Saved: Saved{Directory: doc, DirectoryAt: at}, Clock: func() time.Time { return at }})
		if w.directory().Directory == nil {
			t.Errorf("%q: not accepted again", doc)
		}
	})
}

// Links are absolute URLs that stood in the field.
func FuzzLinks(f *testing.F) {
	for _, field := range []string{
		`</a>;rel="next"`, `<https://b/>; rel=next, <c>;rel="x next"`, `<a>;title="<b>;rel=next"`, `<`, `>;rel=next`, `<>;rel=next`,
		`<a>;;;rel==next`, `<a>;rel="next`, `<http://[>;rel=next`, strings.Repeat("<a>;", 1000), strings.Repeat(`;rel="`, 1000),
	} {
		f.Add(field)
	}
	f.Fuzz(func(t *testing.T, field string) {
		for _, l := range links(exchange(200, "", http.Header{"Link": {field}}), "next") {
			if u, err := url.Parse(l); err != nil || u.Scheme == "" {
				t.Errorf("%q: link %q (%v), want it absolute", field, l, err)
			}
		}
	})
}

// What redact shows is JSON, is stable, and has no secret member's text.
func FuzzRedact(f *testing.F) {
	for _, doc := range []string{
		`{"atc":"x"}`, `{"a":[{"signature":"y"}],"b":1.0}`, `{"ATC":{"tkauth":[]}}`, `"-----BEGIN PRIVATE KEY-----"`, `{"\u0061tc":"z"}`,
		`{"atc":"x","atc":null}`, `[]`, `1e400`, `{`, ``, ` {"z":1,"a":2} `, "\"\xff\"", `{"PRIVATE KEY":1}`, `[[[[]]]]`,
	} {
		f.Add([]byte(doc))
	}
	f.Fuzz(func(t *testing.T, doc []byte) {
		out := redact(doc)
		if (out != nil) != json.Valid(doc) {
			t.Fatalf("%q: shown as %q", doc, out)
		}
		if out == nil {
			return
		}
		if !json.Valid(out) || !bytes.Equal(redact(out), out) {
			t.Errorf("%q: shown as %q, then as %q", doc, out, redact(out))
		}
		var v any
		if json.Unmarshal(out, &v) == nil {
			if _, found := redactValue(v, isSecretMember); found && !bytes.Contains(out, []byte("[redacted]")) {
				t.Errorf("%q: shown as %q, with a secret", doc, out)
			}
		}
		ex := &Exchange{Payload: out, Body: out, Text: string(doc)}
		if b, err := json.Marshal(ex); err != nil || !utf8.Valid(b) {
			t.Errorf("%q: %v, %q", doc, err, b)
		}
	})
}

// An order is accepted or refused with words, and an accepted one has what its
// state needs.
func FuzzOrder(f *testing.F) {
	for _, doc := range []string{
		`{"status":"pending","finalize":"https://a/f","authorizations":["https://a/1"]}`, `{"status":"valid","certificate":"c"}`,
		`{"status":"invalid","error":"x"}`, `{"status":"invalid","error":{"type":1}}`, `{"status":7}`, `{"expires":""}`, `null`, `[]`, ``, `<`,
		`{"status":"processing","identifiers":[{"type":"dns"}],"notBefore":"2026-01-01T00:00:00Z","url":"https://evil/"}`,
	} {
		f.Add(doc, "5")
	}
	f.Add(`{"status":"processing"}`, "Fri, 31 Dec 9999 23:59:59 GMT")
	f.Add(`{"status":"processing"}`, "-99999999999")
	f.Fuzz(func(t *testing.T, doc, wish string) {
		ex := exchange(200, doc, http.Header{"Retry-After": {wish}})
		o, err := newWire(Config{}).order(ex, "https://ca.example/order/1")
		if err != nil {
			if e, ok := err.(*ProtocolError); !ok || e.Found == "" || o != nil {
				t.Errorf("%q: %T %v with %+v, want a ProtocolError alone", doc, err, err, o)
			}
			return
		}
		if o.Status == "" || o.URL != "https://ca.example/order/1" || len(o.Authorizations) > maxAuthorizations {
			t.Errorf("%q: accepted as %+v", doc, o)
		}
		if o.RetryAfter < 0 || o.RetryAfter > maxRetryAfter {
			t.Errorf("Retry-After %q: %v, want 0 to %v", wish, o.RetryAfter, maxRetryAfter)
		}
	})
}
