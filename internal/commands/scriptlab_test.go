package commands

import (
	"context"
	"encoding/base64"
	"encoding/pem"
	"flag"
	"fmt"
	"io"
	"log"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/nfcert/nfcert/internal/commands/practice"
	"github.com/nfcert/nfcert/internal/lab"
)

// eabKey is the MAC key of the labs' external account, 32 bytes whose base64
// has both characters in which the standard and the URL alphabet differ.
var eabKey = []byte("\xfb\xff\xbf canary of the MAC key \xfb\xff\xbf\xfe\x01\x02")

// lab [FLAG...] [KNOB...]: a lab CA in this process, until the script ends. The
// variables point nfcert at it; ca.pem and issuer.pem are its roots.
func cmdLab(ts *testscript.TestScript, neg bool, args []string) {
	var o lab.Options
	flags := flag.NewFlagSet("lab", flag.ContinueOnError)
	flags.StringVar(&o.TermsOfService, "terms", "", "")
	flags.DurationVar(&o.RetryAfter, "retry-after", 0, "")
	flags.DurationVar(&o.OrderLifetime, "lifetime", 0, "")
	flags.BoolVar(&o.RequireEAB, "require-eab", false, "")
	flags.StringVar(&o.Host, "host", "", "the name in every URL")
	flags.StringVar(&o.EABAlgorithm, "eab-alg", "", "")
	webroot := flags.String("webroot", "", "a directory that is served where the CA looks")
	tokens := flags.String("tokens", "", "cert, bearer or basic: variables point nfcert at the Token Authority too")
	flags.Func("roster", "", func(id string) error { o.Roster = append(o.Roster, id); return nil })
	ts.Check(flags.Parse(args))
	if *tokens != "" {
		authority, err := (&practice.Options{TokenAuth: *tokens}).Authority()
		ts.Check(err)
		o.Authority = authority
	}
	for _, s := range flags.Args() {
		knob, err := lab.ParseMisbehaviour(s)
		ts.Check(err)
		o.Misbehave = append(o.Misbehave, knob)
	}
	if o.RequireEAB {
		o.EAB = map[string][]byte{"amf-01": eabKey}
	}
	if *webroot != "" {
		web := httptest.NewServer(http.FileServer(http.Dir(ts.MkAbs(*webroot))))
		ts.Defer(web.Close)
		o.HTTPPort = web.Listener.Addr().(*net.TCPAddr).Port
	} else {
		port, err := quietPort()
		ts.Check(err)
		o.HTTPPort = port
	}
	l, err := lab.Start(context.Background(), o)
	ts.Check(err)
	ts.Defer(func() { ts.Check(l.Close()) })
	book(ts).requests, book(ts).counted = func() int { return countRequests(l.Requests()) }, 0
	ca, issuer := ts.MkAbs("ca.pem"), ts.MkAbs("issuer.pem")
	ts.Check(os.WriteFile(ca, l.TLSRootPEM(), 0o644))
	ts.Check(os.WriteFile(issuer, l.IssuerRootPEM(), 0o644))
	ts.Setenv("NFCERT_SERVER", l.DirectoryURL())
	ts.Setenv("NFCERT_CA_ROOT", ca)
	ts.Setenv("NFCERT_ISSUER_ROOT", issuer)
	if *webroot == "" {
		ts.Setenv("NFCERT_HTTP_LISTEN", net.JoinHostPort("127.0.0.1", strconv.Itoa(o.HTTPPort)))
	}
	if *tokens != "" {
		r := &practice.Running{Lab: l, Dir: ts.MkAbs("lab")}
		ts.Check(os.MkdirAll(r.Dir, 0o700))
		ts.Check(r.WriteTokenFiles(o.Authority))
		for _, s := range r.Settings {
			ts.Setenv(s.Name, s.Value)
		}
		ts.Setenv("NFCERT_TA", l.TokenAuthorityURL())
		ts.Setenv("NFCERT_TA_ROOT", ca)
	}
	url := base64.URLEncoding.EncodeToString(eabKey)
	ts.Check(os.WriteFile(ts.MkAbs("eab.key"), []byte(url+"\n"), 0o600))
}

