package challenge_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/nfcert/nfcert/internal/challenge"
	"github.com/nfcert/nfcert/internal/challenge/challengetest"
)

// One order can use several methods: each identifier is proven by the first that
// can prove it, that the CA offers, and that is wanted.
func TestChoose(t *testing.T) {
	listener, token := challenge.NewListener(":80"), &challenge.TKAuth{Source: signer{}}
	records := &challengetest.Records{Zone: challengetest.NewZone("example", "key"), Key: "key"}
	all := challenge.Set{listener, records, token}
	http, dns, both := []string{"http-01"}, []string{"dns-01"}, []string{"tls-alpn-01", "dns-01", "http-01"}
	tests := []struct {
		name    string
		set     challenge.Set
		id      challenge.Identifier
		offered []string
		want    string // the challenge type that is asked for
		solver  challenge.Solver
		message string // of the error
	}{
		{"host", all, host, both, "", listener, ""},
		{"wildcard", all, wildcard, dns, challenge.Auto, records, ""},
		{"NF instance", all, instance, []string{"tkauth-01"}, "auto", token, ""},
		{"host, dns-01 wanted", all, host, both, "dns-01", records, ""},
		{"host, dns-01 offered", all, host, dns, "", records, ""},
		{"wildcard, both offered", all, wildcard, both, "", records, ""},
		{"wildcard, http-01 wanted", all, wildcard, both, "http-01", nil,
			"dns:*.amf1.example: the CA offers tls-alpn-01, dns-01, http-01; wanted is http-01; configured is http-01, dns-01, tkauth-01; only dns-01 proves a wildcard (RFC 8555 7.1.3)"},
		{"wildcard without dns-01", challenge.Set{listener}, wildcard, http, "", nil,
			"dns:*.amf1.example: the CA offers http-01; configured is http-01; only dns-01 proves a wildcard (RFC 8555 7.1.3)"},
		{"not configured", challenge.Set{listener}, host, dns, "", nil,
			"dns:amf1.example: the CA offers dns-01; configured is http-01"},
		{"nothing configured", nil, host, dns, "", nil,
			"dns:amf1.example: the CA offers dns-01; nothing is configured to answer it"},
		{"nothing offered", all, host, nil, "", nil,
			"dns:amf1.example: the CA offers no challenge that could prove it"},
		{"address by dns-01", all, challenge.Identifier{Type: "ip", Value: "192.0.2.1"}, dns, "", nil,
			"ip:192.0.2.1: the CA offers dns-01; configured is http-01, dns-01, tkauth-01"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := tt.set.Choose(challenge.Offer{Identifier: tt.id, Types: tt.offered}, tt.want)
			if got != tt.solver {
				t.Errorf("Choose: got %T, want %T", got, tt.solver)
			}
			refused, ok := errors.AsType[*challenge.NoSolverError](err)
			switch {
			case tt.message == "" && err != nil:
				t.Errorf("Choose: %v", err)
			case tt.message != "" && (!ok || err.Error() != tt.message || refused.Identifier != tt.id):
				t.Errorf("Choose: %v, want %q", err, tt.message)
			}
		})
	}
}

// preparing counts its calls.
type preparing struct {
	challengetest.Records
	calls int
	err   error
}

func (p *preparing) Prepare(context.Context) error {
	p.calls++
	return p.err
}

// Only solvers that are likely to be chosen are prepared, each once.
func TestPrepare(t *testing.T) {
	for _, tt := range []struct {
		name      string
		ids       []challenge.Identifier
		want      string
		http, dns int
	}{
		{"host", []challenge.Identifier{host, host}, "", 1, 0},
		{"host and wildcard", []challenge.Identifier{host, wildcard}, "", 1, 1},
		{"NF instance", []challenge.Identifier{instance}, "", 0, 0},
		{"nothing", nil, "", 0, 0},
		{"dns-01 wanted", []challenge.Identifier{host}, "dns-01", 0, 1},
		{"http-01 wanted, which proves no wildcard", []challenge.Identifier{wildcard}, "http-01", 0, 1},
	} {
		http := &preparing{Records: challengetest.Records{Kind: challenge.HTTP01}}
		dns := &preparing{}
		set := challenge.Set{http, dns, &challenge.TKAuth{}}
		if err := set.Prepare(t.Context(), tt.ids, tt.want); err != nil {
			t.Errorf("%s: %v", tt.name, err)
		}
		if http.calls != tt.http || dns.calls != tt.dns {
			t.Errorf("%s: prepared http-01 %d times and dns-01 %d times, want %d and %d", tt.name, http.calls, dns.calls, tt.http, tt.dns)
		}
	}
	failing := challenge.Set{&preparing{err: challengetest.ErrKey}}
	if err := failing.Prepare(t.Context(), []challenge.Identifier{host}, ""); !errors.Is(err, challengetest.ErrKey) {
		t.Errorf("Prepare: %v, want %v", err, challengetest.ErrKey)
	}
}

