package lab

import (
	"crypto/rand"
	"time"
)

// state is all that the server remembers. It is guarded by Lab.mu.
type state struct {
	accounts       map[string]*account // by identifier
	accountKeys    map[string]*account // by key thumbprint
	orders         map[string]*order   // by identifier
	finalizers     map[string]*order   // by the identifier in the finalize URL
	authorizations map[string]*authorization
	challenges     map[string]*challenge
	certificates   map[string]*certificate // by identifier
	serials        map[string]*certificate // by serial number, as text
	tokens         map[string]time.Time    // Authority Tokens used: when each expires, by jti
	crlNumber      int64
	rateLimited    int  // newOrder requests refused so far by the knob
	closed         bool // no worker may be started any more
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
		tokens:         make(map[string]time.Time),
	}
}

// newID makes the part of a URL that nobody can guess (RFC 8555 10.5): at
// least 128 random bits.
func newID() string { return rand.Text() }

// timestamp renders a time as RFC 8555 wants it (RFC 3339), in UTC.
func timestamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }

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
