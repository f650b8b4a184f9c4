package enroll_test

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/nfcert/nfcert/internal/acmewire"
	"github.com/nfcert/nfcert/internal/csrgen"
	"github.com/nfcert/nfcert/internal/enroll"
	"github.com/nfcert/nfcert/internal/lab"
	"github.com/nfcert/nfcert/internal/secret"
)

// enrolled is a bench with an enrolment whose certificate is installed.
func enrolled(t *testing.T, o lab.Options, knobs ...string) (*bench, *enroll.Enrolment) {
	t.Helper()
	b := newBench(t, o, knobs...)
	e := b.engine()
	en, err := b.whole(t.Context(), e, "amf-01", b.installed())
	if err != nil {
		t.Fatal(err)
	}
	closeSolvers(e)
	return b, en
}

// renewing are the options of a renewal at the bench.
func (b *bench) renewing() enroll.RenewOptions {
	return enroll.RenewOptions{Finalize: enroll.FinalizeOptions{Roots: b.roots}, Passphrase: func(string) (secret.Bytes, error) { return secret.New([]byte("passphrase")), nil }}
}

func (b *bench) renew(o enroll.RenewOptions) (*enroll.Enrolment, error) {
	b.t.Helper()
	e := b.engine()
	defer closeSolvers(e)
	return e.Renew(b.t.Context(), "amf-01", o)
}

// pair reads the installed certificate and key and makes sure that they belong
// together.
func (b *bench) pair() *x509.Certificate {
	b.t.Helper()
	dir := filepath.Dir(b.state)
	certs, err := enroll.ParseCertificates([]byte(readIfThere(b.t, filepath.Join(dir, "amf.crt"))))
	if err != nil {
		b.t.Fatal(err)
	}
	key, err := csrgen.ParseKey("amf.key", []byte(readIfThere(b.t, filepath.Join(dir, "amf.key"))))
	if err != nil {
		b.t.Fatal(err)
	}
	if !csrgen.SameKey(key.Public(), certs[0].PublicKey) {
		b.t.Fatal("the installed key is not the installed certificate's")
	}
	return certs[0]
}

func serial(c *x509.Certificate) string { return fmt.Sprintf("%x", c.SerialNumber) }

// The next certificate takes the place of the last one, everywhere, with a new
// key; the last one is kept, and the one before that is not.
func TestRenew(t *testing.T) {
	b, first := enrolled(t, lab.Options{})
	var told []string
	o := b.renewing()
	o.Hook = func(_ context.Context, en *enroll.Enrolment) error {
		told = append(told, en.Certificate.Serial)
		if got := serial(b.pair()); got != en.Certificate.Serial {
			t.Errorf("while the hook runs %s is installed, want %s", got, en.Certificate.Serial)
		}
		return nil
	}
	second, err := b.renew(o)
	if err != nil {
		t.Fatal(err)
	}
	if second.Certificate.Serial == first.Certificate.Serial || second.CSR.SHA256 == first.CSR.SHA256 {
		t.Error("certificate or CSR are still the first ones")
	}
	if len(told) != 1 || told[0] != second.Certificate.Serial {
		t.Errorf("the hook saw %q, want %s alone", told, second.Certificate.Serial)
	}
	if second.Step != enroll.StepDone || second.Journal != nil || second.Renewal != nil {
		t.Errorf("step %s, journal %+v, renewal %+v, want done and nothing in flight", second.Step, second.Journal, second.Renewal)
	}
	if got := second.Previous; got == nil || got.Certificate.Serial != first.Certificate.Serial {
		t.Fatalf("previous %+v, want the first certificate", got)
	}
	for kind, path := range second.Previous.Certificate.Files {
		if readIfThere(t, path) == "" {
			t.Errorf("the previous %s is not at %s", kind, path)
		}
	}
	if second.CSR.Profile != first.CSR.Profile || len(second.Certificate.Differences) != 0 {
		t.Errorf("profile %q, differences %+v, want those of the first", second.CSR.Profile, second.Certificate.Differences)
	}
	third, err := b.renew(b.renewing())
	if err != nil {
		t.Fatal(err)
	}
	if third.Previous.Certificate.Serial != second.Certificate.Serial {
		t.Errorf("previous %s, want the second certificate %s", third.Previous.Certificate.Serial, second.Certificate.Serial)
	}
	for _, gone := range []string{"key.pem", "chain.pem", "request.pem"} {
		if _, err := os.Stat(filepath.Join(b.state, "enrolments/amf-01", gone)); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s of the first certificate: %v, want it gone", gone, err)
		}
	}
	if got := b.count(lab.EndpointNewOrder, 409); got != 0 {
		t.Errorf("%d orders said that they replace what was replaced already", got)
	}
}

