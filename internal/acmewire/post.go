package acmewire

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/cryptosigner"
)

// errNoAccount says that the caller set no account.
var errNoAccount = errors.New("no account is set to sign with")

// post sends a signed request in "kid" form (RFC 8555 section 6.2). A nil
// payload makes a POST-as-GET. It is called inside [Client.do], which
// explains its errors.
func (c *Client) post(ctx context.Context, url string, payload any) error {
	if c.key == nil || c.kid == "" {
		return errNoAccount
	}
	return c.postSigned(ctx, url, payload, jose.SignerOptions{ExtraHeaders: map[jose.HeaderKey]any{"kid": c.kid}})
}

// postByKey is post in "jwk" form: the request carries the key itself.
func (c *Client) postByKey(ctx context.Context, url string, payload any) error {
	if c.key == nil {
		return errNoAccount
	}
	return c.postSigned(ctx, url, payload, jose.SignerOptions{EmbedJWK: true})
}

// postSigned identifies the signer by the options: a kid or a jwk.
func (c *Client) postSigned(ctx context.Context, url string, payload any, who jose.SignerOptions) error {
	if err := checkURL(http.MethodPost, url); err != nil {
		return err
	}
	alg, err := algorithm(c.key.Public())
	if err != nil {
		return err
	}
	var body []byte
	if payload != nil {
		if body, err = json.Marshal(payload); err != nil {
			return err
		}
	}
	return c.persist(ctx, func() error {
		nonce, err := c.nonce(ctx)
		if err != nil {
			return err
		}
		opts := who.WithHeader("url", url).WithHeader("nonce", nonce)
		jws, err := flattened(jose.SigningKey{Algorithm: alg, Key: c.key}, opts, body)
		if err != nil {
			return err
		}
		_, err = c.send(ctx, http.MethodPost, url, jws)
		return err
	})
}

// persist repeats a request as [retryDelay] says, until it succeeds.
func (c *Client) persist(ctx context.Context, once func() error) error {
	for n := 1; ; n++ {
		before := captured(ctx).last
		if err := once(); err != nil {
			return err
		}
		last := captured(ctx).last
		if last == before {
			return nil // answered by the wire, with a nonce that another client got meanwhile
		}
		if last.isSuccess() {
			return nil
		}
		delay, again := retryDelay(n, last)
		if !again {
			return errRefused
		}
		if err := pause(ctx, delay); err != nil {
			return err
		}
	}
}

// send makes one request. The wire has already read the answer's body.
func (c *Client) send(ctx context.Context, method, url string, jws []byte) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, method, url, bytes.NewReader(jws))
	if err != nil {
		return nil, err
	}
	if method == http.MethodPost {
		req.Header.Set("Content-Type", "application/jose+json")
	}
	return c.http.Do(req)
}

// flattened signs a payload and makes the flattened JWS (RFC 7515 section
// 7.2.2).
func flattened(key jose.SigningKey, opts *jose.SignerOptions, payload []byte) ([]byte, error) {
	switch held := key.Key.(type) {
	case *ecdsa.PrivateKey, *rsa.PrivateKey, ed25519.PrivateKey:
	case crypto.Signer: // such as a key in a PKCS#11 token
		key.Key = cryptosigner.Opaque(held)
	}
	signer, err := jose.NewSigner(key, opts)
	if err != nil {
		return nil, fmt.Errorf("signing by %s: %w", key.Algorithm, err)
	}
	jws, err := signer.Sign(payload)
	if err != nil {
		return nil, fmt.Errorf("signing by %s: %w", key.Algorithm, err)
	}
	compact, err := jws.CompactSerialize()
	if err != nil {
		return nil, fmt.Errorf("signing by %s: %w", key.Algorithm, err)
	}
	// FullSerialize leaves out the empty payload of a POST-as-GET.
	part := strings.Split(compact, ".")
	return json.Marshal(map[string]string{"protected": part[0], "payload": part[1], "signature": part[2]})
}

// pause waits for d or until the context ends.
func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}
