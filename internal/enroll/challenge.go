package enroll

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/nfcert/nfcert/internal/acmewire"
	"github.com/nfcert/nfcert/internal/challenge"
	"github.com/nfcert/nfcert/internal/token"
)

// checkEvery is how many polls of the order pass before its authorizations are
// fetched. Some CAs leave an order pending whose challenge is invalid; polling
// the order alone would never end.
const checkEvery = 4

// atOnce is how many challenges of an order are put in place, waited for or
// cleaned up at once.
const atOnce = 16

// solve answers the pending challenges of the order and waits until it is ready.
// What it put in place is cleaned up on every way out, unless the caller does not
// want to wait.
func (r *run) solve(ctx context.Context, o OrderOptions) error {
	// What was answered may have been judged meanwhile; what was not is as it
	// was saved.
	if err := r.authorizations(ctx, func(a Authorization) bool { return a.URL != "" && (a.Status == "" || a.answered()) }); err != nil {
		return r.outOfTime(err)
	}
	err := r.answer(ctx, o)
	if err == nil && o.NoWait {
		r.withNext()
		return &PendingError{Name: r.en.Name, Step: StepOrder, What: "the challenges are answered and the CA has not validated them yet"}
	}
	if err == nil {
		err = r.awaitReady(ctx)
	}
	r.cleanUp(ctx)
	r.withNext()
	return r.outOfTime(err)
}

// outOfTime turns the end of the time into a [PendingError] that says what was
// being waited for.
func (r *run) outOfTime(err error) error {
	what := fmt.Sprintf("the CA has not validated the names yet (order %s)", r.en.Order.Status)
	if _, ok := errors.AsType[*challenge.TimeoutError](err); ok {
		what = err.Error()
	}
	if proof, ok := errors.AsType[*challenge.ProofError](err); ok {
		what = fmt.Sprintf("no Authority Token for %s has come from %s yet", proof.Identifier, proof.Where)
	}
	return pending(err, &PendingError{Name: r.en.Name, Step: StepOrder, What: what})
}

// recover deals with what a run that died while it answered challenges may have
// left: it cleans up what was in place and asks for the state of the order. The
// CA may have validated while nothing answered, and failed the order.
func (r *run) recover(ctx context.Context) error {
	if len(r.en.Journal.placements()) == 0 && !r.en.Order.unasked() {
		return nil
	}
	r.cleanUp(ctx)
	if err := r.refreshOrder(ctx); err != nil {
		return err
	}
	if r.en.Order.Status == Pending {
		if err := r.authorizations(ctx, unsettled); err != nil {
			return err
		}
	}
	r.withNext()
	return nil
}

// sweep cleans up what earlier runs left in place and could not remove, for an
// enrolment that needs no recovery.
func (r *run) sweep(ctx context.Context) {
	if len(r.en.Journal.placements()) > 0 {
		r.cleanUp(ctx)
		r.withNext()
	}
}

// answer makes all challenges valid and tells the CA. One save covers both: an
// entry in the journal for each placement, and that its challenge is being
// answered. There is nothing to save when every placement ends with this process
// and the saved order makes the next run ask the CA anyway.
func (r *run) answer(ctx context.Context, o OrderOptions) error {
	tasks, err := r.tasks(o)
	if err != nil || len(tasks) == 0 {
		return err
	}
	leaves := false
	for _, t := range tasks {
		r.en.journal().Placements = append(r.en.journal().Placements, t.Placement)
		t.challenge().Answering = isoTime(r.now())
		leaves = leaves || t.Placement.Lasts()
	}
	save := r.beforeRequest
	if leaves {
		save = r.flush
	}
	if err := save(); err != nil {
		return err
	}
	err = r.together(ctx, tasks, r.present)
	if err == nil {
		// Only now: a token may expire while a slow challenge becomes visible.
		err = r.together(ctx, tasks, r.prove)
	}
	if err != nil {
		for _, t := range tasks { // this run told the CA of none
			t.challenge().Answering = t.before
		}
		return err
	}
	for _, t := range tasks {
		if err := r.answerOne(ctx, t); err != nil {
			return err
		}
		r.tell(StepOrder, "%s answered", t)
	}
	return nil
}

