package enroll

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/nfcert/nfcert/internal/acmewire"
	"github.com/nfcert/nfcert/internal/challenge"
	"github.com/nfcert/nfcert/internal/token"
)

// lookEvery is how many questions about the order pass before its
// authorizations are looked into. Some CAs leave an order pending whose
// challenge is invalid; the order alone would be polled for ever.
const lookEvery = 4

// cleanUpTime bounds the clean-up, which runs also when everything else was
// interrupted.
const cleanUpTime = 5 * time.Second

// solve answers the pending challenges of the order and waits until it is
// ready.
func (e *Engine) solve(ctx context.Context, en *Enrolment, o OrderOptions) error {
	// What was answered may have been judged meanwhile; what was not is as it
	// was saved.
	if err := e.authorizations(ctx, en, func(a Authorization) bool { return a.URL != "" && (a.Status == "" || a.answered()) }); err != nil {
		return e.outOfTime(en, err)
	}
	err := e.answer(ctx, en, o)
	if err == nil && o.NoWait {
		if err := e.save(en); err != nil {
			return err
		}
		return &PendingError{Name: en.Name, Step: StepOrder, What: "the challenges are answered and the CA has not said yet what it thinks of them"}
	}
	if err == nil {
		err = e.awaitReady(ctx, en)
	}
	e.cleanUp(ctx, en)
	if err != nil {
		err = errors.Join(err, e.save(en))
	} else {
		err = e.saveStep(en)
	}
	return e.outOfTime(en, err)
}

func (e *Engine) outOfTime(en *Enrolment, err error) error {
	what := fmt.Sprintf("the CA has not proven the names yet (order %s)", en.Order.Status)
	var proof *challenge.ProofError
	if errors.As(err, &proof) { // it is not the CA that is waited for
		what = fmt.Sprintf("no Authority Token for %s has come from %s yet", proof.Identifier, proof.Where)
	}
	return pending(err, &PendingError{Name: en.Name, Step: StepOrder, What: what})
}

// recover settles what a run that died while it answered challenges left
// behind, or may have: it takes away what was in place and asks how the order
// stands. The CA may have looked while nothing answered, and given the order up.
func (e *Engine) recover(ctx context.Context, en *Enrolment) error {
	if (en.Journal == nil || len(en.Journal.Placements) == 0) && !en.Order.unasked() {
		return nil
	}
	e.cleanUp(ctx, en)
	if err := e.refreshOrder(ctx, en); err != nil {
		return err
	}
	if en.Order.Status == acmewire.Pending {
		if err := e.authorizations(ctx, en, unsettled); err != nil {
			return err
		}
	}
	return e.save(en)
}

// task is one challenge to be answered.
type task struct {
	authorization *Authorization
	url           string // of the challenge, in the authorization
	solver        challenge.Solver
	ask           challenge.Challenge
	placement     challenge.Placement
	payload       json.RawMessage // of the answer; nil: an empty object
	before        time.Time       // when an earlier run answered; zero: none did
}

// challenge finds the task's challenge in its authorization, whose list is made
// anew with each answer of the CA.
func (t task) challenge() *Challenge {
	for i := range t.authorization.Challenges {
		if c := &t.authorization.Challenges[i]; c.URL == t.url {
			return c
		}
	}
	return &Challenge{Type: t.ask.Type, URL: t.url} // the CA took it away
}

// answer presents all challenges and tells the CA so. One save covers both: an
// entry in the journal for each thing put in place, and that its challenge is
// being answered. There is nothing to save when what is put in place ends with
// this process and the saved order makes the next run ask the CA anyway.
func (e *Engine) answer(ctx context.Context, en *Enrolment, o OrderOptions) error {
	tasks, err := e.tasks(en, o)
	if err != nil || len(tasks) == 0 {
		return err
	}
	leaves := false
	for _, t := range tasks {
		en.journal().Placements = append(en.journal().Placements, t.placement)
		t.challenge().Answering = isoTime(e.now())
		leaves = leaves || t.placement.Lasts()
	}
	if leaves || !e.unasked {
		if err := e.save(en); err != nil {
			return err
		}
	}
	for i := range tasks {
		if err := e.present(ctx, &tasks[i]); err != nil {
			for _, t := range tasks { // this run told the CA of none
				t.challenge().Answering = t.before
			}
			return &PlaceError{Challenge: tasks[i].ask.Type, Identifier: tasks[i].authorization.Identifier, Err: err}
		}
	}
	for _, t := range tasks {
		if err := e.answerOne(ctx, t); err != nil {
			return err
		}
		e.tell(StepOrder, "%s for %s answered", t.ask.Type, t.authorization.Identifier)
	}
	return nil
}

