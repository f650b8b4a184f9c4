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

// ProtocolError says that the server's answer breaks RFC 8555.
type ProtocolError struct {
	Request Request
	Found   string // such as "HTML instead of JSON"
	Clause  string // the clause that the answer breaks, such as "RFC 8555 7.1.1"; may be empty
	Err     error  // the cause; may be nil
	// RetryAfter is how long the server asks to wait; zero if it does not say.
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

// Busy reports whether the server, or a proxy in front of it, is temporarily
// unavailable (RFC 6585 section 4, RFC 9110 sections 15.6.3 to 15.6.5), and how
// long it asks to wait; zero if it does not say.
func Busy(err error) (retryAfter time.Duration, busy bool) {
	var refused *Problem
	var protocol *ProtocolError
	status := 0
	switch {
	case errors.As(err, &refused) && refused.Request != nil:
		status, retryAfter = refused.Request.Status, refused.RetryAfter
	case errors.As(err, &protocol):
		status, retryAfter = protocol.Request.Status, protocol.RetryAfter
	}
	switch status {
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return retryAfter, true
	}
	return 0, false
}

// Stage is where a connection failed.
type Stage string

// The stages of a connection, in order.
const (
	StageDNS     Stage = "dns"
	StageConnect Stage = "connect"
	StageProxy   Stage = "proxy" // the proxy failed, at any of these stages
	StageTLS     Stage = "tls"
	StageAnswer  Stage = "answer" // the request was sent, and the answer is missing or incomplete
)

// NetworkError says that the server was not reached or not trusted, or that it
// closed the connection before its answer was complete.
type NetworkError struct {
	Request Request
	Stage   Stage
	Err     error
	// Chain is what an untrusted server sent, leaf first.
	Chain []*x509.Certificate
	// Address is what was dialled instead of the host's address; "" if it was not.
	Address string
	// Proxy is the proxy in use, without its credentials; "" if there is none.
	Proxy string
	// Client is how the server asked for a client certificate before the
	// handshake failed; nil if it did not ask.
	Client *ClientCertRequest
	// Offer is the outdated version or cipher suite that the server offers; nil
	// if that is not why the handshake failed.
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

// cause returns the innermost useful message, without the URL.
func (e *NetworkError) cause() string {
	var dns *net.DNSError
	var record tls.RecordHeaderError
	var timeout net.Error
	switch {
	case e.Offer != nil && e.Offer.Old:
		return fmt.Sprintf("it offers %s, want TLS 1.2 or 1.3", e.Offer.Version)
	case e.Offer != nil:
		return fmt.Sprintf("in %s it offers %s, want ephemeral key exchange and an AEAD", e.Offer.Version, e.Offer.CipherSuite)
	case errors.As(e.Err, &dns):
		return dns.Err
	case errors.As(e.Err, &record):
		return "the server does not use TLS"
	case errors.Is(e.Err, syscall.ECONNREFUSED):
		return "connection refused: no server listens on this port"
	case isClosed(e.Err) && e.Stage == StageAnswer:
		return "the connection was closed before the answer was complete"
	case isClosed(e.Err):
		return "the connection was closed immediately"
	case errors.As(e.Err, &timeout) && timeout.Timeout():
		return "no answer in time"
	case isAlert(e.Err) && strings.Contains(e.Err.Error(), "certificate required"):
		return "it requires a client certificate"
	case isAlert(e.Err):
		return "it refused the handshake: " + e.Err.Error()
	}
	return strings.TrimPrefix(e.Err.Error(), "x509: ")
}

// isClosed reports whether the other side closed the connection.
func isClosed(err error) bool {
	for _, end := range []error{io.EOF, io.ErrUnexpectedEOF, syscall.ECONNRESET, syscall.EPIPE} {
		if errors.Is(err, end) {
			return true
		}
	}
	return false
}

// isAlert reports whether err is a TLS alert from the other side.
func isAlert(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && op.Op == "remote error"
}

// hostPort returns host and port of a URL.
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

// networkError classifies a failed round trip by the stage it reached.
func networkError(req Request, at Stage, err error) *NetworkError {
	e := &NetworkError{Request: req, Stage: at, Err: err}
	var verify *tls.CertificateVerificationError
	switch {
	case errors.As(err, &verify):
		e.Stage, e.Err, e.Chain = StageTLS, verify.Err, verify.UnverifiedCertificates
	case isAlert(err):
		// In TLS 1.3 a server refuses the client's certificate only after the
		// request was sent.
		e.Stage = StageTLS
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		// The transport's own limits look like the end of the caller's context,
		// which has not ended.
		e.Err = &transportLimit{err.Error()}
	}
	return e
}

// throughProxy attributes failures to resolve and reach the proxy, and its answer
// to CONNECT, to the proxy.
func (e *NetworkError) throughProxy(proxy string) {
	e.Proxy = proxy
	if e.Stage == StageDNS || e.Stage == StageConnect {
		e.Stage = StageProxy
	}
}

// isSilent reports whether the handshake ended as it does when the server accepts
// none of the offered versions and cipher suites.
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

// progress records the stages of a connection. The transport dials in its own
// goroutines, so several may report at once.
type progress struct{ furthest atomic.Int32 }

// stage returns the furthest stage reached.
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
