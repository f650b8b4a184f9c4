package enroll_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nfcert/nfcert/internal/challenge"
	"github.com/nfcert/nfcert/internal/challenge/challengetest"
	"github.com/nfcert/nfcert/internal/enroll"
	"github.com/nfcert/nfcert/internal/lab"
	"github.com/nfcert/nfcert/internal/loopback"
)

const zoneKey = "TSIG key"

// zoned is a bench whose CA validates http-01 from the records of a zone.
func zoned(t *testing.T) (*bench, *challengetest.Zone) {
	t.Helper()
	b := newBench(t, lab.Options{Roster: []string{sampleInstance}})
	zone := challengetest.NewZone("example", zoneKey)
	server := httptest.NewServer(zone)
	t.Cleanup(server.Close)
	b.served(server.Listener.Addr().String())
	return b, zone
}

// served makes addr the place where the CA validates http-01, also for engines
// made from now on.
func (b *bench) served(addr string) {
	b.fixed = true
	b.http.Store(addr)
}

// inZone makes an engine that proves names by records of the zone.
func (b *bench) inZone(zone *challengetest.Zone) (*enroll.Engine, *challengetest.Records) {
	e := b.engine()
	closeSolvers(e)
	records := &challengetest.Records{Zone: zone, Key: zoneKey, Kind: challenge.HTTP01}
	e.Solvers = challenge.Set{records}
	return e, records
}

// request makes account and CSR; the CSR has the sample's names and others.
func (b *bench) request(e *enroll.Engine, name string, others ...string) {
	b.t.Helper()
	if _, _, err := e.Account(b.t.Context(), enroll.DefaultAccount, enroll.AccountOptions{TermsAgreed: true}); err != nil {
		b.t.Fatal(err)
	}
	csr := sample()
	csr.Function.FQDNs = append(csr.Function.FQDNs, others...)
	if _, _, err := e.CSR(b.t.Context(), name, csr); err != nil {
		b.t.Fatal(err)
	}
}

// placements are what the journal on disk has.
func (b *bench) placements(e *enroll.Engine) []challenge.Placement {
	b.t.Helper()
	en, err := enroll.Load(e.Store, "amf-01")
	if err != nil {
		b.t.Fatal(err)
	}
	if en.Journal == nil {
		return nil
	}
	return en.Journal.Placements
}

