package token

import (
	"context"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"net/url"
)

// maxSigner bounds the answer from an x5u, in bytes.
const maxSigner = 64 << 10

// FetchSigner downloads the certificates of x5u (RFC 7515 section 4.1.5) as the
// token's chain, unless x5c has one. The URL is from an untrusted token: the caller
// must ask the user before, and via must not follow redirects.
func (t *Token) FetchSigner(ctx context.Context, via http.RoundTripper) error {
	if t.X5U == "" || len(t.Chain) > 0 {
		return nil
	}
	host := ""
	if u, err := url.Parse(t.X5U); err == nil {
		host = u.Host
	}
	if err := CheckHint(t.X5U, []string{host}); err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, t.X5U, nil)
	if err != nil {
		return malformed("its x5u is not a URL")
	}
	resp, err := via.RoundTrip(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(io.LimitReader(resp.Body, maxSigner))
	if err != nil {
		return err
	}
	wanted := "a PEM chain, its certificate first"
	if resp.StatusCode != http.StatusOK {
		return &CheckError{CheckSigner, fmt.Sprintf("HTTP status %d at its x5u", resp.StatusCode), wanted, "RFC 7515 4.1.5"}
	}
	var odd string
	if t.Chain, odd, err = parseSigner(data); err != nil || len(t.Chain) == 0 {
		t.Chain = nil
		return &CheckError{CheckSigner, "something else at its x5u", wanted, "RFC 7515 4.1.5"}
	}
	if odd != "" {
		t.deviations = append(t.deviations, Deviation{devX5UForm, odd})
	}
	return nil
}

// parseSigner reads PEM, or a single certificate in DER, which some servers send.
// odd says what is not a PEM chain alone; "": nothing.
func parseSigner(data []byte) (chain []*x509.Certificate, odd string, err error) {
	if cert, err := x509.ParseCertificate(data); err == nil {
		return []*x509.Certificate{cert}, "a certificate in DER", nil
	}
	for block, rest := pem.Decode(data); block != nil; block, rest = pem.Decode(rest) {
		if block.Type != "CERTIFICATE" {
			odd = fmt.Sprintf("a PEM block %.60q", block.Type)
			continue
		}
		cert, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, "", err
		}
		chain = append(chain, cert)
	}
	return chain, odd, nil
}
