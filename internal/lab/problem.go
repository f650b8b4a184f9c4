package lab

import (
	"errors"
	"fmt"
	"net/http"
)

// problemType is the last part of the URN of an ACME error (RFC 8555 6.7).
type problemType string

const errorNamespace = "urn:ietf:params:acme:error:"

// The error types that the lab uses.
const (
	accountDoesNotExist     problemType = "accountDoesNotExist"
	alreadyReplaced         problemType = "alreadyReplaced" // RFC 9773 7.4
	alreadyRevoked          problemType = "alreadyRevoked"
	badCSR                  problemType = "badCSR"
	badNonce                problemType = "badNonce"
	badPublicKey            problemType = "badPublicKey"
	badRevocationReason     problemType = "badRevocationReason"
	badSignatureAlgorithm   problemType = "badSignatureAlgorithm"
	connectionFailed        problemType = "connection"
	dnsFailed               problemType = "dns"
	externalAccountRequired problemType = "externalAccountRequired"
	incorrectResponse       problemType = "incorrectResponse"
	invalidContact          problemType = "invalidContact"
	malformed               problemType = "malformed"
	orderNotReady           problemType = "orderNotReady"
	rateLimited             problemType = "rateLimited"
	rejectedIdentifier      problemType = "rejectedIdentifier"
	serverInternal          problemType = "serverInternal"
	unauthorized            problemType = "unauthorized"
	unsupportedContact      problemType = "unsupportedContact"
	unsupportedIdentifier   problemType = "unsupportedIdentifier"
	userActionRequired      problemType = "userActionRequired"
)

// status is the HTTP status that goes with an error type by default.
func (t problemType) status() int {
	switch t {
	case unauthorized, orderNotReady, userActionRequired, externalAccountRequired:
		return http.StatusForbidden
	case alreadyReplaced:
		return http.StatusConflict
	case rateLimited:
		return http.StatusTooManyRequests
	case serverInternal:
		return http.StatusInternalServerError
	default:
		return http.StatusBadRequest
	}
}

// A problem is an error that is sent to the client (RFC 7807, RFC 8555 6.7).
type problem struct {
	kind        problemType
	status      int
	detail      string
	instance    string      // URL for a person to visit; may be empty
	identifier  *identifier // of a subproblem
	subproblems []*problem  // RFC 8555 6.7.1
	algorithms  []string    // of badSignatureAlgorithm (RFC 8555 6.2)
	header      http.Header // sent with the document; may be nil
}

// problemf makes a problem with the default status of its type.
func problemf(kind problemType, format string, args ...any) *problem {
	return &problem{kind: kind, status: kind.status(), detail: fmt.Sprintf(format, args...)}
}

// Error implements error.
func (p *problem) Error() string { return string(p.kind) + ": " + p.detail }

// withStatus sets another HTTP status than the default one.
func (p *problem) withStatus(status int) *problem {
	p.status = status
	return p
}

// withHeader adds a header field to the response.
func (p *problem) withHeader(key, value string) *problem {
	if p.header == nil {
		p.header = make(http.Header)
	}
	p.header.Add(key, value)
	return p
}

// notFound answers for an object that does not exist.
func notFound(what string) *problem {
	return problemf(malformed, "no such %s", what).withStatus(http.StatusNotFound)
}

// asProblem is the problem that is sent to the client for err. An error of
// another type is an internal failure of the lab; its text is sent too, as it
// helps the person who practises.
func asProblem(err error) *problem {
	if p, ok := errors.AsType[*problem](err); ok {
		return p
	}
	return problemf(serverInternal, "%v", err)
}

// document is the problem as JSON members; nil without a problem.
func (p *problem) document() map[string]any {
	if p == nil {
		return nil
	}
	m := map[string]any{"type": errorNamespace + string(p.kind), "detail": p.detail}
	if p.status != 0 {
		m["status"] = p.status
	}
	if p.instance != "" {
		m["instance"] = p.instance
	}
	if p.identifier != nil {
		m["identifier"] = p.identifier
	}
	if len(p.algorithms) > 0 {
		m["algorithms"] = p.algorithms
	}
	if len(p.subproblems) > 0 {
		subs := make([]map[string]any, len(p.subproblems))
		for i, s := range p.subproblems {
			subs[i] = s.document()
			delete(subs[i], "status") // the response has one status
		}
		m["subproblems"] = subs
	}
	return m
}
