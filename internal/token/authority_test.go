package token

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/nfcert/nfcert/internal/secret"
)

// Canaries must never appear in an error.
const (
	canaryBearer   = "canary-bearer-1b7f"
	canaryPassword = "canary-password-9c2e"
	canaryToken    = "eyJjYW5hcnkiOiJoZWFkZXIifQ.eyJjYW5hcnkiOiJwYXlsb2FkIn0.Y2FuYXJ5LXNpZ25hdHVyZQ"
)

// noCanary fails the test when an error contains a canary.
func noCanary(t *testing.T, err error) {
	t.Helper()
	if err == nil {
		return
	}
	for _, canary := range []string{canaryBearer, canaryPassword, canaryToken, "Y2FuYXJ5", "eyJjYW5hcnk", "YW1mOmNhbmFyeS1wYXNzd29yZC05YzJl"} {
		if strings.Contains(err.Error(), canary) {
			t.Errorf("the error contains %q: %v", canary, err)
		}
	}
}

// authorityAt serves one handler as a Token Authority.
func authorityAt(t *testing.T, h http.HandlerFunc) *Authority {
	t.Helper()
	server := httptest.NewTLSServer(h)
	t.Cleanup(server.Close)
	return &Authority{URL: server.URL + "/at/account/1/token", HTTP: server.Client().Transport}
}

// A request has the form of RFC 9447 5.
func TestAuthorityAsks(t *testing.T) {
	for _, tc := range []struct {
		name          string
		bearer, basic string
		want          string
	}{
		{"nothing", "", "", ""},
		{"bearer", canaryBearer, "", "Bearer " + canaryBearer},
		{"basic", "", "amf:" + canaryPassword, "Basic YW1mOmNhbmFyeS1wYXNzd29yZC05YzJl"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			want := testWant(t)
			a := authorityAt(t, func(w http.ResponseWriter, r *http.Request) {
				body, _ := io.ReadAll(r.Body)
				var got, sent any
				if err := errors.Join(json.Unmarshal(body, &got), json.Unmarshal([]byte(`{"atc":{"tktype":"NfInstanceId","tkvalue":"`+want.Value+`","fingerprint":"`+want.Fingerprint+`","ca":false}}`), &sent)); err != nil {
					t.Error(err)
				}
				if g, s := mustJSON(got), mustJSON(sent); g != s {
					t.Errorf("body %s, want %s", g, s)
				}
				if r.Method != "POST" || r.URL.Path != "/at/account/1/token" || r.Header.Get("Content-Type") != "application/json" {
					t.Errorf("%s %s of %q", r.Method, r.URL, r.Header.Get("Content-Type"))
				}
				if got := r.Header.Get("Authorization"); got != tc.want {
					t.Errorf("Authorization %q, want %q", got, tc.want)
				}
				io.WriteString(w, `{"status":"success","token":" `+canaryToken+`\n"}`)
			})
			a.Bearer, a.Basic = secret.New([]byte(tc.bearer)), secret.New([]byte(tc.basic))
			got, err := a.Token(t.Context(), want)
			if err != nil || string(got.Reveal()) != canaryToken {
				t.Errorf("got %q, %v; want the token without blanks", got.Reveal(), err)
			}
		})
	}
}

func mustJSON(v any) string { data, _ := json.Marshal(v); return string(data) }

