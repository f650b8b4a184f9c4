package lab

import (
	"crypto/elliptic"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// TestNewOrder looks at a new order (RFC 8555 7.4).
func TestNewOrder(t *testing.T) {
	l, r := startLab(t, Options{RetryAfter: 1500 * time.Millisecond})
	c := newClient(t, l, r)
	c.register(nil)
	url, order := c.order("B.example", "a.example", "b.EXAMPLE")
	if got := fmt.Sprint(order.json(t)["identifiers"]); got != "[map[type:dns value:b.example] map[type:dns value:a.example]]" {
		t.Errorf("identifiers %s, want b.example and a.example, once each", got)
	}
	if n := len(c.authorizations(order)); n != 2 {
		t.Errorf("%d authorizations, want 2", n)
	}
	if got := order.header.Get("Retry-After"); got != "2" {
		t.Errorf("Retry-After %q, want 2", got)
	}
	for _, name := range []string{"notBefore", "notAfter", "error", "certificate"} {
		if v, there := order.json(t)[name]; there {
			t.Errorf("new order has %s %v", name, v)
		}
	}
	c.refused(400, malformed, url, object{})
}

func TestRefusedIdentifiers(t *testing.T) {
	l, r := startLab(t, Options{})
	c := newClient(t, l, r)
	c.register(nil)
	many := make([]string, maxIdentifiers+1)
	for i := range many {
		many[i] = fmt.Sprintf("n%d.example", i)
	}
	for _, tc := range []struct {
		name string
		ids  []object
		kind problemType
		subs int
	}{
		{"none", nil, malformed, 0},
		{"too many", identifiers(many...), malformed, 0},
		{"wildcard", identifiers("*.example.org"), rejectedIdentifier, 1},
		{"other type", []object{{"type": "uri", "value": "urn:x"}}, unsupportedIdentifier, 1},
		{"instance", []object{{"type": "NfInstanceId", "value": "x"}}, malformed, 1},
		{"instance of version 1", []object{{"type": "NfInstanceId", "value": "4ace9d34-2c69-1f99-92d5-a73a3fe8e23b"}}, malformed, 1},
		{"address not canonical", []object{{"type": "ip", "value": "::0001"}}, malformed, 1},
		{"address with a zone", []object{{"type": "ip", "value": "fe80::1%eth0"}}, malformed, 1},
		{"two other types", []object{{"type": "TNAuthList", "value": "x"}, {"type": "uri", "value": "urn:x"}, {"type": "dns", "value": testFQDN}}, unsupportedIdentifier, 2},
		{"mixed", []object{{"type": "uri", "value": "urn:x"}, {"type": "dns", "value": "*.a.example"}}, malformed, 2},
		{"address", identifiers("127.0.0.1"), malformed, 1},
		{"underscore", identifiers("a_b.example"), malformed, 1},
		{"trailing dot", identifiers("a.example."), malformed, 1},
		{"empty", identifiers(""), malformed, 1},
		{"hyphen", identifiers("-a.example"), malformed, 1},
		{"long label", identifiers(strings.Repeat("a", 64) + ".example"), malformed, 1},
		{"long", identifiers(strings.Repeat("a.", 127) + "a"), malformed, 1},
		{"not ASCII", identifiers("ä.example"), malformed, 1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c.t = t
			a := c.refused(400, tc.kind, l.base+"/new-order", object{"identifiers": tc.ids})
			subs, _ := a.json(t)["subproblems"].([]any)
			if len(subs) != tc.subs {
				t.Errorf("%d subproblems, want %d; %s", len(subs), tc.subs, a.body)
			}
			for _, s := range subs {
				if id, _ := s.(object)["identifier"].(object); id["type"] == nil {
					t.Errorf("subproblem %v names no identifier", s)
				}
			}
		})
	}
}

