package lab

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/nfcert/nfcert/internal/loopback"
)

// TestHTTP01 checks each kind of response.
func TestHTTP01(t *testing.T) {
	const token, keyAuthorization = "the-token", "the-token.thumbprint"
	const path = "/.well-known/acme-challenge/" + token
	a := attempt{identifier{typeDNS, testFQDN}, token, "thumbprint", nil}
	text := func(s string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, s) }
	}
	to := func(url string) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, url, http.StatusFound) }
	}
	l, r := startLab(t, Options{})
	r.set("/elsewhere", text(keyAuthorization))
	for _, tc := range []struct {
		name   string
		answer http.HandlerFunc
		want   problemType // empty: valid
		detail string
	}{
		{"right", text(keyAuthorization), "", ""},
		{"white space after", text(keyAuthorization + "\r\n \t"), "", ""},
		{"white space before", text(" " + keyAuthorization), incorrectResponse, "want"},
		{"wrong", text("the-token.other"), incorrectResponse, `answered "the-token.other"`},
		{"empty", text(""), incorrectResponse, `answered ""`},
		{"not found", http.NotFound, unauthorized, "status 404"},
		{"redirect", to("http://other.example/elsewhere"), "", ""},
		{"redirect loop", to(path), incorrectResponse, "more than 10"},
		{"redirect to https", to("https://other.example/elsewhere"), incorrectResponse, "want http"},
		{"redirect to another port", to("http://other.example:22/elsewhere"), incorrectResponse, "want port 80"},
		{"endless", func(w http.ResponseWriter, _ *http.Request) {
			io.WriteString(w, strings.Repeat("x", http01MaxBody+1))
		}, incorrectResponse, "more than 65536 bytes"},
		{"cut", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, connectionFailed, "EOF"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r.set(path, tc.answer)
			checkProblem(t, l.checkHTTP01(t.Context(), a), tc.want, tc.detail)
		})
	}
	t.Run("no such host", func(t *testing.T) {
		l, _ := startLab(t, Options{HTTP01Addr: func(string) string { return "" }})
		checkProblem(t, l.checkHTTP01(t.Context(), a), dnsFailed, "no address")
	})
	t.Run("nobody listens", func(t *testing.T) {
		port, err := loopback.Reserve()
		if err != nil {
			t.Fatal(err)
		}
		defer port.Release()
		l, err := Start(t.Context(), Options{HTTPPort: port.Number})
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		checkProblem(t, l.checkHTTP01(t.Context(), a), connectionFailed, port.String())
	})
}

func checkProblem(t *testing.T, got *problem, want problemType, detail string) {
	t.Helper()
	if got == nil {
		got = &problem{}
	}
	if got.kind != want || !strings.Contains(got.detail, detail) {
		t.Errorf("problem %q, detail %q; want %q with %q", got.kind, got.detail, want, detail)
	}
}

// TestCloseCancelsValidation closes the lab while the responder is silent.
func TestCloseCancelsValidation(t *testing.T) {
	l, r := startLab(t, Options{})
	c := newClient(t, l, r)
	c.register(nil)
	_, order := c.order(testFQDN)
	ch := c.challenge(c.authorizations(order)[0])
	arrived := make(chan struct{})
	r.set("/.well-known/acme-challenge/"+ch["token"].(string), func(_ http.ResponseWriter, q *http.Request) {
		close(arrived)
		<-q.Context().Done()
	})
	c.want(http.StatusOK, ch["url"].(string), object{})
	<-arrived
	if err := l.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, known := range l.state.challenges {
		if known.status == statusProcessing {
			t.Error("the validation outlives the lab")
		}
	}
}
