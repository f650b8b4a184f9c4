package acmewire

import (
	"context"
	"net/http"
	"testing"
	"time"
)

// A nonce that another client got meanwhile is used in place of asking.
func TestNonceOfAnotherClient(t *testing.T) {
	c := New(Config{DirectoryURL: "https://ca.example/directory"})
	c.dir = &Directory{NewNonce: "https://ca.example/nonce"}
	c.wire.cacheDirectory(cachedDirectory{Directory: c.dir})
	ctx, _ := withCapture(context.Background())
	err := c.persist(ctx, func() error {
		c.wire.nonces.put("another", time.Now())
		resp, err := c.send(ctx, http.MethodHead, c.dir.NewNonce, nil)
		if err == nil && resp.Header.Get("Replay-Nonce") != "another" {
			t.Errorf("nonce %q, want the other client's", resp.Header.Get("Replay-Nonce"))
		}
		return err
	})
	if err != nil || c.wire.Requests() != 0 {
		t.Errorf("%d requests (%v), want none", c.wire.Requests(), err)
	}
}
