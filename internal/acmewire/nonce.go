package acmewire

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"time"
)

// nonces keeps the anti-replay nonces of one server (RFC 8555 section 6.5),
// the newest used first, since servers forget old ones first.
type nonces struct {
	mu   sync.Mutex
	free []nonce
}

type nonce struct {
	value string
	at    time.Time // when it was received
}

// maxNonces bounds how many nonces are kept. It is how many requests can be under
// way at once without a nonce being dropped and fetched again.
const maxNonces = 128

// maxNonceLen is far above what servers send and far below a header's limit.
const maxNonceLen = 512

// validNonce reports whether v has the form of RFC 8555 section 6.5.1. Any
// other nonce "MUST be ignored". As in the grammar there, the length need not be
// that of an encoded octet string.
func validNonce(v string) bool {
	return v != "" && len(v) <= maxNonceLen && strings.Trim(v, base64url) == ""
}

const base64url = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

func (n *nonces) put(v string, at time.Time) {
	if !validNonce(v) {
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if len(n.free) == maxNonces {
		n.free = append(n.free[:0], n.free[1:]...)
	}
	n.free = append(n.free, nonce{v, at})
}

func (n *nonces) take() (string, bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if len(n.free) == 0 {
		return "", false
	}
	last := len(n.free) - 1
	v := n.free[last]
	n.free = n.free[:last]
	return v.value, true
}

// peek returns the newest nonce without removing it, for saving.
func (n *nonces) peek() (string, time.Time) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if len(n.free) == 0 {
		return "", time.Time{}
	}
	newest := n.free[len(n.free)-1]
	return newest.value, newest.at.UTC()
}

func (n *nonces) clear() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.free = nil
}

// nonce returns a nonce for one signed request, and fetches one if needed.
func (c *Client) nonce(ctx context.Context) (string, error) {
	if v, ok := c.wire.nonces.take(); ok {
		return v, nil
	}
	var v string
	err := c.persist(ctx, func() error {
		resp, err := c.send(ctx, http.MethodHead, c.dir.NewNonce, nil)
		if err == nil {
			v = resp.Header.Get("Replay-Nonce")
		}
		return err
	})
	return v, err
}

// ensureNonce gives the wire a nonce for the library, which does not ask a busy
// server twice.
func (c *Client) ensureNonce(ctx context.Context) error {
	v, err := c.nonce(ctx)
	if err == nil {
		c.wire.nonces.put(v, c.wire.clock())
	}
	return err
}
