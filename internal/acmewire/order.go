package acmewire

import (
	"context"
	"encoding/base64"
	"fmt"
	"slices"
	"time"
)

// Identifier is a name to be certified, such as dns:amf1.example.
type Identifier struct {
	Type  string `json:"type"`
	Value string `json:"value"`
}

// String is TYPE:VALUE.
func (i Identifier) String() string { return i.Type + ":" + i.Value }

// Status is the state of an order, an authorization or a challenge (RFC 8555
// section 7.1.6). Servers may send others; any status not listed here is final.
type Status string

// The states of RFC 8555 section 7.1.6.
const (
	Pending    Status = "pending"
	Ready      Status = "ready"
	Processing Status = "processing"
	Valid      Status = "valid"
	Invalid    Status = "invalid"
	Expired    Status = "expired"
)

// Order is the order object (RFC 8555 section 7.1.3).
type Order struct {
	URL            string       `json:"url"`
	Status         Status       `json:"status"`
	Expires        time.Time    `json:"expires,omitzero"`
	Identifiers    []Identifier `json:"identifiers"`
	NotBefore      time.Time    `json:"notBefore,omitzero"`
	NotAfter       time.Time    `json:"notAfter,omitzero"`
	Error          *Problem     `json:"error,omitempty"`
	Authorizations []string     `json:"authorizations"`
	Finalize       string       `json:"finalize"`
	Certificate    string       `json:"certificate,omitempty"`
	Profile        string       `json:"profile,omitempty"`

	// RetryAfter is how long this answer asks to wait; zero if it does not say.
	RetryAfter time.Duration `json:"-"`
}

// NewOrder is the content of a newOrder request.
type NewOrder struct {
	Identifiers         []Identifier `json:"identifiers"`
	NotBefore, NotAfter time.Time    // zero: the CA decides
	Profile             string       // such as one that the directory lists; "": the CA decides
	Replaces            string       `json:"replaces,omitempty"` // the [CertID] of a certificate (RFC 9773 section 5); "": none
}

// maxAuthorizations bounds how many authorizations of a hostile order are
// fetched.
const maxAuthorizations = 200

// NewOrder places an order (RFC 8555 section 7.4).
func (c *Client) NewOrder(ctx context.Context, n NewOrder) (*Order, error) {
	payload := struct {
		Identifiers []Identifier `json:"identifiers"`
		NotBefore   time.Time    `json:"notBefore,omitzero"`
		NotAfter    time.Time    `json:"notAfter,omitzero"`
		Profile     string       `json:"profile,omitempty"`
		Replaces    string       `json:"replaces,omitempty"`
	}{n.Identifiers, n.NotBefore.UTC().Truncate(time.Second), n.NotAfter.UTC().Truncate(time.Second), n.Profile, n.Replaces}
	ex, err := c.do(ctx, func(ctx context.Context) error { return c.post(ctx, c.dir.NewOrder, payload) })
	if err != nil {
		return nil, err
	}
	at, err := c.wire.location(ex, "RFC 8555 7.4")
	if err != nil {
		return nil, err
	}
	return c.wire.order(ex, at)
}

// Order fetches the order at url.
func (c *Client) Order(ctx context.Context, url string) (*Order, error) {
	ex, err := c.do(ctx, func(ctx context.Context) error { return c.post(ctx, url, nil) })
	if err != nil {
		return nil, err
	}
	return c.wire.order(ex, url)
}

// Finalize sends the CSR of the order at orderURL and returns the order in its
// new state, without waiting (RFC 8555 section 7.4).
func (c *Client) Finalize(ctx context.Context, orderURL, finalizeURL string, csr []byte) (*Order, error) {
	payload := map[string]string{"csr": base64.RawURLEncoding.EncodeToString(csr)}
	ex, err := c.do(ctx, func(ctx context.Context) error { return c.post(ctx, finalizeURL, payload) })
	if err != nil {
		return nil, err
	}
	c.wire.judgeLocation(ex, DevFinalizeLocationMissing)
	return c.wire.order(ex, orderURL)
}

// order reads and checks an order.
func (w *Wire) order(ex *Exchange, at string) (*Order, error) {
	o := &Order{}
	if err := w.decode(ex, o); err != nil {
		return nil, err
	}
	o.URL = at
	o.RetryAfter = ex.retryAfter()
	found := ""
	switch {
	case o.Status == "":
		found = "the order has no status"
	case len(o.Authorizations) > maxAuthorizations:
		found = fmt.Sprintf("the order has %d authorizations, over %d", len(o.Authorizations), maxAuthorizations)
	case o.Finalize == "" && (o.Status == Pending || o.Status == Ready):
		found = "the order has no finalize URL"
	case o.Certificate == "" && o.Status == Valid:
		found = "the order is valid and has no certificate URL"
	}
	if found != "" {
		return nil, ex.broken(found, "RFC 8555 7.1.3")
	}
	w.judgeOrder(o)
	return o, nil
}

// maxOrderPages bounds an endless list of orders.
const maxOrderPages = 10

// Orders lists the URLs of an account's orders (RFC 8555 section 7.1.2.1), at
// most the first ten pages. An account without a list has no listURL; "" lists
// nothing.
func (c *Client) Orders(ctx context.Context, listURL string) ([]string, error) {
	var all, read []string
	for next := listURL; next != "" && len(read) < maxOrderPages; {
		page := next
		if slices.Contains(read, page) {
			c.wire.deviated(DevOrderListRepeats, "the page after %s is %s again", read[len(read)-1], page)
			break
		}
		ex, err := c.do(ctx, func(ctx context.Context) error { return c.post(ctx, page, nil) })
		if err != nil {
			return nil, err
		}
		var list struct {
			Orders []string `json:"orders"`
		}
		if err := c.wire.decode(ex, &list); err != nil {
			return nil, err
		}
		all, read, next = append(all, list.Orders...), append(read, page), ""
		if following := links(ex, "next"); len(following) > 0 {
			next = following[0]
		}
	}
	return all, nil
}
