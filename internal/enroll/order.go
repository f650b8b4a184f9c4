package enroll

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/nfcert/nfcert/internal/acmewire"
	"github.com/nfcert/nfcert/internal/challenge"
)

// ChallengeAuto lets the engine choose the challenge.
const ChallengeAuto = challenge.Auto

// OrderOptions say what to order and how to prove it. The zero value orders
// the CSR's names, answers the first challenge that a solver can and waits.
type OrderOptions struct {
	Account     string       // saved account; "": the enrolment's, else "default"
	Identifiers []Identifier // instead of the CSR's names; nil: the CSR's
	Kinds       Kinds        // which of the CSR's names; "": [KindsAuto]
	NotBefore   time.Time
	NotAfter    time.Time
	Profile     string // one of the CA's; "": the CA's choice
	Replaces    string // the certificate that this order's will replace (RFC 9773 section 5); "": none
	Challenge   string // a type, or [ChallengeAuto] or ""
	NoSolve     bool   // only place the order
	NoWait      bool   // answer the challenges and do not wait
}

// Order places the order, answers its challenges and waits until it is ready.
// An order that is under way is continued; one that failed or expired is
// replaced. unchanged reports that it was ready already.
func (e *Engine) Order(ctx context.Context, name string, o OrderOptions) (en *Enrolment, unchanged bool, err error) {
	r, err := e.begin(ctx, name)
	if err != nil {
		return nil, false, err
	}
	defer r.end(&err)
	unchanged, err = r.order(ctx, o)
	return r.en, unchanged, err
}

func (r *run) order(ctx context.Context, o OrderOptions) (unchanged bool, err error) {
	defer r.deviations(StepOrder)
	if err := r.prepare(ctx, StepOrder, o.Account); err != nil {
		return false, err
	}
	if r.en.usable() {
		r.sweep(ctx)
		return true, nil
	}
	if r.en.Order == nil {
		r.sweep(ctx) // of an order that was given up
	} else if err := r.recover(ctx); err != nil {
		return false, err
	}
	switch {
	case r.en.Order == nil:
	case r.en.Order.expired(r.now()):
		r.warn(StepOrder, "the order expired at %s; placing a new one", r.en.Order.Expires.Format(time.RFC3339))
		r.archive("expired")
	case r.en.Order.over(), r.en.Order.stuck():
		r.tell(StepOrder, "the earlier order is %s; placing a new one", r.en.Order.Status)
		r.archive("failed")
	case r.en.Order.Status != Pending, o.NoSolve:
		return true, nil
	}
	if r.en.Order == nil {
		if err := r.place(ctx, o); err != nil {
			return false, pending(err, &PendingError{Name: r.en.Name, Step: StepOrder, What: "the CA has not answered the order"})
		}
	}
	if o.NoSolve {
		r.withNext()
		return false, nil
	}
	return false, r.solve(ctx, o)
}

// Solve answers the challenges of an order that is placed and waits until it is
// ready.
func (e *Engine) Solve(ctx context.Context, name string, o OrderOptions) (en *Enrolment, unchanged bool, err error) {
	r, err := e.begin(ctx, name)
	if err != nil {
		return nil, false, err
	}
	defer r.end(&err)
	if err := r.hasOrder(ctx, StepOrder); err != nil {
		return r.en, false, err
	}
	if r.en.Order.over() || r.en.Order.expired(r.now()) {
		return r.en, false, &OutOfTurnError{Name: name, Step: StepOrder, Needs: StepOrder, Found: orderStanding(r.en.Order, r.now())}
	}
	if r.en.Order.Status != Pending {
		return r.en, true, nil
	}
	defer r.deviations(StepOrder)
	if err := r.recover(ctx); err != nil {
		return r.en, false, err
	}
	return r.en, false, r.solve(ctx, o)
}

// Refresh asks the CA how the order and its authorizations stand.
func (e *Engine) Refresh(ctx context.Context, name string) (en *Enrolment, err error) {
	r, err := e.begin(ctx, name)
	if err != nil {
		return nil, err
	}
	defer r.end(&err)
	if err := r.hasOrder(ctx, StepOrder); err != nil {
		return r.en, err
	}
	if err := r.refreshOrder(ctx); err != nil {
		return r.en, err
	}
	if err := r.authorizations(ctx, func(Authorization) bool { return true }); err != nil {
		return r.en, err
	}
	r.withNext()
	return r.en, nil
}

