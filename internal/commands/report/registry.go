package report

import (
	"context"
	"errors"
	"maps"
	"reflect"
	"slices"

	"github.com/nfcert/nfcert/internal/commands/cli"
	"github.com/nfcert/nfcert/internal/enroll"
	"github.com/nfcert/nfcert/internal/ui"
)

// Entry says how to explain errors of one type.
type Entry struct {
	exit    int
	code    Code
	fault   Fault
	of      reflect.Type                   // the type of error; nil: is is set
	is      error                          // the sentinel
	explain func(*Context, error, *Report) // nil: exit, code and fault are enough
}

// For makes the entry of an error type: its exit code, code word and who must act.
// explain, which may be nil, adds hint, clause and next command, and may replace
// anything for a special case.
func For[E error](exit int, code Code, fault Fault, explain func(c *Context, e E, r *Report)) Entry {
	entry := Entry{exit: exit, code: code, fault: fault, of: reflect.TypeFor[E]()}
	if explain != nil {
		entry.explain = func(c *Context, err error, r *Report) { explain(c, err.(E), r) }
	}
	return entry
}

// Is makes the entry of a sentinel error.
func Is(sentinel error, exit int, code Code, fault Fault, explain func(c *Context, r *Report)) Entry {
	entry := Entry{exit: exit, code: code, fault: fault, is: sentinel}
	if explain != nil {
		entry.explain = func(c *Context, _ error, r *Report) { explain(c, r) }
	}
	return entry
}

// Registry explains errors by their types. It never changes.
type Registry struct {
	byType    map[reflect.Type]Entry
	sentinels []Entry
}

// NewRegistry makes a registry with the entries of this package and of commands.
func NewRegistry(commands ...[]Entry) *Registry {
	r := &Registry{byType: map[reflect.Type]Entry{}}
	for _, entries := range append(domains(), commands...) {
		for _, e := range entries {
			if e.is != nil {
				r.sentinels = append(r.sentinels, e)
				continue
			}
			if _, twice := r.byType[e.of]; twice {
				panic("report: two entries for " + e.of.String())
			}
			r.byType[e.of] = e
		}
	}
	return r
}

// domains are the entries of this package, one file for each domain.
func domains() [][]Entry {
	return [][]Entry{
		inputErrors(), keyErrors(), identityErrors(), stateErrors(), enrolmentErrors(), challengeErrors(),
		accountErrors(), acmeErrors(), tokenErrors(), outputErrors(), renewalErrors(),
	}
}

// Types returns the types of errors that are explained.
func (r *Registry) Types() []reflect.Type { return slices.Collect(maps.Keys(r.byType)) }

// Explain turns the error that ended a call into a report. Of an error that wraps
// others, the outermost type that is registered decides; of joined errors, the
// first. A timeout or an interruption has priority over all other errors, which it may
// have caused.
func (r *Registry) Explain(call *cli.Call, err error) Report {
	c := &Context{Call: call, Err: err, registry: r}
	out := Report{APIVersion: cli.APIVersion, Kind: "Error", Message: err.Error()}
	if c.ended(err, &out) || c.explain(err, &out) {
		return out
	}
	out.Exit, out.Code, out.Fault = ExitBug, CodeInternal, FaultInternal
	out.Hint = "this is a bug in nfcert; please report it with the output of the same command and --trace"
	return out
}

// ended explains a timeout or an interruption.
func (c *Context) ended(err error, r *Report) bool {
	_, pending := cli.As[*enroll.PendingError](err)
	switch {
	case pending || errors.Is(err, context.DeadlineExceeded):
		r.Exit, r.Code, r.Fault = ExitPending, CodePending, FaultTimeout
		if !pending {
			r.Message = c.Subject() + ": timed out after " + c.Global.Timeout.String()
		}
		r.Hint = "nothing is lost: run the same command again, or allow more time with --timeout"
	case errors.Is(err, ui.ErrInterrupted): // at a question: perhaps before anything was done
		r.Exit, r.Code, r.Fault = ExitInterrupted, CodeInterrupted, FaultUsage
		r.Message = c.Subject() + ": interrupted at a question"
	case errors.Is(err, context.Canceled):
		r.Exit, r.Code, r.Fault = ExitInterrupted, CodeInterrupted, FaultUsage
		r.Message = c.Subject() + ": interrupted; progress is saved"
	default:
		return false
	}
	r.Next = c.Resume()
	return true
}

// explain fills r from the first registered error in the tree of err, outermost
// first. It reports whether there is one.
func (c *Context) explain(err error, r *Report) bool {
	entry, found, ok := c.registry.find(err)
	if !ok {
		return false
	}
	r.Exit, r.Code, r.Fault = entry.exit, entry.code, entry.fault
	if entry.explain != nil {
		entry.explain(c, found, r)
	}
	return true
}

// find walks the tree of an error.
func (r *Registry) find(err error) (Entry, error, bool) {
	if err == nil {
		return Entry{}, nil, false
	}
	if e, ok := r.byType[reflect.TypeOf(err)]; ok {
		return e, err, true
	}
	for _, e := range r.sentinels {
		if err == e.is { //nolint:errorlint // each node of the tree is visited
			return e, err, true
		}
	}
	switch x := err.(type) { //nolint:errorlint // as above
	case interface{ Unwrap() error }:
		return r.find(x.Unwrap())
	case interface{ Unwrap() []error }:
		for _, inner := range x.Unwrap() {
			if e, found, ok := r.find(inner); ok {
				return e, found, true
			}
		}
	}
	return Entry{}, nil, false
}
