package enroll

import (
	"context"
	"errors"
	"slices"

	"github.com/nfcert/nfcert/internal/acmewire"
)

// place sends newOrder, having saved the intent, or finds the order that a run
// that died had placed.
func (r *run) place(ctx context.Context, o OrderOptions) error {
	if in := r.en.journal().Intent; in != nil && in != r.placing {
		found, err := r.findLost(ctx, in)
		if err != nil {
			return err
		}
		if found != nil {
			r.tell(StepOrder, "found the order that an interrupted run placed: %s", found.URL)
			return r.placed(ctx, found)
		}
		r.warn(StepOrder, "a run that ended early may have placed an order that the CA does not list; it will expire unused")
		r.en.Earlier = append(r.en.Earlier, PastOrder{Reason: "lost: the run ended before the CA's answer was saved", Left: isoTime(r.now())})
	}
	if r.placing == nil {
		if err := r.saveIntent(o); err != nil {
			return err
		}
	}
	in := r.placing
	r.placing = nil
	if !o.NoSolve {
		if err := r.prepareSolvers(ctx, in.Identifiers, o.Challenge); err != nil {
			r.en.journal().Intent = nil // no order was placed
			r.withNext()
			return err
		}
	}
	ask := in.newOrder()
	got, err := r.CA.NewOrder(ctx, ask)
	if ask.Replaces != "" && refusesReplacing(err) {
		r.warn(StepOrder, "the CA refused to take the order as a replacement of the certificate, so it is placed without saying so: %v", err)
		if p, ok := errors.AsType[*acmewire.Problem](err); ok && !p.HasType("alreadyReplaced") { // RFC 9773 5 wants that
			r.deviated(acmewire.DevReplacesRefused, "%v", err)
		}
		ask.Replaces = ""
		got, err = r.CA.NewOrder(ctx, ask)
	}
	if refused(err) { // no order was placed
		r.en.journal().Intent = nil
		r.withNext()
		return &RefusedOrderError{Name: r.en.Name, Identifiers: in.Identifiers, Err: err}
	}
	if err != nil {
		return err
	}
	r.tell(StepOrder, "order placed for %s: %s", joinIdentifiers(in.Identifiers), got.URL)
	return r.placed(ctx, got)
}

// refusesReplacing reports whether a CA may have refused an order for what it
// replaces: that was replaced already (RFC 9773 section 5), is another
// account's, or unknown to it, which some CAs take for a failure of their own:
// Pebble does not find a serial number that DER writes with a zero in front.
func refusesReplacing(err error) bool {
	var p *acmewire.Problem
	return errors.As(err, &p) && slices.ContainsFunc([]string{"alreadyReplaced", "malformed", "unauthorized", "serverInternal"}, p.HasType)
}

// saveIntent saves which order is about to be placed.
func (r *run) saveIntent(o OrderOptions) error {
	in, err := r.intent(o)
	if err != nil {
		return err
	}
	r.en.journal().Intent = in
	if err := r.beforeRequest(); err != nil {
		return err
	}
	r.placing = in
	return nil
}

// placed saves an order that is known, and meanwhile fetches its authorizations.
// What they say can be asked again, so it is not saved on its own.
func (r *run) placed(ctx context.Context, got *acmewire.Order) error {
	r.en.Order = &Order{}
	r.en.Order.update(got)
	r.en.journal().Intent = nil
	r.meanwhile()
	err := r.authorizations(ctx, func(Authorization) bool { return true })
	return join(err, r.settle())
}

// intent is what the order asks for.
func (r *run) intent(o OrderOptions) (*Intent, error) {
	in := &Intent{Identifiers: o.Identifiers, NotBefore: o.NotBefore, NotAfter: o.NotAfter, Profile: o.Profile, Replaces: o.Replaces, At: isoTime(r.now())}
	if len(in.Identifiers) > 0 {
		return in, nil
	}
	csr, err := r.readCSR()
	if err != nil {
		return nil, err
	}
	if err := r.keyFits(csr); err != nil {
		return nil, err
	}
	in.Identifiers, err = r.choices(csrNames(csr).identifiers(), o.Kinds)
	return in, err
}

// recentOrders is how many of an account's newest orders are searched for one
// that was lost.
const recentOrders = 20

// findLost looks in the account's orders for the one of an intent whose answer was
// never saved. nil: the CA lists none, or none fits.
func (r *run) findLost(ctx context.Context, in *Intent) (*acmewire.Order, error) {
	if r.using.Orders == "" {
		return nil, nil
	}
	urls, err := r.CA.Orders(ctx, r.using.Orders)
	if refused(err) {
		r.deviated(acmewire.DevOrderListRefused, "%s: %v", r.using.Orders, err)
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	known, err := r.knownOrders()
	if err != nil {
		return nil, err
	}
	urls = slices.DeleteFunc(urls, func(u string) bool { return slices.Contains(known, u) })
	for _, url := range slices.Backward(urls[max(0, len(urls)-recentOrders):]) {
		got, err := r.CA.Order(ctx, url)
		if refused(err) {
			r.deviated(acmewire.DevOrderListEntryRefused, "%s: %v", url, err)
			continue
		}
		if err != nil {
			return nil, err
		}
		o := &Order{}
		o.update(got)
		// One whose answer was lost has not been finalized.
		if (o.Status == Pending || o.Status == Ready) && !o.expired(r.now()) && sameIdentifiers(o.Identifiers, in.Identifiers) {
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
			continue // its own commands report what is wrong with it
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
