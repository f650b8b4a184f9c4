package lab

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"
)

// order is an ACME order (RFC 8555 7.1.3). Its identifiers, times and account do
// not change, the rest is guarded by Lab.mu.
type order struct {
	id             string
	finalizeID     string
	account        *account
	identifiers    []identifier
	expires        time.Time // as the client sees it
	deadline       time.Time // when it expires: the same, or earlier with order-expired-early
	notBefore      time.Time // zero if not requested
	notAfter       time.Time // zero if not requested
	status         string
	err            *problem
	authorizations []*authorization
	certificate    *certificate // issued, but the client sees it when the order is valid
	replaces       string       // a certificate identifier (RFC 9773 5); may be empty
	polls          int          // while processing
}

// orderView is an order as the client sees it.
type orderView struct {
	Status         string         `json:"status"`
	Expires        string         `json:"expires"`
	Identifiers    []identifier   `json:"identifiers"`
	NotBefore      string         `json:"notBefore,omitempty"`
	NotAfter       string         `json:"notAfter,omitempty"`
	Error          map[string]any `json:"error,omitempty"`
	Authorizations []string       `json:"authorizations"`
	Finalize       string         `json:"finalize"`
	Certificate    string         `json:"certificate,omitempty"`
	Replaces       string         `json:"replaces,omitempty"`
}

func (l *Lab) orderURL(o *order) string { return l.url(EndpointOrder, o.id) }

func (o *order) owner() *account { return o.account }

// fail makes an order invalid if it is pending or ready. Other orders do not
// change (RFC 8555 7.1.6).
func (o *order) fail(p *problem) {
	if o.status == statusPending || o.status == statusReady {
		o.status, o.err = statusInvalid, p
	}
}

// refresh expires an order and its authorizations in time. Lab.mu must be held.
func (l *Lab) refresh(o *order) {
	if !l.now().Before(o.deadline) {
		o.fail(problemf(malformed, "the order expired at %s", timestamp(o.deadline)))
	}
	for _, a := range o.authorizations {
		l.refreshAuthorization(a)
	}
}

// makeReady makes a pending order ready when all its authorizations are valid
// (RFC 8555 7.1.6). Lab.mu must be held.
func (l *Lab) makeReady(o *order) {
	open := func(a *authorization) bool { return a.status != statusValid }
	if o.status != statusPending || slices.ContainsFunc(o.authorizations, open) {
		return
	}
	o.status = statusReady
	if l.faults.orderDeactivated {
		o.status = statusDeactivated
	}
}

// viewOrder makes the client's view of an order. Lab.mu must be held.
func (l *Lab) viewOrder(o *order) orderView {
	v := orderView{
		Status: o.status, Expires: timestamp(o.expires), Identifiers: o.identifiers,
		NotBefore: timestamp(o.notBefore), NotAfter: timestamp(o.notAfter), Error: o.err.document(),
		Finalize: l.url(EndpointFinalize, o.finalizeID), Replaces: o.replaces,
	}
	for _, a := range o.authorizations {
		v.Authorizations = append(v.Authorizations, l.authorizationURL(a))
	}
	if o.status == statusValid {
		v.Certificate = l.certificateURL(o.certificate)
	}
	return v
}