// The error of a refusal says why, and contains no secret.
func TestAuthorityRefuses(t *testing.T) {
	for _, tc := range []struct {
		name   string
		status int
		header http.Header
		body   string
		want   string
	}{
		{"401", 401, http.Header{"Www-Authenticate": {`Digest realm="x", nonce="` + canaryToken + `"`, "Bearer"}}, "", "(401), it accepts Digest, Bearer"},
		{"401 without a scheme", 401, nil, "", "authentication failed or is missing (401)"},
		{"403", 403, nil, `{"status":"error","message":"not on the roster"}`, "this client may not have it (403): not on the roster"},
		{"problem document", 400, http.Header{"Content-Type": {"application/problem+json"}}, `{"type":"about:blank","detail":"no tkvalue"}`, "(HTTP status 400): no tkvalue"},
		{"500", 500, nil, "<html>oops</html>", "(HTTP status 500)"},
		{"500 with an error", 500, nil, `{"error":"database"}`, "(HTTP status 500): database"},
		{"redirect", 307, http.Header{"Location": {"https://elsewhere.example/x?token=" + canaryToken}}, "", `it redirects to "https://elsewhere.example/x", which is not followed`},
		{"HTML", 200, http.Header{"Content-Type": {"text/html; charset=utf-8"}}, "<html>login</html>", `is not a JSON object but "text/html"; is this the URL of the token resource?`},
		{"broken JSON", 200, http.Header{"Content-Type": {"application/json"}}, `{"token":"` + canaryToken, "its answer is not a JSON object"},
		{"an array", 200, http.Header{"Content-Type": {"application/json"}}, `["` + canaryToken + `"]`, "is not a JSON object"},
		{"nothing", 200, nil, "", "is not a JSON object"},
		{"204", 204, nil, "", "(HTTP status 204): its answer is not a JSON object"},
		{"status error", 200, nil, `{"status":"error","message":"unknown NF"}`, "gave no token: unknown NF"},
		{"status error beside a token", 200, nil, `{"status":"pending","token":"` + canaryToken + `"}`, `its answer has status "pending"`},
		{"message repeats the token", 200, nil, `{"status":"error","token":"` + canaryToken + `","message":"bad: ` + canaryToken + `"}`, "bad: [redacted]"},
		{"the token as status", 200, nil, `{"status":"` + canaryToken + `"}`, `status "[redacted]"`},
		{"message repeats the bearer", 401, nil, `{"message":"who is Bearer ` + canaryBearer + `?"}`, "who is Bearer [redacted]?"},
		{"message repeats the password", 401, nil, `{"message":"` + canaryPassword + ` and YW1mOmNhbmFyeS1wYXNzd29yZC05YzJl"}`, "[redacted] and [redacted]"},
		{"no token", 200, nil, `{"status":"success"}`, `its answer has no "token"`},
		{"token elsewhere", 200, nil, `{"jwt":"` + canaryToken + `"}`, `its answer has no "token"`},
		{"token null", 200, nil, `{"token":null}`, `its answer has no "token"`},
		{"token a number", 200, nil, `{"token":5}`, `its answer has no "token"`},
		{"two tokens", 200, http.Header{"Content-Type": {"application/json"}}, `{"token":"a","token":"` + canaryToken + `"}`, `its answer has the member "token" twice`},
		{"huge", 200, nil, `{"token":"` + strings.Repeat("A", 10<<20) + `"}`, "its answer is longer than 128 KiB"},
		{"huge message", 403, nil, `{"message":"` + strings.Repeat("no ", 20_000) + `"}`, "no no …"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			asked := 0
			a := authorityAt(t, func(w http.ResponseWriter, _ *http.Request) {
				asked++
				for name, values := range tc.header {
					w.Header()[name] = values
				}
				w.WriteHeader(tc.status)
				_, _ = io.WriteString(w, tc.body) // the client may have hung up
			})
			a.URL += "?key=" + canaryToken
			a.Bearer, a.Basic = secret.New([]byte(canaryBearer)), secret.New([]byte("amf:"+canaryPassword))
			got, err := a.Token(t.Context(), testWant(t))
			var refused *RefusedError
			if !errors.As(err, &refused) || !got.IsZero() {
				t.Fatalf("%v, want a RefusedError", err)
			}
			if refused.Status != tc.status || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("status %d, %q; want %d and %q", refused.Status, err, tc.status, tc.want)
			}
			if len(err.Error()) > 600 || asked != 1 {
				t.Errorf("an error of %d bytes after %d requests", len(err.Error()), asked)
			}
			noCanary(t, err)
		})
	}
}

