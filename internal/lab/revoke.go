package lab

import (
	"bytes"
	"crypto/x509"
	"net/http"
	"slices"
)

// revoke revokes a certificate (RFC 8555 7.6). Allowed are the account that it
// was issued to, an account with valid authorizations for all its identifiers,
// and the key of the certificate.
func (l *Lab) revoke(s *signedRequest) (reply, error) {
	var req struct {
		Certificate string `json:"certificate"`
		Reason      int    `json:"reason"`
	}
	if err := decodePayload(s.payload, &req); err != nil {
		return reply{}, err
	}
	var parsed *x509.Certificate
	der, err := decodeBase64(req.Certificate)
	if err == nil {
		parsed, err = x509.ParseCertificate(der)
	}
	if err != nil {
		return reply{}, problemf(malformed, "certificate: %v", err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	c := l.state.serials[parsed.SerialNumber.String()]
	if c == nil || !bytes.Equal(c.leaf.Raw, der) {
		return reply{}, notFound("certificate")
	}
	if err := l.mayRevoke(s, c); err != nil {
		return reply{}, err
	}
	if !c.revoked.IsZero() {
		return reply{}, problemf(alreadyRevoked, "the certificate was revoked at %s", timestamp(c.revoked))
	}
	// The reasons of RFC 5280 5.3.1 for end entities.
	if valid := []int{0, 1, 3, 4, 5, 9}; !slices.Contains(valid, req.Reason) {
		return reply{}, problemf(badRevocationReason, "reason %d, want one of %v", req.Reason, valid)
	}
	c.revoked, c.reason = l.now(), req.Reason
	l.log.Info("certificate revoked", "serial", c.leaf.SerialNumber.Text(16), "reason", req.Reason)
	return reply{status: http.StatusOK}, nil
}

// mayRevoke checks who sent the request. Lab.mu must be held.
func (l *Lab) mayRevoke(s *signedRequest, c *certificate) error {
	if s.account == nil {
		key, err := newPublicKey(c.leaf.PublicKey)
		if err != nil || key.canonical != s.key.canonical {
			return problemf(unauthorized, "the request is not signed with the key of the certificate")
		}
		return nil
	}
	if s.account != c.account && !l.isAuthorized(s.account, c.identifiers) {
		return problemf(unauthorized, "the certificate belongs to another account, and this account is not authorized for all its identifiers")
	}
	return nil
}

// isAuthorized reports whether the account has a valid authorization for each of
// the identifiers. Lab.mu must be held.
func (l *Lab) isAuthorized(a *account, ids []identifier) bool {
	valid := make(map[identifier]bool)
	for _, o := range a.orders {
		l.refresh(o)
		for _, z := range o.authorizations {
			valid[z.identifier] = valid[z.identifier] || z.status == statusValid
		}
	}
	return !slices.ContainsFunc(ids, func(id identifier) bool { return !valid[id] })
}
