package enroll_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nfcert/nfcert/internal/acmewire"
	"github.com/nfcert/nfcert/internal/csrgen"
	"github.com/nfcert/nfcert/internal/enroll"
	"github.com/nfcert/nfcert/internal/lab"
	"github.com/nfcert/nfcert/internal/solve"
	"github.com/nfcert/nfcert/internal/token"
)

const (
	sampleInstance = "4ace9d34-2c69-4f99-92d5-a73a3fe8e23b"
	sampleFQDN     = "amf1.amf.5gc.mnc001.mcc001.3gppnetwork.org"
)

// tokens is what answers tkauth-01 with tokens of a lab's Token Authority.
func tokens(t testing.TB, l *lab.Lab) *solve.TKAuth {
	t.Helper()
	certPEM, keyPEM, err := l.IssueClient("amf")
	if err != nil {
		t.Fatal(err)
	}
	return tokensOf(t, l.TokenAuthorityURL(), l.TokenAuthorityRoot(), certPEM, keyPEM)
}

func tokensOf(t testing.TB, url string, root, certPEM, keyPEM []byte) *solve.TKAuth {
	t.Helper()
	pair, err := tls.X509KeyPair(certPEM, keyPEM)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(root)
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, Certificates: []tls.Certificate{pair}}}
	t.Cleanup(transport.CloseIdleConnections)
	authority := func(url string) *token.Authority { return &token.Authority{URL: url, HTTP: transport} }
	return &solve.TKAuth{
		Source: authority(url),
		Hint: func(hint string) (token.Source, error) {
			if err := token.CheckHint(hint, []string{"127.0.0.1"}); err != nil {
				return nil, err
			}
			return authority(hint), nil
		},
		Check: token.CheckOptions{Roots: roots, Skew: time.Minute, Life: 10 * time.Second},
	}
}

// ordered is which of the sample's names its CSR has, and which are ordered.
type ordered struct {
	omit  []csrgen.Part
	ips   []string
	kinds enroll.Kinds
}

var instanceAlone = ordered{omit: []csrgen.Part{csrgen.PartDNS}, kinds: enroll.KindsNF}

// enrol runs all steps for an NF instance.
func (b *bench) enrol(ctx context.Context, e *enroll.Engine, name string, n ordered) (*enroll.Enrolment, error) {
	if _, _, err := e.Account(ctx, enroll.DefaultAccount, enroll.AccountOptions{TermsAgreed: true}); err != nil {
		return nil, err
	}
	csr := sample()
	csr.Omit = n.omit
	if n.ips != nil {
		csr.Extras = &csrgen.Extras{IPs: n.ips}
	}
	if _, _, err := e.CSR(ctx, name, csr); err != nil {
		return nil, err
	}
	if en, _, err := e.Order(ctx, name, enroll.OrderOptions{Kinds: n.kinds}); err != nil {
		return en, err
	}
	en, _, err := e.Finalize(ctx, name, enroll.FinalizeOptions{Roots: b.roots})
	return en, err
}

// Orders hold what is wanted of the CSR's names, each proven in its own way.
func TestInstanceOrders(t *testing.T) {
	nf, dns, ip := "NfInstanceId:"+sampleInstance, "dns:"+sampleFQDN, "ip:192.0.2.7"
	address := []string{"192.0.2.7"}
	for _, tc := range []struct {
		name    string
		n       ordered
		without bool // a source of tokens
		want    string
		tokens  int
	}{
		{"NF instance alone", instanceAlone, false, nf, 1},
		{"dns alone", ordered{kinds: enroll.KindsDNS}, false, dns, 0},
		{"both", ordered{kinds: enroll.KindsBoth}, false, dns + " " + nf, 1},
		{"auto", ordered{}, false, dns + " " + nf, 1},
		{"auto without tokens", ordered{}, true, dns, 0},
		{"auto of a CSR without URI", ordered{omit: []csrgen.Part{csrgen.PartURI}}, false, dns, 0},
		{"dns and ip", ordered{ips: address, kinds: enroll.KindsDNS}, false, dns + " " + ip, 0},
		{"ip and NF instance", ordered{omit: []csrgen.Part{csrgen.PartDNS}, ips: address, kinds: enroll.KindsBoth}, false, ip + " " + nf, 1},
		{"all", ordered{ips: address, kinds: enroll.KindsBoth}, false, dns + " " + ip + " " + nf, 1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, lab.Options{Roster: []string{sampleInstance}})
			e := b.engine()
			if !tc.without {
				e.Solvers = append(e.Solvers, tokens(t, b.lab))
			}
			en, err := b.enrol(t.Context(), e, "amf-01", tc.n)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, id := range en.Order.Identifiers {
				got = append(got, id.String())
			}
			if strings.Join(got, " ") != tc.want || b.lab.TokenRequests() != tc.tokens {
				t.Errorf("ordered %q with %d tokens, want %q with %d", got, b.lab.TokenRequests(), tc.want, tc.tokens)
			}
			if en.Step != enroll.StepDone || en.Journal != nil || len(en.Certificate.Differences) != 0 {
				t.Errorf("step %s, journal %+v, differences %+v", en.Step, en.Journal, en.Certificate.Differences)
			}
			if saved := readIfThere(t, b.state+"/enrolments/amf-01/enrolment.json"); strings.Contains(saved, "eyJ") {
				t.Errorf("a token is saved: %s", saved)
			}
		})
	}
}

