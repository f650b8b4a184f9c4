package acmewire

import (
	"context"
	"crypto"
	"crypto/ed25519"
	"encoding/json"

	"github.com/go-jose/go-jose/v4"
	"golang.org/x/crypto/acme"
)

// Requests in which the account key stands in place of the account (RFC 8555
// section 6.2: "jwk" in place of "kid"), and the key change, which has one
// within. x/crypto/acme makes them where it can; libraryDoes is the one place
// that knows where it cannot, and the client's own signed POST takes over.

// libraryDoes reports whether x/crypto/acme can make a request that these keys
// sign, and this binding: it has no EdDSA, and no MAC but HS256.
func libraryDoes(b *Binding, keys ...crypto.Signer) bool {
	for _, key := range keys {
		if key == nil {
			continue
		}
		if _, is := key.Public().(ed25519.PublicKey); is {
			return false
		}
	}
	return b == nil || b.MAC() == defaultMAC
}

// newAccount asks for the account (RFC 8555 section 7.3).
func (c *Client) newAccount(ctx context.Context, n NewAccount) (*Exchange, error) {
	if n.Binding != nil {
		if err := n.Binding.check(); err != nil {
			return nil, err
		}
	}
	if !libraryDoes(n.Binding, c.key) {
		return c.do(ctx, func(ctx context.Context) error { return c.ownNewAccount(ctx, n) })
	}
	ask := &acme.Account{Contact: n.Contact}
	if n.Binding != nil {
		ask.ExternalAccountBinding = &acme.ExternalAccountBinding{KID: n.Binding.KeyID, Key: n.Binding.Key.Reveal()}
	}
	return c.library(ctx, func(ctx context.Context) error {
		_, err := c.acme.Register(ctx, ask, func(string) bool { return n.TermsAgreed })
		return err // also where the account exists already
	})
}

func (c *Client) ownNewAccount(ctx context.Context, n NewAccount) error {
	payload := struct {
		Contact []string        `json:"contact,omitempty"`
		Terms   bool            `json:"termsOfServiceAgreed,omitempty"`
		Binding json.RawMessage `json:"externalAccountBinding,omitempty"`
	}{Contact: n.Contact, Terms: n.TermsAgreed && c.dir.Meta.TermsOfService != ""}
	if n.Binding != nil {
		var err error
		if payload.Binding, err = c.bind(n.Binding, c.dir.NewAccount); err != nil {
			return err
		}
	}
	return c.postByKey(ctx, c.dir.NewAccount, payload)
}

// onlyExisting asks for the account that the key has (RFC 8555 section 7.3.1).
func (c *Client) onlyExisting(ctx context.Context) (*Exchange, error) {
	if !libraryDoes(nil, c.key) {
		return c.do(ctx, func(ctx context.Context) error {
			return c.postByKey(ctx, c.dir.NewAccount, map[string]bool{"onlyReturnExisting": true})
		})
	}
	return c.library(ctx, func(ctx context.Context) error {
		_, err := c.acme.GetReg(ctx, "")
		return err
	})
}

// keyChange asks for another key of the account (RFC 8555 section 7.3.5).
func (c *Client) keyChange(ctx context.Context, next crypto.Signer) error {
	if !libraryDoes(nil, c.key, next) {
		_, err := c.do(ctx, func(ctx context.Context) error { return c.ownKeyChange(ctx, next) })
		return err
	}
	_, err := c.library(ctx, func(ctx context.Context) error { return c.acme.AccountKeyRollover(ctx, next) })
	return err
}

// ownKeyChange wraps a JWS of the new key, without a nonce, in one of the old.
func (c *Client) ownKeyChange(ctx context.Context, next crypto.Signer) error {
	alg, err := algorithm(next.Public())
	if err != nil {
		return err
	}
	payload, err := json.Marshal(struct {
		Account string           `json:"account"`
		OldKey  *jose.JSONWebKey `json:"oldKey"`
	}{c.kid, &jose.JSONWebKey{Key: c.key.Public()}})
	if err != nil {
		return err
	}
	opts := (&jose.SignerOptions{EmbedJWK: true}).WithHeader("url", c.dir.KeyChange)
	inner, err := flattened(jose.SigningKey{Algorithm: alg, Key: next}, opts, payload)
	if err != nil {
		return err
	}
	return c.post(ctx, c.dir.KeyChange, json.RawMessage(inner))
}
