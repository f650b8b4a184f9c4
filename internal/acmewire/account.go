package acmewire

import (
	"context"
	"crypto"
	"net/http"

	"golang.org/x/crypto/acme"
)

// Account is the account object (RFC 8555 section 7.1.2).
type Account struct {
	URL     string   `json:"url"` // from Location, the "kid"
	Status  string   `json:"status"`
	Contact []string `json:"contact,omitempty"`
	Orders  string   `json:"orders,omitempty"` // where the account's orders are listed; many servers have none
}

// Account states (RFC 8555 section 7.1.6).
const (
	StatusDeactivated = "deactivated"
	StatusRevoked     = "revoked"
)

// NewAccount is what a registration asks for.
type NewAccount struct {
	Contact     []string
	TermsAgreed bool // sent when the server has terms
	Binding     *Binding
}

// Register creates the account of the client's key, or finds the existing one;
// created says which. From then on the client signs as this account.
func (c *Client) Register(ctx context.Context, n NewAccount) (a *Account, created bool, err error) {
	ex, err := c.newAccount(ctx, n)
	if err != nil {
		return nil, false, err
	}
	a, err = c.account(ex)
	return a, err == nil && ex.Status == http.StatusCreated, err
}

// FindAccount asks for the account of the client's key without creating one
// (RFC 8555 section 7.3.1). If there is no account, the error is a [Problem]
// accountDoesNotExist.
func (c *Client) FindAccount(ctx context.Context) (*Account, error) {
	ex, err := c.onlyExisting(ctx)
	if err != nil {
		return nil, err
	}
	return c.account(ex)
}

// account reads an account and makes the client sign as it.
func (c *Client) account(ex *Exchange) (*Account, error) {
	a, err := c.readAccount(ex)
	if err != nil {
		return nil, err
	}
	url, err := c.wire.location(ex, "RFC 8555 7.3")
	if err != nil {
		return nil, err
	}
	a.URL = url
	c.kid, c.acme.KID = url, acme.KeyID(url)
	return a, nil
}

// Account fetches the account as the server has it.
func (c *Client) Account(ctx context.Context) (*Account, error) { return c.postAccount(ctx, nil) }

// UpdateAccount replaces the account's contacts (RFC 8555 section 7.3.2), or
// removes them when contact is empty. With terms it agrees to changed terms.
func (c *Client) UpdateAccount(ctx context.Context, contact []string, terms bool) (*Account, error) {
	if contact == nil {
		contact = []string{} // an absent member would change nothing
	}
	return c.postAccount(ctx, struct {
		Contact []string `json:"contact"`
		Terms   bool     `json:"termsOfServiceAgreed,omitempty"`
	}{contact, terms})
}

// DeactivateAccount ends the account for good (RFC 8555 section 7.3.6).
func (c *Client) DeactivateAccount(ctx context.Context) (*Account, error) {
	return c.postAccount(ctx, map[string]string{"status": StatusDeactivated})
}

func (c *Client) postAccount(ctx context.Context, payload any) (*Account, error) {
	ex, err := c.do(ctx, func(ctx context.Context) error { return c.post(ctx, c.kid, payload) })
	if err != nil {
		return nil, err
	}
	a, err := c.readAccount(ex)
	if err != nil {
		return nil, err
	}
	a.URL = c.kid
	return a, nil
}

// readAccount reads the account object of an answer.
func (c *Client) readAccount(ex *Exchange) (*Account, error) {
	a := &Account{}
	if err := c.wire.decode(ex, a); err != nil {
		return nil, err
	}
	c.wire.judgeAccount(a)
	return a, nil
}

// Rollover replaces the account's key by next (RFC 8555 section 7.3.5) and signs
// with it from then on. The caller must save next first.
func (c *Client) Rollover(ctx context.Context, next crypto.Signer) error {
	dir, err := c.Directory(ctx)
	if err != nil {
		return err
	}
	if c.key == nil || c.kid == "" {
		return errNoAccount
	}
	if dir.KeyChange == "" {
		return &ProtocolError{
			Request: Request{Method: "GET", URL: c.cfg.DirectoryURL},
			Found:   "the directory has no keyChange, so account keys cannot be replaced", Clause: "RFC 8555 7.3.5",
		}
	}
	if err := c.keyChange(ctx, next); err != nil {
		return err
	}
	c.key, c.acme.Key = next, next
	return nil
}
