package acmewire

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// ProxyError says that a proxy refused to connect to the server.
type ProxyError struct {
	Status int
	Said   string // the text of the status line
}

func (e *ProxyError) Error() string { return fmt.Sprintf("it answered CONNECT with %s", e.Said) }

// proxyKindError says that the scheme of a proxy is not supported.
type proxyKindError struct{ scheme string }

func (e *proxyKindError) Error() string {
	return fmt.Sprintf("its scheme %s:// is not supported, want http:// or socks5://", e.scheme)
}

// proxyOf returns the proxy of a request; nil if there is none. TLS to the proxy
// itself is not supported: the proxy would be trusted like the server, and sent
// the client certificate.
func (w *Wire) proxyOf(req *http.Request) (*url.URL, error) {
	find := w.cfg.Proxy
	if find == nil {
		find = http.ProxyFromEnvironment
	}
	u, err := find(req)
	if err != nil { // it repeats the URL, with the password
		return nil, errProxyURL
	}
	if u != nil && strings.HasSuffix(u.Host, ":") {
		// net/http turns a URL that it cannot read into http://http://...
		return nil, errProxyURL
	}
	if u != nil && u.Scheme != "http" && u.Scheme != "socks5" && u.Scheme != "socks5h" {
		return u, &proxyKindError{u.Scheme}
	}
	return u, nil
}

// errProxyURL says that the proxy setting is not a URL.
var errProxyURL = errors.New("the proxy setting is not a URL")

// shownProxy returns a proxy without its credentials; "" if there is none.
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
