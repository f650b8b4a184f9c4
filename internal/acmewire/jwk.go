package acmewire

import (
	"context"
	"crypto"
	"crypto/ed25519"
	"encoding/json"

	"github.com/go-jose/go-jose/v4"
	"golang.org/x/crypto/acme"
)

// This file has the requests that carry the account key itself (RFC 8555 section
// 6.2: "jwk" instead of "kid"), and the key change, which contains one.
// x/crypto/acme makes them if it can. Only librarySupports knows when it cannot;
// then the client signs the POST itself.

// librarySupports reports whether x/crypto/acme can sign with these keys and this
// binding: it has no EdDSA, and no MAC other than HS256.
func librarySupports(b *Binding, keys ...crypto.Signer) bool {
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

// newAccount registers the account (RFC 8555 section 7.3).
func (c *Client) newAccount(ctx context.Context, n NewAccount) (*Exchange, error) {
	if n.Binding != nil {
		if err := n.Binding.check(); err != nil {
			return nil, err
		}
	}
	if !librarySupports(n.Binding, c.key) {
		return c.do(ctx, func(ctx context.Context) error { return c.ownNewAccount(ctx, n) })
	}
	ask := &acme.Account{Contact: n.Contact}
	if n.Binding != nil {
		ask.ExternalAccountBinding = &acme.ExternalAccountBinding{KID: n.Binding.KeyID, Key: n.Binding.Key.Reveal()}
	}
	return c.library(ctx, func(ctx context.Context) error {
		_, err := c.acme.Register(ctx, ask, func(string) bool { return n.TermsAgreed })
		return err // also if the account already exists
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

// onlyExisting looks up the account of the key (RFC 8555 section 7.3.1).
func (c *Client) onlyExisting(ctx context.Context) (*Exchange, error) {
	if !librarySupports(nil, c.key) {
		return c.do(ctx, func(ctx context.Context) error {
			return c.postByKey(ctx, c.dir.NewAccount, map[string]bool{"onlyReturnExisting": true})
		})
	}
	return c.library(ctx, func(ctx context.Context) error {
		_, err := c.acme.GetReg(ctx, "")
		return err
	})
}

// keyChange changes the account's key (RFC 8555 section 7.3.5).
func (c *Client) keyChange(ctx context.Context, next crypto.Signer) error {
	if !librarySupports(nil, c.key, next) {
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
