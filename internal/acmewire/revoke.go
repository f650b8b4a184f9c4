package acmewire

import (
	"context"
	"encoding/base64"
	"net/http"
)

// Revoke asks the CA to revoke a certificate (RFC 8555 section 7.6), signed by
// the client's account. A client with a key and no account signs with that key,
// which must be the certificate's. reason is a code of RFC 5280 section 5.3.1;
// zero sends none. For a certificate that is already revoked the error is a
// [Problem] alreadyRevoked.
func (c *Client) Revoke(ctx context.Context, cert []byte, reason int) error {
	dir, err := c.Directory(ctx)
	if err != nil {
		return err
	}
	if dir.RevokeCert == "" {
		return &ProtocolError{
			Request: Request{Method: http.MethodGet, URL: c.cfg.DirectoryURL},
			Found:   "the directory has no revokeCert, so certificates cannot be revoked", Clause: "RFC 8555 7.1.1",
		}
	}
	payload := struct {
		Certificate string `json:"certificate"`
		Reason      int    `json:"reason,omitempty"` // RFC 5280 section 5.3.1 prefers none to unspecified
	}{base64.RawURLEncoding.EncodeToString(cert), reason}
	_, err = c.do(ctx, func(ctx context.Context) error {
		if c.kid == "" {
			return c.postByKey(ctx, c.dir.RevokeCert, payload)
		}
		return c.post(ctx, c.dir.RevokeCert, payload)
	})
	return err
}