// present puts in place what proves one challenge, or gets the proof itself.
func (e *Engine) present(ctx context.Context, t *task) (err error) {
	if err := t.solver.Present(ctx, t.ask, t.placement); err != nil {
		return err
	}
	if prover, ok := t.solver.(challenge.Prover); ok {
		ctx := token.WithDeviations(ctx, func(d token.Deviation) { e.CA.Wire().Deviated(acmewire.DeviationID(d.ID), d.Found) })
		if t.payload, err = prover.Prove(ctx, t.ask); err != nil {
			return err
		}
		e.tell(StepOrder, "%s for %s: token from %s", t.ask.Type, t.authorization.Identifier, t.placement.Where)
		return nil
	}
	e.tell(StepOrder, "%s for %s in place: %s", t.ask.Type, t.authorization.Identifier, t.placement.Where)
	return nil
}

// answerOne tells the CA that a challenge can be validated. When the answer to
// that is lost the CA may be validating already: what is in place must stay
// there, and the authorization tells whether to say it again.
func (e *Engine) answerOne(ctx context.Context, t task) error {
	for failures := 0; ; failures++ {
		got, err := e.CA.Answer(ctx, t.url, t.payload)
		if err == nil {
			t.challenge().update(*got)
			return nil
		}
		var network *acmewire.NetworkError
		if !errors.As(err, &network) || failures == toleratedFailures {
			return err
		}
		e.warn(StepOrder, "%v; asking how the challenge stands", network)
		a, err := e.CA.Authorization(ctx, t.authorization.URL)
		if err != nil {
			return err
		}
		t.authorization.update(a, e.CA)
		if t.authorization.Status != acmewire.Pending || t.challenge().Status != acmewire.Pending {
			return nil
		}
	}
}

// tasks chooses a challenge for each authorization that still wants one.
func (e *Engine) tasks(en *Enrolment, o OrderOptions) ([]task, error) {
	var tasks []task
	for i := range en.Order.Authorizations {
		a := &en.Order.Authorizations[i]
		if a.Status != acmewire.Pending || a.processing() {
			continue
		}
		c, solver, err := e.choose(a, en.Order.wanted(a, o.Challenge))
		if err != nil {
			return nil, err
		}
		keyAuthorization, err := e.CA.KeyAuthorization(c.Token)
		if err != nil {
			return nil, err
		}
		thumbprint, err := e.CA.Thumbprint()
		if err != nil {
			return nil, err
		}
		t := task{authorization: a, url: c.URL, solver: solver, before: c.Answering, ask: challenge.Challenge{
			Type: c.Type, IdentifierType: a.Identifier.Type, Identifier: a.Identifier.Value,
			Token: c.Token, KeyAuthorization: keyAuthorization, Thumbprint: thumbprint,
			TKAuthType: c.TKAuthType, TokenAuthority: c.TokenAuthority,
		}}
		if t.placement, err = solver.Plan(t.ask); err != nil {
			return nil, &PlaceError{Challenge: c.Type, Identifier: a.Identifier, Err: err}
		}
		tasks = append(tasks, t)
	}
	return tasks, nil
}

// wanted is the challenge type that is wanted of an authorization. A wish is for
// the identifiers that can be proven so: with a DNS name and an NF instance in
// one order no type fits both.
func (o *Order) wanted(a *Authorization, wish string) string {
	offers := func(a Authorization) bool {
		return slices.ContainsFunc(a.Challenges, func(c Challenge) bool { return c.Type == wish })
	}
	if !offers(*a) && slices.ContainsFunc(o.Authorizations, offers) {
		return ChallengeAuto
	}
	return wish
}

// choose takes the challenge of the wanted type, or the first that a solver can
// do, in the solvers' order; CAs list challenges in any order.
func (e *Engine) choose(a *Authorization, want string) (*Challenge, challenge.Solver, error) {
	refused := &NoChallengeError{Identifier: a.Identifier, Wanted: want}
	for _, s := range e.Solvers {
		if want != "" && want != ChallengeAuto && s.Type() != want {
			continue
		}
		refused.Able = append(refused.Able, s.Type())
		i := slices.IndexFunc(a.Challenges, func(c Challenge) bool { return c.Type == s.Type() && c.Status == acmewire.Pending })
		if i >= 0 {
			return &a.Challenges[i], s, nil
		}
	}
	for _, c := range a.Challenges {
		refused.Offered = append(refused.Offered, c.Type)
	}
	return nil, nil, refused
}

