package acmewire

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"strings"
	"syscall"
)

// ProtocolError says that the server answered, but not as RFC 8555 wants it.
type ProtocolError struct {
	Request Request
	Found   string // what came, such as "HTML instead of JSON"
	Clause  string // what says otherwise, such as "RFC 8555 7.1.1"; may be empty
	Err     error  // the cause; may be nil
}

func (e *ProtocolError) Error() string {
	s := fmt.Sprintf("%s %s: %s", e.Request.Method, e.Request.URL, e.Found)
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

func (e *ProtocolError) Unwrap() error { return e.Err }

// Stage is how far a connection came before it failed.
type Stage string

// The stages of a connection, in order.
const (
	StageDNS     Stage = "dns"
	StageConnect Stage = "connect"
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
}

func (e *NetworkError) Error() string {
	what := map[Stage]string{
		StageDNS:     "looking up %s",
		StageConnect: "connecting to %s",
		StageTLS:     "trusting %s",
		StageAnswer:  "waiting for the answer of %s",
	}[e.Stage]
	return fmt.Sprintf(what, host(e.Request.URL)) + ": " + e.cause()
}

func (e *NetworkError) Unwrap() error { return e.Err }

// cause tells the innermost useful words, without the URL that Error tells.
func (e *NetworkError) cause() string {
	switch {
	case errors.Is(e.Err, io.EOF), errors.Is(e.Err, io.ErrUnexpectedEOF):
		return "the connection was closed before the answer was whole"
	case errors.Is(e.Err, syscall.ECONNRESET):
		return "the connection was reset"
	case errors.Is(e.Err, syscall.ECONNREFUSED):
		return "connection refused: nothing listens there"
	}
	var dns *net.DNSError
	if errors.As(e.Err, &dns) {
		return dns.Err
	}
	var u *url.Error
	if errors.As(e.Err, &u) {
		return u.Err.Error()
	}
	return e.Err.Error()
}

func host(raw string) string {
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" {
		return raw
	}
	return u.Host
}

// networkError sorts a failed round trip by its stage. sent tells whether the
// request had gone out.
func networkError(req Request, sent bool, err error) error {
	if errors.Is(err, context.Canceled) {
		return fmt.Errorf("%s %s: %w", req.Method, req.URL, err)
	}
	e := &NetworkError{Request: req, Stage: StageConnect, Err: err}
	var dns *net.DNSError
	var verify *tls.CertificateVerificationError
	switch {
	case errors.As(err, &dns):
		e.Stage = StageDNS
	case errors.As(err, &verify):
		e.Stage, e.Chain = StageTLS, verify.UnverifiedCertificates
		e.Err = verify.Err
	case isTLS(err):
		e.Stage = StageTLS
	case sent:
		e.Stage = StageAnswer
	}
	return e
}

func isTLS(err error) bool {
	var alert tls.AlertError
	var record tls.RecordHeaderError
	return errors.As(err, &alert) || errors.As(err, &record) ||
		strings.Contains(err.Error(), "tls: ") || strings.Contains(err.Error(), "TLS handshake")
}
