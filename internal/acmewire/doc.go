// Package acmewire speaks RFC 8555 to one ACME server over one wire.
//
// Every byte to and from the server passes [Wire], the only
// [net/http.RoundTripper]. It holds the trust roots and the client certificate,
// refuses plain http and redirects of signed requests, limits and keeps raw
// bodies, passes each [Exchange] decoded and redacted to an observer, and caches
// nonces and directory, so that a step in a new process needs no extra requests.
// It records how the server differs from the standard: each leniency is a row of
// [Deviations].
//
// [Client] signs its requests itself, except those that carry the account key
// itself (registration, look-up, key rollover). golang.org/x/crypto/acme makes
// these, unless it does not support the key or the binding (jwk.go). Answers are
// always decoded from the raw body, not by the library, so that no field is lost
// and no success is reported as a failure. Every failure that a server causes is
// a [Problem], a [ProtocolError] or a [NetworkError].
//
// The package waits for its own requests only. Polling is the caller's task; the
// objects carry Retry-After for it.
package acmewire
