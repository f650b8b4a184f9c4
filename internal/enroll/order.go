package enroll

import (
	"context"
	"errors"
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
	Account     string                // saved account; "": the enrolment's, else "default"
	Identifiers []acmewire.Identifier // instead of the CSR's names; nil: the CSR's
	Kinds       Kinds                 // which of the CSR's names; "": [KindsAuto]
	NotBefore   time.Time
	NotAfter    time.Time
	Profile     string // one of the CA's; "": the CA's choice
	Replaces    string // the certificate that this order's will replace (RFC 9773 section 5); "": none
	Challenge   string // a type, or [ChallengeAuto] or ""
	NoSolve     bool   // only place the order
	NoWait      bool   // answer the challenges and do not wait
}

// Order places the order, answers its challenges and waits until it is ready.
// An order that is under way is gone on with; one that failed or expired is
// replaced. unchanged reports that it was ready already.
func (e *Engine) Order(ctx context.Context, name string, o OrderOptions) (en *Enrolment, unchanged bool, err error) {
	en, end, err := e.begin(ctx, name)
	if err != nil {
		return nil, false, err
	}
	defer end()
	unchanged, err = e.order(ctx, en, o)
	return en, unchanged, err
}

func (e *Engine) order(ctx context.Context, en *Enrolment, o OrderOptions) (unchanged bool, err error) {
	defer e.deviations(StepOrder)
	if err := e.ready(ctx, en, StepOrder, o.Account); err != nil {
		return false, err
	}
	if en.usable() {
		return true, e.sweep(ctx, en)
	}
	if en.Order == nil {
		e.cleanUp(ctx, en) // of an order that was given up
	} else if err := e.recover(ctx, en); err != nil {
		return false, err
	}
	switch {
	case en.Order == nil:
	case en.Order.expired(e.now()):
		e.warn(StepOrder, "the order expired at %s; placing a new one", en.Order.Expires.Format(time.RFC3339))
		e.leave(en, "expired")
	case en.Order.over(), en.Order.stuck():
		e.tell(StepOrder, "the earlier order is %s; placing a new one", en.Order.Status)
		e.leave(en, "it failed")
	case en.Order.Status != acmewire.Pending, o.NoSolve:
		return true, nil
	}
	if en.Order == nil {
		if err := e.place(ctx, en, o); err != nil {
			return false, pending(err, &PendingError{Name: en.Name, Step: StepOrder, What: "the CA has not answered the order"})
		}
	}
	if o.NoSolve {
		return false, e.save(en)
	}
	return false, e.solve(ctx, en, o)
}

// Solve answers the challenges of an order that is placed and waits until it is
// ready.
func (e *Engine) Solve(ctx context.Context, name string, o OrderOptions) (en *Enrolment, unchanged bool, err error) {
	en, end, err := e.begin(ctx, name)
	if err != nil {
		return nil, false, err
	}
	defer end()
	if err := e.hasOrder(ctx, en, StepOrder); err != nil {
		return en, false, err
	}
	if en.Order.over() || en.Order.expired(e.now()) {
		return en, false, &OutOfTurnError{Name: name, Step: StepOrder, Needs: StepOrder, Found: orderStanding(en.Order, e.now())}
	}
	if en.Order.Status != acmewire.Pending {
		return en, true, nil
	}
	defer e.deviations(StepOrder)
	if err := e.recover(ctx, en); err != nil {
		return en, false, err
	}
	return en, false, e.solve(ctx, en, o)
}

// Refresh asks the CA how the order and its authorizations stand.
func (e *Engine) Refresh(ctx context.Context, name string) (*Enrolment, error) {
	en, end, err := e.begin(ctx, name)
	if err != nil {
		return nil, err
	}
	defer end()
	if err := e.hasOrder(ctx, en, StepOrder); err != nil {
		return en, err
	}
	got, err := e.CA.Order(ctx, en.Order.URL)
	if err != nil {
		return en, err
	}
	en.Order.update(got)
	if err := e.authorizations(ctx, en, func(Authorization) bool { return true }); err != nil {
		return en, err
	}
	return en, e.save(en)
}

// Abandon gives the order up: its pending authorizations are deactivated at the
// CA (RFC 8555 section 7.5.2) and a next order is a new one.
func (e *Engine) Abandon(ctx context.Context, name string) (*Enrolment, error) {
	en, end, err := e.begin(ctx, name)
	if err != nil {
		return nil, err
	}
	defer end()
	if err := e.hasOrder(ctx, en, StepOrder); err != nil {
		return en, err
	}
	if en.usable() {
		return en, &OutOfTurnError{Name: name, Step: StepOrder, Needs: StepDone, Found: "its certificate is issued; there is nothing to abandon"}
	}
	e.cleanUp(ctx, en)
	for _, a := range en.Order.Authorizations {
		if a.Status != acmewire.Pending {
			continue
		}
		if err := e.CA.DeactivateAuthorization(ctx, a.URL); err != nil {
			if !refused(err) {
				return en, err
			}
			e.deviated(acmewire.DevAuthorizationDeactivationRefused, "%v", err)
			e.warn(StepOrder, "the CA did not deactivate the authorization of %s: %v", a.Identifier, err)
		}
	}
	e.tell(StepOrder, "order abandoned: %s", en.Order.URL)
	e.leave(en, "abandoned")
	return en, e.save(en)
}