// present puts one challenge in place and waits until the CA will see it.
func (r *run) present(ctx context.Context, t *task) error {
	if err := t.Present(ctx); err != nil {
		return err
	}
	if t.Placement.Method == challenge.MethodToken {
		return nil // nothing is in place
	}
	where := "in place"
	if t.Placement.Method == challenge.MethodPublished {
		where = "expected" // the user put it there, or will
	}
	r.tell(StepOrder, "%s %s: %s", t, where, t.Placement.Where)
	if !t.Waits() {
		return nil
	}
	if err := t.Wait(ctx); err != nil {
		return err
	}
	r.tell(StepOrder, "%s visible: %s", t, t.Placement.Where)
	return nil
}

// prove gets the payload of one answer.
func (r *run) prove(ctx context.Context, t *task) (err error) {
	ctx = token.WithDeviations(ctx, func(d token.Deviation) { r.CA.Wire().Deviated(acmewire.DeviationID(d.ID), d.Found) })
	if t.payload, err = t.Prove(ctx); err != nil || t.payload == nil {
		return err
	}
	r.tell(StepOrder, "%s: token from %s", t, t.Placement.Where)
	return nil
}

// together does the same for all tasks side by side. The first failure stops the
// others; the error is a [PlaceError], or [PlaceErrors] when several failed.
func (r *run) together(ctx context.Context, tasks []task, do func(context.Context, *task) error) error {
	reporting := challenge.WithReport(ctx, func(message string) { r.tell(StepOrder, "%s", message) })
	all, stop := context.WithCancel(reporting)
	defer stop()
	errs := sideBySide(tasks, func(t *task) error {
		err := all.Err()
		if err == nil {
			err = do(all, t)
		}
		if err != nil {
			stop()
		}
		return err
	})
	var failed, stopped PlaceErrors
	for i, err := range errs {
		if err == nil {
			continue
		}
		failure := &PlaceError{Challenge: tasks[i].Challenge.Type, Identifier: tasks[i].authorization.identifier(), Err: err}
		if !errors.Is(ctx.Err(), context.Canceled) && errors.Is(err, context.Canceled) {
			stopped = append(stopped, failure)
		} else {
			failed = append(failed, failure)
		}
	}
	if len(failed) == 0 {
		failed = stopped
	}
	return failed.orNil()
}

// sideBySide does the same for all items, a bounded number at once, and returns
// the error of each.
func sideBySide[T any](items []T, do func(*T) error) []error {
	errs := make([]error, len(items))
	slots := make(chan struct{}, atOnce)
	var wg sync.WaitGroup
	for i := range items {
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			errs[i] = do(&items[i])
		})
	}
	wg.Wait()
	return errs
}

// answerOne tells the CA that a challenge can be validated. When the CA's
// response is lost it may be validating already: what is in place must stay, and
// the authorization says whether to send the answer again.
func (r *run) answerOne(ctx context.Context, t task) error {
	for failures := 0; ; failures++ {
		got, err := r.CA.Answer(ctx, t.url, t.payload)
		if err == nil {
			t.challenge().update(*got)
			return nil
		}
		var network *acmewire.NetworkError
		if !errors.As(err, &network) || failures == toleratedFailures {
			return err
		}
		r.warn(StepOrder, "%v; checking the state of the challenge", network)
		a, err := r.CA.Authorization(ctx, t.authorization.URL)
		if err != nil {
			return err
		}
		t.authorization.update(a, r.CA)
		if t.authorization.Status != Pending || t.challenge().Status != Pending {
			return nil
		}
	}
}

// prepareSolvers lets the solvers acquire what they need before an order is placed.
func (r *run) prepareSolvers(ctx context.Context, ids []Identifier, want string) error {
	reporting := challenge.WithReport(ctx, func(message string) { r.tell(StepOrder, "%s", message) })
	var all []challenge.Identifier
	for _, id := range ids {
		value, wildcard := strings.CutPrefix(id.Value, "*.")
		all = append(all, challenge.Identifier{Type: id.Type, Value: value, Wildcard: wildcard})
	}
	return r.Solvers.Prepare(reporting, all, want)
}

