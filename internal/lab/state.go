package lab

import (
	"crypto/rand"
	"time"
)

// state is what the server stores. It is guarded by Lab.mu.
type state struct {
	accounts       map[string]*account // by identifier
	accountKeys    map[string]*account // by key thumbprint
	orders         map[string]*order   // by identifier
	finalizers     map[string]*order   // by the identifier in the finalize URL
	authorizations map[string]*authorization
	challenges     map[string]*challenge
	certificates   map[string]*certificate // by identifier
	serials        map[string]*certificate // by serial number, as text
	crlNumber      int64
	rateLimited    int  // newOrder requests refused so far by rate-limited
	closed         bool // no worker may be started
}

func newState() state {
	return state{
		accounts:       make(map[string]*account),
		accountKeys:    make(map[string]*account),
		orders:         make(map[string]*order),
		finalizers:     make(map[string]*order),
		authorizations: make(map[string]*authorization),
		challenges:     make(map[string]*challenge),
		certificates:   make(map[string]*certificate),
		serials:        make(map[string]*certificate),
	}
}

// on finds the object that the URL of a request names, checks that it belongs to
// the account that signed the request (RFC 8555 7.4, 10.5), and calls h with it
// while Lab.mu is held. What is the kind of object, for messages.
func on[T interface{ owner() *account }](l *Lab, objects map[string]T, what string, h func(*signedRequest, T) (reply, error)) signedHandler {
	return func(s *signedRequest) (reply, error) {
		l.mu.Lock()
		defer l.mu.Unlock()
		object, found := objects[s.http.PathValue("id")]
		switch {
		case !found:
			return reply{}, notFound(what)
		case object.owner() != s.account:
			return reply{}, problemf(unauthorized, "this %s belongs to another account", what)
		}
		return h(s, object)
	}
}

// newID makes a random identifier, nonce or token of 128 bits, so that nobody
// can guess it (RFC 8555 8.3, 10.5). It is canonical base64url: the unused bits
// of the last character are zero, so decoding and encoding gives the same text.
func newID() string {
	id := make([]byte, 16)
	_, _ = rand.Read(id) // it never fails
	return encodeBase64(id)
}

// timestamp formats a time as RFC 8555 requires (RFC 3339), in UTC; the zero time
// is "".
func timestamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

// ACME status values (RFC 8555 7.1.6).
const (
	statusPending     = "pending"
	statusReady       = "ready"
	statusProcessing  = "processing"
	statusValid       = "valid"
	statusInvalid     = "invalid"
	statusDeactivated = "deactivated"
	statusExpired     = "expired"
)
