package acmewire

import (
	"context"
	"crypto"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"golang.org/x/crypto/acme"
)

// Client is one account's view of one ACME server. It is not safe for use by
// several goroutines: an account's requests are made one after the other.
type Client struct {
	wire *Wire
	http *http.Client
	cfg  Config
	acme *acme.Client
	dir  *Directory
	key  crypto.Signer
	kid  string
}

// New makes a client. It sends nothing yet.
func New(cfg Config) *Client {
	c := &Client{cfg: cfg, wire: newWire(cfg)}
	c.http = &http.Client{Transport: c.wire, CheckRedirect: checkRedirect}
	c.reset()
	return c
}

// Wire is what the client's requests pass.
func (c *Client) Wire() *Wire { return c.wire }

// DirectoryURL is the server's name.
func (c *Client) DirectoryURL() string { return c.cfg.DirectoryURL }

// SetAccount makes the client sign with key and, when url is not "", name the
// account by it (the "kid" of RFC 8555 section 6.2).
func (c *Client) SetAccount(key crypto.Signer, url string) {
	c.key, c.kid = key, url
	c.reset()
}

// reset gives the library a client without its own memory of the directory.
func (c *Client) reset() {
	c.dir = nil
	c.acme = &acme.Client{
		Key: c.key, KID: acme.KeyID(c.kid),
		HTTPClient: c.http, DirectoryURL: c.cfg.DirectoryURL, UserAgent: c.cfg.UserAgent,
		RetryBackoff: func(n int, req *http.Request, _ *http.Response) time.Duration {
			got := captured(req.Context())
			if got == nil {
				return -1
			}
			d, again := retryDelay(n, got.last)
			if !again {
				return -1
			}
			return d
		},
	}
}

// checkRedirect lets an unsigned GET follow a few redirects; the wire refuses
// those of signed requests and those to plain http.
func checkRedirect(_ *http.Request, via []*http.Request) error {
	if len(via) >= 4 {
		return errors.New("redirected too often")
	}
	return nil
}

// do runs one call of the library or of our own and returns the last exchange
// it made. A directory kept from an earlier process that turns out stale (404
// or 405 at one of its URLs) is fetched anew and the call made once more.
func (c *Client) do(ctx context.Context, call func(context.Context) error) (*Exchange, error) {
	for {
		if _, err := c.Directory(ctx); err != nil {
			return nil, err
		}
		under, got := withCapture(ctx)
		err := call(under)
		if err == nil {
			if got.last == nil {
				return nil, errors.New("no request was made")
			}
			return got.last, nil
		}
		if c.stale(got.last) && c.wire.forgetDirectory() {
			c.reset()
			continue
		}
		return got.last, explain(got.last, err)
	}
}

// stale reports whether ex failed in the way a changed directory makes it fail.
func (c *Client) stale(ex *Exchange) bool {
	if ex == nil || ex.Status != http.StatusNotFound && ex.Status != http.StatusMethodNotAllowed {
		return false
	}
	for _, r := range c.dir.resources() {
		if r.url == ex.URL {
			return true
		}
	}
	return false
}

// explain turns what a call returned into a [Problem], a [ProtocolError], a
// [NetworkError] or the context's own error. The exchange knows more than the
// library's error, which drops members and the real status.
func explain(ex *Exchange, err error) error {
	var protocol *ProtocolError
	var network *NetworkError
	switch {
	case errors.As(err, &protocol):
		return protocol
	case errors.As(err, &network):
		return network
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	case ex == nil:
		return err
	}
	name := Request{Method: ex.Method, URL: ex.URL, Status: ex.Status}
	if ex.Status >= 400 {
		if p, ok := parseProblem(ex); ok {
			return p
		}
		return &ProtocolError{Request: name, Found: refusedWithout(ex), Clause: "RFC 8555 6.7"}
	}
	found := "the answer cannot be used"
	if !json.Valid(ex.raw) {
		return &ProtocolError{Request: name, Found: notJSON(ex.raw, err).Error()}
	}
	return &ProtocolError{Request: name, Found: found, Err: err}
}

// refusedWithout describes a refusal that is no problem document.
func refusedWithout(ex *Exchange) string {
	kind := ex.header.Get("Content-Type")
	switch {
	case len(ex.raw) == 0:
		return fmt.Sprintf("refused with HTTP %d and nothing else", ex.Status)
	case kind != "":
		return fmt.Sprintf("refused with HTTP %d and %.60q instead of a problem document", ex.Status, kind)
	}
	return fmt.Sprintf("refused with HTTP %d and no problem document", ex.Status)
}

// decode reads the object of an exchange into v.
func decode(ex *Exchange, v any) error {
	if err := json.Unmarshal(ex.raw, v); err != nil {
		return &ProtocolError{
			Request: Request{Method: ex.Method, URL: ex.URL, Status: ex.Status},
			Found:   notJSON(ex.raw, err).Error(),
		}
	}
	return nil
}

// location is the URL of the object that an exchange made or found.
func location(ex *Exchange, clause string) (string, error) {
	url := ex.header.Get("Location")
	if url == "" {
		return "", &ProtocolError{
			Request: Request{Method: ex.Method, URL: ex.URL, Status: ex.Status},
			Found:   "the answer lacks a Location header, so what was made cannot be named", Clause: clause,
		}
	}
	return url, nil
}
