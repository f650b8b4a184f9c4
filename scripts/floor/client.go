package main

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
)

// maxBody limits every answer that is read.
const maxBody = 1 << 20

// client talks to one ACME server. It chains nonces, so it sends one request at
// a time. After the first error its methods do nothing.
type client struct {
	http  *http.Client
	key   *ecdsa.PrivateKey // of the account
	kid   string            // the account's URL; empty: sign with the key itself
	nonce string            // from the last answer
	dir   struct{ NewNonce, NewAccount, NewOrder string }
	err   error
	result
}

// account is the saved account.
type account struct {
	URL string `json:"url"`
	Key []byte `json:"key"` // SEC 1
}

// newClient returns a client with the account in accountFile, or with a new key
// if there is none. It trusts only the roots in rootFile: loading the system's
// roots takes longer than the rest of the handshake.
func newClient(rootFile, accountFile string) (*client, error) {
	pem, err := os.ReadFile(rootFile)
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("reading %s: no certificate in it", rootFile)
	}
	c := &client{http: &http.Client{
		Transport:     &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	text, err := os.ReadFile(accountFile)
	var saved account
	switch {
	case accountFile == "", errors.Is(err, fs.ErrNotExist):
		c.key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		return c, err
	case err != nil:
		return nil, err
	}
	if err = json.Unmarshal(text, &saved); err == nil {
		c.key, err = x509.ParseECPrivateKey(saved.Key)
	}
	if err != nil {
		return nil, fmt.Errorf("reading account %s: %w", accountFile, err)
	}
	c.kid = saved.URL
	return c, nil
}

// login reads the directory, fetches the first nonce, and registers an account
// unless the client has one.
func (c *client) login(ctx context.Context, directory, accountFile string) {
	c.send(ctx, http.MethodGet, directory, nil, &c.dir)
	c.send(ctx, http.MethodHead, c.dir.NewNonce, nil, nil)
	if c.kid != "" {
		return
	}
	kid := c.post(ctx, c.dir.NewAccount, map[string]bool{"termsOfServiceAgreed": true}, nil)
	if c.err == nil && kid == "" {
		c.err = errors.New("the answer to newAccount has no Location: RFC 8555 7.3")
	}
	if c.kid = kid; c.err != nil || accountFile == "" {
		return
	}
	var text []byte
	der, err := x509.MarshalECPrivateKey(c.key)
	if err == nil {
		text, err = json.Marshal(account{URL: kid, Key: der})
	}
	if err == nil {
		err = os.WriteFile(accountFile, text, 0o600)
	}
	c.err = err
}

// post sends a signed payload, or a POST-as-GET (RFC 8555 6.3) if payload is nil,
// and returns the Location of the answer.
func (c *client) post(ctx context.Context, url string, payload, answer any) (location string) {
	if c.err != nil {
		return ""
	}
	body, err := c.sign(url, payload)
	if err != nil {
		c.err = err
		return ""
	}
	return c.send(ctx, http.MethodPost, url, body, answer).Get("Location")
}

// send sends one request, counts it, and keeps the nonce of the answer. It copies
// the answer's body to a *[]byte, decodes it as JSON into any other answer, and
// ignores it if answer is nil.
func (c *client) send(ctx context.Context, method, url string, body []byte, answer any) http.Header {
	if c.err != nil {
		return nil
	}
	header, err := c.exchange(ctx, method, url, body, answer)
	if err != nil {
		c.err = fmt.Errorf("%s %s: %w", method, url, err)
	}
	return header
}

func (c *client) exchange(ctx context.Context, method, url string, body []byte, answer any) (http.Header, error) {
	req, err := http.NewRequestWithContext(ctx, method, url, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("User-Agent", "nfcert-floor")
	if method == http.MethodPost {
		req.Header.Set("Content-Type", "application/jose+json")
	}
	c.Requests++
	res, err := c.http.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	c.nonce = res.Header.Get("Replay-Nonce")
	text, err := io.ReadAll(io.LimitReader(res.Body, maxBody))
	switch into := answer.(type) {
	case nil:
	case *[]byte:
		*into = text
	default:
		if err == nil && res.StatusCode/100 == 2 {
			err = json.Unmarshal(text, answer)
		}
	}
	if err == nil && res.StatusCode/100 != 2 {
		err = fmt.Errorf("status %d, want 2xx: %q", res.StatusCode, text)
	}
	return res.Header, err
}

// jwk is a P-256 public key as JSON. The field order is that of RFC 7638 section
// 3, so a thumbprint hashes the same encoding.
type jwk struct {
	Crv string `json:"crv"`
	Kty string `json:"kty"`
	X   string `json:"x"`
	Y   string `json:"y"`
}

func newJWK(key *ecdsa.PublicKey) (jwk, error) {
	point, err := key.Bytes()
	if err != nil || len(point) != 65 {
		return jwk{}, errors.Join(errors.New("the account key is not on P-256, the only curve used here"), err)
	}
	return jwk{Crv: "P-256", Kty: "EC", X: b64(point[1:33]), Y: b64(point[33:])}, nil
}

// thumbprint is the RFC 7638 thumbprint that a key authorization contains.
func (k jwk) thumbprint() string {
	text, _ := json.Marshal(k) // strings alone: never fails
	sum := sha256.Sum256(text)
	return b64(sum[:])
}

// sign makes the flattened JWS of payload for url (RFC 8555 6.2). It uses up the
// nonce. A nil payload is the empty one of a POST-as-GET.
func (c *client) sign(url string, payload any) ([]byte, error) {
	header := map[string]any{"alg": "ES256", "nonce": c.nonce, "url": url}
	c.nonce = ""
	if header["kid"] = c.kid; c.kid == "" {
		delete(header, "kid")
		key, err := newJWK(&c.key.PublicKey)
		if err != nil {
			return nil, err
		}
		header["jwk"] = key
	}
	head, err := json.Marshal(header)
	var text []byte
	if err == nil && payload != nil {
		text, err = json.Marshal(payload)
	}
	if err != nil {
		return nil, err
	}
	head64, text64 := b64(head), b64(text)
	sum := sha256.Sum256([]byte(head64 + "." + text64))
	r, s, err := ecdsa.Sign(rand.Reader, c.key, sum[:])
	if err != nil {
		return nil, err
	}
	// RFC 7518 3.4: both halves at full length, not ASN.1.
	signature := append(r.FillBytes(make([]byte, 32)), s.FillBytes(make([]byte, 32))...)
	return json.Marshal(map[string]string{"protected": head64, "payload": text64, "signature": b64(signature)})
}

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }
