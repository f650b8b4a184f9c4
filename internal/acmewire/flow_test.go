package acmewire_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"testing"

	"github.com/nfcert/nfcert/internal/acmewire"
	"github.com/nfcert/nfcert/internal/lab"
)

// enrol places an order, answers it, and returns the chain. Polls follow each
// other without a wait: the lab needs milliseconds.
func (u *labUser) enrol(ctx context.Context, r *responder) (*acmewire.Chain, error) {
	var err error
	if u.order, err = u.NewOrder(ctx, u.wish()); err != nil {
		return nil, fmt.Errorf("newOrder: %w", err)
	}
	ch := u.challenge()
	content, err := u.KeyAuthorization(ch.Token)
	if err != nil {
		return nil, err
	}
	r.files.Store("/.well-known/acme-challenge/"+ch.Token, content)
	if _, err := u.Answer(ctx, ch.URL, nil); err != nil {
		return nil, fmt.Errorf("challenge: %w", err)
	}
	if err := u.poll(ctx, acmewire.Pending); err != nil {
		return nil, err
	}
	if u.order, err = u.Finalize(ctx, u.order.URL, u.order.Finalize, u.csr()); err != nil {
		return nil, fmt.Errorf("finalize: %w", err)
	}
	if err := u.poll(ctx, acmewire.Processing); err != nil {
		return nil, err
	}
	return u.Certificate(ctx, u.order.Certificate)
}

func (u *labUser) poll(ctx context.Context, while acmewire.Status) error {
	for n := 0; u.order.Status == while; n++ {
		o, err := u.Order(ctx, u.order.URL)
		if err != nil || n > 2000 {
			return fmt.Errorf("poll %d: %w", n, errors.Join(err, ctx.Err()))
		}
		u.order = o
	}
	return nil
}

// What servers do wrong in the field does not reach the caller.
func TestEnrol(t *testing.T) {
	dir := t.TempDir()
	for _, knob := range []string{
		"none", "retry-after-past", "retry-after-far", "order-200", "account-200", "finalize-no-location", "finalize-valid",
		"processing=3", "rate-limited=1", "html-error=order:once", "html-error=authz:once", "html-error=new-nonce:once", "html-error=directory:once",
	} {
		t.Run(knob, func(t *testing.T) {
			t.Parallel()
			var knobs []string
			if knob != "none" {
				knobs = []string{knob}
			}
			r := newResponder(t)
			u := newLabUser(t, lab.Options{Dir: dir, HTTP01Addr: r.addr}, lab.EndpointNewOrder, knobs...)
			chain, err := u.enrol(t.Context(), r)
			if err != nil {
				t.Fatal(err)
			}
			leaf := chain.Certificates[0]
			if err := leaf.VerifyHostname(fqdn); err != nil || len(chain.Certificates) < 2 {
				t.Errorf("a chain of %d: %v", len(chain.Certificates), err)
			}
			other, err := u.Certificate(t.Context(), chain.Alternates[0])
			if err != nil || !other.Certificates[0].Equal(leaf) || other.Certificates[1].Equal(chain.Certificates[1]) {
				t.Errorf("alternate %+v, %v, want the same leaf by another issuer", other, err)
			}
			want := 1
			if knob == "rate-limited=1" {
				want = 2
			}
			if got := u.posts(lab.EndpointNewOrder); got != want {
				t.Errorf("%d newOrder requests, want %d", got, want)
			}
			if got := u.Wire().Announce(); (len(got) == 1) != (knob == "order-200") {
				t.Errorf("announced %+v", got)
			}
			if got := u.posts(lab.EndpointFinalize); got != 1 {
				t.Errorf("%d finalize requests, want 1", got)
			}
		})
	}
}

// Half of all nonces refused: every enrolment succeeds, and no nonce, refused
// or not, is used again.
func TestEnrolBadNonce(t *testing.T) {
	r := newResponder(t)
	l, roots := startLabWith(t, lab.Options{HTTP01Addr: r.addr}, "bad-nonce=50")
	used := make(map[string]bool)
	refused := 0
	for n := range 5 {
		u := &labUser{t: t, lab: l, Client: acmewire.New(acmewire.Config{DirectoryURL: l.DirectoryURL(), Roots: roots, Observe: func(ex *acmewire.Exchange) {
			var p struct{ Nonce string }
			if ex.Protected == nil {
				return
			}
			if err := json.Unmarshal(ex.Protected, &p); err != nil || p.Nonce == "" || used[p.Nonce] {
				t.Errorf("nonce %q (%v), want one that was not used before", p.Nonce, err)
			}
			used[p.Nonce] = true
			if ex.Status == 400 {
				refused++
			}
		}})}
		u.Client = u.WithAccount(newKey(t), "")
		if _, _, err := u.Register(t.Context(), acmewire.NewAccount{}); err != nil {
			t.Fatalf("enrolment %d: %v", n, err)
		}
		if _, err := u.enrol(t.Context(), r); err != nil {
			t.Fatalf("enrolment %d: %v", n, err)
		}
	}
	if refused == 0 {
		t.Error("no nonce was refused, which proves nothing")
	}
}