// awaitReady polls the order, which stands for all its authorizations in one
// request, until it is no longer pending.
func (r *run) awaitReady(ctx context.Context) error {
	asked, failed := 0, r.en.Order.stuck()
	fetched, stop := r.watch()
	defer stop()
	err := r.poll(ctx, StepOrder, "waiting for the CA to validate the names", fetched, func(ctx context.Context) (answer, error) {
		asked++
		got, err := r.CA.Order(ctx, r.en.Order.URL)
		if err != nil {
			return answer{}, err
		}
		r.en.Order.update(got)
		if r.en.Order.Status == Pending && !failed && asked%checkEvery == 0 {
			if err := r.authorizations(ctx, unsettled); err != nil {
				return answer{}, err
			}
			failed = r.en.Order.stuck()
		}
		return answer{done: r.en.Order.Status != Pending || failed, retryAfter: got.RetryAfter}, nil
	})
	if err != nil {
		return err
	}
	if r.en.Order.Status == Pending {
		r.deviated(acmewire.DevOrderLeftPending, "%s stays pending after a challenge has failed", r.en.Order.URL)
	}
	if r.en.Order.over() || r.en.Order.Status == Pending {
		return r.explainFailure(ctx)
	}
	for i := range r.en.Order.Authorizations { // the order is not ready otherwise
		r.en.Order.Authorizations[i].setStatus(Valid)
	}
	r.tell(StepOrder, "the order is %s", r.en.Order.Status)
	return nil
}

// watch signals that the CA has fetched what is in place; nil: that cannot be
// seen from here.
func (r *run) watch() (fetched <-chan struct{}, stop func()) {
	return r.Solvers.Watch(r.en.Journal.placements())
}

// fetches returns who fetched what was put in place for a challenge; nil: that
// cannot be seen from here.
func (r *run) fetches(c Challenge) *Fetches {
	for _, p := range r.en.Journal.placements() {
		if p.Type != c.Type || p.Token != c.Token {
			continue
		}
		if f, ok := r.Solvers.Fetches(p); ok {
			return &Fetches{Fetches: f, Where: p.Where}
		}
	}
	return nil
}

// unsettled reports whether the state of an authorization may still change.
func unsettled(a Authorization) bool { return a.Status == Pending || a.Status == "" }

// explainFailure fetches every authorization and collects why the order failed.
func (r *run) explainFailure(ctx context.Context) error {
	switch err := r.authorizations(ctx, unsettled); {
	case refused(err):
		r.deviated(acmewire.DevAuthorizationRefused, "%v", err)
	case err != nil:
		return err
	}
	failure := &AuthorizationError{Name: r.en.Name, OrderURL: r.en.Order.URL, OrderStatus: r.en.Order.Status, OrderError: r.en.Order.Error}
	for _, a := range r.en.Order.Authorizations {
		if a.Status == Valid {
			continue
		}
		refusal := RefusedIdentifier{Identifier: a.Identifier, Status: a.Status}
		for _, c := range a.Challenges {
			if c.Status == Invalid || c.Error != nil {
				refusal.Challenge, refusal.Problem, refusal.Fetches = c.Type, c.Error, r.fetches(c)
			}
		}
		if refusal.Challenge == "" && a.Status == Pending {
			continue // not the one that failed
		}
		failure.Refused = append(failure.Refused, refusal)
	}
	return failure
}

// cleanUp removes what is in place for challenges, also when the user interrupted
// or the time is over. What cannot be removed stays in the journal.
func (r *run) cleanUp(ctx context.Context) {
	if len(r.en.Journal.placements()) == 0 {
		return
	}
	placements := r.en.Journal.Placements
	errs := sideBySide(placements, func(p *challenge.Placement) error { return r.Solvers.CleanUp(ctx, *p) })
	var left []challenge.Placement
	for i, err := range errs {
		if err != nil {
			r.warn(StepOrder, "%v", err)
			left = append(left, placements[i])
		}
	}
	r.en.Journal.Placements = left
}
