package lab

import (
	"bytes"
	"crypto/elliptic"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

// misbehaviourCase checks one misbehaviour with a raw client, in a lab that does
// nothing else wrong.
type misbehaviourCase struct {
	misbehaviour string
	check        func(t *testing.T, c *client)
}

func misbehaviourCases() []misbehaviourCase {
	return slices.Concat(waitingCases(), objectCases(), wireCases(), renewalCases(), instanceCases(), certificateCases())
}

// TestMisbehaviours runs every case, and checks that every misbehaviour has one.
func TestMisbehaviours(t *testing.T) {
	covered := make(map[string]bool)
	dir := t.TempDir() // the roots of all these labs: making them takes the most time
	for _, m := range misbehaviourCases() {
		name, _, _ := strings.Cut(m.misbehaviour, "=")
		covered[name] = true
		t.Run(m.misbehaviour, func(t *testing.T) {
			t.Parallel()
			l, r := startLab(t, Options{Dir: dir}, m.misbehaviour)
			m.check(t, newClient(t, l, r))
		})
	}
	for _, k := range Misbehaviours() {
		if !covered[k.Name] {
			t.Errorf("misbehaviour %q has no test", k.Name)
		}
	}
}

func waitingCases() []misbehaviourCase {
	return []misbehaviourCase{
		{"retry-after-past", func(t *testing.T, c *client) {
			c.register(nil)
			_, order := c.order(testFQDN)
			when, err := http.ParseTime(order.header.Get("Retry-After"))
			if err != nil || !when.Before(time.Now()) {
				t.Errorf("Retry-After %q, want a date in the past", order.header.Get("Retry-After"))
			}
		}},
		{"retry-after-far", func(t *testing.T, c *client) {
			c.register(nil)
			_, order := c.order(testFQDN)
			if got := order.header.Get("Retry-After"); got != retryAfterFar {
				t.Errorf("Retry-After %q, want %q", got, retryAfterFar)
			}
		}},
		{"processing=3", func(t *testing.T, c *client) {
			c.register(nil)
			url, order := c.ready(testFQDN)
			csr := nfCSR(t, newECKey(t, elliptic.P256()), testFQDN)
			c.want(http.StatusOK, order.str(t, "finalize"), object{"csr": b64.EncodeToString(csr)})
			var got []string
			for range 4 {
				got = append(got, c.want(http.StatusOK, url, nil).str(t, "status"))
			}
			if want := []string{statusProcessing, statusProcessing, statusProcessing, statusValid}; !slices.Equal(got, want) {
				t.Errorf("polls %q, want %q", got, want)
			}
		}},
		{"order-expired-early=1ms", func(t *testing.T, c *client) {
			c.register(nil)
			url, order := c.order(testFQDN)
			expires, err := time.Parse(time.RFC3339, order.str(t, "expires"))
			if err != nil || time.Until(expires) < time.Hour {
				t.Errorf("expires %q, want far ahead", order.str(t, "expires"))
			}
			after := c.wait(url, statusPending)
			if after.str(t, "status") != statusInvalid || after.json(t)["error"] == nil {
				t.Errorf("order %s, want invalid with an error", after.body)
			}
		}},
		{"slow=50ms", func(t *testing.T, c *client) {
			start := time.Now()
			c.plain(http.MethodGet, c.lab.DirectoryURL())
			if took := time.Since(start); took < 50*time.Millisecond {
				t.Errorf("answered after %v, want 50ms or more", took)
			}
		}},
		{"date-ahead=1h", func(t *testing.T, c *client) {
			a := c.plain(http.MethodGet, c.lab.DirectoryURL())
			date, err := http.ParseTime(a.header.Get("Date"))
			if ahead := time.Until(date); err != nil || ahead < 59*time.Minute || ahead > time.Hour {
				t.Errorf("Date %q is %v ahead, want an hour", a.header.Get("Date"), ahead)
			}
		}},
		{"refuse-algorithm=ES256", func(t *testing.T, c *client) {
			a := c.refused(http.StatusBadRequest, badSignatureAlgorithm, c.lab.base+"/new-account", object{"termsOfServiceAgreed": true})
			if left, _ := a.json(t)["algorithms"].([]any); slices.Contains(left, any("ES256")) || len(left) != 4 {
				t.Errorf("%s, want the four algorithms that are left", a.body)
			}
			c.key = newECKey(t, elliptic.P384())
			c.register(nil)
		}},
		{"rate-limited=2", func(t *testing.T, c *client) {
			c.register(nil)
			for range 2 {
				a := c.refused(http.StatusTooManyRequests, rateLimited, c.lab.base+"/new-order", object{"identifiers": identifiers(testFQDN)})
				if a.header.Get("Retry-After") == "" {
					t.Error("429 without Retry-After")
				}
			}
			c.order(testFQDN)
		}},
	}
}

func objectCases() []misbehaviourCase {
	return []misbehaviourCase{
		{"order-200", func(t *testing.T, c *client) {
			c.register(nil)
			c.want(http.StatusOK, c.lab.base+"/new-order", object{"identifiers": identifiers(testFQDN)})
		}},
		{"account-200", func(t *testing.T, c *client) {
			if a := c.want(http.StatusOK, c.lab.base+"/new-account", object{}); a.header.Get("Location") == "" {
				t.Error("no Location")
			}
		}},
		{"location-missing", func(t *testing.T, c *client) {
			c.register(nil)
			if url, _ := c.order(testFQDN); url != "" {
				t.Errorf("Location %q, want none", url)
			}
		}},
		{"finalize-no-location", func(t *testing.T, c *client) {
			c.register(nil)
			_, order := c.ready(testFQDN)
			csr := nfCSR(t, newECKey(t, elliptic.P256()), testFQDN)
			a := c.want(http.StatusOK, order.str(t, "finalize"), object{"csr": b64.EncodeToString(csr)})
			if a.header.Get("Location") != "" || a.str(t, "status") != statusProcessing {
				t.Errorf("Location %q status %q, want none and processing", a.header.Get("Location"), a.str(t, "status"))
			}
		}},
		{"finalize-valid", func(t *testing.T, c *client) {
			c.register(nil)
			_, order := c.ready(testFQDN)
			csr := nfCSR(t, newECKey(t, elliptic.P256()), testFQDN)
			a := c.want(http.StatusOK, order.str(t, "finalize"), object{"csr": b64.EncodeToString(csr)})
			if a.str(t, "status") != statusValid || a.str(t, "certificate") == "" {
				t.Errorf("finalize answered %s, want a valid order", a.body)
			}
		}},
		{"challenge-invalid-authz-pending", func(t *testing.T, c *client) {
			c.register(nil)
			url, order := c.order(testFQDN)
			authz := c.authorizations(order)[0]
			ch := c.challenge(authz)["url"].(string)
			c.want(http.StatusOK, ch, object{}) // nothing is published
			if got := c.wait(ch, statusProcessing).str(t, "status"); got != statusInvalid {
				t.Errorf("challenge is %q, want invalid", got)
			}
			for _, u := range []string{authz, url} {
				if got := c.want(http.StatusOK, u, nil).str(t, "status"); got != statusPending {
					t.Errorf("%s is %q, want pending", u, got)
				}
			}
		}},
		{"challenge-refuse", func(t *testing.T, c *client) {
			c.register(nil)
			url, order := c.order(testFQDN)
			if got := c.solve(url, order); got.str(t, "status") != statusInvalid {
				t.Errorf("order %s, want invalid", got.body)
			}
			failure, _ := c.challenge(c.authorizations(order)[0])["error"].(object)
			if detail, _ := failure["detail"].(string); detail == "" {
				t.Errorf("challenge error %v, want a detail", failure)
			}
		}},
		{"challenges-null", func(t *testing.T, c *client) {
			c.register(nil)
			_, order := c.order(testFQDN)
			authz := c.want(http.StatusOK, c.authorizations(order)[0], nil)
			if !bytes.Contains(authz.body, []byte(`"challenges":null`)) {
				t.Errorf("authorization %s, want challenges null", authz.body)
			}
		}},
		{"order-deactivated", func(t *testing.T, c *client) {
			c.register(nil)
			url, order := c.order(testFQDN)
			if got := c.solve(url, order).str(t, "status"); got != statusDeactivated {
				t.Errorf("order is %q, want deactivated", got)
			}
		}},
		{"reject-identifier=Bad.Example", func(t *testing.T, c *client) {
			c.register(nil)
			c.refused(http.StatusBadRequest, rejectedIdentifier, c.lab.base+"/new-order", object{"identifiers": identifiers("bad.example")})
			c.order(testFQDN)
		}},
	}
}

func wireCases() []misbehaviourCase {
	html := func(status int) func(*testing.T, *client) {
		return func(t *testing.T, c *client) {
			a := c.plain(http.MethodGet, c.lab.DirectoryURL())
			if a.status != status || !strings.HasPrefix(a.header.Get("Content-Type"), "text/html") || !bytes.Contains(a.body, []byte("<html>")) {
				t.Errorf("status %d, type %q, body %.60q; want %d and HTML", a.status, a.header.Get("Content-Type"), a.body, status)
			}
		}
	}
	return []misbehaviourCase{
		{"html", html(http.StatusOK)},
		{"html=directory", html(http.StatusOK)},
		{"html-error=all", html(http.StatusBadGateway)},
		{"html-error=directory:once", func(t *testing.T, c *client) {
			html(http.StatusBadGateway)(t, c)
			if a := c.plain(http.MethodGet, c.lab.DirectoryURL()); a.str(t, "newOrder") == "" {
				t.Errorf("the second answer is %.60q, want the directory", a.body)
			}
		}},
		{"big-body=directory", func(t *testing.T, c *client) {
			a := c.plain(http.MethodGet, c.lab.DirectoryURL())
			if len(a.body) != bigBodySize || !json.Valid(a.body) {
				t.Errorf("%d bytes, valid JSON %v; want %d and true", len(a.body), json.Valid(a.body), bigBodySize)
			}
		}},
		{"redirect=new-order", func(t *testing.T, c *client) {
			c.register(nil)
			a := c.want(http.StatusFound, c.lab.base+"/new-order", object{"identifiers": identifiers(testFQDN)})
			if a.header.Get("Location") == "" {
				t.Error("302 without Location")
			}
		}},
		{"cut=new-order:once", func(t *testing.T, c *client) {
			c.register(nil)
			if a, err := c.tryPost(c.lab.base+"/new-order", object{"identifiers": identifiers(testFQDN)}); !ended(err) {
				t.Fatalf("answer %s, error %v; want the connection closed", a.body, err)
			}
			c.order("second.example")
			list := c.want(http.StatusOK, c.kid+"/orders", nil).json(t)["orders"].([]any)
			if len(list) != 2 {
				t.Errorf("%d orders, want 2: the request that was cut is acted upon", len(list))
			}
		}},
		{"cut-before=new-order:once", func(t *testing.T, c *client) {
			c.register(nil)
			if a, err := c.tryPost(c.lab.base+"/new-order", object{"identifiers": identifiers(testFQDN)}); !ended(err) {
				t.Fatalf("answer %s, error %v; want the connection closed", a.body, err)
			}
			requests := c.lab.Requests()
			if last := requests[len(requests)-1]; last.Endpoint != EndpointNewOrder || last.Status != 0 {
				t.Errorf("last request %+v, want new-order without a status", last)
			}
			c.order("second.example")
			list := c.want(http.StatusOK, c.kid+"/orders", nil).json(t)["orders"].([]any)
			if len(list) != 1 {
				t.Errorf("%d orders, want 1: the request that was cut is not acted upon", len(list))
			}
		}},
		{"bad-nonce=100", func(t *testing.T, c *client) {
			c.refused(http.StatusBadRequest, badNonce, c.lab.base+"/new-account", object{})
		}},
		{"directory-no-neworder", func(t *testing.T, c *client) {
			d := c.plain(http.MethodGet, c.lab.DirectoryURL()).json(t)
			if d["newOrder"] != nil || d["newAccount"] == nil {
				t.Errorf("directory %v, want newAccount but no newOrder", d)
			}
		}},
		{"directory-http-urls", func(t *testing.T, c *client) {
			if got := c.plain(http.MethodGet, c.lab.DirectoryURL()).str(t, "newOrder"); !strings.HasPrefix(got, "http://") {
				t.Errorf("newOrder %q, want an http URL", got)
			}
		}},
		{"directory-empty", func(t *testing.T, c *client) {
			if a := c.plain(http.MethodGet, c.lab.DirectoryURL()); a.status != http.StatusOK || len(a.body) != 0 {
				t.Errorf("status %d, %d bytes; want 200 and none", a.status, len(a.body))
			}
		}},
		{"problem-null-detail", func(t *testing.T, c *client) {
			a := c.post(c.lab.base+"/new-account", object{"onlyReturnExisting": true})
			if detail, there := a.json(t)["detail"]; !there || detail != nil {
				t.Errorf("problem %s, want detail null", a.body)
			}
		}},
		{"problem-no-type", func(t *testing.T, c *client) {
			a := c.post(c.lab.base+"/new-account", object{"onlyReturnExisting": true})
			if _, there := a.json(t)["type"]; there || a.str(t, "detail") == "" {
				t.Errorf("problem %s, want a detail and no type", a.body)
			}
		}},
		{"tls-expired", func(t *testing.T, c *client) {
			req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, c.lab.DirectoryURL(), nil)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := c.do(req); err == nil || !strings.Contains(err.Error(), "expired") {
				t.Errorf("error %v, want one that says expired", err)
			}
		}},
	}
}

