package enroll_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/nfcert/nfcert/internal/acmewire"
	"github.com/nfcert/nfcert/internal/challenge"
	"github.com/nfcert/nfcert/internal/csrgen"
	"github.com/nfcert/nfcert/internal/enroll"
	"github.com/nfcert/nfcert/internal/lab"
	"github.com/nfcert/nfcert/internal/secret"
	"github.com/nfcert/nfcert/internal/token"
)

// A front is between an engine and its lab, and answers some requests itself.
type front struct {
	*bench
	server *httptest.Server
	answer atomic.Pointer[func(*http.Request) (status int, body, location string)] // status 0: the lab answers
}

func newFront(t *testing.T, o lab.Options, knobs ...string) *front {
	f := &front{bench: newBench(t, o, knobs...)}
	to, err := url.Parse(f.lab.DirectoryURL())
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: f.pool()}}
	t.Cleanup(transport.CloseIdleConnections)
	behind := &httputil.ReverseProxy{Transport: transport, Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(&url.URL{Scheme: "https", Host: to.Host})
		r.Out.Host = to.Host
	}}
	f.server = httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if answer := f.answer.Load(); answer != nil {
			if status, body, location := (*answer)(r); status != 0 {
				w.Header().Set("Content-Type", "application/json")
				if status >= 400 {
					w.Header().Set("Content-Type", "application/problem+json")
				}
				if location != "" {
					w.Header().Set("Location", location)
				}
				w.WriteHeader(status)
				_, _ = io.WriteString(w, body)
				return
			}
		}
		behind.ServeHTTP(w, r)
	}))
	t.Cleanup(f.server.Close)
	return f
}

// engine is a fresh engine that meets the front where it expects the lab.
func (f *front) engine() *enroll.Engine {
	e := f.bench.engine()
	lab, _ := url.Parse(f.lab.DirectoryURL())
	roots := f.pool()
	roots.AddCert(f.server.Certificate())
	e.CA = acmewire.New(acmewire.Config{
		DirectoryURL: f.lab.DirectoryURL(), Roots: roots, Resolve: map[string]string{lab.Host: f.server.Listener.Addr().String()},
	})
	return e
}

// says answers requests whose path has a part, from the n-th on.
func (f *front) says(part string, from, status int, body, location string) {
	var asked atomic.Int32
	answer := func(r *http.Request) (int, string, string) {
		if r.Method != http.MethodPost || !strings.Contains(r.URL.Path, part) || int(asked.Add(1)) < from {
			return 0, "", ""
		}
		return status, body, location
	}
	f.answer.Store(&answer)
}

// refuses answers them with a problem.
func (f *front) refuses(part string, from, status int, name string) {
	f.says(part, from, status, fmt.Sprintf(`{"type":"urn:ietf:params:acme:error:%s","detail":"because"}`, name), "")
}

