// Package acmewire speaks RFC 8555 to one ACME server over one wire.
//
// Every byte to and from the server passes [Wire], the only
// [net/http.RoundTripper]. It holds the trust roots and the client certificate,
// refuses plain http and redirects of signed requests, caps and keeps raw
// bodies, shows each [Exchange] decoded and redacted to an observer, and keeps
// the nonces and the directory, so that a step in a new process costs the
// requests it is about and no more.
//
// [Client] uses golang.org/x/crypto/acme where that suffices and a signed POST
// of its own where it does not (finalize without polling, the orders list,
// account updates). Answers are decoded from the raw body, so that no field is
// lost, and every failure is one of [Problem], [ProtocolError] and
// [NetworkError].
//
// The package waits for nothing but its own requests: polling belongs to the
// caller, which finds Retry-After in what it got.
package acmewire
