package token

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"github.com/nfcert/nfcert/internal/secret"
)

// Authority is a Token Authority (RFC 9447 section 5), in the 5G core the OAM
// (TS 33.310 Annex J).
type Authority struct {
	URL string // of the token resource; https
	// HTTP makes the requests: it holds trust, client certificate and limits,
	// and must not follow redirects.
	HTTP http.RoundTripper
	// Bearer or Basic (user:password) authenticate beside or in place of a
	// client certificate; zero: they do not.
	Bearer, Basic secret.Bytes
}

// RefusedError says that a Token Authority gave no token.
type RefusedError struct {
	Authority string
	Status    int    // of HTTP
	Detail    string // what it said, capped
}

func (e *RefusedError) Error() string {
	s := fmt.Sprintf("the Token Authority %s gave no token", e.Authority)
	switch {
	case e.Status == http.StatusUnauthorized:
		s += ": it does not know who asks (401)"
	case e.Status == http.StatusForbidden:
		s += ": who asks may not have it (403)"
	case e.Status != http.StatusOK:
		s += fmt.Sprintf(" (HTTP status %d)", e.Status)
	}
	if e.Detail != "" {
		s += ": " + e.Detail
	}
	return s
}

// Where implements [Source].
func (a *Authority) Where() string { return a.URL }

// Token asks for a token. What RFC 9447 leaves open is read widely: a token
// stands under "token"; a status other than success is a refusal.
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
		return none, &AuthorityURLError{URL: a.URL, Reason: "it is no URL"}
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
	answer, err := io.ReadAll(io.LimitReader(resp.Body, 2*maxToken))
	if err != nil {
		return none, err
	}
	return a.read(resp, answer)
}

// read finds the token in an answer.
func (a *Authority) read(resp *http.Response, answer []byte) (secret.Bytes, error) {
	refused := &RefusedError{Authority: a.URL, Status: resp.StatusCode}
	var doc struct {
		Token   string `json:"token"`
		Status  string `json:"status"`
		Message string `json:"message"`
		Detail  string `json:"detail"` // of a problem document
		Error   string `json:"error"`
	}
	isJSON := json.Unmarshal(answer, &doc) == nil
	for _, words := range []string{doc.Message, doc.Detail, doc.Error} {
		if words != "" && refused.Detail == "" {
			refused.Detail = fmt.Sprintf("%.300s", words)
		}
	}
	switch {
	case resp.StatusCode/100 != 2:
		return secret.Bytes{}, refused
	case !isJSON:
		refused.Detail = "its answer is not JSON"
		if kind, _, _ := strings.Cut(resp.Header.Get("Content-Type"), ";"); kind != "" {
			refused.Detail += fmt.Sprintf(" but %.60q; is this the URL of the token resource?", kind)
		}
		return secret.Bytes{}, refused
	case doc.Status != "" && !strings.EqualFold(doc.Status, "success"):
		if refused.Detail == "" {
			refused.Detail = fmt.Sprintf("its answer has status %.60q", doc.Status)
		}
		return secret.Bytes{}, refused
	case doc.Token == "":
		if refused.Detail == "" {
			refused.Detail = `its answer has no "token"`
		}
		return secret.Bytes{}, refused
	}
	return secret.New([]byte(doc.Token)), nil
}

// AuthorityURLError refuses the URL of a Token Authority.
type AuthorityURLError struct {
	URL    string
	Reason string
	// Unlisted says that the host is not among those that are allowed.
	Unlisted bool
}

func (e *AuthorityURLError) Error() string {
	return fmt.Sprintf("token authority %.200q: %s", e.URL, e.Reason)
}

// CheckURL refuses a URL that no secret may be sent to.
func CheckURL(raw string) error {
	u, err := url.Parse(raw)
	switch {
	case err != nil || u.Host == "":
		return &AuthorityURLError{URL: raw, Reason: "it is no URL"}
	case u.Scheme != "https":
		return &AuthorityURLError{URL: raw, Reason: "want https"}
	case u.User != nil:
		return &AuthorityURLError{URL: u.Redacted(), Reason: "it holds a user name"}
	}
	return nil
}

// CheckHint judges the token-authority that a challenge names, which is but a
// hint of the CA's: nothing is sent to a host that is not among allowed (HOST,
// or HOST:PORT), nor to an address that only means this machine's own network.
func CheckHint(raw string, allowed []string) error {
	if err := CheckURL(raw); err != nil {
		return err
	}
	u, _ := url.Parse(raw)
	host := strings.ToLower(u.Hostname())
	port := u.Port()
	if port == "" {
		port = "443"
	}
	if ip, err := netip.ParseAddr(host); err == nil && (ip.IsLinkLocalUnicast() || ip.IsMulticast() || ip.IsUnspecified()) {
		return &AuthorityURLError{URL: raw, Reason: "it is a link-local address, where no Token Authority is"}
	}
	if !slices.ContainsFunc(allowed, func(a string) bool {
		a = strings.ToLower(a)
		return a == host || a == host+":"+port || a == "["+host+"]:"+port
	}) {
		return &AuthorityURLError{URL: raw, Reason: "its host is not among those that are allowed", Unlisted: true}
	}
	return nil
}