// A solver has its own time limits; clean-up has one of 5 seconds otherwise, and
// does not end with the command.
func TestLimits(t *testing.T) {
	zone := challengetest.NewZone("example", "key")
	zone.Hold()
	untilEnd := func(ctx context.Context, _ string, _ challenge.Placement) error {
		<-ctx.Done()
		return ctx.Err()
	}
	limit := 10 * time.Millisecond
	slow := &challengetest.Records{Zone: zone, Key: "key", Before: untilEnd, Time: challenge.Limits{Present: limit, Wait: limit, CleanUp: limit}}
	c := challengetest.Challenge("dns-01", host, 1)
	p, err := slow.Plan(c)
	if err != nil {
		t.Fatal(err)
	}
	task := challenge.Task{Solver: slow, Challenge: c, Placement: p}
	for state, call := range map[string]func(context.Context) error{
		"in place": task.Present, "visible": task.Wait,
		"cleaned up": func(ctx context.Context) error { return challenge.Set{slow}.CleanUp(ctx, p) },
	} {
		err := call(t.Context())
		late, ok := errors.AsType[*challenge.TimeoutError](err)
		if !ok || late.State != state || late.After < limit || !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), p.Where) {
			t.Errorf("%v, want that it is not %s at %s", err, state, p.Where)
		}
	}

	ended, cancel := context.WithCancel(t.Context())
	cancel()
	seen := time.Duration(0)
	usual := &challengetest.Records{Zone: zone, Key: "key", Before: func(ctx context.Context, _ string, _ challenge.Placement) error {
		if end, ok := ctx.Deadline(); ok && ctx.Err() == nil {
			seen = time.Until(end)
		}
		return nil
	}}
	if err := (challenge.Set{usual}).CleanUp(ended, p); err != nil {
		t.Errorf("CleanUp: %v", err)
	}
	if seen <= 0 || seen > 5*time.Second {
		t.Errorf("CleanUp has %s, want up to 5s", seen)
	}
}

// Placements that earlier versions saved are read, and cleaned up.
func TestSavedPlacement(t *testing.T) {
	const saved = `{"type":"http-01","method":"webroot","where":"/srv/.well-known/acme-challenge/tok","token":"tok","content":"tok.thumb","directories":["/srv/.well-known"]}`
	var got challenge.Placement
	if err := json.Unmarshal([]byte(saved), &got); err != nil {
		t.Fatal(err)
	}
	want := challenge.Placement{Type: "http-01", Method: challenge.MethodWebroot, Where: "/srv/.well-known/acme-challenge/tok",
		Token: "tok", Content: "tok.thumb", Directories: []string{"/srv/.well-known"}}
	if diff := cmp.Diff(got, want); diff != "" {
		t.Errorf("got -, want +:\n%s", diff)
	}
	if again, err := json.Marshal(got); err != nil || string(again) != saved {
		t.Errorf("saved again: %s (%v), want %s", again, err, saved)
	}
	for _, method := range []string{challenge.MethodListener, challenge.MethodPublished, challenge.MethodToken} {
		if err := (challenge.Set(nil)).CleanUp(t.Context(), challenge.Placement{Type: "http-01", Method: method, Where: "x", Token: "tok"}); err != nil {
			t.Errorf("CleanUp of %q: %v", method, err)
		}
	}
	_, left := errors.AsType[*challenge.LeftoverError]((challenge.Set(nil)).CleanUp(t.Context(), challenge.Placement{Method: "later"}))
	if !left {
		t.Error("CleanUp of an unknown method: want a LeftoverError")
	}
}
