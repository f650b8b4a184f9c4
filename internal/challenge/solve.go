// Package challenge makes a challenge true and cleans up after it.
//
// A [Solver] is driven in three steps. Plan says what will be put where, and
// changes nothing; the caller must save that [Placement] before it goes on.
// Present puts it in place. CleanUp takes it away again, and may be called by
// another process than the one that presented, with nothing but the saved
// placement: that is how what a killed run left behind goes away. [ForPlacement]
// returns the solver for that.
//
// All methods may be called at once for different challenges.
package challenge

import (
	"context"
	"encoding/json"
	"fmt"
)

// The challenge types that are solved here.
const (
	HTTP01   = "http-01"   // RFC 8555 8.3
	TKAuth01 = "tkauth-01" // RFC 9447 section 3
)

// A Challenge is what a solver has to make true.
type Challenge struct {
	Type             string // challenge type, as in "http-01"
	IdentifierType   string // "dns" or "ip" (RFC 8738)
	Identifier       string
	Token            string // base64url, from the server and not trusted
	KeyAuthorization string // token, a dot and the account key's thumbprint (RFC 8555 8.1)
	Thumbprint       string // of the account key (RFC 7638)

	// Of tkauth-01: the kind of token, and where the server says that one can
	// be had; not trusted.
	TKAuthType     string
	TokenAuthority string
}

// A Placement says what is put where for one challenge. It is journalled before
// anything is changed and holds all that cleaning up needs. It is no secret:
// its content is meant to be published.
type Placement struct {
	Type    string `json:"type"`    // challenge type
	Method  string `json:"method"`  // one of the Method constants
	Where   string `json:"where"`   // the address listened on, the file, or the URL
	Token   string `json:"token"`   // which challenge it is for
	Content string `json:"content"` // what is served

	// Directories are those that Present will make, outermost first, and that
	// CleanUp removes again when nothing else is in them.
	Directories []string `json:"directories,omitempty"`
}

// Lasts reports whether the placement outlives the process that presents it, so
// that another must be able to clean it up.
func (p Placement) Lasts() bool { return p.Method != MethodListener && p.Method != MethodToken }

// How a placement is put in place.
const (
	MethodListener  = "listener"  // served by this process
	MethodWebroot   = "webroot"   // a file in a web server's directory
	MethodPublished = "published" // put in place by hand
	MethodToken     = "token"     // nothing is put anywhere: the answer itself proves
)

// A Solver makes challenges of one type true in one way.
type Solver interface {
	// Type returns the challenge type it solves.
	Type() string

	// Method returns how: one of the Method constants. It is that of every
	// placement it plans.
	Method() string

	// Plan returns what Present will do, or why this solver cannot do it. It
	// changes nothing.
	Plan(Challenge) (Placement, error)

	// Present puts the placement that Plan returned for the challenge in
	// place. Presenting the same twice is no error. After an error CleanUp
	// must be called all the same.
	Present(context.Context, Challenge, Placement) error

	// CleanUp takes away what Present put in place, whichever process did
	// that. It succeeds when nothing is left, and leaves alone what is not
	// the placement's.
	CleanUp(context.Context, Placement) error
}

// A Prover is a Solver whose answer to the server carries the proof. Others are
// answered with an empty object (RFC 8555 7.5.1).
type Prover interface {
	Solver

	// Prove returns the payload of the answer. It may ask others for it.
	Prove(context.Context, Challenge) (json.RawMessage, error)
}

// A Watcher is a Solver that sees when somebody comes to look at what it put in
// place. It cannot tell the server from strangers.
type Watcher interface {
	Solver

	// Looked receives when all that is in place has been looked at, and again
	// with each look from then on. Looks that nobody received are one.
	Looked() <-chan struct{}

	// Looks tells who looked at a placement that is in place.
	Looks(Placement) Looks
}

// Looks are requests for what a solver put in place, all of them answered as
// they should be.
type Looks struct {
	Count int
	Last  string // address of who came last, without the port; "": nobody came
}

// ForPlacement returns a solver that can clean up p, a placement that another
// process saved. It must not be used to present.
func ForPlacement(p Placement) (Solver, error) {
	switch p.Method {
	case MethodListener:
		return NewListener(p.Where), nil // its socket died with its process
	case MethodWebroot:
		return &Webroot{}, nil
	case MethodPublished, MethodToken:
		return Published{}, nil // nothing of ours is anywhere
	}
	return nil, fmt.Errorf("cleaning up a challenge: method %q, want %q, %q, %q or %q",
		p.Method, MethodListener, MethodWebroot, MethodPublished, MethodToken)
}