// TestValidity honours what the client asks, or refuses it (RFC 8555 7.4).
func TestValidity(t *testing.T) {
	l, r := startLab(t, Options{Validity: 24 * time.Hour})
	c := newClient(t, l, r)
	c.register(nil)
	now := time.Now().UTC().Truncate(time.Second)
	at := func(d time.Duration) string { return now.Add(d).Format(time.RFC3339) }
	const day = 24 * time.Hour
	for _, tc := range []struct {
		name, notBefore, notAfter string
		want                      time.Duration // validity; 0: refused
	}{
		{"default", "", "", day},
		{"both", at(day), at(3 * day), 2 * day},
		{"begin alone", at(day), "", day},
		{"not a time", "tomorrow", "", 0},
		{"past begin", at(-2 * day), at(day), 0},
		{"far begin", at(400 * day), "", 0},
		{"past end", "", at(-time.Minute), 0},
		{"end before begin", at(2 * day), at(day), 0},
		{"four years", "", at(4 * 365 * day), 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c.t = t
			payload := object{"identifiers": identifiers(testFQDN)}
			if tc.notBefore != "" {
				payload["notBefore"] = tc.notBefore
			}
			if tc.notAfter != "" {
				payload["notAfter"] = tc.notAfter
			}
			if tc.want == 0 {
				c.refused(400, malformed, l.base+"/new-order", payload)
				return
			}
			order := c.want(http.StatusCreated, l.base+"/new-order", payload)
			if got := order.str(t, "notBefore"); got != tc.notBefore {
				t.Errorf("notBefore %q, want %q", got, tc.notBefore)
			}
			url := order.header.Get("Location")
			order = c.finalize(url, c.solve(url, order), nfCSR(t, newECKey(t, elliptic.P256()), testFQDN))
			leaf := parseChain(t, c.want(http.StatusOK, order.str(t, "certificate"), nil).body)[0]
			if got := leaf.NotAfter.Sub(leaf.NotBefore); got != tc.want {
				t.Errorf("validity %v, want %v", got, tc.want)
			}
		})
	}
}

// TestOrdersList pages through the orders, without the invalid ones (RFC 8555 7.1.2.1).
func TestOrdersList(t *testing.T) {
	l, r := startLab(t, Options{OrdersPerPage: 2})
	c := newClient(t, l, r)
	c.register(nil)
	want := make(map[string]bool)
	for i := range 6 {
		url, order := c.order(fmt.Sprintf("n%d.example", i))
		if i == 1 {
			c.want(http.StatusOK, c.authorizations(order)[0], object{"status": statusDeactivated})
			continue
		}
		want[url] = true
	}
	pages := 0
	for next := c.kid + "/orders"; next != ""; pages++ {
		page := c.want(http.StatusOK, next, nil)
		for _, u := range page.json(t)["orders"].([]any) {
			if !want[u.(string)] {
				t.Errorf("%v is listed twice or should not be", u)
			}
			delete(want, u.(string))
		}
		next = page.link("next")
	}
	if len(want) != 0 || pages != 3 {
		t.Errorf("%d orders are missing after %d pages, want none after 3", len(want), pages)
	}
	c.refused(400, malformed, c.kid+"/orders?cursor=-1", nil)
}

// TestDeactivateAuthorization ends the order with it (RFC 8555 7.1.6, 7.5.2).
func TestDeactivateAuthorization(t *testing.T) {
	l, r := startLab(t, Options{})
	c := newClient(t, l, r)
	c.register(nil)
	for _, ready := range []bool{false, true} {
		url, order := c.order(testFQDN)
		if ready {
			c.solve(url, order)
		}
		authz := c.authorizations(order)[0]
		c.refused(400, malformed, authz, object{"status": "valid"})
		if got := c.want(http.StatusOK, authz, object{"status": statusDeactivated}).str(t, "status"); got != statusDeactivated {
			t.Errorf("authorization is %q, want deactivated", got)
		}
		after := c.want(http.StatusOK, url, nil)
		if after.str(t, "status") != statusInvalid || after.json(t)["error"] == nil {
			t.Errorf("order %s, want invalid with an error", after.body)
		}
		c.refused(400, malformed, authz, object{"status": statusDeactivated})
		c.refused(403, orderNotReady, after.str(t, "finalize"), object{"csr": "AAAA"})
	}
}

