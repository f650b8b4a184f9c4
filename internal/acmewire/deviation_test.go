package acmewire_test

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"math/big"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/nfcert/nfcert/internal/acmewire"
	"github.com/nfcert/nfcert/internal/lab"
)

// Ids are unique and sorted, and each row says everything.
func TestDeviationTable(t *testing.T) {
	table := acmewire.Deviations()
	for i, d := range table {
		if i > 0 && table[i-1].ID >= d.ID {
			t.Errorf("%q comes after %q, want them sorted and unique", d.ID, table[i-1].ID)
		}
		if d.Clause == "" || !strings.HasSuffix(d.What, ".") || d.Where == "" || !slices.Contains([]string{"acmewire", "enroll", "token"}, d.Code) {
			t.Errorf("%q is incomplete: %+v", d.ID, d)
		}
		if got, ok := acmewire.LookupDeviation(d.ID); !ok || got != d {
			t.Errorf("LookupDeviation of %q: %+v, %v", d.ID, got, ok)
		}
	}
	if _, ok := acmewire.LookupDeviation("no-such"); ok {
		t.Error("LookupDeviation finds a row that is not there")
	}
}

// without answers as h does, without some header fields.
func without(h http.HandlerFunc, fields ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		for _, f := range fields {
			w.Header().Del(f)
		}
		h(w, r)
	}
}

const (
	jsonType    = "Content-Type: application/json"
	problemType = "Content-Type: application/problem+json"
	wholeOrder  = `{"status":"ready","identifiers":[{"type":"dns","value":"amf1.example"}],"authorizations":["https://ca.example/a"],"finalize":"https://ca.example/f"}`
)

