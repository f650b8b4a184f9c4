package main

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"time"
)

// maxBody caps every answer that is read.
const maxBody = 1 << 20

// client talks to one ACME server. It chains nonces, so it sends one request
// at a time.
type client struct {
	http     *http.Client
	key      *ecdsa.PrivateKey // of the account
	kid      string            // the account's URL; empty signs with the key itself
	nonce    string            // from the last answer
	requests int
	dir      directory
}

// directory holds what is used of RFC 8555 7.1.1.
type directory struct {
	NewNonce   string `json:"newNonce"`
	NewAccount string `json:"newAccount"`
	NewOrder   string `json:"newOrder"`
}

// newClient returns a client that trusts the roots in rootFile alone: loading
// the system's costs more than the rest of the handshake.
func newClient(rootFile string) (*client, error) {
	pem, err := os.ReadFile(rootFile)
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("reading %s: no certificate in it", rootFile)
	}
	return &client{http: &http.Client{
		Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}},
		Timeout:   30 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error {
			return http.ErrUseLastResponse
		},
	}}, nil
}

// start reads the directory and fetches the first nonce.
func (c *client) start(ctx context.Context, url string) error {
	_, body, err := c.send(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(body, &c.dir); err != nil {
		return fmt.Errorf("reading the directory: %w", err)
	}
	_, _, err = c.send(ctx, http.MethodHead, c.dir.NewNonce, nil)
	return err
}

// post sends payload signed, or a POST-as-GET (RFC 8555 6.3) when payload is
// nil, decodes the answer into v when that is not nil, and returns its
// Location.
func (c *client) post(ctx context.Context, url string, payload, v any) (location string, err error) {
	body, err := c.sign(url, payload)
	if err != nil {
		return "", err
	}
	header, answer, err := c.send(ctx, http.MethodPost, url, body)
	if err != nil {
		return "", err
	}
	switch v := v.(type) {
	case nil:
	case *[]byte:
		*v = answer
	default:
		if err := json.Unmarshal(answer, v); err != nil {
			return "", fmt.Errorf("reading the answer of %s: %w", url, err)
		}
	}
	return header.Get("Location"), nil
}

// send sends one request, counts it, and keeps the nonce that comes back.
func (c *client) send(ctx context.Context, method, url string, body []byte) (http.Header, []byte, error) {
	req, err := http.NewRequestWithContext(ctx, method, url, bytes.NewReader(body))
	if err != nil {
		return nil, nil, err
	}
	req.Header.Set("User-Agent", "nfcert-floor")
	if method == http.MethodPost {
		req.Header.Set("Content-Type", "application/jose+json")
	}
	c.requests++
	res, err := c.http.Do(req)
	if err != nil {
		return nil, nil, err
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(res.Body, maxBody))
	if err != nil {
		return nil, nil, fmt.Errorf("%s %s: %w", method, url, err)
	}
	if res.StatusCode/100 != 2 {
		return nil, nil, fmt.Errorf("%s %s: status %d, want 2xx: %q", method, url, res.StatusCode, answer)
	}
	c.nonce = res.Header.Get("Replay-Nonce")
	return res.Header, answer, nil
}
