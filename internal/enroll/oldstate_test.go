package enroll_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/nfcert/nfcert/internal/acmewire"
	"github.com/nfcert/nfcert/internal/csrgen"
	"github.com/nfcert/nfcert/internal/enroll"
	"github.com/nfcert/nfcert/internal/lab"
)

// oldState is a state directory that an older program wrote, with the account and
// the orders in it known to the CA of a bench.
type oldState struct {
	*bench
	out    string            // what was outside of the state
	orders map[string]string // URLs of the orders at the CA, by enrolment
}

func readOldState(t *testing.T) *txtar.Archive {
	t.Helper()
	archive, err := txtar.ParseFile("testdata/state-v1/state.txtar")
	if err != nil {
		t.Fatal(err)
	}
	return archive
}

// document reads an enrolment's document out of the archive.
func document(t *testing.T, archive *txtar.Archive, name string) *enroll.Enrolment {
	t.Helper()
	for _, f := range archive.Files {
		if f.Name == "enrolments/"+name+"/enrolment.json" {
			en := &enroll.Enrolment{}
			if err := json.Unmarshal(f.Data, en); err != nil {
				t.Fatal(err)
			}
			return en
		}
	}
	t.Fatalf("no enrolment %s in the archive", name)
	return nil
}

func newOldState(t *testing.T) *oldState {
	t.Helper()
	archive := readOldState(t)
	s := &oldState{bench: newBench(t, lab.Options{}), out: t.TempDir(), orders: map[string]string{}}
	s.tokens = true
	answers := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = w.Write([]byte(path.Base(r.URL.Path) + "." + s.thumbprint(t, archive)))
	}))
	defer answers.Close()
	s.http.Store(answers.Listener.Addr().String())

	client, account := s.register(t, archive)
	for _, f := range archive.Files { // the account of the archive is one that the CA has
		if path.Base(f.Name) == "account.json" {
			var old enroll.Account
			if err := json.Unmarshal(f.Data, &old); err != nil {
				t.Fatal(err)
			}
			replaceAll(archive, old.URL, account.URL)
		}
	}
	for _, name := range []string{"pending", "finalizing", "intent"} {
		s.place(t, archive, client, name)
	}
	replaceAll(archive, "https://ca.invalid", strings.TrimSuffix(s.lab.DirectoryURL(), "/directory"))
	replaceAll(archive, "/state/", s.state+"/")
	replaceAll(archive, "/out/", s.out+"/")
	replaceAll(archive, `"expires": "2026-12-02T01:13:02Z"`, `"expires": "`+time.Now().Add(time.Hour).UTC().Format(time.RFC3339)+`"`)
	for _, f := range archive.Files {
		file := filepath.Join(s.state, strings.ReplaceAll(f.Name, "accounts/@ACCOUNT/default", enroll.AccountDir(s.lab.DirectoryURL(), "default")))
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, f.Data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

func replaceAll(archive *txtar.Archive, from, to string) {
	for i := range archive.Files {
		archive.Files[i].Data = []byte(strings.ReplaceAll(string(archive.Files[i].Data), from, to))
	}
}

// register makes the account of the archive's key at the CA.
func (s *oldState) register(t *testing.T, archive *txtar.Archive) (*acmewire.Client, *acmewire.Account) {
	t.Helper()
	for _, f := range archive.Files {
		if f.Name != "accounts/@ACCOUNT/default/key.pem" {
			continue
		}
		key, err := csrgen.ParseKey(f.Name, f.Data)
		if err != nil {
			t.Fatal(err)
		}
		client := acmewire.New(acmewire.Config{DirectoryURL: s.lab.DirectoryURL(), Roots: s.pool()}).WithAccount(key, "")
		account, _, err := client.Register(t.Context(), acmewire.NewAccount{TermsAgreed: true})
		if err != nil {
			t.Fatal(err)
		}
		return client, account
	}
	t.Fatal("no account key in the archive")
	return nil, nil
}

// thumbprint is that of the archive's account key.
func (s *oldState) thumbprint(t *testing.T, archive *txtar.Archive) string {
	for _, f := range archive.Files {
		var a enroll.Account
		if path.Base(f.Name) == "account.json" && json.Unmarshal(f.Data, &a) == nil {
			return a.Thumbprint
		}
	}
	t.Error("no account in the archive")
	return ""
}

// place places an enrolment's order at the CA and puts its URLs into the
// archive. That of "finalizing" is ready, as the CSR may be lost.
func (s *oldState) place(t *testing.T, archive *txtar.Archive, client *acmewire.Client, name string) {
	t.Helper()
	en := document(t, archive, name)
	var ask acmewire.NewOrder
	var ids []enroll.Identifier
	if en.Order != nil {
		ids = en.Order.Identifiers
	} else {
		ids = en.Journal.Intent.Identifiers
	}
	for _, id := range ids {
		ask.Identifiers = append(ask.Identifiers, acmewire.Identifier(id))
	}
	order, err := client.NewOrder(t.Context(), ask)
	if err != nil {
		t.Fatal(err)
	}
	s.orders[name] = order.URL
	if en.Order == nil {
		return // its answer was lost
	}
	authorization, err := client.Authorization(t.Context(), order.Authorizations[0])
	if err != nil {
		t.Fatal(err)
	}
	challenge, old := authorization.Challenges[0], en.Order.Authorizations[0]
	for from, to := range map[string]string{
		en.Order.URL: order.URL, en.Order.Finalize: order.Finalize, old.URL: order.Authorizations[0],
		old.Challenges[0].URL: challenge.URL, old.Challenges[0].Token: challenge.Token,
	} {
		replaceAll(archive, from, to)
	}
	if name != "finalizing" {
		return
	}
	if _, err := client.Answer(t.Context(), challenge.URL, nil); err != nil {
		t.Fatal(err)
	}
	for order.Status == acmewire.Pending {
		if order, err = client.Order(t.Context(), order.URL); err != nil {
			t.Fatal(err)
		}
	}
	if order.Status != acmewire.Ready {
		t.Fatalf("the order of %s is %s, want ready", name, order.Status)
	}
}

// Each enrolment of an older program's state is read and continued.
func TestOldStateContinues(t *testing.T) {
	s := newOldState(t)
	before := s.count(lab.EndpointNewOrder, 201)
	finalize := enroll.FinalizeOptions{Roots: s.roots}
	done := func(t *testing.T, en *enroll.Enrolment, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		if en.Step != enroll.StepDone || en.Journal != nil {
			t.Errorf("step %s, journal %+v, want done and nothing in flight", en.Step, en.Journal)
		}
	}
	enrol := func(t *testing.T, name string) *enroll.Enrolment {
		t.Helper()
		en, _, err := s.engine().Enroll(t.Context(), name, enroll.Options{Finalize: finalize})
		done(t, en, err)
		return en
	}
	renew := func(t *testing.T, name string) *enroll.Enrolment {
		t.Helper()
		en, err := s.engine().Renew(t.Context(), name, enroll.RenewOptions{Finalize: finalize})
		done(t, en, err)
		return en
	}
	t.Run("csr", func(t *testing.T) {
		was := document(t, readOldState(t), "csr")
		en, unchanged, err := s.engine().CSR(t.Context(), "csr", enroll.CSROptions{})
		if err != nil || !unchanged {
			t.Fatalf("unchanged %t (%v), want the CSR that is there", unchanged, err)
		}
		if len(en.CSR.Omitted) != 2 || en.CSR.Extras == nil || en.CSR.SHA256 != was.CSR.SHA256 {
			t.Errorf("the CSR is %+v, want what was saved", en.CSR)
		}
		enrol(t, "csr")
	})
	t.Run("intent", func(t *testing.T) {
		if en := enrol(t, "intent"); en.Order.URL != s.orders["intent"] {
			t.Errorf("the order is %s, want the lost one: %s", en.Order.URL, s.orders["intent"])
		}
	})
	t.Run("pending", func(t *testing.T) {
		en, err := enroll.Load(s.engine().Store, "pending")
		if err != nil {
			t.Fatal(err)
		}
		placed := en.Journal.Placements[0]
		if err := os.MkdirAll(filepath.Dir(placed.Where), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(placed.Where, []byte(placed.Content), 0o644); err != nil {
			t.Fatal(err)
		}
		if en := enrol(t, "pending"); en.Order.URL != s.orders["pending"] {
			t.Errorf("the order is %s, want the one under way: %s", en.Order.URL, s.orders["pending"])
		}
		if _, err := os.Stat(placed.Where); !os.IsNotExist(err) {
			t.Errorf("%s: %v, want it cleaned up", placed.Where, err)
		}
	})
	t.Run("failed", func(t *testing.T) {
		en, err := enroll.Load(s.engine().Store, "failed")
		if err != nil {
			t.Fatal(err)
		}
		problem := en.Order.Authorizations[0].Challenges[0].Error
		if problem == nil || !problem.ACME().HasType("connection") || !strings.Contains(problem.String(), "connection refused") {
			t.Errorf("the challenge's problem is %v, want what the CA said", problem)
		}
		if en := enrol(t, "failed"); len(en.Earlier) != 1 || en.Earlier[0].Status != enroll.Invalid {
			t.Errorf("earlier orders %+v, want the failed one", en.Earlier)
		}
	})
	t.Run("finalizing", func(t *testing.T) {
		if en := enrol(t, "finalizing"); en.Order.URL != s.orders["finalizing"] {
			t.Errorf("the order is %s, want the one under way: %s", en.Order.URL, s.orders["finalizing"])
		}
	})
	t.Run("issued", func(t *testing.T) {
		was := document(t, readOldState(t), "issued")
		en := renew(t, "issued")
		if en.Previous.Certificate.SHA256 != was.Certificate.SHA256 || en.Generation != 2 {
			t.Errorf("generation %d replaces %s, want 2 and %s", en.Generation, en.Previous.Certificate.SHA256, was.Certificate.SHA256)
		}
		for _, f := range []string{"issued.cert.pem", "issued.key.pem"} {
			if readIfThere(t, filepath.Join(s.out, "issued", f)) == "" {
				t.Errorf("%s is not where the certificate before was put", f)
			}
		}
	})
	t.Run("renewed", func(t *testing.T) {
		if en := renew(t, "renewed"); en.Generation != 3 || en.Previous.Number != 2 {
			t.Errorf("generation %d after %d, want 3 after 2", en.Generation, en.Previous.Number)
		}
	})
	t.Run("revoked", func(t *testing.T) {
		en, unchanged, err := s.engine().Revoke(t.Context(), "revoked", enroll.RevokeOptions{})
		if err != nil || !unchanged || en.Certificate.Revoked.Reason != "superseded" {
			t.Fatalf("unchanged %t, revoked %+v (%v), want it revoked as it was", unchanged, en.Certificate.Revoked, err)
		}
		if en := renew(t, "revoked"); en.Certificate.Revoked != nil {
			t.Error("the new certificate is revoked, want it valid")
		}
	})
	// csr and failed, and one for each renewal.
	if got := s.count(lab.EndpointNewOrder, 201) - before; got != 5 {
		t.Errorf("%d orders were placed, want 5", got)
	}
}

// Nothing of an older program's documents is lost when they are saved again. The
// intent's keys are written as everywhere else, and without what is zero.
func TestOldStateUpgrades(t *testing.T) {
	archive := readOldState(t)
	for _, f := range archive.Files {
		if path.Base(f.Name) != "enrolment.json" {
			continue
		}
		en := &enroll.Enrolment{}
		if err := json.Unmarshal(f.Data, en); err != nil {
			t.Errorf("%s: %v", f.Name, err)
			continue
		}
		again, err := json.Marshal(en)
		if err != nil {
			t.Fatal(err)
		}
		var was, is map[string]any
		if err := json.Unmarshal(f.Data, &was); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(again, &is); err != nil {
			t.Fatal(err)
		}
		if journal, ok := was["journal"].(map[string]any); ok {
			if intent, ok := journal["intent"].(map[string]any); ok {
				intent["notAfter"] = intent["NotAfter"]
				for _, key := range []string{"NotBefore", "NotAfter", "Profile"} {
					delete(intent, key)
				}
			}
		}
		if !reflect.DeepEqual(was, is) {
			t.Errorf("%s is saved as\n%v\nwant\n%v", f.Name, is, was)
		}
	}
}