// base64 DRESS FILE TARGET: the MAC key of FILE in another dress, into a file,
// or into a variable when DRESS is env.
func cmdBase64(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: base64 DRESS FILE TARGET")
	}
	key, err := base64.URLEncoding.DecodeString(strings.TrimSpace(ts.ReadFile(args[1])))
	ts.Check(err)
	text := ""
	switch args[0] {
	case "std":
		text = base64.StdEncoding.EncodeToString(key) + "\n"
	case "bare":
		text = base64.RawURLEncoding.EncodeToString(key)
	case "wrapped":
		text = base64.StdEncoding.EncodeToString(key)
		text = text[:20] + "\r\n" + text[20:] + "\r\n"
	case "twice":
		text = base64.StdEncoding.EncodeToString([]byte(base64.StdEncoding.EncodeToString(key))) + "\n"
	case "env":
		ts.Setenv(args[2], base64.RawStdEncoding.EncodeToString(key))
		return
	default:
		ts.Fatalf("base64 has no dress %q", args[0])
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[2]), []byte(text), 0o600))
}

// quietPort finds a free port of loopback below those that systems give to
// outgoing connections, so that it is still free when nfcert listens on it.
func quietPort() (int, error) {
	for range 100 {
		port := 20000 + rand.IntN(12000)
		ln, err := net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		if err == nil {
			return port, ln.Close()
		}
	}
	return 0, fmt.Errorf("no free port between 20000 and 32000")
}

// badserver KIND: an https server that is none of ACME's, until the script
// ends. NFCERT_SERVER and NFCERT_CA_ROOT point at it.
func cmdBadServer(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: badserver KIND")
	}
	if args[0] == "closed" {
		port, err := quietPort()
		ts.Check(err)
		ts.Setenv("NFCERT_SERVER", fmt.Sprintf("https://127.0.0.1:%d/directory", port))
		return
	}
	answer, ok := badAnswers()[args[0]]
	if !ok {
		ts.Fatalf("there is no bad server %q", args[0])
	}
	url, root := serveTLS(answer, ts.Defer)
	ca := ts.MkAbs("ca.pem")
	ts.Check(os.WriteFile(ca, root, 0o644))
	ts.Setenv("NFCERT_SERVER", url+"/directory")
	ts.Setenv("NFCERT_CA_ROOT", ca)
}

// serveTLS starts a server and returns its address and root.
func serveTLS(h http.HandlerFunc, atEnd func(func())) (url string, root []byte) {
	s := httptest.NewUnstartedServer(h)
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.StartTLS()
	atEnd(s.Close)
	return s.URL, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw})
}

// forged is text that would forge what a terminal shows: it clears the screen,
// sets the title, and turns the reading direction around.
const forged = "\x1b[2J\x1b]0;owned\x07rejected \u202eevil\u202c\u200b\u009b31m"

// badAnswers are what the bad servers say.
func badAnswers() map[string]http.HandlerFunc {
	say := func(contentType, body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", contentType)
			_, _ = io.WriteString(w, body)
		}
	}
	return map[string]http.HandlerFunc{
		"list":   say("application/json", `["newOrder"]`),
		"empty":  say("application/json", `{}`),
		"forged": forgedServer,
	}
}

// forgedServer speaks enough ACME to refuse an account in forged words.
func forgedServer(w http.ResponseWriter, r *http.Request) {
	base := "https://" + r.Host
	w.Header().Set("Replay-Nonce", "bm9uY2Vub25jZW5vbmNlMQ")
	switch r.URL.Path {
	case "/directory":
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprintf(w, `{"newNonce":"%[1]s/nonce","newAccount":"%[1]s/account","newOrder":"%[1]s/order","revokeCert":"%[1]s/revoke","keyChange":"%[1]s/key","meta":{"website":"https://x/%[2]s","profiles":{"p%[2]s":"t%[2]s"}}}`, base, jsonEscaped(forged))
	case "/nonce":
		w.WriteHeader(http.StatusOK)
	default:
		w.Header().Set("Content-Type", "application/problem+json")
		w.WriteHeader(http.StatusForbidden)
		fmt.Fprintf(w, `{"type":"urn:ietf:params:acme:error:unauthorized%[1]s","detail":"%[1]s","subproblems":[{"type":"urn:x%[1]s","detail":"%[1]s"}]}`, jsonEscaped(forged))
	}
}

// jsonEscaped is text as it stands within a JSON string: with escapes for the
// control characters alone, so that the bidirectional marks come raw.
func jsonEscaped(s string) string {
	var b strings.Builder
	for _, r := range s {
		if r < ' ' {
			fmt.Fprintf(&b, `\u%04x`, r)
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// countRequests counts what the lab was asked. An order that is polled again
// because the lab was slow counts once: how often is the machine's affair.
func countRequests(served []lab.Request) int {
	n := 0
	for i, r := range served {
		if i > 0 && r.Endpoint == lab.EndpointOrder && r.Path == served[i-1].Path {
			continue
		}
		n++
	}
	return n
}
