package acmewire

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// ProxyError says that a proxy did not open the way to the server.
type ProxyError struct {
	Status int
	Said   string // the status line's words
}

func (e *ProxyError) Error() string { return fmt.Sprintf("it answered CONNECT with %s", e.Said) }

// proxyKindError says that a proxy is of a kind that is not spoken with.
type proxyKindError struct{ scheme string }

func (e *proxyKindError) Error() string {
	return fmt.Sprintf("it is named by %s://, and http:// and socks5:// alone are spoken", e.scheme)
}

// proxyOf is the proxy on the way of a request; nil: none. TLS to the proxy
// itself is not spoken: it would be trusted, and shown a certificate, like the
// server.
func (w *Wire) proxyOf(req *http.Request) (*url.URL, error) {
	find := w.cfg.Proxy
	if find == nil {
		find = http.ProxyFromEnvironment
	}
	u, err := find(req)
	if err != nil { // its words repeat the URL, with the password
		return nil, errProxyURL
	}
	if u != nil && strings.HasSuffix(u.Host, ":") {
		// net/http makes http://http://... of a URL that it cannot read.
		return nil, errProxyURL
	}
	if u != nil && u.Scheme != "http" && u.Scheme != "socks5" && u.Scheme != "socks5h" {
		return u, &proxyKindError{u.Scheme}
	}
	return u, nil
}

// errProxyURL says that what names the proxy is no URL.
var errProxyURL = errors.New("what names the proxy is no URL")

// shownProxy is a proxy without its credentials; "": there is none.
func shownProxy(u *url.URL) string {
	if u == nil {
		return ""
	}
	return (&url.URL{Scheme: u.Scheme, Host: u.Host}).String()
}

func proxyAnswered(_ context.Context, _ *url.URL, _ *http.Request, resp *http.Response) error {
	if resp.StatusCode != http.StatusOK {
		return &ProxyError{Status: resp.StatusCode, Said: fmt.Sprintf("%.100s", resp.Status)}
	}
	return nil
}