// Abandon gives the order up: its pending authorizations are deactivated at the
// CA (RFC 8555 section 7.5.2) and a next order is a new one.
func (e *Engine) Abandon(ctx context.Context, name string) (en *Enrolment, err error) {
	r, err := e.begin(ctx, name)
	if err != nil {
		return nil, err
	}
	defer r.end(&err)
	if err := r.hasOrder(ctx, StepOrder); err != nil {
		return r.en, err
	}
	if r.en.usable() {
		return r.en, &OutOfTurnError{Name: name, Step: StepOrder, Needs: StepDone, Found: "its certificate is issued; there is nothing to abandon"}
	}
	r.cleanUp(ctx)
	for _, a := range r.en.Order.Authorizations {
		if a.Status != Pending {
			continue
		}
		if err := r.CA.DeactivateAuthorization(ctx, a.URL); err != nil {
			if !refused(err) {
				return r.en, err
			}
			r.deviated(acmewire.DevAuthorizationDeactivationRefused, "%v", err)
			r.warn(StepOrder, "the CA did not deactivate the authorization of %s: %v", a.Identifier, err)
		}
	}
	r.tell(StepOrder, "order abandoned: %s", r.en.Order.URL)
	r.archive("abandoned")
	r.withNext()
	return r.en, nil
}

// prepare makes the enrolment ready for requests of an order: it must have a CSR
// and be for this server, and the client signs as its account.
func (r *run) prepare(ctx context.Context, step Step, account string) error {
	if r.en.CSR == nil {
		return &OutOfTurnError{Name: r.en.Name, Step: step, Needs: StepCSR, Found: "it has no CSR yet"}
	}
	if err := r.assign(account); err != nil {
		return err
	}
	if r.using != nil && r.using.Name == r.en.Account || r.signAsKept(AccountDir(r.en.Server, r.en.Account)) {
		return nil
	}
	_, err := r.use(ctx, r.en.Account)
	return err
}

// assign gives the enrolment its server and its account, unless its order or its
// certificate belongs to others.
func (r *run) assign(account string) error {
	url := r.CA.DirectoryURL()
	if r.en.Server != "" && r.en.Server != url {
		if r.en.Order != nil || r.en.Certificate != nil {
			return &ConflictError{Name: r.en.Name, Field: "server", Saved: r.en.Server, Asked: url, Why: "it was ordered there; another name makes another enrolment"}
		}
		r.en.Account = ""
	}
	if r.en.Account != "" && account != "" && account != r.en.Account && r.en.Order != nil && !r.en.Order.over() {
		return &ConflictError{Name: r.en.Name, Field: "account", Saved: r.en.Account, Asked: account, Why: "its order belongs to that account"}
	}
	r.en.Server = url
	r.en.Account = cmp.Or(account, r.en.Account, DefaultAccount)
	return nil
}

// DefaultAccount is the name of the account without another choice.
const DefaultAccount = "default"

// hasOrder is prepare that demands an order too.
func (r *run) hasOrder(ctx context.Context, step Step) error {
	if r.en.Order == nil {
		if r.en.CSR == nil {
			return &OutOfTurnError{Name: r.en.Name, Step: step, Needs: StepCSR, Found: "it has no CSR yet"}
		}
		return &OutOfTurnError{Name: r.en.Name, Step: step, Needs: StepOrder, Found: "it has no order yet"}
	}
	return r.prepare(ctx, step, "")
}

// orderStanding describes the state of an order.
func orderStanding(o *Order, now time.Time) string {
	if o.expired(now) {
		return "its order expired at " + o.Expires.Format(time.RFC3339)
	}
	return fmt.Sprintf("its order is %s", o.Status)
}

// archive moves the order to the earlier ones.
func (r *run) archive(reason string) {
	r.en.Earlier = append(r.en.Earlier, PastOrder{URL: r.en.Order.URL, Status: r.en.Order.Status, Reason: reason, Left: isoTime(r.now())})
	r.en.Order, r.en.Certificate = nil, nil
	r.en.journal().Finalizing = nil
}

// update takes over what the CA says. Authorizations keep what is known of
// them; a server that leaves a member out of a later answer does not erase it.
func (o *Order) update(got *acmewire.Order) {
	o.URL = got.URL
	o.Status, o.Error = Status(got.Status), newProblem(got.Error)
	if !got.Expires.IsZero() {
		o.Expires = got.Expires.UTC()
	}
	if len(got.Identifiers) > 0 {
		o.Identifiers = fromWire(got.Identifiers)
	}
	o.NotBefore, o.NotAfter = got.NotBefore.UTC(), got.NotAfter.UTC()
	o.Profile = cmp.Or(got.Profile, o.Profile)
	o.Finalize = cmp.Or(got.Finalize, o.Finalize)
	o.CertificateURL = cmp.Or(got.Certificate, o.CertificateURL)
	for _, url := range got.Authorizations {
		if !slices.ContainsFunc(o.Authorizations, func(a Authorization) bool { return a.URL == url }) {
			o.Authorizations = append(o.Authorizations, Authorization{URL: url})
		}
	}
}