// Each row that this package accepts is recorded when a server does so. Where
// the answer is a success, so is the call.
func TestDeviations(t *testing.T) {
	order := func(ctx context.Context, c *acmewire.Client, url string) error {
		_, err := c.Order(ctx, url+"/order/1")
		return err
	}
	authorization := func(ctx context.Context, c *acmewire.Client, url string) error {
		_, err := c.Authorization(ctx, url+"/authz/1")
		return err
	}
	refused := func(ctx context.Context, c *acmewire.Client, url string) error {
		err := order(ctx, c, url)
		if _, ok := err.(*acmewire.Problem); ok {
			return nil
		}
		return err
	}
	newOrder := func(ctx context.Context, c *acmewire.Client, _ string) error {
		_, err := c.NewOrder(ctx, acmewire.NewOrder{})
		return err
	}
	register := func(ctx context.Context, c *acmewire.Client, _ string) error {
		_, _, err := c.Register(ctx, acmewire.NewAccount{})
		return err
	}
	directory := func(ctx context.Context, c *acmewire.Client, _ string) error {
		_, err := c.Directory(ctx)
		return err
	}
	finalize := func(ctx context.Context, c *acmewire.Client, url string) error {
		_, err := c.Finalize(ctx, url+"/order/1", url+"/finalize/1", nil)
		return err
	}
	challenge := func(ctx context.Context, c *acmewire.Client, url string) error {
		_, err := c.Answer(ctx, url+"/challenge/1", nil)
		return err
	}
	good := says(200, wholeOrder, jsonType)
	type test struct {
		id     acmewire.DeviationID
		routes routes
		call   func(context.Context, *acmewire.Client, string) error
		want   string // in what was found
	}
	tests := []test{
		{acmewire.DevAccountMemberMissing, routes{"new-account": says(201, `{"status":"valid"}`, jsonType, "Location: /a")}, register, "an account without orders"},
		{acmewire.DevAnswerMemberCase, routes{"order/1": says(200, strings.Replace(wholeOrder, "status", "Status", 1), jsonType)}, order, `"Status", want "status"`},
		{acmewire.DevAnswerMemberNull, routes{"authz/1": says(200, `{"status":"pending","challenges":null}`, jsonType)}, authorization, `"challenges" is null`},
		{acmewire.DevAnswerNotUTF8, routes{"order/1": says(200, strings.Replace(wholeOrder, "amf1", "amf\xff", 1), jsonType)}, order, "order/1"},
		{acmewire.DevAnswerStatus, routes{"order/1": says(202, wholeOrder, jsonType)}, order, "HTTP 202, want 200"},
		{acmewire.DevAuthorizationMemberMissing, routes{"authz/1": says(200, `{"status":"valid"}`, jsonType)}, authorization, "challenges, expires, identifier"},
		{acmewire.DevBadNonceWithoutNonce, routes{"order/1": first(without(problem(400, "badNonce"), "Replay-Nonce"), good)}, order, "order/1"},
		{acmewire.DevChallengeMemberMissing, routes{"challenge/1": says(200, `{"type":"http-01","token":"t"}`, jsonType)}, challenge, `"http-01" without status`},
		{acmewire.DevChallengeMemberMissing, routes{"challenge/1": says(200, `{"type":"tkauth-01","status":"valid","tkauth-type":"atc"}`, jsonType)}, challenge, `"tkauth-01" without token`},
		{acmewire.DevFinalizeLocationMissing, routes{"finalize/1": good}, finalize, "finalize/1: no Location"},
		{acmewire.DevGetRedirected, routes{"directory": func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/moved", http.StatusFound) }}, directory, "HTTP 302 to /moved"},
		{acmewire.DevJSONContentType, routes{"order/1": says(200, wholeOrder, "Content-Type: text/html")}, order, `"text/html"`},
		{acmewire.DevLocationRelative, routes{"new-order": says(201, wholeOrder, jsonType, "Location: /order/1")}, newOrder, "Location: /order/1"},
		{acmewire.DevNewAccountStatus, routes{"new-account": says(202, `{"status":"valid"}`, jsonType, "Location: /a")}, register, "202"},
		{acmewire.DevNewOrderStatus, routes{"new-order": says(200, wholeOrder, jsonType, "Location: /order/1")}, newOrder, "newOrder answered 200, want 201"},
		{acmewire.DevNonceCacheable, routes{"order/1": good}, order, "want no-store"},
		{acmewire.DevNonceMalformed, routes{"order/1": without(says(200, wholeOrder, jsonType, "Replay-Nonce: a b"), "Replay-Nonce")}, order, `"a b"`},
		{acmewire.DevNonceMissing, routes{"order/1": without(good, "Replay-Nonce")}, order, "no Replay-Nonce"},
		{acmewire.DevOrderMemberMissing, routes{"order/1": says(200, `{"status":"pending","finalize":"x"}`, jsonType)}, order, "authorizations, expires, identifiers"},
		{acmewire.DevProblemContentType, routes{"order/1": says(403, `{"type":"urn:ietf:params:acme:error:unauthorized"}`, jsonType)}, refused, `"application/json"`},
		{acmewire.DevProblemMember, routes{"order/1": says(403, `{"type":"urn:ietf:params:acme:error:unauthorized","detail":null}`, problemType)}, refused, `"detail": null`},
		{acmewire.DevProblemMember, routes{"order/1": says(200, `{"status":"invalid","error":"too late"}`, jsonType)}, order, "too late"},
		{acmewire.DevProblemPlainJSON, routes{"order/1": says(403, `{"message":"no"}`, problemType)}, refused, `"message":"no"`},
		{acmewire.DevProblemStatus, routes{"order/1": says(403, `{"type":"urn:ietf:params:acme:error:unauthorized","status":200}`, problemType)}, refused, "status 200 in an answer of HTTP 403"},
		{acmewire.DevProblemTypeForm, routes{"order/1": says(403, `{"type":"urn:acme:error:Unauthorized"}`, problemType)}, refused, `"urn:acme:error:Unauthorized", want "urn:ietf:params:acme:error:unauthorized"`},
		{acmewire.DevProblemTypeMissing, routes{"order/1": says(403, `{"detail":"no"}`, problemType)}, refused, `"detail":"no"`},
		{acmewire.DevRetryAfterUnusable, routes{"order/1": says(200, wholeOrder, jsonType, "Retry-After: soon")}, order, "soon"},
		{acmewire.DevStatusUnknown, routes{"order/1": says(200, `{"status":"deactivated"}`, jsonType)}, order, `an order is "deactivated"`},
		{acmewire.DevTKAuthType, routes{"challenge/1": says(200, `{"type":"tkauth-01","status":"valid","token":"t","tkauth-type":"ATC"}`, jsonType)}, challenge, `"ATC", want "atc"`},
	}
	seen := map[acmewire.DeviationID]bool{
		// Of tests of their own, below.
		acmewire.DevCertificateContentType: true, acmewire.DevCertificateText: true, acmewire.DevClientCertificateIssuers: true,
		acmewire.DevDirectoryMemberMissing: true, acmewire.DevOrderListRepeats: true, acmewire.DevRenewalInfoExplanation: true,
		acmewire.DevRenewalInfoRetryAfter: true, acmewire.DevRenewalInfoUnusable: true, acmewire.DevRenewalInfoURL: true,
	}
	for _, tt := range tests {
		seen[tt.id] = true
		t.Run(string(tt.id), func(t *testing.T) {
			t.Parallel()
			var f *fake
			if tt.id == acmewire.DevGetRedirected {
				tt.routes["moved"] = func(w http.ResponseWriter, _ *http.Request) { says(200, f.directory(), jsonType)(w, nil) }
			}
			f = newFake(t, tt.routes)
			c := f.client(t)
			if err := tt.call(t.Context(), c, f.URL); err != nil {
				t.Errorf("it is not accepted: %v", err)
			}
			wantDeviation(t, c.Wire(), tt.id, tt.want)
		})
	}
	for _, d := range acmewire.Deviations() {
		if d.Code == "acmewire" && !seen[d.ID] {
			t.Errorf("no test records %q", d.ID)
		}
	}
}

// wantDeviation demands that a wire recorded a deviation with these words.
func wantDeviation(t *testing.T, w *acmewire.Wire, id acmewire.DeviationID, words string) {
	t.Helper()
	for _, m := range w.Deviations() {
		if m.ID != id {
			continue
		}
		if row, _ := acmewire.LookupDeviation(id); !strings.Contains(m.Found, words) || m.Count == 0 || m.Last.IsZero() || m.Clause != row.Clause || m.What != row.What {
			t.Errorf("recorded %+v, want %q in what was found", m, words)
		}
		return
	}
	t.Errorf("%q is not recorded; recorded: %+v", id, w.Deviations())
}

// A directory that lacks what only some commands need.
func TestDirectoryDeviations(t *testing.T) {
	var f *fake
	f = newFake(t, routes{"directory": func(w http.ResponseWriter, _ *http.Request) {
		says(200, strings.ReplaceAll(`{"newNonce":"@/n","newAccount":"@/a","newOrder":"@/o","renewalInfo":"@/ari/"}`, "@", f.URL), jsonType)(w, nil)
	}})
	c := f.client(t)
	if _, err := c.Directory(t.Context()); err != nil {
		t.Fatal(err)
	}
	wantDeviation(t, c.Wire(), acmewire.DevDirectoryMemberMissing, "keyChange, revokeCert")
	wantDeviation(t, c.Wire(), acmewire.DevRenewalInfoURL, "/ari/")
}

// A list of orders whose pages lead back.
func TestOrderListDeviation(t *testing.T) {
	var f *fake
	f = newFake(t, routes{"orders": func(w http.ResponseWriter, _ *http.Request) {
		says(200, `{"orders":["https://ca.example/o"]}`, jsonType, `Link: <`+f.URL+`/orders>;rel="next"`)(w, nil)
	}})
	c := f.client(t)
	if got, err := c.Orders(t.Context(), f.URL+"/orders"); err != nil || len(got) != 1 {
		t.Errorf("got %q, %v, want the one order", got, err)
	}
	wantDeviation(t, c.Wire(), acmewire.DevOrderListRepeats, "/orders again")
}

// A chain with text around it, as another media type.
func TestCertificateDeviations(t *testing.T) {
	pool := testCertificate(t)
	raw := "subject=amf1\n" + string(acmewire.EncodePEM([]*x509.Certificate{pool}))
	f := newFake(t, routes{"cert/1": says(200, raw, "Content-Type: text/plain")})
	c := f.client(t)
	if _, err := c.Certificate(t.Context(), f.URL+"/cert/1"); err != nil {
		t.Fatal(err)
	}
	wantDeviation(t, c.Wire(), acmewire.DevCertificateContentType, `"text/plain"`)
	wantDeviation(t, c.Wire(), acmewire.DevCertificateText, "12 characters")
}

// testCertificate is a certificate that signs itself.
func testCertificate(t *testing.T) *x509.Certificate {
	t.Helper()
	key := newKey(t)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(7), Subject: pkix.Name{CommonName: "amf1"}, NotAfter: time.Now().Add(time.Hour), AuthorityKeyId: []byte{1, 2, 3},
		BasicConstraintsValid: true, IsCA: true, SubjectKeyId: []byte{1, 2, 3},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return cert
}

// Renewal information that is odd, and some that is unusable.
func TestRenewalInfoDeviations(t *testing.T) {
	for _, tt := range []struct {
		id         acmewire.DeviationID
		body, want string
	}{
		{acmewire.DevRenewalInfoRetryAfter, `{"suggestedWindow":{"start":"2026-01-02T04:00:00Z","end":"2026-01-03T04:00:00Z"}}`, "no Retry-After"},
		{acmewire.DevRenewalInfoExplanation, `{"suggestedWindow":{"start":"2026-01-02T04:00:00Z","end":"2026-01-03T04:00:00Z"},"explanationURL":"javascript:x"}`, "javascript:x"},
		{acmewire.DevRenewalInfoUnusable, `{"suggestedWindow":{"start":"2026-01-03T04:00:00Z","end":"2026-01-02T04:00:00Z"}}`, "not after its start"},
	} {
		cert := testCertificate(t)
		id, err := acmewire.CertID(cert)
		if err != nil {
			t.Fatal(err)
		}
		var f *fake
		f = newFake(t, routes{"ari/" + id: says(200, tt.body, jsonType), "directory": func(w http.ResponseWriter, _ *http.Request) {
			says(200, strings.Replace(f.directory(), "{", `{"renewalInfo":"`+f.URL+`/ari",`, 1), jsonType)(w, nil)
		}})
		c := f.client(t)
		if _, err := c.RenewalInfo(t.Context(), cert); (err != nil) != (tt.id == acmewire.DevRenewalInfoUnusable) {
			t.Errorf("%s: %v", tt.id, err)
		}
		wantDeviation(t, c.Wire(), tt.id, tt.want)
	}
}

// A server that lists other issuers than that of the certificate it accepts.
func TestClientCertificateDeviation(t *testing.T) {
	other := x509.NewCertPool()
	other.AddCert(testCertificate(t))
	f := newFakeTLS(t, routes{}, func(c *tls.Config) { c.ClientAuth, c.ClientCAs = tls.RequestClientCert, other })
	own := newClientCertificate(t)
	c := f.client(t, func(cfg *acmewire.Config) { cfg.Certificate = &own })
	if _, err := c.Directory(t.Context()); err != nil {
		t.Fatal(err)
	}
	wantDeviation(t, c.Wire(), acmewire.DevClientCertificateIssuers, "CN=nf")
}

// newClientCertificate signs itself by its own key.
func newClientCertificate(t *testing.T) tls.Certificate {
	t.Helper()
	key := newKey(t)
	template := &x509.Certificate{SerialNumber: big.NewInt(8), Subject: pkix.Name{CommonName: "nf"}, NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// A server that follows the standard shows nothing.
func TestNoDeviations(t *testing.T) {
	r := newResponder(t)
	u := newLabUser(t, lab.Options{HTTP01Addr: r.addr}, lab.EndpointNewOrder)
	if _, err := u.enrol(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	if got := u.Wire().Deviations(); len(got) != 0 {
		t.Errorf("recorded %+v of the lab, want nothing", got)
	}
}

// What is met often is one entry, whose first finding stays; many runs may
// record it at once.
func TestDeviationsOfManyRuns(t *testing.T) {
	c := acmewire.New(acmewire.Config{DirectoryURL: "https://ca.example/directory"})
	c.Wire().Deviated(acmewire.DevNonceMissing, "first")
	var runs sync.WaitGroup
	for range 20 {
		runs.Go(func() {
			c.Wire().Deviated(acmewire.DevNonceMissing, "later")
			c.Wire().Deviated(acmewire.DevNewOrderStatus, "200, "+strings.Repeat("x", 1000))
			c.Wire().Announce()
			_ = c.Wire().Deviations()
		})
	}
	runs.Wait()
	got := c.Wire().Deviations()
	if len(got) != 2 || got[1].Found != "first" || got[1].Count != 21 || got[0].Count != 20 || len(got[0].Found) > 210 {
		t.Errorf("got %+v, want nonce-missing 21 times, first found first", got)
	}
	if got := c.Wire().Announce(); len(got) != 0 {
		t.Errorf("announced again: %+v", got)
	}
}

// What is remembered and what is met now become one list.
func TestMergeDeviations(t *testing.T) {
	at := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	row, _ := acmewire.LookupDeviation(acmewire.DevNonceMissing)
	before := []acmewire.MetDeviation{
		{ID: "of-a-newer-program", Clause: "RFC 1", What: "x", Found: "y", Count: 1, Last: at},
		{ID: row.ID, Clause: "old", What: "old", Found: "first", Count: 2, Last: at},
	}
	now := []acmewire.MetDeviation{{ID: row.ID, Clause: row.Clause, What: row.What, Found: "again", Count: 3, Last: at.Add(time.Hour)}}
	want := []acmewire.MetDeviation{
		{ID: row.ID, Clause: row.Clause, What: row.What, Found: "first", Count: 5, Last: at.Add(time.Hour)},
		before[0],
	}
	if d := cmp.Diff(want, acmewire.MergeDeviations(before, now)); d != "" {
		t.Errorf("-want +got\n%s", d)
	}
	data, err := json.Marshal(want[0])
	if err != nil || !strings.HasPrefix(string(data), `{"id":"nonce-missing","clause":"RFC 8555 6.5","what":`) || !strings.HasSuffix(string(data), `"found":"first","count":5,"last":"2026-11-24T13:00:00Z"}`) {
		t.Errorf("JSON %s, %v", data, err)
	}
	if got := acmewire.MergeDeviations(nil, nil); got == nil || len(got) != 0 {
		t.Errorf("nothing and nothing is %#v, want an empty list", got)
	}
}
