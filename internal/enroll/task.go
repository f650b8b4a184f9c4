package enroll

import (
	"encoding/json"
	"slices"
	"time"

	"github.com/nfcert/nfcert/internal/challenge"
)

// task is one challenge to be answered.
type task struct {
	challenge.Task
	authorization *Authorization
	url           string          // of the challenge, in the authorization
	payload       json.RawMessage // of the answer; nil: an empty object
	before        time.Time       // when an earlier run answered; zero: none did
}

// challenge finds the task's challenge in its authorization, whose list is
// replaced with each response of the CA.
func (t task) challenge() *Challenge {
	for i := range t.authorization.Challenges {
		if c := &t.authorization.Challenges[i]; c.URL == t.url {
			return c
		}
	}
	return &Challenge{Type: t.Challenge.Type, URL: t.url} // the CA removed it
}

// String names the task, as in "http-01 for dns:amf1.example".
func (t task) String() string { return t.Challenge.Type + " for " + t.Challenge.Identifier.String() }

// tasks chooses a challenge for each authorization that is still pending.
func (r *run) tasks(o OrderOptions) ([]task, error) {
	var tasks []task
	for i := range r.en.Order.Authorizations {
		a := &r.en.Order.Authorizations[i]
		if a.Status != Pending || a.processing() {
			continue
		}
		t, err := r.task(a, r.en.Order.wanted(a, o.Challenge))
		if err != nil {
			return nil, err
		}
		tasks = append(tasks, t)
	}
	return tasks, nil
}

// task chooses and plans the challenge of one authorization.
func (r *run) task(a *Authorization, want string) (t task, err error) {
	id := challenge.Identifier{Type: a.Identifier.Type, Value: a.Identifier.Value, Wildcard: a.Wildcard}
	t.authorization = a
	if t.Solver, err = r.Solvers.Choose(challenge.Offer{Identifier: id, Types: a.offered()}, want); err != nil {
		return t, err
	}
	c := a.Challenges[slices.IndexFunc(a.Challenges, func(c Challenge) bool { return c.Type == t.Solver.Type() && c.Status == Pending })]
	keyAuthorization, err := r.CA.KeyAuthorization(c.Token)
	if err != nil {
		return t, err
	}
	thumbprint, err := r.CA.Thumbprint()
	if err != nil {
		return t, err
	}
	t.url, t.before = c.URL, c.Answering
	t.Challenge = challenge.Challenge{
		Type: c.Type, Identifier: id,
		Token: c.Token, KeyAuthorization: keyAuthorization, Thumbprint: thumbprint,
		TKAuthType: c.TKAuthType, TokenAuthority: c.TokenAuthority,
	}
	if t.Placement, err = t.Solver.Plan(t.Challenge); err != nil {
		return t, &PlaceError{Challenge: c.Type, Identifier: a.identifier(), Err: err}
	}
	return t, nil
}

// offered lists the types of the challenges that can be answered.
func (a *Authorization) offered() (types []string) {
	for _, c := range a.Challenges {
		if c.Status == Pending {
			types = append(types, c.Type)
		}
	}
	return types
}

// identifier is the identifier as it was ordered, with the "*." of a wildcard
// (RFC 8555 7.1.4).
func (a *Authorization) identifier() Identifier {
	id := a.Identifier
	if a.Wildcard {
		id.Value = "*." + id.Value
	}
	return id
}

// wanted is the challenge type that is wanted of an authorization. One that the
// user asked for applies to the identifiers for which the CA offers it: with a
// DNS name and an NF instance in one order no type fits both.
func (o *Order) wanted(a *Authorization, asked string) string {
	offers := func(a Authorization) bool {
		return slices.ContainsFunc(a.Challenges, func(c Challenge) bool { return c.Type == asked })
	}
	if !offers(*a) && slices.ContainsFunc(o.Authorizations, offers) {
		return ChallengeAuto
	}
	return asked
}