// barrier lets calls pass when a number of them have arrived.
func barrier(n int) func(context.Context) error {
	var mu sync.Mutex
	all := make(chan struct{})
	return func(ctx context.Context) error {
		mu.Lock()
		if n--; n == 0 {
			close(all)
		}
		mu.Unlock()
		select {
		case <-all:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// The challenges of an order are put in place, waited for and cleaned up side by
// side, and each identifier is proven by its own method. No token is asked for
// before the records are visible.
func TestSideBySide(t *testing.T) {
	const other = "amf2.amf.5gc.mnc001.mcc001.3gppnetwork.org"
	b, zone := zoned(t)
	e, records := b.inZone(zone)
	e.Solvers = append(e.Solvers, tokens(t, b.lab))
	b.request(e, "amf-01", other)
	zone.Hold()
	together := map[string]func(context.Context) error{"present": barrier(2), "wait": barrier(2), "clean up": barrier(2)}
	records.Before = func(ctx context.Context, call string, p challenge.Placement) error {
		if call == "wait" && zone.Len() == 2 {
			if n := b.lab.TokenRequests() + b.count(lab.EndpointChallenge, 0); n != 0 {
				t.Errorf("%d requests for tokens and answers before the records are visible", n)
			}
			zone.Release()
		}
		return together[call](ctx)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	en, _, err := e.Order(ctx, "amf-01", enroll.OrderOptions{Kinds: enroll.KindsBoth})
	if err != nil {
		t.Fatal(err)
	}
	if len(en.Order.Identifiers) != 3 || b.lab.TokenRequests() != 1 {
		t.Errorf("ordered %v with %d tokens, want two names and an NF instance with one", en.Order.Identifiers, b.lab.TokenRequests())
	}
	if zone.Len() != 0 || len(b.placements(e)) != 0 {
		t.Errorf("%d records and placements %+v are left, want none", zone.Len(), b.placements(e))
	}
}

// A challenge that does not become visible in time is not shown to the CA. What
// was put in place is removed, and the next run continues the order.
func TestWaitTimesOut(t *testing.T) {
	b, zone := zoned(t)
	e, records := b.inZone(zone)
	records.Time.Wait = 20 * time.Millisecond
	b.request(e, "amf-01")
	zone.Hold()
	var said []string
	e.Progress = func(ev enroll.Event) { said = append(said, ev.Message) }
	_, _, err := e.Order(t.Context(), "amf-01", enroll.OrderOptions{Kinds: enroll.KindsDNS})
	p, pending := errors.AsType[*enroll.PendingError](err)
	late, ok := errors.AsType[*challenge.TimeoutError](err)
	if !pending || !ok || late.State != "visible" || !strings.Contains(p.What, "_acme-challenge."+sampleFQDN) {
		t.Fatalf("%v, want a PendingError that says what is not visible", err)
	}
	if zone.Len() != 0 || b.count(lab.EndpointChallenge, 0) != 0 {
		t.Errorf("%d records are left and %d challenges were answered, want none", zone.Len(), b.count(lab.EndpointChallenge, 0))
	}
	if !slices.ContainsFunc(said, func(s string) bool { return strings.HasPrefix(s, "waiting for the record") }) {
		t.Errorf("said %q, want what is waited for", said)
	}
	zone.Release()
	records.Time.Wait = 0
	if _, _, err := e.Order(t.Context(), "amf-01", enroll.OrderOptions{Kinds: enroll.KindsDNS}); err != nil {
		t.Fatal(err)
	}
	if n := b.count(lab.EndpointNewOrder, 201); n != 1 {
		t.Errorf("%d orders were placed, want 1", n)
	}
}

// The first failure stops the waits of the others, and the error names whose it
// is.
func TestOneFails(t *testing.T) {
	const other = "amf2.amf.5gc.mnc001.mcc001.3gppnetwork.org"
	b, zone := zoned(t)
	e, records := b.inZone(zone)
	b.request(e, "amf-01", other)
	zone.Hold()
	waits := make(chan struct{})
	records.Before = func(ctx context.Context, call string, p challenge.Placement) error {
		bad := strings.HasSuffix(p.Where, other)
		switch {
		case call == "wait" && !bad:
			close(waits)
		case call == "present" && bad:
			<-waits
			return challengetest.ErrKey
		}
		return nil
	}
	_, _, err := e.Order(t.Context(), "amf-01", enroll.OrderOptions{Kinds: enroll.KindsDNS})
	place, ok := errors.AsType[*enroll.PlaceError](err)
	if !ok || place.Identifier.Value != other || !errors.Is(err, challengetest.ErrKey) || errors.Is(err, context.Canceled) {
		t.Errorf("%v, want a PlaceError for %s alone", err, other)
	}
	if zone.Len() != 0 || b.count(lab.EndpointChallenge, 0) != 0 || len(b.placements(e)) != 0 {
		t.Errorf("%d records left, %d challenges answered, placements %+v; want none", zone.Len(), b.count(lab.EndpointChallenge, 0), b.placements(e))
	}
}

// Failures of several identifiers are one error: about what remains wrong when
// there is more time, if anything does.
func TestPlaceErrors(t *testing.T) {
	late := &enroll.PlaceError{Challenge: "dns-01", Err: &challenge.TimeoutError{State: "visible", Err: context.DeadlineExceeded}}
	wrong := &enroll.PlaceError{Challenge: "http-01", Err: challengetest.ErrKey}
	both := enroll.PlaceErrors{late, wrong}
	if errors.Is(both, context.DeadlineExceeded) || !errors.Is(both, challengetest.ErrKey) || !strings.Contains(both.Error(), "not visible") {
		t.Errorf("%v: want both in words, and that it is not about time", both)
	}
	if !errors.Is(enroll.PlaceErrors{late, late}, context.DeadlineExceeded) {
		t.Error("two that are late: want that it is about time")
	}
}

// dieWaiting runs an enrolment that dies between Present and Wait.
func dieWaiting(t *testing.T, b *bench, zone *challengetest.Zone) {
	t.Helper()
	e, records := b.inZone(zone)
	m := &mortal{Store: e.Store, left: 1000}
	e.Store = m
	records.Before = func(_ context.Context, call string, _ challenge.Placement) error {
		m.mu.Lock()
		defer m.mu.Unlock()
		m.dead = m.dead || call == "wait"
		if m.dead {
			return errDied
		}
		return nil
	}
	if _, err := b.whole(t.Context(), e, "amf-01", b.installed()); !errors.Is(err, errDied) {
		t.Fatalf("%v, want %v", err, errDied)
	}
	left := b.placements(e)
	if zone.Len() != 1 || len(left) != 1 || left[0].Data["zone"] != "example" {
		t.Fatalf("%d records, placements %+v; want one of each, with its zone", zone.Len(), left)
	}
}

// A later process with the configuration removes what a run left that died.
func TestDyingBeforeVisible(t *testing.T) {
	b, zone := zoned(t)
	dieWaiting(t, b, zone)
	e, records := b.inZone(zone)
	first := true
	records.Before = func(_ context.Context, call string, _ challenge.Placement) error {
		if first && call != "clean up" {
			t.Errorf("%s comes first, want clean up", call)
		}
		first = false
		return nil
	}
	en, err := b.whole(t.Context(), e, "amf-01", b.installed())
	if err != nil {
		t.Fatal(err)
	}
	if zone.Len() != 0 || en.Journal != nil || b.count(lab.EndpointNewOrder, 201) != 1 {
		t.Errorf("%d records, journal %+v, %d orders; want none, none and 1", zone.Len(), en.Journal, b.count(lab.EndpointNewOrder, 201))
	}
}

// A later process without the configuration says what is left where, and keeps
// it in the journal until one with the configuration comes.
func TestLeftWithoutConfiguration(t *testing.T) {
	for _, last := range []string{"enroll", "renew", "order"} {
		t.Run(last, func(t *testing.T) {
			t.Parallel()
			b, zone := zoned(t)
			dieWaiting(t, b, zone)
			b.fixed = false // a listener of its own answers from now on
			var warnings []string
			without := func() *enroll.Engine {
				e := b.engine()
				warnings = nil
				e.Progress = func(ev enroll.Event) {
					if ev.Warning {
						warnings = append(warnings, ev.Message)
					}
				}
				return e
			}
			check := func(when string, e *enroll.Engine) {
				t.Helper()
				closeSolvers(e)
				if got := b.placements(e); zone.Len() != 1 || len(got) != 1 {
					t.Errorf("%s: %d records, placements %+v; want one of each", when, zone.Len(), got)
				}
				told := slices.ContainsFunc(warnings, func(s string) bool {
					return strings.Contains(s, "_acme-challenge."+sampleFQDN) && strings.Contains(s, "run again with the same flags")
				})
				if !told {
					t.Errorf("%s: warnings %q, want what is left where", when, warnings)
				}
			}
			e := without()
			if _, err := b.whole(t.Context(), e, "amf-01", b.installed()); err != nil {
				t.Fatal(err)
			}
			check("enrolled", e)
			e = without()
			if _, err := e.Renew(t.Context(), "amf-01", b.renewing()); err != nil {
				t.Fatal(err)
			}
			check("renewed", e)

			e, _ = b.inZone(zone)
			var err error
			switch last {
			case "enroll":
				_, err = b.whole(t.Context(), e, "amf-01", b.installed())
			case "order":
				_, _, err = e.Order(t.Context(), "amf-01", enroll.OrderOptions{})
			case "renew":
				server := httptest.NewServer(zone)
				t.Cleanup(server.Close)
				b.http.Store(server.Listener.Addr().String())
				_, err = e.Renew(t.Context(), "amf-01", b.renewing())
			}
			if err != nil {
				t.Fatal(err)
			}
			if got := b.placements(e); zone.Len() != 0 || len(got) != 0 {
				t.Errorf("with the configuration: %d records, placements %+v; want none", zone.Len(), got)
			}
		})
	}
}

// listening makes an engine that answers at an address that the user gave.
func (b *bench) listening(addr string) (*enroll.Engine, *challenge.Listener) {
	e := b.engine()
	closeSolvers(e)
	l := challenge.NewListener(addr)
	l.Early = true
	b.t.Cleanup(func() { _ = l.Close() })
	e.Solvers = challenge.Set{l}
	return e, l
}

// port reserves an address where the CA validates http-01.
func (b *bench) port() string {
	b.t.Helper()
	port, err := loopback.Reserve()
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(port.Release)
	b.served(port.String())
	return port.String()
}

// A run waits for another nfcert on the same address before it places its order,
// and says so once.
func TestSameAddress(t *testing.T) {
	b := newBench(t, lab.Options{})
	addr := b.port()
	_, first := b.listening(addr)
	if err := first.Prepare(t.Context()); err != nil {
		t.Fatal(err)
	}
	e, _ := b.listening(addr)
	told := 0
	e.Progress = func(ev enroll.Event) {
		if strings.Contains(ev.Message, "waiting for another nfcert") {
			told++
			if n := b.count(lab.EndpointNewOrder, 0); n != 0 {
				t.Errorf("%d orders were placed before the address is free", n)
			}
			if err := first.Close(); err != nil {
				t.Errorf("Close: %v", err)
			}
		}
	}
	if _, err := b.whole(t.Context(), e, "amf-01", b.installed()); err != nil {
		t.Fatal(err)
	}
	if told != 1 {
		t.Errorf("told %d times that another nfcert is waited for, want once", told)
	}
}

// Several engines at once with the same address all get their certificates.
func TestSameAddressAtOnce(t *testing.T) {
	b := newBench(t, lab.Options{})
	addr := b.port()
	account, _ := b.listening(addr)
	b.request(account, "first")
	var wg sync.WaitGroup
	for _, name := range []string{"amf-01", "amf-02", "amf-03"} {
		e, l := b.listening(addr)
		wg.Go(func() {
			defer l.Close() // the end of a command's run
			if _, err := b.whole(t.Context(), e, name, enroll.FinalizeOptions{Roots: b.roots}); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		})
	}
	wg.Wait()
}

// An address that cannot be opened is refused before an order is placed, and
// nothing is left that the next run would look for.
func TestAddressRefused(t *testing.T) {
	other := httptest.NewServer(http.NotFoundHandler())
	defer other.Close()
	for _, tt := range []struct {
		name, addr string
		inUse      bool
	}{
		{"another program", other.Listener.Addr().String(), true},
		{"not of this machine", "192.0.2.1:0", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			b := newBench(t, lab.Options{})
			for _, run := range []func(context.Context, *enroll.Engine, string, enroll.FinalizeOptions) (*enroll.Enrolment, error){b.all, b.whole} {
				e, _ := b.listening(tt.addr)
				_, err := run(t.Context(), e, "amf-01", b.installed())
				failed, ok := errors.AsType[*challenge.ListenError](err)
				if !ok || failed.InUse() != tt.inUse || failed.Nfcert {
					t.Errorf("%v, want a ListenError, in use: %t", err, tt.inUse)
				}
				en, err := enroll.Load(e.Store, "amf-01")
				if err != nil || en.Journal != nil || en.Order != nil || b.count(lab.EndpointNewOrder, 0) != 0 {
					t.Errorf("enrolment %+v (%v), %d orders placed; want no order and an empty journal", en, err, b.count(lab.EndpointNewOrder, 0))
				}
			}
		})
	}
}

// The socket is not opened where nothing has to be proven by http-01.
func TestAddressNotNeeded(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	b := newBench(t, lab.Options{Roster: []string{sampleInstance}})
	e, _ := b.listening(taken.Addr().String())
	e.Solvers = append(e.Solvers, tokens(t, b.lab))
	if _, err := b.enrol(t.Context(), e, "amf-01", instanceAlone); err != nil {
		t.Errorf("an NF instance alone: %v", err)
	}
	b.request(e, "amf-02")
	if _, _, err := e.Order(t.Context(), "amf-02", enroll.OrderOptions{NoSolve: true}); err != nil {
		t.Errorf("an order alone: %v", err)
	}
}