// TestExpiry lets an order and its authorization grow old.
func TestExpiry(t *testing.T) {
	var ahead atomic.Int64
	clock := func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
	l, r := startLab(t, Options{Clock: clock, OrderLifetime: time.Hour})
	c := newClient(t, l, r)
	c.register(nil)
	url, order := c.ready(testFQDN)
	ahead.Store(int64(2 * time.Hour))
	if got := c.want(http.StatusOK, c.authorizations(order)[0], nil).str(t, "status"); got != statusExpired {
		t.Errorf("authorization is %q, want expired", got)
	}
	if got := c.want(http.StatusOK, url, nil).str(t, "status"); got != statusInvalid {
		t.Errorf("order is %q, want invalid", got)
	}
	c.refused(403, orderNotReady, order.str(t, "finalize"), object{"csr": "AAAA"})
}

// TestTwoNames needs both authorizations, and fails with one of them.
func TestTwoNames(t *testing.T) {
	l, r := startLab(t, Options{})
	c := newClient(t, l, r)
	c.register(nil)
	url, order := c.order("a.example", "b.example")
	authz := c.authorizations(order)
	first, second := c.challenge(authz[0]), c.challenge(authz[1])
	c.publish(first)
	c.want(http.StatusOK, first["url"].(string), object{})
	c.wait(authz[0], statusPending)
	if got := c.want(http.StatusOK, url, nil).str(t, "status"); got != statusPending {
		t.Errorf("order with one of two is %q, want pending", got)
	}
	c.refused(403, orderNotReady, order.str(t, "finalize"), object{"csr": "AAAA"})
	c.want(http.StatusOK, second["url"].(string), object{}) // not published
	after := c.wait(url, statusPending)
	failure, _ := after.json(t)["error"].(object)
	if id, _ := failure["identifier"].(object); after.str(t, "status") != statusInvalid || id["value"] != "b.example" {
		t.Errorf("order %s, want invalid with an error about b.example", after.body)
	}
	if got := c.want(http.StatusOK, authz[0], nil).str(t, "status"); got != statusValid {
		t.Errorf("the other authorization is %q, want valid still", got)
	}
}

// TestAnswerTwice answers a challenge again, before and after its end.
func TestAnswerTwice(t *testing.T) {
	l, r := startLab(t, Options{})
	c := newClient(t, l, r)
	c.register(nil)
	url, order := c.order(testFQDN)
	authz := c.authorizations(order)[0]
	ch := c.challenge(authz)
	var fetched atomic.Int32
	release := make(chan struct{})
	token := ch["token"].(string)
	r.set("/.well-known/acme-challenge/"+token, func(w http.ResponseWriter, _ *http.Request) {
		fetched.Add(1)
		<-release
		fmt.Fprintf(w, "%s.%s \r\n", token, thumbprintOf(c.key.Public()))
	})
	answered := ch["url"].(string)
	c.refused(400, malformed, answered, []byte("[]"))
	for range 2 {
		a := c.want(http.StatusOK, answered, object{})
		if a.str(t, "status") != statusProcessing || a.link("up") != authz {
			t.Errorf("challenge %s up %q, want processing, up %q", a.body, a.link("up"), authz)
		}
	}
	close(release)
	if got := c.wait(url, statusPending).str(t, "status"); got != statusReady {
		t.Errorf("order is %q, want ready", got)
	}
	if got := c.want(http.StatusOK, answered, object{}); got.str(t, "status") != statusValid || got.str(t, "validated") == "" {
		t.Errorf("challenge %s, want valid with its time", got.body)
	}
	if n := fetched.Load(); n != 1 {
		t.Errorf("validated %d times, want once", n)
	}
}

// TestWildcardAuthorization shows a wildcard as RFC 8555 7.1.4 does.
func TestWildcardAuthorization(t *testing.T) {
	l, _ := startLab(t, Options{})
	for _, tc := range []struct {
		id, base identifier
		wildcard bool
	}{
		{identifier{typeDNS, "*.a.example"}, identifier{typeDNS, "a.example"}, true},
		{identifier{typeDNS, "a.example"}, identifier{typeDNS, "a.example"}, false},
		{identifier{typeIP, "10.0.0.1"}, identifier{typeIP, "10.0.0.1"}, false},
	} {
		if v := l.viewAuthorization(&authorization{identifier: tc.id}); v.Identifier != tc.base || v.Wildcard != tc.wildcard {
			t.Errorf("%v: identifier %v, wildcard %v; want %v and %v", tc.id, v.Identifier, v.Wildcard, tc.base, tc.wildcard)
		}
	}
}