// awaitReady polls the order, which stands for all its authorizations in one
// request, until it is no longer pending.
func (e *Engine) awaitReady(ctx context.Context, en *Enrolment) error {
	asked, failed := 0, en.Order.stuck()
	err := e.poll(ctx, StepOrder, "waiting for the CA to prove the names", e.looked(en), func(ctx context.Context) (answer, error) {
		asked++
		got, err := e.CA.Order(ctx, en.Order.URL)
		if err != nil {
			return answer{}, err
		}
		en.Order.update(got)
		if got.Status == acmewire.Pending && !failed && asked%lookEvery == 0 {
			if err := e.authorizations(ctx, en, unsettled); err != nil {
				return answer{}, err
			}
			failed = en.Order.stuck()
		}
		return answer{done: got.Status != acmewire.Pending || failed, retryAfter: got.RetryAfter}, nil
	})
	if err != nil {
		return err
	}
	if en.Order.Status == acmewire.Pending {
		e.deviated(acmewire.DevOrderLeftPending, "%s stays pending after a challenge has failed", en.Order.URL)
	}
	if en.Order.over() || en.Order.Status == acmewire.Pending {
		return e.explainFailure(ctx, en)
	}
	for i := range en.Order.Authorizations { // the order is not ready otherwise
		en.Order.Authorizations[i].settle(acmewire.Valid)
	}
	e.tell(StepOrder, "the order is %s", en.Order.Status)
	return nil
}

// looked is where it is told that the CA looked at what is in place; nil: nobody
// sees that. It is seen only where one place shows all.
func (e *Engine) looked(en *Enrolment) <-chan struct{} {
	if en.Journal == nil {
		return nil
	}
	for _, p := range en.Journal.Placements {
		if w := e.watcher(p); w != nil {
			return w.Looked()
		}
	}
	return nil
}

// watcher is the solver that sees who looks at a placement; nil: there is none.
func (e *Engine) watcher(p challenge.Placement) challenge.Watcher {
	for _, s := range e.Solvers {
		if w, ok := s.(challenge.Watcher); ok && s.Type() == p.Type && s.Method() == p.Method {
			return w
		}
	}
	return nil
}

// looks tells who looked at what was put in place for a challenge; nil: nobody
// would have seen it.
func (e *Engine) looks(en *Enrolment, c Challenge) *Looks {
	if en.Journal == nil {
		return nil
	}
	for _, p := range en.Journal.Placements {
		if w := e.watcher(p); w != nil && p.Type == c.Type && p.Token == c.Token {
			return &Looks{Looks: w.Looks(p), Where: p.Where}
		}
	}
	return nil
}

// unsettled reports whether the CA may have more to say of an authorization.
func unsettled(a Authorization) bool { return a.Status == acmewire.Pending || a.Status == "" }

// explainFailure fetches every authorization and gathers why the order failed.
func (e *Engine) explainFailure(ctx context.Context, en *Enrolment) error {
	switch err := e.authorizations(ctx, en, unsettled); {
	case refused(err):
		e.deviated(acmewire.DevAuthorizationRefused, "%v", err)
	case err != nil:
		return err
	}
	failure := &AuthorizationError{Name: en.Name, OrderURL: en.Order.URL, OrderStatus: en.Order.Status, OrderError: en.Order.Error}
	for _, a := range en.Order.Authorizations {
		if a.Status == acmewire.Valid {
			continue
		}
		r := RefusedIdentifier{Identifier: a.Identifier, Status: a.Status}
		for _, c := range a.Challenges {
			if c.Status == acmewire.Invalid || c.Error != nil {
				r.Challenge, r.Problem, r.Looks = c.Type, c.Error, e.looks(en, c)
			}
		}
		if r.Challenge == "" && a.Status == acmewire.Pending {
			continue // not the one that failed
		}
		failure.Refused = append(failure.Refused, r)
	}
	return failure
}

// cleanUp takes away what is in place for challenges, on a context of its own:
// it must happen also when the user interrupted or the time is over.
func (e *Engine) cleanUp(ctx context.Context, en *Enrolment) {
	if en.Journal == nil || len(en.Journal.Placements) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanUpTime)
	defer cancel()
	var left []challenge.Placement
	for _, p := range en.Journal.Placements {
		if err := e.takeAway(ctx, p); err != nil {
			e.warn(StepOrder, "cleaning up %s at %s: %v", p.Type, p.Where, err)
			left = append(left, p)
		}
	}
	en.Journal.Placements = left
}

// takeAway cleans one placement up, by the solver that made it where it is
// among ours.
func (e *Engine) takeAway(ctx context.Context, p challenge.Placement) error {
	for _, s := range e.Solvers {
		if s.Type() == p.Type && s.Method() == p.Method {
			return s.CleanUp(ctx, p)
		}
	}
	s, err := challenge.ForPlacement(p)
	if err != nil {
		return err
	}
	return s.CleanUp(ctx, p)
}