// What cannot be ordered of a CSR's names is said before the CA hears of it.
func TestInstanceOrdersRefused(t *testing.T) {
	for _, tc := range []struct {
		name string
		n    ordered
		want string
	}{
		{"nf without URI", ordered{omit: []csrgen.Part{csrgen.PartURI}, kinds: enroll.KindsNF}, "no URI name of an NF instance"},
		{"both without URI", ordered{omit: []csrgen.Part{csrgen.PartURI}, kinds: enroll.KindsBoth}, "no URI name of an NF instance"},
		{"both without dns", ordered{omit: []csrgen.Part{csrgen.PartDNS}, kinds: enroll.KindsBoth}, "no DNS name"},
		{"dns without dns", ordered{omit: []csrgen.Part{csrgen.PartDNS}, kinds: enroll.KindsDNS}, "its NF instance id could be, with a token"},
	} {
		b := newBench(t, lab.Options{})
		e := b.engine()
		e.Solvers = append(e.Solvers, tokens(t, b.lab))
		_, err := b.enrol(t.Context(), e, "amf-01", tc.n)
		var turn *enroll.OutOfTurnError
		if !errors.As(err, &turn) || turn.Needs != enroll.StepCSR || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %v, want an OutOfTurnError with %q", tc.name, err, tc.want)
		}
		if n := b.count(lab.EndpointNewOrder, 0); n != 0 {
			t.Errorf("%s: %d orders were asked for", tc.name, n)
		}
	}
}

// A certificate that lacks the order's NF instance is not installed.
func TestInstanceDropped(t *testing.T) {
	b := newBench(t, lab.Options{}, "drop-san-uri")
	e := b.engine()
	e.Solvers = append(e.Solvers, tokens(t, b.lab))
	_, err := b.enrol(t.Context(), e, "amf-01", ordered{kinds: enroll.KindsBoth})
	var refused *enroll.CertificateError
	if !errors.As(err, &refused) || !strings.Contains(err.Error(), "lacks NfInstanceId:"+sampleInstance) {
		t.Errorf("%v, want a CertificateError that names it", err)
	}
}

// kind tells one kind of error from others.
type kind = func(error) bool

func failed(c token.Check) kind {
	return func(err error) bool {
		var fault *token.CheckError
		return errors.As(err, &fault) && fault.Check == c
	}
}

func refusedWith(status int, words string) kind {
	return func(err error) bool {
		var refused *token.RefusedError
		return errors.As(err, &refused) && refused.Status == status && strings.Contains(err.Error(), words)
	}
}

func notReached(err error) bool {
	var refused *token.RefusedError
	var proof *solve.ProofError
	return errors.As(err, &proof) && proof.Where != "" && !errors.As(err, &refused)
}

// A token that is not had, or not good, does not cost the order: the challenge
// is not answered, nothing says that it was, and the next run goes on with the
// same order once a good token is to be had.
func TestTokenFaults(t *testing.T) {
	for _, tc := range []struct {
		knob string
		want kind
	}{
		{"ta-answer=refuse", refusedWith(403, "refused on purpose")},
		{"ta-answer=status", refusedWith(200, "refused on purpose, with status 200")},
		{"ta-answer=html", refusedWith(200, "text/html")},
		{"ta-answer=redirect", refusedWith(307, "not followed")},
		{"ta-answer=huge", refusedWith(200, "longer than")},
		{"ta-answer=down", notReached},
		{"ta-expired", failed(token.CheckExpiry)},
		{"ta-short", failed(token.CheckExpiry)},
		{"ta-foreign", failed(token.CheckValue)},
		{"ta-fingerprint", failed(token.CheckFingerprint)},
		{"ta-ca", failed(token.CheckCA)},
		{"ta-no-jti", failed(token.CheckID)},
		{"ta-alg-none", failed(token.CheckAlgorithm)},
	} {
		for _, n := range []ordered{instanceAlone, {kinds: enroll.KindsBoth}} {
			t.Run(tc.knob+" "+string(n.kinds), func(t *testing.T) {
				t.Parallel()
				dir := t.TempDir() // two labs of one root: the CA trusts the tokens of both
				b := newBench(t, lab.Options{Dir: dir}, tc.knob)
				good := newBench(t, lab.Options{Dir: dir})
				e := b.engine()
				e.Solvers = append(e.Solvers, tokens(t, b.lab))
				_, err := b.enrol(t.Context(), e, "amf-01", n)
				var place *enroll.PlaceError
				if !errors.As(err, &place) || place.Identifier.Type != "NfInstanceId" || !tc.want(err) {
					t.Fatalf("the first run: %v", err)
				}
				if strings.Contains(err.Error(), "eyJ") {
					t.Errorf("the error repeats a token: %v", err)
				}
				first := b.stillPending(e)
				closeSolvers(e)

				e = b.engine()
				e.Solvers = append(e.Solvers, tokens(t, good.lab))
				en, err := b.enrol(t.Context(), e, "amf-01", n)
				if err != nil {
					t.Fatalf("the second run: %v", err)
				}
				if en.Order.URL != first || b.count(lab.EndpointNewOrder, 201) != 1 || en.Step != enroll.StepDone {
					t.Errorf("order %s after %s, %d orders, step %s; want the same order done", en.Order.URL, first, b.count(lab.EndpointNewOrder, 201), en.Step)
				}
			})
		}
	}
}

