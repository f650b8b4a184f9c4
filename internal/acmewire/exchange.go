package acmewire

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/nfcert/nfcert/internal/secret"
)

// Exchange is one HTTP request and its answer or error, with the JWS decoded. It
// holds no secret: MACs, Authority Tokens and credentials are replaced by
// [secret.Redacted] before it is made.
type Exchange struct {
	Number   int           `json:"number"` // counts from 1 within a process
	Time     time.Time     `json:"time"`
	Duration time.Duration `json:"-"`
	Millis   float64       `json:"durationMs"`
	Method   string        `json:"method"`
	URL      string        `json:"url"`
	Proxy    string        `json:"proxy,omitempty"` // without its credentials

	// Protected and Payload are the decoded parts of a signed request
	// (RFC 8555 section 6.2). A POST-as-GET has no payload.
	Protected json.RawMessage `json:"protected,omitempty"`
	Payload   json.RawMessage `json:"payload,omitempty"`

	Status   int                 `json:"status,omitempty"` // 0 if there is no answer
	Header   map[string][]string `json:"header,omitempty"`
	Body     json.RawMessage     `json:"body,omitempty"` // the answer if it is JSON
	Text     string              `json:"text,omitempty"` // the answer otherwise
	BodySize int                 `json:"bodySize"`
	Error    string              `json:"error,omitempty"`

	raw    []byte
	header http.Header
	reads  bool // the request changes nothing, so it may be sent again
}

// Skew returns how far the server's clock is ahead of ours, by the Date of its
// answer, to the second. ok is false if there is no Date, or if the answer comes
// from a cache (RFC 9111 5.1).
func (e *Exchange) Skew() (ahead time.Duration, ok bool) {
	date, err := http.ParseTime(e.header.Get("Date"))
	if err != nil || e.header.Get("Age") != "" {
		return 0, false
	}
	return date.Sub(e.Time.Add(e.Duration)), true
}

// Raw returns the answer's body, at most the wire's limit long.
func (e *Exchange) Raw() []byte { return e.raw }

// isBadNonce reports whether the server refused the nonce of the request
// (RFC 8555 section 6.5).
func isBadNonce(e *Exchange) bool {
	if e.Status < 400 {
		return false
	}
	p, ok := parseProblem(e)
	return ok && p.HasType("badNonce")
}

// captureKey carries a *capture in a request's context.
type captureKey struct{}

// capture receives the exchanges made under its context. One call of the
// client is one goroutine, so it needs no lock.
type capture struct{ last *Exchange }

func withCapture(ctx context.Context) (context.Context, *capture) {
	c := &capture{}
	return context.WithValue(ctx, captureKey{}, c), c
}

func captured(ctx context.Context) *capture {
	c, _ := ctx.Value(captureKey{}).(*capture)
	return c
}

// decodeRequest fills Protected and Payload from a flattened JWS. A request
// without a body, and a POST-as-GET (RFC 8555 section 6.3), only reads.
func (e *Exchange) decodeRequest(body []byte) {
	var jws struct{ Protected, Payload string }
	if json.Unmarshal(body, &jws) != nil {
		e.reads = len(body) == 0
		return
	}
	e.reads = jws.Payload == ""
	if b, err := base64.RawURLEncoding.DecodeString(jws.Protected); err == nil && json.Valid(b) {
		e.Protected = b
	}
	b, err := base64.RawURLEncoding.DecodeString(jws.Payload)
	if err != nil || len(b) == 0 {
		return
	}
	e.Payload = redact(b)
}

// hideTokens decodes an exchange with a Token Authority: the request, which is
// not a JWS, and the answer without the token.
func (e *Exchange) hideTokens(request, answer []byte) {
	e.Payload, e.Body, e.Text = redactBy(request, isTokenMember), redactBy(answer, isTokenMember), ""
	if e.Body == nil && len(answer) > 0 {
		e.Text = secret.Redacted
	}
}

// decodeAnswer keeps the raw body and a redacted form of it.
func (e *Exchange) decodeAnswer(resp *http.Response, body []byte) {
	e.Status = resp.StatusCode
	e.header = resp.Header.Clone()
	e.Header = shownHeader(resp.Header)
	e.raw, e.BodySize = body, len(body)
	if e.Body = redact(body); e.Body == nil {
		e.Text = shownText(body)
	}
}

