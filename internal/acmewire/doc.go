// Package acmewire speaks RFC 8555 to one ACME server over one wire.
//
// Every byte to and from the server passes [Wire], the only
// [net/http.RoundTripper]. It holds the trust roots and the client certificate,
// refuses plain http and redirects of signed requests, caps and keeps raw
// bodies, shows each [Exchange] decoded and redacted to an observer, and keeps
// the nonces and the directory, so that a step in a new process costs the
// requests it is about and no more.
//
// [Client] signs its requests itself, but for those in which the account key
// stands in place of the account (registration with its binding, look-up, key
// rollover): they are golang.org/x/crypto/acme's, unless the key or the binding
// is of a kind that it does not know (bykey.go). Its own reading of an answer
// counts nowhere: answers are decoded from the raw body, so that no field is
// lost and no success is taken for a failure, and every failure that a server
// causes is one of [Problem], [ProtocolError] and [NetworkError].
//
// The package waits for nothing but its own requests: polling belongs to the
// caller, which finds Retry-After in what it got.
package acmewire
