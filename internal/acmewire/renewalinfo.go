package acmewire

import (
	"context"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// RenewalInfo is when a CA wishes a certificate to be renewed (RFC 9773 section
// 4.2).
type RenewalInfo struct {
	Start, End  time.Time     // of the suggested window; End is after Start
	Explanation string        // URL of a page for people, https or http; "": none
	RetryAfter  time.Duration // when to ask again, by the server's wish; zero: none

	ignored string // an explanation that is not shown
}

// CertID names a certificate to its CA (RFC 9773 section 4.1): the key
// identifier of its issuer and its serial number, both as they are encoded.
func CertID(cert *x509.Certificate) (string, error) {
	if len(cert.AuthorityKeyId) == 0 {
		return "", errors.New("the certificate has no authority key identifier, which its name for the CA is made of (RFC 9773 4.1)")
	}
	serial := cert.SerialNumber.Bytes()
	if cert.SerialNumber.Sign() <= 0 {
		return "", fmt.Errorf("the certificate's serial number is %s, want one over zero (RFC 5280 4.1.2.2)", cert.SerialNumber)
	}
	if serial[0]&0x80 != 0 { // as DER writes a positive integer
		serial = append([]byte{0}, serial...)
	}
	enc := base64.RawURLEncoding.EncodeToString
	return enc(cert.AuthorityKeyId) + "." + enc(serial), nil
}

// maxExplanation bounds the URL that a server wants shown.
const maxExplanation = 500

// RenewalInfo asks when the CA wishes a certificate to be renewed. A server
// that does not say for any certificate gives nil.
func (c *Client) RenewalInfo(ctx context.Context, cert *x509.Certificate) (*RenewalInfo, error) {
	dir, err := c.Directory(ctx)
	if err != nil || dir.RenewalInfo == "" {
		return nil, err
	}
	id, err := CertID(cert)
	if err != nil {
		return nil, err
	}
	at := strings.TrimSuffix(dir.RenewalInfo, "/") + "/" + id
	ex, err := c.do(ctx, func(ctx context.Context) error {
		return c.persist(ctx, func() error {
			_, err := c.send(ctx, http.MethodGet, at, nil)
			return err
		})
	})
	if err != nil {
		return nil, err
	}
	info, err := parseRenewalInfo(ex.raw)
	if err != nil {
		c.wire.Deviated(DevRenewalInfoUnusable, err.Error())
		return nil, ex.broken(err.Error(), "RFC 9773 4.2")
	}
	c.wire.judgeJSON(ex)
	if ex.header.Get("Retry-After") == "" {
		c.wire.deviated(DevRenewalInfoRetryAfter, "GET %s: no Retry-After", at)
	}
	if info.ignored != "" {
		c.wire.deviated(DevRenewalInfoExplanation, "explanationURL %q", info.ignored)
	}
	info.RetryAfter = ex.retryAfter()
	return info, nil
}

// parseRenewalInfo reads the object. A window that does not end after it starts
// is an error: RFC 9773 section 4.2 wants it treated as if there were none.
func parseRenewalInfo(raw []byte) (*RenewalInfo, error) {
	var doc struct {
		Window struct {
			Start time.Time `json:"start"`
			End   time.Time `json:"end"`
		} `json:"suggestedWindow"`
		Explanation string `json:"explanationURL"`
	}
	if err := json.Unmarshal(raw, &doc); err != nil {
		return nil, unfit(raw, err)
	}
	w := doc.Window
	switch {
	case w.Start.IsZero() || w.End.IsZero():
		return nil, errors.New("the renewal info has no suggestedWindow with start and end")
	case !w.End.After(w.Start):
		return nil, fmt.Errorf("the suggested window ends at %s, which is not after its start at %s", w.End.Format(time.RFC3339), w.Start.Format(time.RFC3339))
	}
	info := &RenewalInfo{Start: w.Start.UTC(), End: w.End.UTC()}
	if u, err := url.Parse(doc.Explanation); err == nil && (u.Scheme == "https" || u.Scheme == "http") && len(doc.Explanation) <= maxExplanation {
		info.Explanation = doc.Explanation
	} else {
		info.ignored = doc.Explanation
	}
	return info, nil
}
