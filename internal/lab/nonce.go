package lab

import (
	"math/rand/v2"
	"net/http"
	"sync"
)

// nonceCapacity is how many unused nonces are kept. The oldest are dropped
// first, as RFC 8555 6.5.1 allows.
const nonceCapacity = 10000

// nonces issues anti-replay nonces (RFC 8555 6.5) and accepts each once. It is
// safe for concurrent use.
type nonces struct {
	mu     sync.Mutex
	unused map[string]struct{}
	ring   []string // in the order of issue; the one at next is replaced next
	next   int
}

func newNonces(capacity int) *nonces {
	return &nonces{unused: make(map[string]struct{}), ring: make([]string, capacity)}
}

// issue makes a nonce.
func (n *nonces) issue() string {
	nonce := newID()
	n.mu.Lock()
	defer n.mu.Unlock()
	delete(n.unused, n.ring[n.next])
	n.ring[n.next] = nonce
	n.next = (n.next + 1) % len(n.ring)
	n.unused[nonce] = struct{}{}
	return nonce
}

// use reports whether the nonce was issued and not used before.
func (n *nonces) use(nonce string) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	_, ok := n.unused[nonce]
	delete(n.unused, nonce)
	return ok
}

// useNonce accepts a nonce once; after that the problem is badNonce. Text that
// is not base64url is malformed (RFC 8555 6.5.2).
func (l *Lab) useNonce(nonce string) error {
	_, err := decodeBase64(nonce)
	switch {
	case err != nil || nonce == "":
		return problemf(malformed, "nonce %q is not base64url (RFC 8555 6.5.2)", nonce)
	case !l.nonces.use(nonce):
		return problemf(badNonce, "nonce %q was not issued here, or has been used", nonce)
	case rand.IntN(100) < l.faults.badNonce:
		return problemf(badNonce, "nonce %q refused on purpose", nonce)
	}
	return nil
}

// newNonce answers HEAD with 200, and GET and POST-as-GET with 204 (RFC 8555
// 7.2). Every response carries a nonce, so this adds none.
func (l *Lab) newNonce(r *http.Request) (reply, error) {
	if r.Method == http.MethodHead {
		return reply{status: http.StatusOK}, nil
	}
	return reply{status: http.StatusNoContent}, nil
}
