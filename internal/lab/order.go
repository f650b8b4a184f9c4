package lab

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"
)

// order is an ACME order (RFC 8555 7.1.3). Its identifiers, times and account
// are fixed, all else is guarded by Lab.mu.
type order struct {
	id             string
	finalizeID     string
	account        *account
	identifiers    []identifier
	expires        time.Time // as the client is told
	dies           time.Time // as is true: the same, but for a knob
	notBefore      time.Time // zero when the client did not ask
	notAfter       time.Time // zero when the client did not ask
	status         string
	err            *problem
	authorizations []*authorization
	certificate    *certificate // issued, but shown only when valid
	replaces       string       // the name of a certificate (RFC 9773 5); empty: none
	polls          int          // how often it was asked for while processing
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

func (l *Lab) orderURL(o *order) string { return l.base + orderPath + o.id }

// fail makes an open order invalid; one that has ended, or whose certificate
// is being issued, stays as it is (RFC 8555 7.1.6).
func (o *order) fail(p *problem) {
	if o.status == statusPending || o.status == statusReady {
		o.status, o.err = statusInvalid, p
	}
}

// refresh lets time do its work on an order. Lab.mu must be held.
func (l *Lab) refresh(o *order) {
	if !l.now().Before(o.dies) {
		o.fail(problemf(malformed, "the order expired at %s", timestamp(o.dies)))
	}
	for _, a := range o.authorizations {
		l.refreshAuthorization(a)
	}
}

// viewOrder renders an order. Lab.mu must be held.
func (l *Lab) viewOrder(o *order) orderView {
	v := orderView{
		Status: o.status, Expires: timestamp(o.expires), Identifiers: o.identifiers,
		Finalize: l.base + finalizePath + o.finalizeID, Replaces: o.replaces,
	}
	if !o.notBefore.IsZero() {
		v.NotBefore = timestamp(o.notBefore)
	}
	if !o.notAfter.IsZero() {
		v.NotAfter = timestamp(o.notAfter)
	}
	if o.err != nil {
		v.Error = o.err.document()
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
	o.dies = o.expires
	if l.wrong.expireEarly > 0 {
		o.dies = now.Add(l.wrong.expireEarly)
	}
	if err := o.setValidity(req.NotBefore, req.NotAfter, now); err != nil {
		return reply{}, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.state.rateLimited < l.wrong.rateLimited {
		l.state.rateLimited++
		return reply{}, problemf(rateLimited, "too many new orders").withHeader("Retry-After", "1")
	}
	if err := l.replace(o, req.Replaces); err != nil {
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
	if l.wrong.orderOK {
		rep.status = http.StatusOK
	}
	if !l.wrong.locationMissing {
		rep = rep.with("Location", l.orderURL(o))
	}
	return l.hurry(rep, o.status), nil
}

// setValidity reads the validity that the client asks for. What cannot be
// honoured is refused, not altered (RFC 8555 7.4).
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
			return problemf(malformed, "%s %q is not a time of RFC 3339", f.name, f.text)
		}
		*f.value = t.UTC().Truncate(time.Second) // certificates have no fractions
	}
	if !o.notBefore.IsZero() && o.notBefore.Before(now.Add(-time.Hour)) {
		return problemf(malformed, "notBefore %q is in the past", notBefore)
	}
	if o.notBefore.After(now.AddDate(1, 0, 0)) {
		return problemf(malformed, "notBefore %q is more than a year ahead", notBefore)
	}
	if o.notAfter.IsZero() {
		return nil
	}
	start := o.notBefore
	if start.IsZero() {
		start = now.Add(-backdate)
	}
	switch {
	case !o.notAfter.After(start) || !o.notAfter.After(now):
		return problemf(malformed, "notAfter %q is not after notBefore, or in the past", notAfter)
	case o.notAfter.After(start.AddDate(3, 0, 0)):
		return problemf(malformed, "notAfter %q is more than 3 years after notBefore (TS 33.310 6.1.3c.3)", notAfter)
	}
	return nil
}

// getOrder reads an order (RFC 8555 7.4). An order in processing becomes
// valid at the poll after those that the knob counts.
func (l *Lab) getOrder(s *signedRequest) (reply, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	o, err := l.ownOrder(l.state.orders[s.http.PathValue("id")], s)
	if err != nil {
		return reply{}, err
	}
	if !s.isGet() {
		return reply{}, problemf(malformed, "an order takes no payload, want a POST-as-GET")
	}
	if o.status == statusProcessing {
		if o.polls >= l.wrong.processingPolls {
			o.status = statusValid
		}
		o.polls++
	}
	return l.hurry(reply{status: http.StatusOK, body: l.viewOrder(o)}, o.status), nil
}

// ownOrder checks that an order exists and is the signer's, and refreshes it.
// Lab.mu must be held.
func (l *Lab) ownOrder(o *order, s *signedRequest) (*order, error) {
	switch {
	case o == nil:
		return nil, notFound("order")
	case o.account != s.account:
		return nil, notYours("order")
	}
	l.refresh(o)
	return o, nil
}

// listOrders lists the orders that are not invalid, a page at a time (RFC 8555
// 7.1.2.1).
func (l *Lab) listOrders(s *signedRequest) (reply, error) {
	a, err := l.ownAccount(s)
	if err != nil {
		return reply{}, err
	}
	if !s.isGet() {
		return reply{}, problemf(malformed, "the orders list takes no payload, want a POST-as-GET")
	}
	// The cursor is a position in the list of all orders, which only grows.
	cursor, err := strconv.Atoi(cmp.Or(s.http.URL.Query().Get("cursor"), "0"))
	if err != nil || cursor < 0 {
		return reply{}, problemf(malformed, "cursor %q is none of this server", s.http.URL.Query().Get("cursor"))
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	urls := []string{}
	next := 0
	for i, o := range slices.All(a.orders) {
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

// hurry adds Retry-After to what is not at its end yet.
func (l *Lab) hurry(rep reply, status string) reply {
	if status != statusPending && status != statusProcessing {
		return rep
	}
	if l.wrong.retryAfter != "" {
		return rep.with("Retry-After", l.wrong.retryAfter)
	}
	if wait := l.options.RetryAfter; wait > 0 {
		seconds := (wait + time.Second - 1) / time.Second
		return rep.with("Retry-After", strconv.Itoa(int(seconds)))
	}
	return rep
}
