package enroll_test

import (
	"context"
	"crypto"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/nfcert/nfcert/internal/acmewire"
	"github.com/nfcert/nfcert/internal/csrgen"
	"github.com/nfcert/nfcert/internal/enroll"
	"github.com/nfcert/nfcert/internal/inspect"
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

func serial(c *x509.Certificate) string { return inspect.Serial(c.SerialNumber) }

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
	o.Hook = func(context.Context, *enroll.Enrolment) error { return errDied } // before anything was tidied
	if _, err := b.renew(o); !errors.Is(err, errDied) {
		t.Fatal(err)
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
	failure := errors.New("the NF did not start")
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

// A CSR that others made is sent again, with the key that it has, until another
// is handed in; nothing of the key is here at any time.
func TestRenewAdopted(t *testing.T) {
	b := newBench(t, lab.Options{})
	adopt := func(der []byte) enroll.CSROptions { return enroll.CSROptions{Adopt: der} }
	first, second := vendorCSR(t, newKey(t), vendorName), vendorCSR(t, newKey(t), vendorName)
	e := b.engine()
	en, _, err := e.Enroll(t.Context(), "amf-01", enroll.Options{
		Account: enroll.AccountOptions{TermsAgreed: true}, CSR: adopt(first), Finalize: enroll.FinalizeOptions{Roots: b.roots, Outputs: []enroll.Output{{Kind: enroll.KindFullchain, Path: filepath.Join(filepath.Dir(b.state), "smf.crt")}}},
	})
	closeSolvers(e)
	if err != nil {
		t.Fatal(err)
	}
	same, err := b.renew(b.renewing())
	if err != nil || same.CSR.SHA256 != en.CSR.SHA256 || same.Certificate.Serial == en.Certificate.Serial {
		t.Fatalf("renewed with the same CSR: %v, CSR %s, serial %s; want the CSR %s and another certificate", err, same.CSR.SHA256, same.Certificate.Serial, en.CSR.SHA256)
	}
	o := b.renewing()
	o.Adopt = second
	other, err := b.renew(o)
	if err != nil || other.CSR.SHA256 == en.CSR.SHA256 {
		t.Fatalf("renewed with another CSR: %v, CSR %s, want another than %s", err, other.CSR.SHA256, en.CSR.SHA256)
	}
	e = b.engine()
	closeSolvers(e)
	if _, _, err := e.Revoke(t.Context(), "amf-01", enroll.RevokeOptions{}); err != nil {
		t.Fatal(err)
	}
	var reused *enroll.KeyReuseError
	if _, err := b.renew(b.renewing()); !errors.As(err, &reused) {
		t.Errorf("a revoked one with the same CSR: %v, want a KeyReuseError", err)
	}
	if _, err := b.renew(o); !errors.As(err, &reused) {
		t.Errorf("a revoked one with that CSR brought once more: %v, want a KeyReuseError", err)
	}
	o.Adopt = first
	if _, err := b.renew(o); err != nil {
		t.Errorf("with a CSR of another key: %v", err)
	}
}

// A CSR without its key would leave the old key beside the new certificate.
func TestRenewKeepsNoForeignKey(t *testing.T) {
	b, first := enrolled(t, lab.Options{})
	o := b.renewing()
	o.Adopt = vendorCSR(t, newKey(t), "amf1.amf.5gc.mnc001.mcc001.3gppnetwork.org")
	var keyless *enroll.KeylessError
	if _, err := b.renew(o); !errors.As(err, &keyless) {
		t.Fatalf("renew: %v, want a KeylessError", err)
	}
	if got := serial(b.pair()); got != first.Certificate.Serial {
		t.Errorf("installed is %s, want the first %s", got, first.Certificate.Serial)
	}
}

// A renewal that was begun before the certificate was revoked has its key no
// more: one that was kept would be compromised too.
func TestRevokedWhileRenewing(t *testing.T) {
	b, first := enrolled(t, lab.Options{})
	o := b.renewing()
	o.ReuseKey = true
	o.Finalize.Judge = func(enroll.Issued) []string { return []string{"it is not liked"} }
	if _, err := b.renew(o); err == nil {
		t.Fatal("a certificate that is not liked was installed")
	}
	e := b.engine()
	closeSolvers(e)
	en, unchanged, err := e.Revoke(t.Context(), "amf-01", enroll.RevokeOptions{Reason: enroll.Reasons()[1], ByKey: true})
	if err != nil || unchanged || en.Certificate.Revoked.Reason != "keyCompromise" {
		t.Fatalf("revoke: %v, unchanged %t, %+v", err, unchanged, en.Certificate.Revoked)
	}
	second, err := b.renew(b.renewing())
	if err != nil || second.CSR.SHA256 == first.CSR.SHA256 || second.Certificate.Revoked != nil {
		t.Fatalf("renew: %v, %+v, want another CSR and a good certificate", err, second.Certificate)
	}
	if csr := b.pair(); serial(csr) != second.Certificate.Serial {
		t.Errorf("installed is %s, want %s", serial(csr), second.Certificate.Serial)
	}
}

// A CA that had revoked it before says so, and no more.
func TestRevokedBefore(t *testing.T) {
	b, _ := enrolled(t, lab.Options{})
	e := b.engine()
	closeSolvers(e)
	chain, err := enroll.ParseCertificates([]byte(readIfThere(t, filepath.Join(filepath.Dir(b.state), "amf.crt"))))
	if err != nil {
		t.Fatal(err)
	}
	if unchanged, err := e.RevokeCertificate(t.Context(), enroll.DefaultAccount, chain[0], enroll.RevokeOptions{Reason: enroll.Reasons()[4]}); err != nil || unchanged {
		t.Fatalf("revoke: %v, unchanged %t", err, unchanged)
	}
	for range 2 {
		en, unchanged, err := e.Revoke(t.Context(), "amf-01", enroll.RevokeOptions{})
		if err != nil || !unchanged || en.Certificate.Revoked == nil || en.Certificate.Revoked.Reason != "" {
			t.Errorf("again: %v, unchanged %t, %+v, want it unchanged and noted without a reason", err, unchanged, en.Certificate.Revoked)
		}
	}
	var wrong *enroll.RevokeKeyError
	if _, err := e.RevokeCertificate(t.Context(), "", chain[0], enroll.RevokeOptions{ByKey: true, Key: newKey(t)}); !errors.As(err, &wrong) {
		t.Errorf("by another key: %v, want a RevokeKeyError", err)
	}
}

// Reasons are found by name in any case and by number.
func TestParseReason(t *testing.T) {
	for _, r := range enroll.Reasons() {
		for _, s := range []string{r.Name, strings.ToLower(r.Name), strconv.Itoa(r.Code)} {
			if got, err := enroll.ParseReason(s); err != nil || got != r {
				t.Errorf("%q: %+v, %v, want %+v", s, got, err, r)
			}
		}
	}
	for _, s := range []string{"", "7", "8", "removeFromCRL", "11", "-1", "01", "key compromise"} {
		if got, err := enroll.ParseReason(s); err == nil {
			t.Errorf("%q: %+v, want an error", s, got)
		}
	}
}

// A token's key stays: it signs the next CSR, and the file of no key appears.
func TestRenewTokenKey(t *testing.T) {
	b := newBench(t, lab.Options{})
	token := &fakeToken{key: struct{ crypto.Signer }{newKey(t)}} // it signs, and cannot be had
	wishes := sample()
	wishes.KeyURI = "pkcs11:token=t"
	e := b.engine()
	e.OpenKey = token.open
	first, _, err := e.Enroll(t.Context(), "amf-01", enroll.Options{Account: enroll.AccountOptions{TermsAgreed: true}, CSR: wishes})
	closeSolvers(e)
	if err != nil {
		t.Fatal(err)
	}
	e = b.engine()
	e.OpenKey = token.open
	second, err := e.Renew(t.Context(), "amf-01", b.renewing())
	closeSolvers(e)
	if err != nil || second.CSR.KeyURI != wishes.KeyURI || second.Certificate.Serial == first.Certificate.Serial {
		t.Fatalf("renew: %v, key %q, serial %s; want another certificate for the token's key", err, second.CSR.KeyURI, second.Certificate.Serial)
	}
	b.noKeyFile()
	if _, err := os.Stat(filepath.Join(b.state, "enrolments/amf-01/key-2.pem")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("key-2.pem: %v, want none", err)
	}
	e = b.engine()
	e.OpenKey = token.open
	if en, unchanged, err := e.Revoke(t.Context(), "amf-01", enroll.RevokeOptions{ByKey: true}); err != nil || unchanged || en.Certificate.Revoked == nil {
		t.Fatalf("revoked by the token's key: %v, unchanged %t", err, unchanged)
	}
	var reused *enroll.KeyReuseError
	if _, err := b.renew(b.renewing()); !errors.As(err, &reused) {
		t.Errorf("renewed after it was revoked: %v, want a KeyReuseError", err)
	}
}
