// Package challengetest has the contract suite that every solver must pass, and
// [Records], a solver for tests that behaves as one for DNS does.
package challengetest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"sync"
	"testing"

	"github.com/nfcert/nfcert/internal/challenge"
)

// A Subject is a solver under test.
type Subject struct {
	Solver challenge.Solver
	// Later is the configuration of a later process, which must be able to
	// clean up; nil: it needs none.
	Later challenge.Set
	// InPlace reports whether a placement's content is in place; nil: the
	// solver puts nothing in place.
	InPlace func(challenge.Placement) bool
	// Secret is what the solver's configuration has and no placement may have.
	Secret string
}

// Challenge returns a challenge for tests. Those of different numbers differ in
// their token and are for the same identifier.
func Challenge(kind string, id challenge.Identifier, number int) challenge.Challenge {
	token := fmt.Sprintf("token-%d", number)
	const thumbprint = "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"
	return challenge.Challenge{
		Type: kind, Identifier: id, Token: token, KeyAuthorization: token + "." + thumbprint, Thumbprint: thumbprint,
	}
}

// Contract checks that a solver keeps what package challenge promises. Each call
// of make returns a subject with a place of its own.
func Contract(t *testing.T, id challenge.Identifier, newSubject func(t *testing.T) Subject) {
	t.Run("order", func(t *testing.T) { inOrder(t, id, newSubject(t)) })
	t.Run("one of two", func(t *testing.T) { oneOfTwo(t, id, newSubject(t)) })
	t.Run("unconfigured", func(t *testing.T) { unconfigured(t, id, newSubject(t)) })
	t.Run("ended", func(t *testing.T) { ended(t, id, newSubject(t)) })
	t.Run("at once", func(t *testing.T) { atOnce(t, id, newSubject(t)) })
}

// plan plans a challenge and checks the placement.
func (s Subject) plan(t *testing.T, id challenge.Identifier, number int) challenge.Task {
	t.Helper()
	c := Challenge(s.Solver.Type(), id, number)
	p, err := s.Solver.Plan(c)
	if err != nil {
		t.Fatalf("Plan: %v", err)
	}
	if p.Type != s.Solver.Type() || p.Method != s.Solver.Method() || p.Token != c.Token || p.Where == "" {
		t.Errorf("placement %+v, want type %q, method %q, token %q and a place", p, s.Solver.Type(), s.Solver.Method(), c.Token)
	}
	return challenge.Task{Solver: s.Solver, Challenge: c, Placement: p}
}

// check reports a placement that is not in place as wanted.
func (s Subject) check(t *testing.T, when string, p challenge.Placement, want bool) {
	t.Helper()
	if s.InPlace != nil && s.InPlace(p) != want {
		t.Errorf("%s: in place %t, want %t", when, !want, want)
	}
}

// inOrder makes all calls in their order.
func inOrder(t *testing.T, id challenge.Identifier, s Subject) {
	ctx := t.Context()
	if !s.Solver.Proves(id) {
		t.Errorf("Proves(%s): got false, want true", id)
	}
	if p, ok := s.Solver.(challenge.Preparer); ok {
		for range 2 {
			if err := p.Prepare(ctx); err != nil {
				t.Errorf("Prepare: %v", err)
			}
		}
	}
	task := s.plan(t, id, 1)
	saved := roundTrip(t, task.Placement, s.Secret)
	s.check(t, "after Plan", saved, false)
	if err := s.Solver.CleanUp(ctx, saved); err != nil {
		t.Errorf("CleanUp before Present: %v", err)
	}
	for range 2 {
		present(t, task)
		s.check(t, "after Present", saved, true)
	}
	if w, ok := s.Solver.(challenge.Watcher); ok {
		if got := w.Fetches(challenge.Placement{Token: "other"}); got.Count != 0 {
			t.Errorf("fetches of what is not in place: %+v, want none", got)
		}
	}
	// A later process has only the placement and its configuration. Then this
	// one finds nothing left. The command's context has ended.
	ended, cancel := context.WithCancel(ctx)
	cancel()
	if task.Placement.Lasts() {
		if err := s.Later.CleanUp(ended, saved); err != nil {
			t.Errorf("CleanUp by a later process: %v", err)
		}
		s.check(t, "after CleanUp by a later process", saved, false)
	}
	for range 2 {
		if err := (challenge.Set{s.Solver}).CleanUp(ended, saved); err != nil {
			t.Errorf("CleanUp: %v", err)
		}
		s.check(t, "after CleanUp", saved, false)
	}
	present(t, task)
	s.check(t, "presented again", saved, true)
	if err := s.Solver.CleanUp(ctx, saved); err != nil {
		t.Errorf("CleanUp: %v", err)
	}
	s.check(t, "at the end", saved, false)
}

