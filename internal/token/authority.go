package token

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"

	"github.com/nfcert/nfcert/internal/secret"
)

// Bounds of an authority's answer.
const (
	maxAnswer  = 2 * maxToken // in bytes
	maxDetail  = 300          // of its message, in characters
	maxSchemes = 4            // of authentication
)

// Authority is a Token Authority (RFC 9447 section 5), in the 5G core the OAM
// (TS 33.310 Annex J).
type Authority struct {
	URL string // of the token resource; https
	// HTTP makes the requests. It holds the trusted roots, the client certificate
	// and the limits. It must not follow redirects.
	HTTP http.RoundTripper
	// Bearer or Basic (user:password) authenticate the client, with or without a
	// client certificate; zero means not used.
	Bearer, Basic secret.Bytes
}

// RefusedError says that a Token Authority gave no token.
type RefusedError struct {
	Authority string   // its URL, without query
	Status    int      // HTTP status
	Schemes   []string // of authentication that it accepts, as in Bearer
	Detail    string   // its message, capped, without tokens and credentials
}

func (e *RefusedError) Error() string {
	s := fmt.Sprintf("the Token Authority %s gave no token", e.Authority)
	switch {
	case e.Status == http.StatusUnauthorized:
		s += ": authentication failed or is missing (401)"
		if len(e.Schemes) > 0 {
			s += ", it accepts " + strings.Join(e.Schemes, ", ")
		}
	case e.Status == http.StatusForbidden:
		s += ": this client may not have it (403)"
	case e.Status != http.StatusOK:
		s += fmt.Sprintf(" (HTTP status %d)", e.Status)
	}
	if e.Detail != "" {
		s += ": " + e.Detail
	}
	return s
}

// Where implements [Source].
func (a *Authority) Where() string { return shown(a.URL) }

// Token asks for a token. RFC 9447 leaves the answer partly open, so Token is
// lenient: the token is the member "token", and a status other than success, when
// given, is a refusal.
func (a *Authority) Token(ctx context.Context, want ATC) (secret.Bytes, error) {
	none := secret.Bytes{}
	if err := CheckURL(a.URL); err != nil {
		return none, err
	}
	body, err := json.Marshal(map[string]any{"atc": map[string]any{
		"tktype": want.Type, "tkvalue": want.Value, "fingerprint": want.Fingerprint, "ca": want.CA,
	}})
	if err != nil {
		return none, err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, a.URL, bytes.NewReader(body))
	if err != nil {
		return none, &AuthorityURLError{URL: a.Where(), Reason: "not a URL"}
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json")
	switch {
	case !a.Bearer.IsZero():
		req.Header.Set("Authorization", "Bearer "+string(a.Bearer.Reveal()))
	case !a.Basic.IsZero():
		req.Header.Set("Authorization", "Basic "+base64.StdEncoding.EncodeToString(a.Basic.Reveal()))
	}
	resp, err := a.HTTP.RoundTrip(req)
	if err != nil {
		return none, err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	if err != nil {
		return none, err
	}
	return a.read(ctx, resp, answer)
}

// read finds the token in an answer.
func (a *Authority) read(ctx context.Context, resp *http.Response, answer []byte) (secret.Bytes, error) {
	refused := &RefusedError{Authority: a.Where(), Status: resp.StatusCode}
	doc, err := decodeMembers(answer)
	token := doc.text("token")
	for _, name := range []string{"message", "detail", "error"} { // detail is a member of problem documents
		if refused.Detail == "" {
			refused.Detail = scrub(doc.text(name), maxDetail, append(a.secrets(), []byte(token))...)
		}
	}
	status := doc.text("status")
	switch {
	case resp.StatusCode/100 == 3:
		refused.Detail = fmt.Sprintf("it redirects to %.200q, which is not followed", shown(resp.Header.Get("Location")))
	case resp.StatusCode/100 != 2:
		refused.Schemes = schemes(resp)
	case len(answer) > maxAnswer:
		refused.Detail = fmt.Sprintf("its answer is longer than %d KiB", maxAnswer>>10)
	case err != nil:
		refused.Detail = "its answer " + err.Error()
		if kind, _, _ := strings.Cut(resp.Header.Get("Content-Type"), ";"); !strings.EqualFold(kind, "application/json") {
			refused.Detail += fmt.Sprintf(" but %.60q; is this the URL of the token resource?", kind)
		}
	case status != "" && !strings.EqualFold(status, "success"):
		if refused.Detail == "" {
			refused.Detail = fmt.Sprintf("its answer has status %q", scrub(status, 60, append(a.secrets(), []byte(token))...))
		}
	case token == "":
		if refused.Detail == "" {
			refused.Detail = `its answer has no "token"`
		}
	default:
		a.report(ctx, resp, doc["token"])
		return secret.New([]byte(token)), nil
	}
	return secret.Bytes{}, refused
}

// report makes known what was accepted of an answer with a token.
func (a *Authority) report(ctx context.Context, resp *http.Response, token json.RawMessage) {
	if resp.StatusCode != http.StatusOK {
		Report(ctx, Deviation{devStatus, fmt.Sprintf("%s: HTTP %d, want 200", a.Where(), resp.StatusCode)})
	}
	field := resp.Header.Get("Content-Type")
	if kind, _, err := mime.ParseMediaType(field); err != nil || kind != "application/json" {
		Report(ctx, Deviation{devContentType, fmt.Sprintf("%s: Content-Type %.60q, want application/json", a.Where(), field)})
	}
	var text string
	if json.Unmarshal(token, &text) == nil && strings.TrimSpace(text) != text {
		Report(ctx, Deviation{devWhitespace, a.Where()})
	}
}

// text returns a string member without surrounding space; "" without one.
func (m members) text(name string) string {
	var s string
	if json.Unmarshal(m[name], &s) != nil {
		return ""
	}
	return strings.TrimSpace(s)
}

// schemes returns the authentication schemes of an answer (RFC 9110 11.6.1).
func schemes(resp *http.Response) []string {
	var list []string
	for _, challenge := range resp.Header.Values("WWW-Authenticate") {
		name, _, _ := strings.Cut(challenge, " ")
		if name = strings.Trim(name, ","); name != "" && len(list) < maxSchemes {
			list = append(list, fmt.Sprintf("%.20s", name))
		}
	}
	return list
}
