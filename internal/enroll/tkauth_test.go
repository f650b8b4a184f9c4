package enroll_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nfcert/nfcert/internal/challenge"
	"github.com/nfcert/nfcert/internal/csrgen"
	"github.com/nfcert/nfcert/internal/enroll"
	"github.com/nfcert/nfcert/internal/lab"
	"github.com/nfcert/nfcert/internal/token"
)

const (
	sampleInstance = "4ace9d34-2c69-4f99-92d5-a73a3fe8e23b"
	sampleFQDN     = "amf1.amf.5gc.mnc001.mcc001.3gppnetwork.org"
)

// tokens is what answers tkauth-01 with tokens of a lab's Token Authority.
func tokens(t testing.TB, l *lab.Lab) *challenge.TKAuth {
	t.Helper()
	certPEM, keyPEM, err := l.IssueClient("amf")
	if err != nil {
		t.Fatal(err)
	}
	return tokensOf(t, l.TokenAuthorityURL(), l.TokenAuthorityRoot(), certPEM, keyPEM)
}

func tokensOf(t testing.TB, url string, root, certPEM, keyPEM []byte) *challenge.TKAuth {
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
	return &challenge.TKAuth{
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

// Two NF instances are not the DNS name that both demands.
func TestInstancesWithoutName(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	var uris []*url.URL
	for _, id := range []string{sampleInstance, "5ace9d34-2c69-4f99-92d5-a73a3fe8e23b"} {
		uris = append(uris, &url.URL{Scheme: "urn", Opaque: "uuid:" + id})
	}
	der, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{URIs: uris}, key)
	if err != nil {
		t.Fatal(err)
	}
	b := newBench(t, lab.Options{})
	b.tokens = true
	e := b.engine()
	if _, _, err := e.Account(t.Context(), enroll.DefaultAccount, enroll.AccountOptions{}); err != nil {
		t.Fatal(err)
	}
	if _, _, err := e.CSR(t.Context(), "two", enroll.CSROptions{Adopt: der, Key: key}); err != nil {
		t.Fatal(err)
	}
	_, _, err = e.Order(t.Context(), "two", enroll.OrderOptions{Kinds: enroll.KindsBoth})
	var turn *enroll.OutOfTurnError
	if !errors.As(err, &turn) || !strings.Contains(err.Error(), "no DNS name") {
		t.Errorf("%v, want to be told that there is no DNS name", err)
	}
	en, _, err := e.Order(t.Context(), "two", enroll.OrderOptions{Kinds: enroll.KindsNF})
	if err != nil || len(en.Order.Identifiers) != 2 || b.lab.TokenRequests() != 2 {
		t.Errorf("%v, %d tokens; want both instances proven, each with a token of its own", err, b.lab.TokenRequests())
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