// present makes a challenge valid.
func present(t *testing.T, task challenge.Task) {
	t.Helper()
	if err := task.Present(t.Context()); err != nil {
		t.Errorf("Present: %v", err)
	}
	if err := task.Wait(t.Context()); err != nil {
		t.Errorf("Wait: %v", err)
	}
	payload, err := task.Prove(t.Context())
	if _, proves := task.Solver.(challenge.Prover); err != nil || proves && !json.Valid(payload) {
		t.Errorf("Prove: %q, %v, want JSON", payload, err)
	}
}

// roundTrip returns a placement as it is read from the journal.
func roundTrip(t *testing.T, p challenge.Placement, secret string) (saved challenge.Placement) {
	t.Helper()
	data, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &saved); err != nil || !reflect.DeepEqual(saved, p) {
		t.Errorf("placement through JSON: got %+v, %v, want %+v", saved, err, p)
	}
	if secret != "" && strings.Contains(string(data), secret) {
		t.Errorf("placement %s has the secret of the configuration", data)
	}
	return saved
}

// oneOfTwo cleans up one of two challenges for the same identifier.
func oneOfTwo(t *testing.T, id challenge.Identifier, s Subject) {
	first, second := s.plan(t, id, 1), s.plan(t, id, 2)
	present(t, first)
	present(t, second)
	if err := s.Solver.CleanUp(t.Context(), first.Placement); err != nil {
		t.Errorf("CleanUp: %v", err)
	}
	s.check(t, "cleaned up", first.Placement, false)
	s.check(t, "the other", second.Placement, true)
	if err := s.Solver.CleanUp(t.Context(), second.Placement); err != nil {
		t.Errorf("CleanUp: %v", err)
	}
	s.check(t, "cleaned up after the other", second.Placement, false)
}

// unconfigured cleans up without configuration: either that works, or the error
// says what is left.
func unconfigured(t *testing.T, id challenge.Identifier, s Subject) {
	task := s.plan(t, id, 1)
	if !task.Placement.Lasts() {
		t.Skip("ends with its process")
	}
	present(t, task)
	err := challenge.Set(nil).CleanUp(t.Context(), task.Placement)
	left, ok := errors.AsType[*challenge.LeftoverError](err)
	if err != nil && (!ok || !strings.Contains(err.Error(), task.Placement.Where) || left.Placement.Token != task.Placement.Token) {
		t.Errorf("CleanUp without configuration: %v, want success or a LeftoverError with the place", err)
	}
	if (err != nil) != (s.Later != nil) {
		t.Errorf("CleanUp without configuration: %v, and it needs configuration: %t", err, s.Later != nil)
	}
	s.check(t, "cleaned up without configuration", task.Placement, err != nil)
	if err := s.Solver.CleanUp(t.Context(), task.Placement); err != nil {
		t.Errorf("CleanUp: %v", err)
	}
}

// ended makes all calls with a context that has ended. They must return, and
// CleanUp after them leaves nothing.
func ended(t *testing.T, id challenge.Identifier, s Subject) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	task := s.plan(t, id, 1)
	_ = task.Present(ctx) // may succeed, or not
	_ = task.Wait(ctx)
	_, _ = task.Prove(ctx)
	if err := (challenge.Set{s.Solver}).CleanUp(ctx, task.Placement); err != nil {
		t.Errorf("CleanUp: %v", err)
	}
	s.check(t, "at the end", task.Placement, false)
}

// atOnce makes challenges valid side by side.
func atOnce(t *testing.T, id challenge.Identifier, s Subject) {
	var wg sync.WaitGroup
	for i := range 8 {
		task := s.plan(t, id, i)
		wg.Go(func() {
			for range 5 {
				present(t, task)
				s.check(t, "after Present", task.Placement, true)
				if err := s.Solver.CleanUp(t.Context(), task.Placement); err != nil {
					t.Errorf("challenge %d: CleanUp: %v", i, err)
				}
			}
			s.check(t, "at the end", task.Placement, false)
		})
	}
	wg.Wait()
}