// maxShownText bounds what is shown of an answer that is not JSON. A certificate
// chain fits.
const maxShownText = 32 << 10

// shownHeader keeps the header fields that RFC 8555 uses, and those that identify
// proxies and servers.
func shownHeader(h http.Header) map[string][]string {
	shown := make(map[string][]string)
	for _, name := range []string{"Content-Type", "Location", "Link", "Replay-Nonce", "Retry-After", "Cache-Control", "Date", "Server", "Via"} {
		if v := h.Values(name); len(v) > 0 {
			shown[name] = v
		}
	}
	return shown
}

// redact replaces the secrets in a JSON document: the MAC of an external account
// binding (weak keys can be guessed from it), Authority Tokens, and members whose
// name is that of a key or a password. A document without such members keeps
// their order. nil means that doc is not JSON.
func redact(doc []byte) json.RawMessage { return redactBy(doc, isSecretMember) }

// redactBy is redact with another choice of members.
func redactBy(doc []byte, isSecret func(name string, value any) bool) json.RawMessage {
	var v any
	d := json.NewDecoder(bytes.NewReader(doc))
	d.UseNumber()
	if !json.Valid(doc) || d.Decode(&v) != nil {
		return nil
	}
	if v, found := redactValue(v, isSecret); found || !utf8.Valid(doc) {
		out, err := json.Marshal(v)
		if err != nil {
			return nil
		}
		return out
	}
	var out bytes.Buffer
	if json.Compact(&out, doc) != nil {
		return nil
	}
	return out.Bytes()
}

// redactText does the same for text. A CA may repeat a token in its refusal; it
// then matches [compactJWS].
func redactText(s string) string {
	if strings.Contains(s, privateKeyMark) {
		return secret.Redacted
	}
	if !strings.Contains(s, jwsMark) {
		return s
	}
	return compactJWS().ReplaceAllLiteralString(s, secret.Redacted)
}

// compactJWS matches a JWS in compact form (RFC 7515 3.1), which starts with the
// encoded brace and quote of its header.
var compactJWS = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`eyJ[\w-]{8,}\.[\w-]*(\.[\w-]*)?`) })

const jwsMark = "eyJ"

// privateKeyMark is in the first line of every private key in PEM.
const privateKeyMark = "PRIVATE KEY"

// redactValue returns v without its secrets, and whether it had any. The
// members of objects are replaced in place.
func redactValue(v any, isSecret func(name string, value any) bool) (_ any, found bool) {
	switch v := v.(type) {
	case map[string]any:
		for name, member := range v {
			if isSecret(name, member) {
				v[name], found = secret.Redacted, true
				continue
			}
			clean, had := redactValue(member, isSecret)
			v[name], found = clean, found || had
		}
	case []any:
		for i := range v {
			clean, had := redactValue(v[i], isSecret)
			v[i], found = clean, found || had
		}
	case string:
		clean := redactText(v)
		return clean, clean != v
	}
	return v, found
}

// isSecretMember reports whether JSON members of this name are secret in any
// request or answer.
func isSecretMember(name string, _ any) bool {
	switch strings.ToLower(name) {
	case "signature", "tkauth", "atc", "password", "passphrase", "hmackey", "mackey", "privatekey", "access_token":
		return true
	}
	return false
}

// isTokenMember is isSecretMember for exchanges with a Token Authority: there the
// token is in the member token, and atc says what it is for.
func isTokenMember(name string, value any) bool {
	if _, isText := value.(string); strings.EqualFold(name, "atc") && !isText {
		return false
	}
	return strings.EqualFold(name, "token") || isSecretMember(name, value)
}

// quotedMember matches what looks like the name of a member in broken JSON.
var quotedMember = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`"(\w+)"\s*:`) })

// shownText returns the start of an answer that is not JSON, or nothing of it if
// it may contain a secret.
func shownText(body []byte) string {
	body = body[:min(len(body), maxShownText)]
	for _, m := range quotedMember().FindAllSubmatch(body, -1) {
		if isSecretMember(string(m[1]), nil) {
			return secret.Redacted
		}
	}
	return redactText(string(body))
}