func TestParseMisbehaviour(t *testing.T) {
	for _, tc := range []struct{ name, in, want string }{
		{"unknown", "nonsense", `unknown misbehaviour "nonsense", want one of retry-after-past,`},
		{"empty", "", "unknown misbehaviour"},
		{"flag with value", "order-200=yes", `value "yes", want none`},
		{"empty value", "cut=", "empty value"},
		{"no number", "processing", "want a number"},
		{"percent", "bad-nonce=101", "0 to 100"},
		{"negative", "rate-limited=-1", "want a number"},
		{"duration", "slow=fast", "positive duration"},
		{"no duration", "slow=0s", "positive duration"},
		{"word", "ta-answer=maybe", "want refuse|status|html"},
		{"no word", "tkauth-authority", "want URL|-"},
		{"endpoint", "cut=nowhere", `endpoint "nowhere", want all or one of ["directory"`},
		{"no algorithm", "refuse-algorithm=HS256", "want one of"},
		{"no name", "reject-identifier", "want an identifier"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := ParseMisbehaviour(tc.in)
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("ParseMisbehaviour(%q): %v, want an error with %q", tc.in, err, tc.want)
			}
		})
	}
	for _, in := range []string{"order-200", "cut=order:once", "cut=:once", "slow=1s", "processing=4"} {
		k, err := ParseMisbehaviour(in)
		if err != nil || k.String() != in {
			t.Errorf("ParseMisbehaviour(%q) = %q, %v; want the same text back", in, k, err)
		}
	}
	if _, err := Start(t.Context(), Options{Misbehave: []Misbehaviour{{Name: "nonsense"}}}); err == nil {
		t.Error("Start accepts an unknown misbehaviour")
	}
}
