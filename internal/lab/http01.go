package lab

import (
	"bytes"
	"context"
	"crypto/subtle"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

const (
	http01Timeout   = 10 * time.Second
	http01Redirects = 10
	http01MaxBody   = 64 << 10
)

// http01 is the challenge type of RFC 8555 8.3. Wildcards are proven by DNS only.
func http01() challengeType {
	return challengeType{
		name: "http-01",
		proves: func(id identifier) bool {
			return id.Type == typeIP || id.Type == typeDNS && !id.isWildcard()
		},
		validate: func(ctx context.Context, l *Lab, a attempt) *problem { return l.checkHTTP01(ctx, a) },
	}
}

// checkHTTP01 fetches the key authorization from the host (RFC 8555 8.3), and
// returns what is wrong with the response, or nil.
func (l *Lab) checkHTTP01(ctx context.Context, a attempt) *problem {
	ctx, cancel := context.WithTimeout(ctx, http01Timeout)
	defer cancel()
	host := a.identifier.Value
	if strings.Contains(host, ":") { // an IPv6 address (RFC 3986 3.2.2)
		host = "[" + host + "]"
	}
	target := "http://" + host + "/.well-known/acme-challenge/" + a.token
	transport := &http.Transport{DialContext: l.dialHTTP01, DisableKeepAlives: true, MaxResponseHeaderBytes: 64 << 10}
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport, CheckRedirect: l.checkRedirect}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, target, nil)
	if err != nil {
		return problemf(malformed, "%s: %v", target, err)
	}
	req.Header.Set("User-Agent", "nfcert-lab (practice only)")
	resp, err := client.Do(req)
	if err != nil {
		return fetchProblem(target, err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return problemf(unauthorized, "%s answered status %d, want 200", resp.Request.URL, resp.StatusCode)
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, http01MaxBody+1))
	if err != nil {
		return problemf(connectionFailed, "reading %s: %v", resp.Request.URL, err)
	}
	if len(body) > http01MaxBody {
		return problemf(incorrectResponse, "%s answered more than %d bytes", resp.Request.URL, http01MaxBody)
	}
	body = bytes.TrimRight(body, " \t\r\n\v\f") // RFC 8555 8.3: trailing white space should be ignored
	if want := a.keyAuthorization(); subtle.ConstantTimeCompare(body, []byte(want)) != 1 {
		return problemf(incorrectResponse, "%s answered %.100q, want %q", resp.Request.URL, body, want)
	}
	return nil
}

// dialHTTP01 connects to the address of a host in Options.HTTP01Addr.
func (l *Lab) dialHTTP01(ctx context.Context, network, hostPort string) (net.Conn, error) {
	host, _, err := net.SplitHostPort(hostPort)
	if err != nil {
		return nil, err
	}
	addr := l.options.HTTP01Addr(host)
	if addr == "" {
		return nil, problemf(dnsFailed, "%q: no address", host)
	}
	return new(net.Dialer).DialContext(ctx, network, addr)
}

// checkRedirect follows at most http01Redirects redirects, over http and to the
// port of http-01 validation only, so that a client cannot make the lab connect
// to other services.
func (l *Lab) checkRedirect(req *http.Request, via []*http.Request) error {
	port := req.URL.Port()
	switch {
	case len(via) > http01Redirects:
		return problemf(incorrectResponse, "redirect to %s: more than %d redirects", req.URL, http01Redirects)
	case req.URL.Scheme != "http":
		return problemf(incorrectResponse, "redirect to %s: want http", req.URL)
	case port != "" && port != "80" && port != strconv.Itoa(l.options.HTTPPort):
		return problemf(incorrectResponse, "redirect to %s: want port 80 or %d", req.URL, l.options.HTTPPort)
	}
	return nil
}

// fetchProblem gives a failed fetch its error type (RFC 8555 6.7).
func fetchProblem(target string, err error) *problem {
	if u, ok := errors.AsType[*url.Error](err); ok {
		err = u.Err // the detail has the URL already
	}
	kind, detail := connectionFailed, err.Error()
	if p, ok := errors.AsType[*problem](err); ok {
		kind, detail = p.kind, p.detail
	} else if _, ok := errors.AsType[*net.DNSError](err); ok {
		kind = dnsFailed
	}
	return problemf(kind, "fetching %s: %s", target, detail)
}
