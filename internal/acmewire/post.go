package acmewire

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// post sends a signed request in "kid" form (RFC 8555 section 6.2) for what
// the library cannot ask. A nil payload makes a POST-as-GET. It is used inside
// [Client.do], which explains its errors.
func (c *Client) post(ctx context.Context, url string, payload any) error {
	body := []byte{} // not nil, which the serialization would leave out
	if payload != nil {
		var err error
		if body, err = json.Marshal(payload); err != nil {
			return err
		}
	}
	for n := 1; ; n++ {
		if err := c.postOnce(ctx, url, body); err != nil {
			return err
		}
		last := captured(ctx).last
		if last.Status < 300 {
			return nil
		}
		delay, again := retryDelay(n, last)
		if !again {
			return fmt.Errorf("refused with HTTP %d", last.Status)
		}
		if err := pause(ctx, delay); err != nil {
			return err
		}
	}
}

func (c *Client) postOnce(ctx context.Context, url string, payload []byte) error {
	nonce, err := c.nonce(ctx)
	if err != nil {
		return err
	}
	jws, err := c.sign(url, nonce, payload)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(jws))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/jose+json")
	req.Header.Set("User-Agent", c.cfg.UserAgent)
	resp, err := c.http.Do(req)
	if err != nil {
		return err
	}
	return resp.Body.Close() // the wire has read it
}

// sign makes the flattened JWS.
func (c *Client) sign(url, nonce string, payload []byte) ([]byte, error) {
	alg, err := algorithm(c.key.Public())
	if err != nil {
		return nil, err
	}
	opts := (&jose.SignerOptions{}).WithHeader("url", url).WithHeader("nonce", nonce).WithHeader("kid", c.kid)
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: alg, Key: c.key}, opts)
	if err != nil {
		return nil, fmt.Errorf("signing with the account key: %w", err)
	}
	jws, err := signer.Sign(payload)
	if err != nil {
		return nil, fmt.Errorf("signing with the account key: %w", err)
	}
	return []byte(jws.FullSerialize()), nil
}

// pause waits for d or for the context's end.
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