// ready checks that the enrolment can go on with an order: it has a CSR, is
// this server's, and its account is there.
func (e *Engine) ready(ctx context.Context, en *Enrolment, step Step, account string) error {
	if en.CSR == nil {
		return &OutOfTurnError{Name: en.Name, Step: step, Needs: StepCSR, Found: "it has no CSR yet"}
	}
	if err := e.claim(en, account); err != nil || e.inUse == en.Account {
		return err
	}
	_, err := e.UseAccount(ctx, en.Account)
	return err
}

// claim makes the enrolment this server's and this account's, where it is not
// another's already.
func (e *Engine) claim(en *Enrolment, account string) error {
	url := e.CA.DirectoryURL()
	if en.Server != "" && en.Server != url {
		if en.Order != nil || en.Certificate != nil {
			return &ConflictError{Name: en.Name, Field: "server", Saved: en.Server, Asked: url, Why: "it was ordered there; another name makes another enrolment"}
		}
		en.Account = ""
	}
	if en.Account != "" && account != "" && account != en.Account && en.Order != nil && !en.Order.over() {
		return &ConflictError{Name: en.Name, Field: "account", Saved: en.Account, Asked: account, Why: "its order belongs to that account"}
	}
	en.Server = url
	en.Account = orString(account, orString(en.Account, DefaultAccount))
	return nil
}

// DefaultAccount is the name of an account that nobody named.
const DefaultAccount = "default"

// hasOrder is ready with an order.
func (e *Engine) hasOrder(ctx context.Context, en *Enrolment, step Step) error {
	if en.Order == nil {
		if en.CSR == nil {
			return &OutOfTurnError{Name: en.Name, Step: step, Needs: StepCSR, Found: "it has no CSR yet"}
		}
		return &OutOfTurnError{Name: en.Name, Step: step, Needs: StepOrder, Found: "it has no order yet"}
	}
	return e.ready(ctx, en, step, "")
}

// orderStanding says in words how an order stands.
func orderStanding(o *Order, now time.Time) string {
	if o.expired(now) {
		return "its order expired at " + o.Expires.Format(time.RFC3339)
	}
	return fmt.Sprintf("its order is %s", o.Status)
}

// leave puts the order among the earlier ones.
func (e *Engine) leave(en *Enrolment, reason string) {
	en.Earlier = append(en.Earlier, PastOrder{URL: en.Order.URL, Status: en.Order.Status, Reason: reason, Left: isoTime(e.now())})
	en.Order, en.Certificate = nil, nil
	en.journal().Finalizing = nil
}

// place sends newOrder, having saved the intent, or finds the order that a run
// that died had placed.
func (e *Engine) place(ctx context.Context, en *Enrolment, o OrderOptions) error {
	if in := en.journal().Intent; in != nil && !e.intends {
		found, err := e.lost(ctx, en, in)
		if err != nil {
			return err
		}
		if found != nil {
			e.tell(StepOrder, "found the order that an interrupted run placed: %s", found.URL)
			return e.placed(ctx, en, found)
		}
		e.warn(StepOrder, "a run that ended early may have placed an order that the CA does not list; it will expire unused")
		en.Earlier = append(en.Earlier, PastOrder{Reason: "lost: the run ended before the CA's answer was saved", Left: isoTime(e.now())})
	}
	if !e.intends {
		if err := e.intend(en, o); err != nil {
			return err
		}
	}
	e.intends = false
	if !o.NoSolve {
		if err := e.prepareSolvers(ctx, en.Journal.Intent.Identifiers, o.Challenge); err != nil {
			en.Journal.Intent = nil // no order was placed
			return errors.Join(err, e.save(en))
		}
	}
	wish := en.Journal.Intent.NewOrder
	got, err := e.CA.NewOrder(ctx, wish)
	if wish.Replaces != "" && refusesReplacing(err) {
		e.warn(StepOrder, "the CA does not take the order as one that replaces the certificate, so it is placed as any other: %v", err)
		if p, ok := errors.AsType[*acmewire.Problem](err); ok && !p.HasType("alreadyReplaced") { // RFC 9773 5 wants that
			e.deviated(acmewire.DevReplacesRefused, "%v", err)
		}
		wish.Replaces = ""
		got, err = e.CA.NewOrder(ctx, wish)
	}
	if refused(err) { // there is no order to look for
		en.journal().Intent = nil
		return errors.Join(&RefusedOrderError{Name: en.Name, Identifiers: wish.Identifiers, Err: err}, e.save(en))
	}
	if err != nil {
		return err
	}
	e.tell(StepOrder, "order placed for %s: %s", joinIdentifiers(wish.Identifiers), got.URL)
	return e.placed(ctx, en, got)
}