// Members that are not read may have any type.
func TestAuthorityAnswers(t *testing.T) {
	for _, body := range []string{
		`{"token":"` + canaryToken + `"}`,
		`{"status":"SUCCESS","token":"` + canaryToken + `","message":null}`,
		`{"status":200,"message":{"a":1},"detail":[],"token":"` + canaryToken + `"}`,
	} {
		a := authorityAt(t, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, body) })
		if got, err := a.Token(t.Context(), testWant(t)); err != nil || string(got.Reveal()) != canaryToken {
			t.Errorf("%s: %v, want the token", body, err)
		}
	}
}

// An authority that is unreachable or too slow gives the error of the transport or
// the context.
func TestAuthorityUnreachable(t *testing.T) {
	stop := make(chan struct{})
	a := authorityAt(t, func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-r.Context().Done():
		case <-stop:
		}
	})
	defer close(stop)
	a.Bearer = secret.New([]byte(canaryBearer))
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := a.Token(ctx, testWant(t)); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("slow: %v, want the deadline", err)
	}
	down := &Authority{URL: "https://127.0.0.1:1/", HTTP: &http.Transport{}, Bearer: secret.New([]byte(canaryBearer + "\nX: y"))}
	_, err := down.Token(t.Context(), testWant(t))
	if err == nil {
		t.Error("a credential with a line break was sent")
	}
	noCanary(t, err)
}

// No request is sent to a URL that is not https.
func TestAuthorityURL(t *testing.T) {
	for _, url := range []string{"http://127.0.0.1:1/", "https://user:" + canaryPassword + "@127.0.0.1:1/", "", "https://"} {
		a := &Authority{URL: url, HTTP: http.NewFileTransport(nil)} // would panic when asked
		_, err := a.Token(t.Context(), testWant(t))
		var refused *AuthorityURLError
		if !errors.As(err, &refused) {
			t.Errorf("%q: %v, want an AuthorityURLError", url, err)
		}
		noCanary(t, err)
	}
}

// Any answer gives a token or a refusal, never both, and a refusal never contains
// a credential.
func FuzzAnswer(f *testing.F) {
	for _, body := range []string{
		`{"status":"success","token":"a.b.c"}`, `{"token":null}`, `{"status":"error","message":"no"}`, `{"status":5,"token":"x"}`, `{"token":"a","token":"b"}`,
		`{"message":"` + canaryBearer + `"}`, `{"status":"` + canaryBearer + `"}`, `{"detail":"\u001b[2J\u202e"}`, `{`, `[]`, `null`, `"x"`, ``, `<html>`, "{\"\xff\":1}",
	} {
		for _, status := range []int{200, 401, 302} {
			f.Add(status, "application/json", body)
		}
	}
	f.Add(200, "text/html; charset=x", "<html>")
	f.Fuzz(func(t *testing.T, status int, kind, body string) {
		a := &Authority{URL: "https://oam.example/t", Bearer: secret.New([]byte(canaryBearer))}
		resp := &http.Response{StatusCode: status, Header: http.Header{"Content-Type": {kind}, "Www-Authenticate": {kind}, "Location": {kind}}}
		got, err := a.read(t.Context(), resp, []byte(body))
		var refused *RefusedError
		switch {
		case err == nil && (got.IsZero() || status/100 != 2):
			t.Errorf("status %d: %d bytes of token and no error", status, got.Len())
		case err != nil && (!errors.As(err, &refused) || !got.IsZero()):
			t.Errorf("%T and %d bytes of token", err, got.Len())
		case err != nil && len(err.Error()) > 4<<10:
			t.Errorf("an error of %d bytes", len(err.Error()))
		case err != nil && strings.Contains(refused.Detail, canaryBearer) && !strings.Contains(kind, canaryBearer):
			t.Errorf("the credential is repeated: %v", err)
		}
	})
}
