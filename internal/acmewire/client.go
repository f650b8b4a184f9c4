package acmewire

import (
	"context"
	"crypto"
	"errors"
	"net/http"
	"time"

	"golang.org/x/crypto/acme"
)

// Client is one account's view of one ACME server. Its requests must be made one
// after the other; [Client.WithAccount] makes another for another goroutine.
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

// Wire returns the transport of all requests of the client.
func (c *Client) Wire() *Wire { return c.wire }

// DirectoryURL returns the URL that identifies the server.
func (c *Client) DirectoryURL() string { return c.cfg.DirectoryURL }

// WithAccount returns a client of its own on the same wire, which signs with key
// and, when url is not "", names the account by it (the "kid" of RFC 8555
// section 6.2). It may be called by several goroutines at once.
func (c *Client) WithAccount(key crypto.Signer, url string) *Client {
	other := &Client{wire: c.wire, http: c.http, cfg: c.cfg, key: key, kid: url}
	other.reset()
	return other
}

// reset replaces the library's client, which caches the directory.
func (c *Client) reset() {
	c.dir = nil
	c.acme = &acme.Client{
		Key: c.key, KID: acme.KeyID(c.kid),
		HTTPClient: c.http, DirectoryURL: c.cfg.DirectoryURL,
		RetryBackoff: func(n int, req *http.Request, _ *http.Response) time.Duration {
			if d, again := retryDelay(n, captured(req.Context()).last); again {
				return d
			}
			return -1
		},
	}
}

// maxRedirects is how many redirects of an unsigned GET are followed.
const maxRedirects = 4

// checkRedirect lets an unsigned GET follow a few redirects; the wire refuses
// those of other requests and those to plain http.
func checkRedirect(_ *http.Request, via []*http.Request) error {
	if len(via) > maxRedirects {
		return &ProtocolError{
			Request: Request{Method: via[0].Method, URL: via[0].URL.String()},
			Found:   "redirected more than 4 times",
		}
	}
	return nil
}

// do runs a call that makes requests and returns the last exchange it made. If a
// cached directory of an earlier process turns out stale, it fetches the directory
// again and repeats the call.
func (c *Client) do(ctx context.Context, call func(context.Context) error) (*Exchange, error) {
	for {
		if _, err := c.Directory(ctx); err != nil {
			return nil, err
		}
		under, got := withCapture(ctx)
		err := call(under)
		switch {
		case err == nil:
			return got.last, nil
		case c.stale(got.last, err) && c.wire.forgetDirectory(c.dir):
			c.reset()
		default:
			return got.last, explain(got.last, err)
		}
	}
}

// library runs a call of x/crypto/acme. The library reports some successes as
// failures (an unexpected 2xx status, a member of another type). Such an answer
// counts as a success here, and the caller decodes it.
func (c *Client) library(ctx context.Context, call func(context.Context) error) (*Exchange, error) {
	return c.do(ctx, func(ctx context.Context) error {
		if err := c.ensureNonce(ctx); err != nil {
			return err
		}
		err := call(ctx)
		last := captured(ctx).last
		var refused *acme.Error
		switch {
		case err == nil:
			return nil
		case ctx.Err() != nil: // the library reports the refusal before it instead
			return ctx.Err()
		case last != nil && last.Method == http.MethodPost && last.isSuccess() && last.Error == "":
			return nil
		case errors.As(err, &refused), errors.Is(err, acme.ErrNoAccount):
			return errRefused
		}
		return err
	})
}

// stale reports whether a call failed as it does when the directory has changed:
// one of its URLs is not found, redirects or cannot be reached. The server has
// done nothing then.
func (c *Client) stale(ex *Exchange, err error) bool {
	if ex == nil {
		return false
	}
	switch ex.Status {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusTemporaryRedirect, http.StatusPermanentRedirect,
		http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusGone:
	default:
		network, ok := errors.AsType[*NetworkError](err)
		if !ok || network.Stage == StageAnswer {
			return false
		}
	}
	for _, r := range c.dir.resources() {
		if r.url == ex.URL {
			return true
		}
	}
	return false
}