// Each row that this package accepts is recorded when a CA does so.
func TestDeviations(t *testing.T) {
	account := func(f *front, e *enroll.Engine, o enroll.AccountOptions) error {
		_, _, err := e.Account(f.t.Context(), enroll.DefaultAccount, o)
		return err
	}
	// placed is an order whose challenges are not answered.
	placed := func(f *front, e *enroll.Engine) error {
		_, _, err := e.CSR(f.t.Context(), "amf-01", sample())
		if err := errors.Join(err, account(f, e, enroll.AccountOptions{})); err != nil {
			return err
		}
		_, _, err = e.Order(f.t.Context(), "amf-01", enroll.OrderOptions{NoSolve: true})
		return err
	}
	short := &acmewire.Binding{KeyID: "kid-1", Key: secret.New([]byte("short"))}
	eab := lab.Options{EAB: map[string][]byte{"kid-1": []byte("short")}, RequireEAB: true}

	tested := map[acmewire.DeviationID]bool{}
	for _, tt := range []struct {
		id      acmewire.DeviationID
		options lab.Options
		knobs   string
		run     func(f *front, e *enroll.Engine) error
		fails   bool
	}{
		{id: acmewire.DevAccountDeactivatedFound, knobs: "cut=account:once", run: func(f *front, e *enroll.Engine) error {
			f.registered(csrgen.P256, false)
			if _, err := f.bench.engine().DeactivateAccount(f.t.Context(), enroll.DefaultAccount); err == nil {
				return errors.New("the first run learned of it")
			}
			f.says("/new-account", 1, 200, `{"status":"deactivated"}`, "/account/x")
			_, err := e.DeactivateAccount(f.t.Context(), enroll.DefaultAccount)
			return err
		}},
		{id: acmewire.DevAccountLookupRefused, knobs: "refuse-algorithm=EdDSA", run: func(f *front, e *enroll.Engine) error {
			f.registered(csrgen.P256, false)
			dying := f.bench.engine()
			dying.Store = &mortal{Store: dying.Store, left: 1, after: true}
			if _, err := dying.Rollover(f.t.Context(), enroll.DefaultAccount, enroll.RolloverOptions{KeyType: csrgen.Ed25519}); !errors.Is(err, errDied) {
				return err
			}
			_, err := e.UseAccount(f.t.Context(), enroll.DefaultAccount)
			return err
		}},
		{id: acmewire.DevAuthorizationDeactivationRefused, run: func(f *front, e *enroll.Engine) error {
			if err := placed(f, e); err != nil {
				return err
			}
			f.refuses("/authz/", 1, 400, "malformed")
			_, err := e.Abandon(f.t.Context(), "amf-01")
			return err
		}},
		{id: acmewire.DevAuthorizationRefused, knobs: "challenge-refuse", fails: true, run: func(f *front, e *enroll.Engine) error {
			e.Solvers = []challenge.Solver{challenge.NewWebroot(f.t.TempDir())}
			f.refuses("/authz/", 2, 403, "unauthorized")
			_, err := f.all(f.t.Context(), e, "amf-01", enroll.FinalizeOptions{})
			if _, ok := errors.AsType[*enroll.AuthorizationError](err); !ok {
				f.t.Errorf("got %v, want an AuthorizationError", err)
			}
			return err
		}},
		{id: acmewire.DevChallengeRemoved, run: func(f *front, e *enroll.Engine) error {
			if err := placed(f, e); err != nil {
				return err
			}
			var pending *enroll.PendingError
			if _, _, err := e.Order(f.t.Context(), "amf-01", enroll.OrderOptions{NoWait: true}); !errors.As(err, &pending) {
				return fmt.Errorf("answering: %w", err)
			}
			f.says("/authz/", 1, 200, `{"status":"valid","identifier":{"type":"dns","value":"x"},"challenges":[]}`, "")
			_, err := e.Refresh(f.t.Context(), "amf-01")
			return err
		}},
		{id: acmewire.DevEABKeyShort, options: eab, run: func(f *front, e *enroll.Engine) error {
			return account(f, e, enroll.AccountOptions{Binding: short})
		}},
		{id: acmewire.DevEABRefusedAsFailure, options: eab, fails: true, run: func(f *front, e *enroll.Engine) error {
			f.refuses("/new-account", 1, 500, "serverInternal")
			return account(f, e, enroll.AccountOptions{Binding: short})
		}},
		{id: acmewire.DevKeyChangeNotImplemented, fails: true, run: func(f *front, e *enroll.Engine) error {
			f.registered(csrgen.P256, false)
			f.refuses("/key-change", 1, 501, "rejectedIdentifier")
			_, err := e.Rollover(f.t.Context(), enroll.DefaultAccount, enroll.RolloverOptions{})
			return err
		}},
		{id: acmewire.DevNewAccountStatus, knobs: "account-200", run: func(f *front, e *enroll.Engine) error {
			return account(f, e, enroll.AccountOptions{})
		}},
		{id: acmewire.DevOrderLeftPending, knobs: "challenge-refuse challenge-invalid-authz-pending", fails: true, run: func(f *front, e *enroll.Engine) error {
			e.Solvers = []challenge.Solver{challenge.NewWebroot(f.t.TempDir())}
			_, err := f.all(f.t.Context(), e, "amf-01", enroll.FinalizeOptions{})
			return err
		}},
		{id: acmewire.DevOrderListEntryRefused, knobs: "cut=new-order:once", run: func(f *front, e *enroll.Engine) error {
			if err := placed(f, e); err == nil {
				return errors.New("the first run learned of its order")
			}
			f.refuses("/order/", 1, 403, "unauthorized")
			return placed(f, e)
		}},
		{id: acmewire.DevOrderListRefused, knobs: "cut=new-order:once", run: func(f *front, e *enroll.Engine) error {
			if err := placed(f, e); err == nil {
				return errors.New("the first run learned of its order")
			}
			f.refuses("/orders", 1, 404, "malformed")
			return placed(f, e)
		}},
		{id: acmewire.DevRenewalInfoLate, knobs: "renewal-window=far", run: func(f *front, e *enroll.Engine) error {
			if _, err := f.whole(f.t.Context(), e, "amf-01", f.installed()); err != nil {
				return err
			}
			_, _, err := e.Due(f.t.Context(), "amf-01", enroll.DueOptions{})
			return err
		}},
		{id: acmewire.DevReplacesRefused, run: func(f *front, e *enroll.Engine) error {
			if _, err := f.whole(f.t.Context(), e, "amf-01", f.installed()); err != nil {
				return err
			}
			var refused atomic.Bool
			answer := func(r *http.Request) (int, string, string) {
				if strings.Contains(r.URL.Path, "/new-order") && !refused.Swap(true) {
					return 500, `{"type":"urn:ietf:params:acme:error:serverInternal","detail":"no such certificate"}`, ""
				}
				return 0, "", ""
			}
			f.answer.Store(&answer)
			_, err := e.Renew(f.t.Context(), "amf-01", f.renewing())
			return err
		}},
	} {
		tested[tt.id] = true
		t.Run(string(tt.id), func(t *testing.T) {
			t.Parallel()
			f := newFront(t, tt.options, strings.Fields(tt.knobs)...)
			e := f.engine()
			if err := tt.run(f, e); (err != nil) != tt.fails {
				t.Errorf("got %v, want an error: %t", err, tt.fails)
			}
			for _, m := range e.CA.Wire().Deviations() {
				if m.ID == tt.id && m.Found != "" {
					return
				}
			}
			t.Errorf("it is not recorded; recorded: %+v", e.CA.Wire().Deviations())
		})
	}
	for _, d := range acmewire.Deviations() {
		if d.Code == "enroll" && !tested[d.ID] {
			t.Errorf("no test records %q", d.ID)
		}
	}
}

