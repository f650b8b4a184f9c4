package acmewire

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync/atomic"
	"syscall"
	"time"
)

// ProtocolError says that the server answered, but not as RFC 8555 wants it.
type ProtocolError struct {
	Request Request
	Found   string // what came, such as "HTML instead of JSON"
	Clause  string // what says otherwise, such as "RFC 8555 7.1.1"; may be empty
	Err     error  // the cause; may be nil
	// RetryAfter is the server's wish, zero when it has none.
	RetryAfter time.Duration
}

func (e *ProtocolError) Error() string {
	s := fmt.Sprintf("%s %s: %s", e.Request.Method, e.Request.URL, e.Found)
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

func (e *ProtocolError) Unwrap() error { return e.Err }

// Busy reports whether the server, or a proxy before it, turned a request away
// for now (RFC 6585 section 4, RFC 9110 sections 15.6.3 to 15.6.5), and for how
// long it wished; zero: it did not say.
func Busy(err error) (wish time.Duration, busy bool) {
	var refused *Problem
	var protocol *ProtocolError
	status := 0
	switch {
	case errors.As(err, &refused) && refused.Request != nil:
		status, wish = refused.Request.Status, refused.RetryAfter
	case errors.As(err, &protocol):
		status, wish = protocol.Request.Status, protocol.RetryAfter
	}
	switch status {
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return wish, true
	}
	return 0, false
}

// Stage is how far a connection came before it failed.
type Stage string

// The stages of a connection, in order.
const (
	StageDNS     Stage = "dns"
	StageConnect Stage = "connect"
	StageProxy   Stage = "proxy" // of whichever of these the proxy is to blame for
	StageTLS     Stage = "tls"
	StageAnswer  Stage = "answer" // the request went out, its answer did not come whole
)

// NetworkError says that the server was not reached, not trusted, or gone
// before its answer was whole.
type NetworkError struct {
	Request Request
	Stage   Stage
	Err     error
	// Chain is what the server showed when it was not trusted, leaf first.
	Chain []*x509.Certificate
	// Address is what was dialled in place of the host's; "": the host's.
	Address string
	// Proxy is on the way, without its credentials; "": none is.
	Proxy string
	// Client is how the server asked for a client certificate before the
	// handshake failed; nil: it did not.
	Client *AskedClient
	// Offer is what the server has in place of what is permitted; nil when that
	// is not why the handshake failed.
	Offer *Offer
}

func (e *NetworkError) Error() string {
	what := map[Stage]string{
		StageDNS:     "looking up %s",
		StageConnect: "connecting to %s",
		StageProxy:   "reaching %s through a proxy",
		StageTLS:     "trusting %s",
		StageAnswer:  "waiting for the answer of %s",
	}[e.Stage]
	text := fmt.Sprintf(what, host(e.Request.URL))
	switch {
	case e.Stage == StageProxy && e.Proxy != "":
		text = strings.Replace(text, "a proxy", "the proxy "+e.Proxy, 1)
	case e.Address != "" && e.Proxy == "" && e.Stage != StageProxy:
		text += " at " + e.Address
	}
	return text + ": " + e.cause()
}

func (e *NetworkError) Unwrap() error { return e.Err }

// cause tells the innermost useful words, without the URL that Error tells.
func (e *NetworkError) cause() string {
	var dns *net.DNSError
	var record tls.RecordHeaderError
	var timeout net.Error
	switch {
	case e.Offer != nil && e.Offer.Old:
		return fmt.Sprintf("it speaks %s, want TLS 1.2 or 1.3", e.Offer.Version)
	case e.Offer != nil:
		return fmt.Sprintf("in %s it speaks %s, want ephemeral key exchange and an AEAD", e.Offer.Version, e.Offer.CipherSuite)
	case errors.As(e.Err, &dns):
		return dns.Err
	case errors.As(e.Err, &record):
		return "what answers there does not speak TLS"
	case errors.Is(e.Err, syscall.ECONNREFUSED):
		return "connection refused: nothing listens there"
	case isClosed(e.Err) && e.Stage == StageAnswer:
		return "the connection was closed before the answer was whole"
	case isClosed(e.Err):
		return "the connection was closed at once"
	case errors.As(e.Err, &timeout) && timeout.Timeout():
		return "no answer in time"
	case isAlert(e.Err) && strings.Contains(e.Err.Error(), "certificate required"):
		return "it demands a client certificate"
	case isAlert(e.Err):
		return "it refused the handshake: " + e.Err.Error()
	}
	return strings.TrimPrefix(e.Err.Error(), "x509: ")
}

// isClosed reports whether the other side ended the connection.
func isClosed(err error) bool {
	for _, end := range []error{io.EOF, io.ErrUnexpectedEOF, syscall.ECONNRESET, syscall.EPIPE} {
		if errors.Is(err, end) {
			return true
		}
	}
	return false
}

// isAlert reports whether err is a TLS alert of the other side.
func isAlert(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && op.Op == "remote error"
}

// hostPort is where a URL leads, with its port.
func hostPort(u *url.URL) string {
	return net.JoinHostPort(u.Hostname(), cmp.Or(u.Port(), "443"))
}

func host(raw string) string {
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" {
		return raw
	}
	return u.Host
}