// A process that is given what the last one saved makes no request but those it
// is about.
func TestEnrolSaved(t *testing.T) {
	r := newResponder(t)
	key := newKey(t)
	before := newLabUser(t, lab.Options{HTTP01Addr: r.addr}, lab.EndpointNewAccount, "finalize-valid")
	before.Client = before.WithAccount(key, "")
	account, _, err := before.Register(t.Context(), acmewire.NewAccount{})
	if err != nil {
		t.Fatal(err)
	}
	saved, err := json.Marshal(before.Wire().Saved())
	if err != nil {
		t.Fatal(err)
	}
	cfg := acmewire.Config{DirectoryURL: before.DirectoryURL(), Roots: poolOfPEM(before.lab.TLSRootPEM())}
	if err := json.Unmarshal(saved, &cfg.Saved); err != nil {
		t.Fatal(err)
	}
	u := &labUser{t: t, lab: before.lab, Client: acmewire.New(cfg)}
	u.Client = u.WithAccount(key, account.URL)
	earlier := len(u.lab.Requests())
	if _, err := u.enrol(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	counts := make(map[lab.Endpoint]int)
	for _, req := range u.lab.Requests()[earlier:] {
		counts[req.Endpoint]++
	}
	for _, e := range []lab.Endpoint{lab.EndpointDirectory, lab.EndpointNewNonce, lab.EndpointNewAccount} {
		if counts[e] != 0 {
			t.Errorf("%d requests at %s, want none", counts[e], e)
		}
	}
	for _, e := range []lab.Endpoint{lab.EndpointNewOrder, lab.EndpointAuthz, lab.EndpointChallenge, lab.EndpointFinalize, lab.EndpointCert} {
		if counts[e] != 1 {
			t.Errorf("%d requests at %s, want 1", counts[e], e)
		}
	}
	total := 0
	for _, n := range counts {
		total += n
	}
	if got := u.Wire().Requests(); got != total {
		t.Errorf("Requests() = %d, the lab saw %d", got, total)
	}
}

// The objects that the lab spoils.
func TestSpoiled(t *testing.T) {
	dir := t.TempDir()
	for _, tt := range []struct {
		knob string
		call func(*labUser) error
		want string // words of a ProtocolError; "": success
	}{
		{"challenges-null", func(u *labUser) error {
			a, err := u.Authorization(t.Context(), u.order.Authorizations[0])
			if err == nil && len(a.Challenges) != 0 {
				return fmt.Errorf("%d challenges", len(a.Challenges))
			}
			return err
		}, ""},
		{"big-body=order", func(u *labUser) error { _, err := u.Order(t.Context(), u.order.URL); return err }, "body is over 1024 KiB"},
		{"html=order", func(u *labUser) error { _, err := u.Order(t.Context(), u.order.URL); return err }, "the answer is HTML, want JSON"},
		{"redirect=order", func(u *labUser) error { _, err := u.Order(t.Context(), u.order.URL); return err }, "redirected to"},
		{"html=cert", func(u *labUser) error { _, err := u.Certificate(t.Context(), u.base()+"/cert/x"); return err }, "no PEM certificate"},
		{"html-error=cert", func(u *labUser) error { _, err := u.Certificate(t.Context(), u.base()+"/cert/x"); return err }, `refused with HTTP 502 and "text/html`},
	} {
		t.Run(tt.knob, func(t *testing.T) {
			t.Parallel()
			err := tt.call(newLabUser(t, lab.Options{Dir: dir}, lab.EndpointOrder, tt.knob))
			if tt.want != "" {
				wantProtocol(t, err, tt.want)
			} else if err != nil {
				t.Error(err)
			}
		})
	}
}

// The orders of an account, over several pages.
func TestOrdersAtLab(t *testing.T) {
	u := newLabUser(t, lab.Options{OrdersPerPage: 2}, lab.EndpointNewOrder)
	want := make(map[string]bool)
	for range 5 {
		o, err := u.NewOrder(t.Context(), u.wish())
		if err != nil {
			t.Fatal(err)
		}
		want[o.URL] = true
	}
	got, err := u.Orders(t.Context(), u.account.Orders)
	if err != nil || len(got) != len(want) {
		t.Fatalf("got %q, %v, want %d", got, err, len(want))
	}
	for _, url := range got {
		if !want[url] {
			t.Errorf("%s is none of the orders", url)
		}
	}
}

// BenchmarkPost is one signed request, the server's side included.
func BenchmarkPost(b *testing.B) {
	f := newFake(b, routes{"order/1": says(200, readyOrder)})
	c := f.client(b)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := c.Order(b.Context(), f.URL+"/order/1"); err != nil {
			b.Fatal(err)
		}
	}
}
