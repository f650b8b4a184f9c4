// Package challenge makes ACME challenges valid (RFC 8555 section 8): it puts in
// place what the CA will check, waits until that is visible, and removes it.
//
// # The contract
//
// A [Solver] does this for one challenge type in one way, its method. A [Set]
// holds the solvers that the configuration names. The enrolment engine calls
// them in this order:
//
//  1. [Set.Prepare], before it places an order. A solver that is a [Preparer]
//     acquires what it needs, such as a socket, and keeps it until [Set.Close].
//  2. [Set.Choose], for each pending authorization of the order.
//  3. [Solver.Plan], for each. It changes nothing and says what will be put
//     where. The engine saves all placements of the order at once before it
//     calls anything that follows.
//  4. [Task.Present], for all side by side.
//  5. [Task.Wait], for each right after its own Present. A solver that is a
//     [Waiter] returns when the CA will see what is in place.
//  6. [Task.Prove], for all side by side, when every challenge of the order is
//     visible. A solver that is a [Prover] returns the payload of the answer.
//  7. The engine tells the CA of each challenge, and polls the order.
//  8. [Set.CleanUp], for all side by side, on every way out: after success, after
//     a failure or an interruption in steps 4 to 7, and for challenges whose
//     Present was never called. After a crash the next process calls it.
//
// What is optional is an interface of its own. Missing means: a solver that is
// not a Preparer needs nothing before Present; one that is not a Waiter is
// visible when Present returns; one that is not a Prover is answered with an
// empty object (RFC 8555 7.5.1); one that is not a [Limiter] has the default
// time limits; one that is not a [Watcher] does not see the CA's validation; one
// that is not an [io.Closer] holds nothing.
//
// Processes: Plan to Prove run in one process. CleanUp may run in another, which
// has the saved [Placement] and its own configuration. A solver that needs
// configuration to clean up, such as a TSIG key, takes it from its own fields
// and never from the placement: a placement is saved, and must not hold secrets.
// A process without that solver configured leaves the placement alone: see
// [LeftoverError].
//
// At once: all methods may be called at once for different challenges, also for
// several orders. For one challenge the calls follow each other. Two challenges
// may need the same place, as a domain name and its wildcard do in DNS; a solver
// removes its placement's content alone.
//
// Time: every call must return when its context ends. The context of Present and
// Wait ends with the command or with the solver's limit. That of CleanUp goes on
// after an interruption, and ends with the solver's limit.
//
// People: a call that waits for something says so once, with [Report].
package challenge

import (
	"context"
	"encoding/json"
	"fmt"
	"time"
)

// The challenge types that are solved here. A new one also needs a row in [Types].
const (
	HTTP01   = "http-01"
	TKAuth01 = "tkauth-01"
)

// A Type is a type of challenge that a user can choose.
type Type struct {
	Name  string
	About string // in a few words, with the clause
}

// Types returns [Auto] and the types that are solved here, in the order of preference.
func Types() []Type {
	return []Type{
		{Auto, "the first that is configured and offered"},
		{HTTP01, "RFC 8555 8.3"},
		{TKAuth01, "RFC 9447, for NF instance ids"},
	}
}

// TypeNames returns the names of [Types].
func TypeNames() (names []string) {
	for _, t := range Types() {
		names = append(names, t.Name)
	}
	return names
}

// An Identifier is what a challenge proves control of.
type Identifier struct {
	Type     string // "dns", "ip" (RFC 8738), "NfInstanceId" (TS 33.310 Annex J.2.2)
	Value    string // without the "*." of a wildcard
	Wildcard bool   // the identifier is "*." and the value (RFC 8555 7.1.4)
}

func (id Identifier) String() string {
	if id.Wildcard {
		return id.Type + ":*." + id.Value
	}
	return id.Type + ":" + id.Value
}

// A Challenge is what a solver has to make valid.
type Challenge struct {
	Type             string // challenge type, as in "http-01"
	Identifier       Identifier
	Token            string // base64url, from the server and not trusted
	KeyAuthorization string // token, a dot and the account key's thumbprint (RFC 8555 8.1)
	Thumbprint       string // of the account key (RFC 7638)

	// Of tkauth-01: the kind of token, and where the server says that one is
	// available; not trusted.
	TKAuthType     string
	TokenAuthority string
}

// A Placement says what is put where for one challenge. It is saved before
// anything is changed. Its content is meant to be published, so it holds no
// secret.
type Placement struct {
	Type    string `json:"type"`    // challenge type
	Method  string `json:"method"`  // of the solver that planned it
	Where   string `json:"where"`   // the address listened on, the file, the URL or the record
	Token   string `json:"token"`   // which challenge it is for
	Content string `json:"content"` // what is served

	// Directories are those that Present will make, outermost first, and that
	// CleanUp removes again when nothing else is in them.
	Directories []string `json:"directories,omitempty"`
	// Data is what else the solver needs to clean up, such as a zone.
	Data map[string]string `json:"data,omitempty"`
}

// Lasts reports whether the placement outlives the process that presents it, so
// that another must be able to clean it up.
func (p Placement) Lasts() bool { return p.Method != MethodListener && p.Method != MethodToken }