// reporting is a source of tokens whose authority shows a deviation.
type reporting struct{ token.Source }

func (s reporting) Token(ctx context.Context, want token.ATC) (secret.Bytes, error) {
	token.Report(ctx, token.Deviation{ID: string(acmewire.DevTokenAuthorityWhitespace), Found: "a blank"})
	return s.Source.Token(ctx, want)
}

// What a Token Authority does otherwise is recorded with the CA that it serves,
// and what another client may fail on is warned of once.
func TestDeviationsReachTheUser(t *testing.T) {
	b := newBench(t, lab.Options{}, "order-200")
	e := b.engine()
	answers := tokens(t, b.lab)
	answers.Source = reporting{answers.Source}
	e.Solvers = append(e.Solvers, answers)
	var warned []string
	e.Progress = func(ev enroll.Event) {
		if ev.Warning {
			warned = append(warned, ev.Message)
		}
	}
	for _, name := range []string{"amf-01", "amf-02"} {
		if _, err := b.enrol(t.Context(), e, name, instanceAlone); err != nil {
			t.Fatal(err)
		}
	}
	var got []string
	for _, m := range e.CA.Wire().Deviations() {
		got = append(got, fmt.Sprintf("%s %d %s", m.ID, m.Count, m.Found))
	}
	if want := []string{"new-order-status 2 newOrder answered 200, want 201", "token-authority-whitespace 2 a blank"}; !slices.Equal(got, want) {
		t.Errorf("recorded %q, want %q", got, want)
	}
	if want := []string{"the CA differs from the standard: newOrder answered 200, want 201 (RFC 8555 7.4)"}; !slices.Equal(warned, want) {
		t.Errorf("warned %q, want %q", warned, want)
	}
}
