package acmewire

import (
	"context"
	"encoding/json"
	"time"
)

// Authorization is the authorization object (RFC 8555 section 7.1.4).
type Authorization struct {
	URL        string      `json:"url"`
	Identifier Identifier  `json:"identifier"`
	Status     Status      `json:"status"`
	Expires    time.Time   `json:"expires,omitzero"`
	Challenges []Challenge `json:"challenges"` // null from some servers
	Wildcard   bool        `json:"wildcard,omitempty"`

	// RetryAfter is how long this answer asks to wait; zero if it does not say.
	RetryAfter time.Duration `json:"-"`
}

// Challenge is the challenge object (RFC 8555 section 7.1.5).
type Challenge struct {
	Type      string    `json:"type"`
	URL       string    `json:"url"`
	Status    Status    `json:"status"`
	Token     string    `json:"token,omitempty"`
	Validated time.Time `json:"validated,omitzero"`
	Error     *Problem  `json:"error,omitempty"`

	// For tkauth-01 (RFC 9447 section 3): the kind of token, and the URL of a
	// Token Authority that the CA suggests.
	TKAuthType     string `json:"tkauth-type,omitempty"`
	TokenAuthority string `json:"token-authority,omitempty"`
}

// Authorization fetches the authorization at url.
func (c *Client) Authorization(ctx context.Context, url string) (*Authorization, error) {
	ex, err := c.do(ctx, func(ctx context.Context) error { return c.post(ctx, url, nil) })
	if err != nil {
		return nil, err
	}
	a := &Authorization{}
	if err := c.wire.decode(ex, a); err != nil {
		return nil, err
	}
	a.URL, a.RetryAfter = url, ex.retryAfter()
	if a.Status == "" {
		return nil, ex.broken("the authorization has no status", "RFC 8555 7.1.4")
	}
	c.wire.judgeAuthorization(a)
	return a, nil
}

// DeactivateAuthorization deactivates an authorization (RFC 8555 section 7.5.2).
func (c *Client) DeactivateAuthorization(ctx context.Context, url string) error {
	_, err := c.do(ctx, func(ctx context.Context) error {
		return c.post(ctx, url, map[string]string{"status": StatusDeactivated})
	})
	return err
}

// Answer tells the server that a challenge can be validated (RFC 8555 section
// 7.5.1) and returns the challenge in its new state. A nil payload
// sends the empty object, which most challenge types require.
func (c *Client) Answer(ctx context.Context, url string, payload json.RawMessage) (*Challenge, error) {
	if payload == nil {
		payload = json.RawMessage("{}")
	}
	ex, err := c.do(ctx, func(ctx context.Context) error { return c.post(ctx, url, payload) })
	if err != nil {
		return nil, err
	}
	ch := &Challenge{}
	if err := c.wire.decode(ex, ch); err != nil {
		return nil, err
	}
	c.wire.judgeChallenge(ch)
	return ch, nil
}
