package acmewire

import (
	"context"
	"encoding/base64"
	"fmt"
	"net/http"
	"sync"
)

// nonces keeps the anti-replay nonces of one server (RFC 8555 section 6.5),
// the newest used first, since servers forget old ones first.
type nonces struct {
	mu   sync.Mutex
	free []string
}

// maxNonces bounds what a server can make us keep.
const maxNonces = 16

// maxNonceLen is far over what servers send and far under a header's limit.
const maxNonceLen = 512

// validNonce reports whether v has the form of RFC 8555 section 6.5.1. A nonce
// that has not "MUST be ignored".
func validNonce(v string) bool {
	if v == "" || len(v) > maxNonceLen {
		return false
	}
	_, err := base64.RawURLEncoding.DecodeString(v)
	return err == nil
}

func (n *nonces) put(v string) {
	if !validNonce(v) {
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if len(n.free) == maxNonces {
		n.free = append(n.free[:0], n.free[1:]...)
	}
	n.free = append(n.free, v)
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
	return v, true
}

// peek returns the newest nonce and leaves it, for saving.
func (n *nonces) peek() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	if len(n.free) == 0 {
		return ""
	}
	return n.free[len(n.free)-1]
}

func (n *nonces) clear() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.free = nil
}

// nonce returns a nonce for one signed request, fetching one when none is left.
func (c *Client) nonce(ctx context.Context) (string, error) {
	if v, ok := c.wire.nonces.take(); ok {
		return v, nil
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodHead, c.dir.NewNonce, nil)
	if err != nil {
		return "", err
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	v := resp.Header.Get("Replay-Nonce")
	if v == "" {
		return "", fmt.Errorf("newNonce answered %d without a Replay-Nonce", resp.StatusCode)
	}
	return v, nil
}
