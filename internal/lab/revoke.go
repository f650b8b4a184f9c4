package lab

import (
	"bytes"
	"crypto/x509"
	"net/http"
	"slices"
)

// revoke revokes a certificate (RFC 8555 7.6). The account that it was issued
// to may, one that is authorized for all its names, and who has its key.
func (l *Lab) revoke(s *signedRequest) (reply, error) {
	var req struct {
		Certificate string `json:"certificate"`
		Reason      int    `json:"reason"`
	}
	if err := decodePayload(s.payload, &req); err != nil {
		return reply{}, err
	}
	der, err := decodeBase64(req.Certificate)
	if err != nil {
		return reply{}, problemf(malformed, "certificate: %v", err)
	}
	parsed, err := x509.ParseCertificate(der)
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
	// Of the reasons of RFC 5280 5.3.1, those that fit a leaf of this CA.
	if fit := []int{0, 1, 3, 4, 5, 9}; !slices.Contains(fit, req.Reason) {
		return reply{}, problemf(badRevocationReason, "reason %d, want one of %v", req.Reason, fit)
	}
	c.revoked, c.reason = l.now(), req.Reason
	l.log.Info("certificate revoked", "serial", c.leaf.SerialNumber.Text(16), "reason", req.Reason)
	return reply{status: http.StatusOK}, nil
}

// mayRevoke checks who asks. Lab.mu must be held.
func (l *Lab) mayRevoke(s *signedRequest, c *certificate) error {
	if s.account == nil {
		key, err := newPublicKey(c.leaf.PublicKey)
		if err != nil || key.canonical != s.key.canonical {
			return problemf(unauthorized, "signed with a key that is not the certificate's")
		}
		return nil
	}
	if s.account != c.account && !l.holds(s.account, c.identifiers) {
		return problemf(unauthorized, "the certificate belongs to another account, and this one is not authorized for all its names")
	}
	return nil
}
