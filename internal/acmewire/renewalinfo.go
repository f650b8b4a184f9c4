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

// RenewalInfo says when a CA wants a certificate to be renewed (RFC 9773 section
// 4.2).
type RenewalInfo struct {
	Start, End  time.Time     // of the suggested window; End is after Start
	Explanation string        // URL of a page for people, https or http; "": none
	RetryAfter  time.Duration // until the CA wants to be asked again; zero if it does not say

	ignored string // an explanation that is not shown
}

// CertID returns the identifier of a certificate for its CA (RFC 9773 section
// 4.1): the key identifier of its issuer and its serial number, as encoded.
func CertID(cert *x509.Certificate) (string, error) {
	if len(cert.AuthorityKeyId) == 0 {
		return "", errors.New("the certificate has no authority key identifier, which renewal information needs (RFC 9773 4.1)")
	}
	serial := cert.SerialNumber.Bytes()
	if cert.SerialNumber.Sign() <= 0 {
		return "", fmt.Errorf("the certificate's serial number is %s, want a positive number (RFC 5280 4.1.2.2)", cert.SerialNumber)
	}
	if serial[0]&0x80 != 0 { // as DER writes a positive integer
		serial = append([]byte{0}, serial...)
	}
	enc := base64.RawURLEncoding.EncodeToString
	return enc(cert.AuthorityKeyId) + "." + enc(serial), nil
}

// maxExplanation bounds the length of the explanation URL.
const maxExplanation = 500

// RenewalInfo asks when the CA wants a certificate to be renewed. It returns nil
// if the server does not offer renewal information.
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

// parseRenewalInfo reads the object. A window that does not end after its start
// is an error: RFC 9773 section 4.2 says to ignore it.
func parseRenewalInfo(raw []byte) (*RenewalInfo, error) {
	var doc struct {
		Window struct {
			Start time.Time `json:"start"`
			End   time.Time `json:"end"`
		} `json:"suggestedWindow"`
		Explanation string `json:"explanationURL"`
	}
	if err := json.Unmarshal(raw, &doc); err != nil {
		return nil, notJSON(raw, err)
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
