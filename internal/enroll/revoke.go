package enroll

import "time"

// Revocation is what is known of a certificate's end before its time.
type Revocation struct {
	At     time.Time `json:"at"`
	Reason string    `json:"reason,omitempty"` // of RFC 5280 5.3.1; "": the CA had revoked it before, and does not say why
}

// revokedSince reports whether it was revoked at t or later.
func (c *Certificate) revokedSince(t time.Time) bool {
	return c.Revoked != nil && !c.Revoked.At.Before(t)
}
