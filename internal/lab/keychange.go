package lab

import (
	"encoding/json"
	"net/http"
)

// changeKey replaces the key of an account (RFC 8555 7.3.5). The payload is a
// JWS that the new key signed.
func (l *Lab) changeKey(s *signedRequest) (reply, error) {
	inner, err := parseJWS(s.payload)
	if err != nil {
		return reply{}, problemf(malformed, "inner %v", err)
	}
	if err := inner.checkAlgorithm(l.faults.refuseAlgorithm); err != nil {
		return reply{}, err
	}
	switch {
	case inner.jwk == nil:
		return reply{}, problemf(malformed, "inner JWS: kid in the header, want the new key as jwk")
	case inner.hasNonce:
		return reply{}, problemf(malformed, "inner JWS: must not have a nonce")
	case inner.url != s.url:
		return reply{}, problemf(malformed, "inner JWS: url %q, want that of the request, %q", inner.url, s.url)
	}
	key, err := parseJWK(inner.jwk)
	if err != nil {
		return reply{}, problemf(badPublicKey, "inner JWS: %v", err)
	}
	if err := inner.verify(key); err != nil {
		return reply{}, problemf(malformed, "inner %v", err)
	}
	var change struct {
		Account string          `json:"account"`
		OldKey  json.RawMessage `json:"oldKey"`
	}
	if err := decodePayload(inner.payload, &change); err != nil {
		return reply{}, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if want := l.accountURL(s.account); change.Account != want {
		return reply{}, problemf(malformed, "inner JWS: account %q, want %q", change.Account, want)
	}
	if !sameKey(change.OldKey, s.account.key) {
		return reply{}, problemf(malformed, "inner JWS: oldKey is not the key of the account")
	}
	if holder := l.state.accountKeys[key.thumbprint()]; holder != nil {
		return reply{}, problemf(malformed, "an account with the new key exists already").
			withStatus(http.StatusConflict).withHeader("Location", l.accountURL(holder))
	}
	delete(l.state.accountKeys, s.account.key.thumbprint())
	s.account.key = key
	l.state.accountKeys[key.thumbprint()] = s.account
	l.log.Info("account key changed", "account", s.account.id)
	return l.accountReply(http.StatusOK, s.account), nil
}