// networkError sorts a failed round trip by how far it came.
func networkError(req Request, at Stage, err error) *NetworkError {
	e := &NetworkError{Request: req, Stage: at, Err: err}
	var verify *tls.CertificateVerificationError
	switch {
	case errors.As(err, &verify):
		e.Stage, e.Err, e.Chain = StageTLS, verify.Err, verify.UnverifiedCertificates
	case isAlert(err):
		// In TLS 1.3 a server that refuses the client's certificate says so
		// only after the request went out.
		e.Stage = StageTLS
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		// The transport's own limits pass for the end of the caller's context,
		// which has not ended.
		e.Err = &transportLimit{err.Error()}
	}
	return e
}

// throughProxy blames the proxy for what is its affair: its own name and
// address, and its answer to CONNECT.
func (e *NetworkError) throughProxy(proxy string) {
	e.Proxy = proxy
	if e.Stage == StageDNS || e.Stage == StageConnect {
		e.Stage = StageProxy
	}
}

// isSilent reports whether the handshake ended in a way that a server has which
// finds nothing to its taste in what was offered.
func (e *NetworkError) isSilent() bool {
	if len(e.Chain) > 0 || e.Client != nil {
		return false
	}
	text := e.Err.Error()
	for _, end := range []string{"protocol version", "handshake failure", "insufficient security", "unsupported protocol", "unconfigured cipher"} {
		if strings.Contains(text, end) {
			return true
		}
	}
	return isClosed(e.Err)
}

// transportLimit is a timeout of one connection.
type transportLimit struct{ text string }

func (e *transportLimit) Error() string { return e.text }

// Timeout and Temporary make it a [net.Error].
func (e *transportLimit) Timeout() bool   { return true }
func (e *transportLimit) Temporary() bool { return true }

// progress follows a connection through its stages. Dialling runs in goroutines
// of the transport's own, so that it is told from several at once.
type progress struct{ furthest atomic.Int32 }

// stage is the furthest that was come to.
func (p *progress) stage() Stage {
	return [...]Stage{StageConnect, StageDNS, StageConnect, StageTLS, StageAnswer}[p.furthest.Load()]
}

func (p *progress) reach(n int32) {
	for {
		old := p.furthest.Load()
		if old >= n || p.furthest.CompareAndSwap(old, n) {
			return
		}
	}
}

func (p *progress) trace() *httptrace.ClientTrace {
	return &httptrace.ClientTrace{
		DNSStart:          func(httptrace.DNSStartInfo) { p.reach(1) },
		ConnectStart:      func(string, string) { p.reach(2) },
		TLSHandshakeStart: func() { p.reach(3) },
		GotConn:           func(httptrace.GotConnInfo) { p.reach(4) },
	}
}
