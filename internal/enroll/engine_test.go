package enroll_test

import (
	"context"
	"crypto/x509"
	"net"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nfcert/nfcert/internal/acmewire"
	"github.com/nfcert/nfcert/internal/challenge"
	"github.com/nfcert/nfcert/internal/csrgen"
	"github.com/nfcert/nfcert/internal/enroll"
	"github.com/nfcert/nfcert/internal/lab"
	"github.com/nfcert/nfcert/internal/nf"
	"github.com/nfcert/nfcert/internal/store"
)

// bench is a lab CA and what an engine needs to enrol at it. Engines made of
// one bench share state, as processes on one machine do.
type bench struct {
	t     *testing.T
	lab   *lab.Lab
	state string
	http  atomic.Value // string: where the latest engine answers http-01
	roots []*x509.Certificate

	tokens bool // engines answer tkauth-01 too
	hooks  int  // calls of the hook of hooked
	fixed  bool // http is not the latest engine's; see served
}

// newBench starts a lab that misbehaves as the knobs say.
func newBench(t *testing.T, o lab.Options, knobs ...string) *bench {
	t.Helper()
	for _, k := range knobs {
		knob, err := lab.ParseMisbehaviour(k)
		if err != nil {
			t.Fatal(err)
		}
		o.Misbehave = append(o.Misbehave, knob)
	}
	b := &bench{t: t, state: filepath.Join(t.TempDir(), "state")}
	b.http.Store("")
	if o.HTTP01Addr == nil {
		o.HTTP01Addr = func(string) string { return b.http.Load().(string) }
	}
	l, err := lab.Start(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	b.lab = l
	if b.roots, err = enroll.ParseCertificates(l.IssuerRootPEM()); err != nil {
		t.Fatal(err)
	}
	return b
}

// pool trusts the lab's server.
func (b *bench) pool() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(b.lab.TLSRootPEM())
	return pool
}

// engine makes a fresh engine, as a new process would.
func (b *bench) engine() *enroll.Engine {
	b.t.Helper()
	s, err := store.Open(b.state)
	if err != nil {
		b.t.Fatal(err)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.t.Fatal(err)
	}
	if !b.fixed {
		b.http.Store(ln.Addr().String())
	}
	listener := challenge.NewListenerOn(ln)
	b.t.Cleanup(func() { _ = listener.Close() })
	solvers := []challenge.Solver{listener}
	if b.tokens {
		solvers = append(solvers, tokens(b.t, b.lab))
	}
	return &enroll.Engine{
		Store:   s,
		CA:      acmewire.New(acmewire.Config{DirectoryURL: b.lab.DirectoryURL(), Roots: b.pool(), UserAgent: "nfcert-test"}),
		Solvers: solvers, SealIterations: 2000,
		Poll: enroll.Poll{Max: 200 * time.Millisecond, Cap: 200 * time.Millisecond},
	}
}

// signer is a client of the CA that signs as the saved default account.
func (b *bench) signer(e *enroll.Engine) *acmewire.Client {
	b.t.Helper()
	a, err := e.UseAccount(b.t.Context(), enroll.DefaultAccount)
	if err != nil {
		b.t.Fatal(err)
	}
	rel := enroll.AccountDir(a.Server, a.Name) + "/key.pem"
	data, err := e.Store.ReadFile(rel)
	if err != nil {
		b.t.Fatal(err)
	}
	key, err := csrgen.ParseKey(rel, data)
	if err != nil {
		b.t.Fatal(err)
	}
	return e.CA.WithAccount(key, a.URL)
}

func sample() enroll.CSROptions {
	f := nf.SampleAMF()
	f.InstanceID = "4ace9d34-2c69-4f99-92d5-a73a3fe8e23b"
	return enroll.CSROptions{Function: &f}
}

// all runs every step with one engine.
func (b *bench) all(ctx context.Context, e *enroll.Engine, name string, o enroll.FinalizeOptions) (*enroll.Enrolment, error) {
	if _, _, err := e.Account(ctx, enroll.DefaultAccount, enroll.AccountOptions{TermsAgreed: true}); err != nil {
		return nil, err
	}
	if _, _, err := e.CSR(ctx, name, sample()); err != nil {
		return nil, err
	}
	if en, _, err := e.Order(ctx, name, enroll.OrderOptions{}); err != nil {
		return en, err
	}
	en, _, err := e.Finalize(ctx, name, o)
	return en, err
}

// whole runs every step in one go.
func (b *bench) whole(ctx context.Context, e *enroll.Engine, name string, o enroll.FinalizeOptions) (*enroll.Enrolment, error) {
	en, _, err := e.Enroll(ctx, name, enroll.Options{Account: enroll.AccountOptions{TermsAgreed: true}, CSR: sample(), Finalize: o})
	return en, err
}

func TestEnrol(t *testing.T) {
	b := newBench(t, lab.Options{})
	out := filepath.Join(t.TempDir(), "tls", "amf.pem")
	o := enroll.FinalizeOptions{Roots: b.roots, Outputs: []enroll.Output{{Kind: enroll.KindFullchain, Path: out}}}
	en, err := b.all(t.Context(), b.engine(), "amf-01", o)
	if err != nil {
		t.Fatal(err)
	}
	if en.Step != enroll.StepDone || en.Certificate.Chain != enroll.ChainVerified {
		t.Errorf("step %q, chain %q, want done and verified", en.Step, en.Certificate.Chain)
	}
	if len(en.Certificate.Differences) != 0 {
		t.Errorf("differences %+v, want none from a CA that issues what is asked for", en.Certificate.Differences)
	}
	data, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	certs, err := enroll.ParseCertificates(data)
	if err != nil || len(certs) < 2 {
		t.Errorf("%d certificates (%v) in %s, want the leaf and its issuer", len(certs), err, out)
	}
	if en.Journal != nil {
		t.Errorf("journal %+v, want it empty at the end", en.Journal)
	}
}