func TestRenewKeepsKey(t *testing.T) {
	b, _ := enrolled(t, lab.Options{})
	before := b.pair()
	o := b.renewing()
	o.ReuseKey = true
	if _, err := b.renew(o); err != nil {
		t.Fatal(err)
	}
	after := b.pair()
	if !csrgen.SameKey(after.PublicKey, before.PublicKey) || serial(after) == serial(before) {
		t.Errorf("serials %s and %s, want another certificate with the same key", serial(before), serial(after))
	}
}

// A renewal that fails leaves what is installed as it was, and the next goes on
// with its key: by a new order, or by the same when that has a certificate.
func TestRenewFails(t *testing.T) {
	b, first := enrolled(t, lab.Options{})
	e := b.engine()
	b.http.Store("127.0.0.1:1") // where nothing answers the challenge
	failed, err := e.Renew(t.Context(), "amf-01", b.renewing())
	closeSolvers(e)
	var unproven *enroll.AuthorizationError
	if !errors.As(err, &unproven) {
		t.Fatalf("with nothing where the challenge is looked for: %v, want an AuthorizationError", err)
	}
	key := failed.Renewal.CSR.SHA256
	o := b.renewing()
	o.Finalize.Judge = func(enroll.Issued) []string { return []string{"it is not liked"} }
	failed, err = b.renew(o)
	var disliked *enroll.CertificateError
	if !errors.As(err, &disliked) {
		t.Fatalf("with a judge against it: %v, want a CertificateError", err)
	}
	if got := serial(b.pair()); got != first.Certificate.Serial || failed.Certificate.Serial != got {
		t.Errorf("installed is %s, shown %s, want the first %s", got, failed.Certificate.Serial, first.Certificate.Serial)
	}
	if r := failed.Renewal; r.CSR.SHA256 != key || len(r.Certificate.Rejected) != 1 {
		t.Errorf("the renewal's CSR is %s and its certificate %+v, want %s and one that was refused", r.CSR.SHA256, r.Certificate, key)
	}
	second, err := b.renew(b.renewing())
	if err != nil || second.CSR.SHA256 != key || b.count(lab.EndpointNewOrder, 201) != 3 {
		t.Errorf("the third run: %v, CSR %s, %d orders in all; want the CSR of before and 3", err, second.CSR.SHA256, b.count(lab.EndpointNewOrder, 201))
	}
}

// A renewal that is begun anew has another key and another order.
func TestRenewAnew(t *testing.T) {
	b, _ := enrolled(t, lab.Options{})
	o := b.renewing()
	o.Finalize.Judge = func(enroll.Issued) []string { return []string{"it is not liked"} }
	failed, err := b.renew(o)
	if err == nil {
		t.Fatal("a certificate that is not liked was installed")
	}
	o = b.renewing()
	o.Anew = true
	second, err := b.renew(o)
	if err != nil || second.CSR.SHA256 == failed.Renewal.CSR.SHA256 {
		t.Fatalf("anew: %v, CSR %s, want another than %s", err, second.CSR.SHA256, failed.Renewal.CSR.SHA256)
	}
	if got := b.count(lab.EndpointNewOrder, 409); got != 1 {
		t.Errorf("%d orders were refused since another replaces the certificate, want 1, and the order placed all the same", got)
	}
	b.pair()
}

// Whenever a renewal dies the next one goes on with the same order and key, and
// what is installed is the one pair or the other.
func TestRenewDyingAtEachSave(t *testing.T) {
	const immortal = 1000
	changes := immortal - renewDying(t, immortal, false)
	if changes < 5 {
		t.Fatalf("a renewal made %d changes, want 5 or more", changes)
	}
	for n := 1; n <= changes; n++ {
		for _, after := range []bool{false, true} {
			t.Run(fmt.Sprintf("change %d, after %t", n, after), func(t *testing.T) {
				t.Parallel()
				renewDying(t, n, after)
			})
		}
	}
}