// newOrder creates an order with new authorizations (RFC 8555 7.4).
func (l *Lab) newOrder(s *signedRequest) (reply, error) {
	var req struct {
		Identifiers []identifier `json:"identifiers"`
		NotBefore   string       `json:"notBefore"`
		NotAfter    string       `json:"notAfter"`
		Replaces    string       `json:"replaces"`
	}
	if err := decodePayload(s.payload, &req); err != nil {
		return reply{}, err
	}
	ids, err := l.checkIdentifiers(req.Identifiers)
	if err != nil {
		return reply{}, err
	}
	now := l.now()
	o := &order{
		id: newID(), finalizeID: newID(), account: s.account, identifiers: ids,
		status: statusPending, expires: now.Add(l.options.OrderLifetime),
	}
	o.deadline = o.expires
	if l.faults.expireEarly > 0 {
		o.deadline = now.Add(l.faults.expireEarly)
	}
	if err := o.setValidity(req.NotBefore, req.NotAfter, now); err != nil {
		return reply{}, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.state.rateLimited < l.faults.rateLimited {
		l.state.rateLimited++
		return reply{}, problemf(rateLimited, "too many new orders").withHeader("Retry-After", "1")
	}
	if err := l.setReplaces(o, req.Replaces); err != nil {
		return reply{}, err
	}
	for _, id := range ids {
		o.authorizations = append(o.authorizations, l.newAuthorization(o, id))
	}
	l.state.orders[o.id] = o
	l.state.finalizers[o.finalizeID] = o
	s.account.orders = append(s.account.orders, o)
	l.log.Info("order created", "order", o.id, "account", s.account.id, "identifiers", ids)
	rep := reply{status: http.StatusCreated, body: l.viewOrder(o)}
	if l.faults.orderOK {
		rep.status = http.StatusOK
	}
	if !l.faults.noOrderLocation {
		rep = rep.with("Location", l.orderURL(o))
	}
	return l.withRetryAfter(rep, o.status), nil
}

// setValidity reads the requested validity. If the CA cannot issue it, the
// order is refused, not changed (RFC 8555 7.4).
func (o *order) setValidity(notBefore, notAfter string, now time.Time) error {
	for _, f := range []struct {
		name, text string
		value      *time.Time
	}{{"notBefore", notBefore, &o.notBefore}, {"notAfter", notAfter, &o.notAfter}} {
		if f.text == "" {
			continue
		}
		t, err := time.Parse(time.RFC3339, f.text)
		if err != nil {
			return problemf(malformed, "%s %q is not an RFC 3339 time", f.name, f.text)
		}
		*f.value = t.UTC().Truncate(time.Second) // certificates have no fractions of a second
	}
	if !o.notBefore.IsZero() && o.notBefore.Before(now.Add(-time.Hour)) {
		return problemf(malformed, "notBefore %q is in the past", notBefore)
	}
	if o.notBefore.After(now.AddDate(1, 0, 0)) {
		return problemf(malformed, "notBefore %q is more than a year in the future", notBefore)
	}
	if o.notAfter.IsZero() {
		return nil
	}
	start := cmp.Or(o.notBefore, now.Add(-backdate))
	switch {
	case !o.notAfter.After(start) || !o.notAfter.After(now):
		return problemf(malformed, "notAfter %q is in the past or not after notBefore", notAfter)
	case o.notAfter.After(start.AddDate(3, 0, 0)):
		return problemf(malformed, "notAfter %q is more than 3 years after notBefore (TS 33.310 6.1.3c.3)", notAfter)
	}
	return nil
}

// getOrder reads an order (RFC 8555 7.4). A processing order becomes valid at
// this poll, or later with the misbehaviour processing. Lab.mu must be held.
func (l *Lab) getOrder(_ *signedRequest, o *order) (reply, error) {
	l.refresh(o)
	if o.status == statusProcessing {
		if o.polls >= l.faults.processingPolls {
			o.status = statusValid
		}
		o.polls++
	}
	return l.withRetryAfter(reply{status: http.StatusOK, body: l.viewOrder(o)}, o.status), nil
}

// listOrders lists the orders that are not invalid, a page at a time (RFC 8555
// 7.1.2.1). Lab.mu must be held.
func (l *Lab) listOrders(s *signedRequest, a *account) (reply, error) {
	// The cursor is a position in the list of all orders, which only grows.
	text := s.http.URL.Query().Get("cursor")
	cursor, err := strconv.Atoi(cmp.Or(text, "0"))
	if err != nil || cursor < 0 {
		return reply{}, problemf(malformed, "unknown cursor %q", text)
	}
	urls := []string{}
	next := 0
	for i, o := range a.orders {
		l.refresh(o)
		if i < cursor || o.status == statusInvalid {
			continue
		}
		if len(urls) == l.options.OrdersPerPage {
			next = i
			break
		}
		urls = append(urls, l.orderURL(o))
	}
	rep := reply{status: http.StatusOK, body: map[string]any{"orders": urls}}
	if next > 0 {
		query := url.Values{"cursor": {strconv.Itoa(next)}}
		rep = rep.with("Link", link(l.accountURL(a)+"/orders?"+query.Encode(), "next"))
	}
	return rep, nil
}