// The methods that need no configuration to clean up.
const (
	MethodListener  = "listener"  // served by this process
	MethodWebroot   = "webroot"   // a file in a web server's directory
	MethodPublished = "published" // put in place by hand
	MethodToken     = "token"     // nothing is put in place: the answer carries the proof
)

// A Solver makes challenges of one type valid in one way. The package comment
// says who calls what and when.
type Solver interface {
	// Type returns the challenge type.
	Type() string

	// Method returns the name of the way. Every placement that the solver
	// plans has this type and this method.
	Method() string

	// Proves reports whether this solver can prove such an identifier. Only
	// those of dns-01 can prove a wildcard (RFC 8555 7.1.3).
	Proves(Identifier) bool

	// Plan returns what Present will do, or why this solver cannot do it. It
	// must not change anything.
	Plan(Challenge) (Placement, error)

	// Present puts the placement that Plan returned for the challenge in
	// place. Presenting the same twice is not an error. After an error CleanUp
	// must still be called.
	Present(context.Context, Challenge, Placement) error

	// CleanUp removes what Present put in place, in this process or another.
	// It succeeds when nothing is left, and must not remove what does not
	// belong to the placement.
	CleanUp(context.Context, Placement) error
}

// A Preparer is a Solver that acquires what it needs before an order is placed,
// so that an order is not lost because the solver cannot do its part.
type Preparer interface {
	Solver

	// Prepare acquires it, and keeps it until Close. Preparing twice is not an
	// error. Present must also work without it.
	Prepare(context.Context) error
}

// A Waiter is a Solver whose placements are visible to the CA some time after
// Present, as DNS records are.
type Waiter interface {
	Solver

	// Wait returns when the CA will see the placement.
	Wait(context.Context, Challenge, Placement) error
}

// A Prover is a Solver whose answer to the server carries the proof.
type Prover interface {
	Solver

	// Prove returns the payload of the answer. It may request the proof from
	// another server.
	Prove(context.Context, Challenge) (json.RawMessage, error)
}

// Limits are how long calls of one solver may take. Zero means the default.
type Limits struct {
	Present time.Duration // 0: as long as the command
	Wait    time.Duration // 0: as long as the command
	CleanUp time.Duration // 0: 5 s
}

// A Limiter is a Solver with time limits of its own.
type Limiter interface {
	Solver
	Limits() Limits
}

// A Watcher is a Solver that sees requests for what it put in place. It cannot
// tell the CA from others.
type Watcher interface {
	Solver

	// Watch calls fetched each time that the placement has been fetched, and at
	// once when it was fetched before, until stop is called. The function must
	// return at once.
	Watch(p Placement, fetched func()) (stop func())

	// Fetches returns who fetched a placement that is in place.
	Fetches(Placement) Fetches
}

// Fetches are the requests for what a solver put in place that it answered with
// the content.
type Fetches struct {
	Count int
	Last  string // address of the last client, without the port; "": there was no request
}

// A Task is a challenge with the solver that makes it valid. Its methods apply
// the solver's time limits.
type Task struct {
	Solver    Solver
	Challenge Challenge
	Placement Placement
}

// Present puts the task's placement in place.
func (t Task) Present(ctx context.Context) error {
	return limited(ctx, limits(t.Solver).Present, t.Placement, "in place", func(ctx context.Context) error {
		return t.Solver.Present(ctx, t.Challenge, t.Placement)
	})
}

// Waits reports whether the placement is visible to the CA only some time after
// Present.
func (t Task) Waits() bool {
	_, ok := t.Solver.(Waiter)
	return ok
}

// Wait returns when the CA will see what Present put in place.
func (t Task) Wait(ctx context.Context) error {
	w, ok := t.Solver.(Waiter)
	if !ok {
		return nil
	}
	return limited(ctx, limits(t.Solver).Wait, t.Placement, "visible", func(ctx context.Context) error {
		return w.Wait(ctx, t.Challenge, t.Placement)
	})
}

// Prove returns the payload of the answer; nil: an empty object.
func (t Task) Prove(ctx context.Context) (json.RawMessage, error) {
	if p, ok := t.Solver.(Prover); ok {
		return p.Prove(ctx, t.Challenge)
	}
	return nil, nil
}

// A TimeoutError says that a solver was not done in time. It unwraps to
// [context.DeadlineExceeded].
type TimeoutError struct {
	Placement Placement
	State     string // that was not reached: "in place", "visible", "cleaned up"
	After     time.Duration
	Err       error
}

func (e *TimeoutError) Error() string {
	return fmt.Sprintf("not %s at %s after %s", e.State, e.Placement.Where, e.After.Round(time.Millisecond))
}

func (e *TimeoutError) Unwrap() error { return e.Err }

// reportKey is the context key of what [Report] calls.
type reportKey struct{}

// WithReport returns a context with which solvers report what they wait for.
// The function may be called at once from several goroutines.
func WithReport(ctx context.Context, report func(message string)) context.Context {
	return context.WithValue(ctx, reportKey{}, report)
}

// Report tells the user, through the caller of a solver, what the solver waits
// for. Without [WithReport] it does nothing.
func Report(ctx context.Context, format string, args ...any) {
	if report, ok := ctx.Value(reportKey{}).(func(string)); ok {
		report(fmt.Sprintf(format, args...))
	}
}
