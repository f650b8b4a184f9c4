package challenge

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"
)

// Auto, like "", wants no particular challenge type.
const Auto = "auto"

// defaultCleanUp is the time limit of a CleanUp whose solver has none.
const defaultCleanUp = 5 * time.Second

// A Set is the solvers that are configured, in the order in which they are
// preferred. It holds at most one solver of each type and method. The empty set
// proves nothing and cleans up what needs no configuration.
type Set []Solver

// An Offer is what the CA offers to prove one identifier: the challenge types
// of a pending authorization.
type Offer struct {
	Identifier Identifier
	Types      []string
}

// Choose returns the first solver that can prove the identifier by an offered
// challenge type, and by the wanted type if one is wanted. The error is a
// [NoSolverError].
func (s Set) Choose(o Offer, want string) (Solver, error) {
	for _, solver := range s {
		if wants(want, solver) && slices.Contains(o.Types, solver.Type()) && solver.Proves(o.Identifier) {
			return solver, nil
		}
	}
	refused := &NoSolverError{Identifier: o.Identifier, Wanted: want, Offered: o.Types}
	for _, solver := range s {
		if !slices.Contains(refused.Configured, solver.Type()) {
			refused.Configured = append(refused.Configured, solver.Type())
		}
	}
	return nil, refused
}

func wants(want string, s Solver) bool { return want == "" || want == Auto || want == s.Type() }

// Prepare prepares the solvers that will probably be chosen for identifiers
// about to be ordered: for each identifier the first that can prove it, of the
// wanted type if there is one.
func (s Set) Prepare(ctx context.Context, ids []Identifier, want string) error {
	prepared := map[int]bool{}
	for _, id := range ids {
		i := slices.IndexFunc(s, func(solver Solver) bool { return wants(want, solver) && solver.Proves(id) })
		if i < 0 {
			i = slices.IndexFunc(s, func(solver Solver) bool { return solver.Proves(id) })
		}
		if i < 0 || prepared[i] {
			continue
		}
		prepared[i] = true
		if p, ok := s[i].(Preparer); ok {
			if err := p.Prepare(ctx); err != nil {
				return err
			}
		}
	}
	return nil
}

// CleanUp removes a placement, also after ctx has ended. It uses the solver of
// its type and method, or none where the method needs no configuration. Without
// the solver that it needs the error is a [LeftoverError].
func (s Set) CleanUp(ctx context.Context, p Placement) error {
	solver := s.configured(p)
	if solver == nil {
		solver = unconfigured(p.Method)
	}
	if solver == nil {
		return &LeftoverError{Placement: p}
	}
	limit := limits(solver).CleanUp
	if limit <= 0 {
		limit = defaultCleanUp
	}
	err := limited(context.WithoutCancel(ctx), limit, p, "cleaned up", func(ctx context.Context) error {
		return solver.CleanUp(ctx, p)
	})
	if err != nil {
		return fmt.Errorf("cleaning up %s at %s: %w", p.Type, p.Where, err)
	}
	return nil
}

// configured returns the solver that planned a placement, or one like it; nil
// means that it is not configured.
func (s Set) configured(p Placement) Solver {
	for _, solver := range s {
		if solver.Type() == p.Type && solver.Method() == p.Method {
			return solver
		}
	}
	return nil
}

// unconfigured returns a solver that can clean up without configuration; nil
// means that the method needs it.
func unconfigured(method string) Solver {
	switch method {
	case MethodWebroot:
		return &Webroot{}
	case MethodListener, MethodPublished, MethodToken:
		return Published{} // nothing is left once the process has ended
	}
	return nil
}

// Watch signals when all those of the placements that can be watched have been
// fetched, and again with each fetch from then on. Signals that were not
// received are one. It returns nil when none can be watched. The caller calls
// stop.
func (s Set) Watch(placements []Placement) (fetched <-chan struct{}, stop func()) {
	var (
		mu      sync.Mutex
		signals = make(chan struct{}, 1)
		waiting = map[int]bool{}
		stops   []func()
	)
	watchers := make([]Watcher, len(placements))
	for i, p := range placements {
		if w, ok := s.configured(p).(Watcher); ok {
			watchers[i], waiting[i] = w, true
		}
	}
	if len(waiting) == 0 {
		return nil, func() {}
	}
	for i, w := range watchers {
		if w == nil {
			continue
		}
		stops = append(stops, w.Watch(placements[i], func() {
			mu.Lock()
			defer mu.Unlock()
			if delete(waiting, i); len(waiting) == 0 {
				select {
				case signals <- struct{}{}:
				default: // one is waiting to be received
				}
			}
		}))
	}
	return signals, func() {
		for _, stop := range stops {
			stop()
		}
	}
}

// Fetches returns who fetched a placement that is in place. ok reports whether
// its solver sees that.
func (s Set) Fetches(p Placement) (f Fetches, ok bool) {
	w, ok := s.configured(p).(Watcher)
	if !ok {
		return Fetches{}, false
	}
	return w.Fetches(p), true
}

// Close releases what the solvers hold. The set must not be in use.
func (s Set) Close() error {
	var errs []error
	for _, solver := range s {
		if c, ok := solver.(io.Closer); ok {
			errs = append(errs, c.Close())
		}
	}
	return errors.Join(errs...)
}

// A NoSolverError says that no configured solver can prove an identifier by a
// challenge that the CA offers.
type NoSolverError struct {
	Identifier Identifier
	Wanted     string   // the challenge type that was asked for, or "auto" or ""
	Offered    []string // challenge types; empty: the CA offers none
	Configured []string // challenge types of the set
}

func (e *NoSolverError) Error() string {
	if len(e.Offered) == 0 {
		return fmt.Sprintf("%s: the CA offers no challenge that could prove it", e.Identifier)
	}
	s := fmt.Sprintf("%s: the CA offers %s; ", e.Identifier, strings.Join(e.Offered, ", "))
	if e.Wanted != "" && e.Wanted != Auto {
		s += "wanted is " + e.Wanted + "; "
	}
	if len(e.Configured) == 0 {
		return s + "nothing is configured to answer it"
	}
	s += "configured is " + strings.Join(e.Configured, ", ")
	if e.Identifier.Wildcard {
		s += "; only dns-01 proves a wildcard (RFC 8555 7.1.3)"
	}
	return s
}

// A LeftoverError says that a placement cannot be removed without the
// configuration of the solver that put it in place.
type LeftoverError struct{ Placement Placement }

func (e *LeftoverError) Error() string {
	return fmt.Sprintf("%s is still in place at %s: removing it needs the configuration of %q; run again with the same flags",
		e.Placement.Type, e.Placement.Where, e.Placement.Method)
}

func limits(s Solver) Limits {
	if l, ok := s.(Limiter); ok {
		return l.Limits()
	}
	return Limits{}
}

// limited runs do for at most limit; zero means as long as ctx.
func limited(ctx context.Context, limit time.Duration, p Placement, state string, do func(context.Context) error) error {
	began := time.Now()
	if limit > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, limit)
		defer cancel()
	}
	err := do(ctx)
	if errors.Is(err, context.DeadlineExceeded) {
		return &TimeoutError{Placement: p, State: state, After: time.Since(began), Err: err}
	}
	return err
}