// stillPending demands that the order waits and that no challenge was answered,
// and returns its URL.
func (b *bench) stillPending(e *enroll.Engine) string {
	b.t.Helper()
	en, err := enroll.Load(e.Store, "amf-01")
	if err != nil {
		b.t.Fatal(err)
	}
	if en.Order == nil || en.Order.Status != acmewire.Pending || en.Journal != nil {
		b.t.Fatalf("order %+v, journal %+v; want it pending and nothing in flight", en.Order, en.Journal)
	}
	for _, a := range en.Order.Authorizations {
		for _, c := range a.Challenges {
			if !c.Answering.IsZero() {
				b.t.Errorf("%s of %s is said to be answered", c.Type, a.Identifier)
			}
		}
	}
	if n := b.count(lab.EndpointChallenge, 0); n != 0 {
		b.t.Errorf("%d challenges were answered, want none", n)
	}
	return en.Order.URL
}

// An authority that does not answer in time is waited for no longer than the
// command may take, and the next run goes on.
func TestTokenSlow(t *testing.T) {
	b := newBench(t, lab.Options{}, "ta-slow=1h")
	e := b.engine()
	e.Solvers = append(e.Solvers, tokens(t, b.lab))
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	e.Progress = func(ev enroll.Event) {
		if strings.HasPrefix(ev.Message, "order placed") {
			time.AfterFunc(50*time.Millisecond, cancel)
		}
	}
	if _, err := b.enrol(ctx, e, "amf-01", instanceAlone); !errors.Is(err, context.Canceled) {
		t.Errorf("%v, want the interruption", err)
	}
	b.stillPending(e)
}

// Challenges of tkauth-01 as CAs get them wrong.
func TestTKAuthChallenges(t *testing.T) {
	authority := func(err error) bool {
		var url *token.AuthorityURLError
		return errors.As(err, &url)
	}
	noSource := func(err error) bool { var none *solve.NoSourceError; return errors.As(err, &none) }
	other := func(err error) bool { var kind *solve.KindError; return errors.As(err, &kind) }
	for _, tc := range []struct {
		knob string
		hint bool // the challenge's token-authority is all there is
		want kind // nil: it goes well
	}{
		{"tkauth-no-token", false, nil},
		{"tkauth-no-token", true, nil},
		{"tkauth-authority=-", false, nil},
		{"tkauth-authority=-", true, noSource},
		{"tkauth-authority=http://127.0.0.1/token", false, nil},
		{"tkauth-authority=http://127.0.0.1/token", true, authority},
		{"tkauth-authority=https://169.254.169.254/token", true, authority},
		{"tkauth-authority=https://[::ffff:169.254.169.254]/token", true, authority},
		{"tkauth-authority=https://oam.example/token", true, authority},
		{"tkauth-authority=https://amf@127.0.0.1/token", true, authority},
		{"tkauth-type=other", false, other},
	} {
		t.Run(tc.knob, func(t *testing.T) {
			t.Parallel()
			b := newBench(t, lab.Options{}, tc.knob)
			e := b.engine()
			s := tokens(t, b.lab)
			if tc.hint {
				s.Source = nil
			}
			e.Solvers = append(e.Solvers, s)
			_, err := b.enrol(t.Context(), e, "amf-01", instanceAlone)
			switch {
			case tc.want == nil && err != nil:
				t.Fatal(err)
			case tc.want == nil:
				return
			case err == nil || !tc.want(err):
				t.Fatalf("%v (%T)", err, err)
			}
			b.stillPending(e)
			if n := b.lab.TokenRequests(); n != 0 {
				t.Errorf("%d tokens were asked for, want none", n)
			}
		})
	}
}