// refusesReplacing reports whether a CA may have refused an order for what it
// replaces: that was replaced already (RFC 9773 section 5), is another
// account's, or unknown to it, which some CAs take for a failure of their own:
// Pebble does not find a serial number that DER writes with a zero in front.
func refusesReplacing(err error) bool {
	var p *acmewire.Problem
	return errors.As(err, &p) && slices.ContainsFunc([]string{"alreadyReplaced", "malformed", "unauthorized", "serverInternal"}, p.HasType)
}

// intend saves which order is about to be placed.
func (e *Engine) intend(en *Enrolment, o OrderOptions) error {
	wish, err := e.wish(en, o)
	if err != nil {
		return err
	}
	en.journal().Intent = &Intent{NewOrder: wish, At: isoTime(e.now())}
	if err := e.save(en); err != nil {
		return err
	}
	e.intends = true
	return nil
}

// placed saves an order that is known, and meanwhile fetches its authorizations.
// What they say can be asked again, so it is not saved on its own.
func (e *Engine) placed(ctx context.Context, en *Enrolment, got *acmewire.Order) error {
	en.Order = &Order{}
	en.Order.update(got)
	en.journal().Intent = nil
	saved := e.saveSoon(en)
	e.unasked = true
	err := e.authorizations(ctx, en, func(Authorization) bool { return true })
	return errors.Join(err, saved())
}

// wish is what the order asks for.
func (e *Engine) wish(en *Enrolment, o OrderOptions) (acmewire.NewOrder, error) {
	wish := acmewire.NewOrder{Identifiers: o.Identifiers, NotBefore: o.NotBefore, NotAfter: o.NotAfter, Profile: o.Profile, Replaces: o.Replaces}
	if len(wish.Identifiers) > 0 {
		return wish, nil
	}
	csr, err := e.readCSR(en)
	if err != nil {
		return wish, err
	}
	if err := e.keyFits(en, csr); err != nil {
		return wish, err
	}
	wish.Identifiers, err = e.choices(en, csrNames(csr).identifiers(), o.Kinds)
	return wish, err
}

// recentOrders is how many of an account's newest orders are looked at for one
// that was lost.
const recentOrders = 20

// lost looks in the account's orders for the one of an intent whose answer was
// never saved. nil: the CA lists none, or none fits.
func (e *Engine) lost(ctx context.Context, en *Enrolment, in *Intent) (*acmewire.Order, error) {
	if e.settled != nil {
		if err := e.settled(); err != nil {
			return nil, err
		}
	}
	a, err := e.loadAccount(AccountDir(en.Server, en.Account))
	if err != nil || a.Orders == "" {
		return nil, err
	}
	urls, err := e.CA.Orders(ctx, a.Orders)
	if refused(err) {
		e.deviated(acmewire.DevOrderListRefused, "%s: %v", a.Orders, err)
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	known, err := e.knownOrders()
	if err != nil {
		return nil, err
	}
	urls = slices.DeleteFunc(urls, func(u string) bool { return slices.Contains(known, u) })
	for _, url := range slices.Backward(urls[max(0, len(urls)-recentOrders):]) {
		got, err := e.CA.Order(ctx, url)
		if refused(err) {
			e.deviated(acmewire.DevOrderListEntryRefused, "%s: %v", url, err)
			continue
		}
		if err != nil {
			return nil, err
		}
		o := &Order{}
		o.update(got)
		// One whose answer was lost has not been finalized.
		if (o.Status == acmewire.Pending || o.Status == acmewire.Ready) && !o.expired(e.now()) && sameIdentifiers(got.Identifiers, in.Identifiers) {
			return got, nil
		}
	}
	return nil, nil
}

// knownOrders lists the URLs of all orders that some enrolment has.
func (e *Engine) knownOrders() ([]string, error) {
	names, err := Names(e.Store)
	if err != nil {
		return nil, err
	}
	var urls []string
	for _, name := range names {
		other, err := Load(e.Store, name)
		if err != nil {
			continue // its own commands will tell what is wrong with it
		}
		if other.Order != nil {
			urls = append(urls, other.Order.URL)
		}
		if other.Renewal != nil && other.Renewal.Order != nil {
			urls = append(urls, other.Renewal.Order.URL)
		}
		for _, past := range other.Earlier {
			urls = append(urls, past.URL)
		}
	}
	return urls, nil
}

// update takes over what the CA says. Authorizations keep what is known of
// them; a server that leaves a member out of a later answer does not erase it.
func (o *Order) update(got *acmewire.Order) {
	o.URL = got.URL
	o.Status, o.Error = got.Status, got.Error
	if !got.Expires.IsZero() {
		o.Expires = got.Expires.UTC()
	}
	if len(got.Identifiers) > 0 {
		o.Identifiers = got.Identifiers
	}
	o.NotBefore, o.NotAfter = got.NotBefore.UTC(), got.NotAfter.UTC()
	o.Profile = orString(got.Profile, o.Profile)
	o.Finalize = orString(got.Finalize, o.Finalize)
	o.CertificateURL = orString(got.Certificate, o.CertificateURL)
	for _, url := range got.Authorizations {
		if !slices.ContainsFunc(o.Authorizations, func(a Authorization) bool { return a.URL == url }) {
			o.Authorizations = append(o.Authorizations, Authorization{URL: url})
		}
	}
}
