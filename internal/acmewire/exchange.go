package acmewire

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"github.com/nfcert/nfcert/internal/secret"
)

// Exchange is one HTTP request and what came of it, with the JWS decoded. It
// holds no secret: MACs, Authority Tokens and credentials are replaced by
// [secret.Redacted] before it is made.
type Exchange struct {
	Number   int           `json:"number"` // counts from 1 within a process
	Time     time.Time     `json:"time"`
	Duration time.Duration `json:"-"`
	Millis   float64       `json:"durationMs"`
	Method   string        `json:"method"`
	URL      string        `json:"url"`

	// Protected and Payload are the decoded parts of a signed request
	// (RFC 8555 section 6.2). A POST-as-GET has no payload.
	Protected json.RawMessage `json:"protected,omitempty"`
	Payload   json.RawMessage `json:"payload,omitempty"`

	Status   int                 `json:"status,omitempty"` // 0: no answer came
	Header   map[string][]string `json:"header,omitempty"`
	Body     json.RawMessage     `json:"body,omitempty"` // the answer when it is JSON
	Text     string              `json:"text,omitempty"` // the answer otherwise
	BodySize int                 `json:"bodySize"`
	Error    string              `json:"error,omitempty"`

	raw    []byte
	header http.Header
}

// Raw is the answer's body as it came, at most the wire's limit long.
func (e *Exchange) Raw() []byte { return e.raw }

// problemType is the type of the problem document in the answer, or "".
func (e *Exchange) problemType() string {
	if e.Status < 400 {
		return ""
	}
	var p struct{ Type string }
	_ = json.Unmarshal(e.raw, &p)
	return p.Type
}

// postAsGet reports whether the request only reads (RFC 8555 section 6.3).
func (e *Exchange) postAsGet() bool { return e.Method == http.MethodPost && len(e.Payload) == 0 }

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

// decodeRequest fills Protected and Payload from a flattened JWS.
func (e *Exchange) decodeRequest(body []byte) {
	var jws struct{ Protected, Payload string }
	if json.Unmarshal(body, &jws) != nil {
		return
	}
	if b, err := base64.RawURLEncoding.DecodeString(jws.Protected); err == nil && json.Valid(b) {
		e.Protected = b
	}
	b, err := base64.RawURLEncoding.DecodeString(jws.Payload)
	if err != nil || len(b) == 0 {
		return
	}
	e.Payload = redact(b)
}

// decodeAnswer keeps the raw body and a form of it that can be shown.
func (e *Exchange) decodeAnswer(resp *http.Response, body []byte) {
	e.Status = resp.StatusCode
	e.header = resp.Header.Clone()
	e.Header = shownHeader(resp.Header)
	e.raw, e.BodySize = body, len(body)
	if json.Valid(body) {
		e.Body = redact(body)
		return
	}
	e.Text = string(body[:min(len(body), maxShownText)])
}

// maxShownText bounds what is kept for show of an answer that is not JSON: a
// certificate chain fits.
const maxShownText = 32 << 10

// shownHeader keeps the header fields that RFC 8555 gives a meaning, and those
// that tell proxies and servers apart.
func shownHeader(h http.Header) map[string][]string {
	shown := make(map[string][]string)
	for _, name := range []string{"Content-Type", "Location", "Link", "Replay-Nonce", "Retry-After", "Cache-Control", "Date", "Server", "Via"} {
		if v := h.Values(name); len(v) > 0 {
			shown[name] = v
		}
	}
	return shown
}

// redact replaces what must not be told in a JSON document: the MAC of an
// external account binding (an oracle for weak keys), Authority Tokens, and
// whatever calls itself a key or a password. A document without such members
// is returned as it came.
func redact(doc []byte) json.RawMessage {
	if !mayHoldSecret(doc) {
		var out bytes.Buffer
		if json.Compact(&out, doc) != nil {
			return nil
		}
		return out.Bytes()
	}
	var v any
	if json.Unmarshal(doc, &v) != nil {
		return nil
	}
	out, err := json.Marshal(redactValue(v))
	if err != nil {
		return nil
	}
	return out
}

// secretMembers are names of JSON members whose string values are secret in
// some request or answer that passes the wire.
var secretMembers = []string{"signature", "tkauth", "atc", "password", "passphrase", "hmacKey", "macKey", "privateKey", "access_token"}

func mayHoldSecret(doc []byte) bool {
	for _, name := range secretMembers {
		if bytes.Contains(doc, []byte(`"`+name+`"`)) {
			return true
		}
	}
	return bytes.Contains(doc, []byte("PRIVATE KEY"))
}

func redactValue(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for name, member := range v {
			if s, ok := member.(string); ok && isSecretMember(name) && s != "" {
				v[name] = secret.Redacted
				continue
			}
			v[name] = redactValue(member)
		}
	case []any:
		for i := range v {
			v[i] = redactValue(v[i])
		}
	case string:
		if strings.Contains(v, "PRIVATE KEY") {
			return secret.Redacted
		}
	}
	return v
}

func isSecretMember(name string) bool {
	for _, s := range secretMembers {
		if strings.EqualFold(name, s) {
			return true
		}
	}
	return false
}