// A CA that wants the token under another name fails the order; the next one,
// answered in both ways, succeeds.
func TestTokenFieldRefused(t *testing.T) {
	b := newBench(t, lab.Options{}, "tkauth-field=atc")
	e := b.engine()
	s := tokens(t, b.lab)
	e.Solvers = append(e.Solvers, s)
	_, err := b.enrol(t.Context(), e, "amf-01", instanceAlone)
	var failed *enroll.AuthorizationError
	if !errors.As(err, &failed) || len(failed.Refused) != 1 || failed.Refused[0].Challenge != solve.TKAuth01 ||
		failed.Refused[0].Problem == nil || !strings.Contains(failed.Refused[0].Problem.Detail, `"atc"`) {
		t.Fatalf("%v, want an AuthorizationError with the CA's reason", err)
	}
	s.Field = solve.FieldBoth
	en, err := b.enrol(t.Context(), e, "amf-01", instanceAlone)
	if err != nil || len(en.Earlier) != 1 || b.lab.TokenRequests() != 2 {
		t.Errorf("%v, %d tokens; want the second order done, with a token of its own", err, b.lab.TokenRequests())
	}
}

// A CA of today does not know the identifier type, and says so.
func TestInstanceUnsupported(t *testing.T) {
	b := newBench(t, lab.Options{}, "no-nf-instance")
	e := b.engine()
	e.Solvers = append(e.Solvers, tokens(t, b.lab))
	_, err := b.enrol(t.Context(), e, "amf-01", ordered{kinds: enroll.KindsBoth})
	var p *acmewire.Problem
	if !errors.As(err, &p) || !p.HasType("unsupportedIdentifier") {
		t.Fatalf("%v, want unsupportedIdentifier", err)
	}
	en, err := b.enrol(t.Context(), e, "amf-01", ordered{kinds: enroll.KindsDNS})
	if err != nil || en.Step != enroll.StepDone {
		t.Errorf("with dns alone: %v, want a certificate", err)
	}
}

// One who is not on the authority's roster gets no token, and is told so.
func TestNotOnRoster(t *testing.T) {
	b := newBench(t, lab.Options{Roster: []string{"00000000-0000-4000-8000-000000000000"}})
	e := b.engine()
	e.Solvers = append(e.Solvers, tokens(t, b.lab))
	_, err := b.enrol(t.Context(), e, "amf-01", instanceAlone)
	if !refusedWith(403, "not on the roster")(err) {
		t.Errorf("%v, want to be told of the roster", err)
	}
	b.stillPending(e)
}

// A token that is used again is refused by a CA that counts them, which costs
// the order: it must be asked for.
func TestTokenReused(t *testing.T) {
	b := newBench(t, lab.Options{})
	e := b.engine()
	s := tokens(t, b.lab)
	s.Reuse = true
	e.Solvers = append(e.Solvers, s)
	if _, err := b.enrol(t.Context(), e, "amf-01", instanceAlone); err != nil {
		t.Fatal(err)
	}
	_, err := b.enrol(t.Context(), e, "amf-02", instanceAlone)
	var failed *enroll.AuthorizationError
	if !errors.As(err, &failed) || !strings.Contains(err.Error(), "was used before") || b.lab.TokenRequests() != 1 {
		t.Errorf("%v, %d tokens; want the lab to refuse the one token", err, b.lab.TokenRequests())
	}
}

// A tkauth-01 enrolment costs exactly one request more than an http-01 one: the
// token's.
func TestRequestsOfToken(t *testing.T) {
	b := newBench(t, lab.Options{})
	cost := func(name string, n ordered) (acme, given []string) {
		e := b.engine()
		e.Solvers = append(e.Solvers, tokens(t, b.lab))
		before, asked := len(b.lab.Requests()), b.lab.TokenRequests()
		if _, err := b.enrol(t.Context(), e, name, n); err != nil {
			t.Fatal(err)
		}
		closeSolvers(e)
		for _, r := range b.lab.Requests()[before:] {
			// An order that is polled again because the lab was slow counts once.
			if at := string(r.Endpoint); r.Endpoint != lab.EndpointOrder || acme[len(acme)-1] != at {
				acme = append(acme, at)
			}
		}
		return acme, slices.Repeat([]string{"token"}, b.lab.TokenRequests()-asked)
	}
	cost("first", ordered{kinds: enroll.KindsDNS}) // makes the account
	http01, none := cost("http-01", ordered{kinds: enroll.KindsDNS})
	tkauth, one := cost("tkauth-01", instanceAlone)
	if !slices.Equal(http01, tkauth) || len(none) != 0 || len(one) != 1 {
		t.Errorf("http-01: %q and %d tokens; tkauth-01: %q and %d tokens; want the same and one token more", http01, len(none), tkauth, len(one))
	}
}