// renewDying renews with a store that dies at a change, and again with one that
// lives. It returns how many changes the first had left.
func renewDying(t *testing.T, at int, after bool) (left int) {
	b, first := enrolled(t, lab.Options{})
	told := 0
	o := b.renewing()
	o.Hook = func(context.Context, *enroll.Enrolment) error { told++; return nil }
	e := b.engine()
	m := &mortal{Store: e.Store, left: at, after: after}
	e.Store = m
	_, err := e.Renew(t.Context(), "amf-01", o)
	closeSolvers(e)
	if m.dead != errors.Is(err, errDied) {
		t.Fatalf("dead %t, the renewal: %v", m.dead, err)
	}
	if !m.dead {
		return m.left
	}
	b.pair()
	s := b.engine()
	closeSolvers(s)
	shown, err := enroll.Load(s.Store, "amf-01")
	if err != nil {
		t.Fatal(err)
	}
	if shown.Certificate == nil || shown.Step != enroll.StepDone {
		t.Errorf("between the runs: step %s, certificate %+v, want one that is usable", shown.Step, shown.Certificate)
	}
	begun := shown.Renewal != nil || shown.Journal != nil
	if d, err := due(s, "amf-01"); err != nil || d.Due != begun {
		t.Errorf("between the runs: %+v, %v, want it due %t", d, err, begun)
	}
	if shown.Generation > 1 && shown.Journal == nil {
		return m.left // it died at its end
	}
	second, err := b.renew(o)
	if err != nil {
		t.Fatalf("the second run: %v", err)
	}
	if got := serial(b.pair()); got != second.Certificate.Serial || got == first.Certificate.Serial {
		t.Errorf("installed is %s, want the new %s", got, second.Certificate.Serial)
	}
	for at, status := range map[lab.Endpoint]int{lab.EndpointNewOrder: 201, lab.EndpointFinalize: 200} {
		if got := b.count(at, status); got != 2 {
			t.Errorf("%s was answered %d times with %d, want once for the first certificate and once for the second", at, got, status)
		}
	}
	if told == 0 || second.Journal != nil || second.Renewal != nil || second.Previous.Certificate.Serial != first.Certificate.Serial {
		t.Errorf("told %d times, journal %+v, renewal %+v, previous %+v", told, second.Journal, second.Renewal, second.Previous)
	}
	return m.left
}

// due judges by the clock alone.
func due(e *enroll.Engine, name string) (enroll.Due, error) {
	_, d, err := e.Due(context.Background(), name, enroll.DueOptions{NoAsk: true})
	return d, err
}

// A hook that fails is run again by the next renewal, which asks the CA nothing.
func TestRenewHookFails(t *testing.T) {
	b, _ := enrolled(t, lab.Options{})
	o := b.renewing()
	failure := errors.New("the NF did not reload")
	o.Hook = func(context.Context, *enroll.Enrolment) error { return failure }
	second, err := b.renew(o)
	if !errors.Is(err, failure) {
		t.Fatalf("renew: %v, want the hook's error", err)
	}
	if got := serial(b.pair()); got != second.Certificate.Serial {
		t.Errorf("installed is %s, want the new %s all the same", got, second.Certificate.Serial)
	}
	asked, told := len(b.lab.Requests()), 0
	o.Hook = func(context.Context, *enroll.Enrolment) error { told++; return nil }
	again, err := b.renew(o)
	if err != nil || told != 1 || again.Journal != nil || again.Certificate.Serial != second.Certificate.Serial {
		t.Errorf("the next run: %v, told %d times, journal %+v, serial %s; want it told once and nothing else", err, told, again.Journal, again.Certificate.Serial)
	}
	if got := len(b.lab.Requests()) - asked; got != 0 {
		t.Errorf("the next run asked the CA %d times, want none", got)
	}
}

// A renewal with saved directory and nonce costs what an enrolment costs, seven
// requests; that the order says what it replaces costs none.
func TestRenewRequests(t *testing.T) {
	b := newBench(t, lab.Options{})
	e := b.engine()
	if _, err := b.whole(t.Context(), e, "amf-01", b.installed()); err != nil {
		t.Fatal(err)
	}
	saved := e.CA.Wire().Saved()
	closeSolvers(e)
	e = b.engine()
	e.CA = acmewire.New(acmewire.Config{DirectoryURL: b.lab.DirectoryURL(), Roots: b.pool(), Saved: saved})
	before := len(b.lab.Requests())
	if _, err := e.Renew(t.Context(), "amf-01", b.renewing()); err != nil {
		t.Fatal(err)
	}
	var asked []lab.Request
	for _, r := range b.lab.Requests()[before:] {
		if n := len(asked); n > 0 && r.Endpoint == lab.EndpointOrder && r.Path == asked[n-1].Path {
			continue // polled again because the lab was slow
		}
		asked = append(asked, r)
	}
	if len(asked) != 7 {
		t.Errorf("%d requests, want 7: %+v", len(asked), asked)
	}
}
