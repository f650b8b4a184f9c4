package acmewire_test

import (
	"crypto/hmac"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"math/big"
	"strings"
	"testing"

	"github.com/nfcert/nfcert/internal/acmewire"
	"github.com/nfcert/nfcert/internal/lab"
	"github.com/nfcert/nfcert/internal/secret"
)

// A binding is a MAC by HS256 over the account's key, for this CA's newAccount.
func TestBinding(t *testing.T) {
	f := newFake(t, routes{"new-account": says(201, `{"status":"valid"}`, "Location: /account/1")})
	mac := []byte("a key of which the CA knows")
	_, created, err := f.client(t).Register(t.Context(), acmewire.NewAccount{
		Contact: []string{"mailto:ops@amf.example"},
		Binding: &acmewire.Binding{KeyID: "kid-1", Key: secret.New(mac)},
	})
	if err != nil || !created {
		t.Fatalf("created %v, %v", created, err)
	}
	var sent struct {
		Contact []string
		Terms   *bool                                          `json:"termsOfServiceAgreed"`
		EAB     struct{ Protected, Payload, Signature string } `json:"externalAccountBinding"`
	}
	if err := json.Unmarshal([]byte(f.requests("new-account")[0].payload), &sent); err != nil {
		t.Fatal(err)
	}
	if got, want := fromB64(sent.EAB.Protected), `{"alg":"HS256","kid":"kid-1","url":"`+f.URL+`/new-account"}`; got != want {
		t.Errorf("protected %s, want %s", got, want)
	}
	h := hmac.New(sha256.New, mac)
	io.WriteString(h, sent.EAB.Protected+"."+sent.EAB.Payload)
	if got, want := sent.EAB.Signature, base64.RawURLEncoding.EncodeToString(h.Sum(nil)); got != want {
		t.Errorf("MAC %s, want %s", got, want)
	}
	if len(sent.Contact) != 1 || sent.Terms != nil {
		t.Errorf("sent %+v, want one contact, and no terms where the directory has none", sent)
	}
}

// The lab judges the binding on its own.
func TestBindingAtLab(t *testing.T) {
	o := lab.Options{Dir: t.TempDir(), EAB: map[string][]byte{"kid-1": []byte("right")}, RequireEAB: true, TermsOfService: "https://ca.example/terms"}
	u := newLabUser(t, o, lab.EndpointNewAccount)
	bind := func(kid, key string) *acmewire.Binding {
		return &acmewire.Binding{KeyID: kid, Key: secret.New([]byte(key))}
	}
	for _, tt := range []struct {
		name string
		ask  acmewire.NewAccount
		want string
	}{
		{"no binding", acmewire.NewAccount{TermsAgreed: true}, "externalAccountRequired"},
		{"wrong key", acmewire.NewAccount{TermsAgreed: true, Binding: bind("kid-1", "wrong")}, "unauthorized"},
		{"unknown kid", acmewire.NewAccount{TermsAgreed: true, Binding: bind("kid-2", "right")}, "unauthorized"},
		{"terms not agreed", acmewire.NewAccount{Binding: bind("kid-1", "right")}, "userActionRequired"},
		{"right", acmewire.NewAccount{TermsAgreed: true, Binding: bind("kid-1", "right")}, ""},
	} {
		_, _, err := u.Register(t.Context(), tt.ask)
		if tt.want != "" {
			if p := wantProblem(t, err, tt.want); p.Detail == "" {
				t.Errorf("%s: no detail", tt.name)
			}
		} else if err != nil {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
	_, _, err := u.Register(t.Context(), acmewire.NewAccount{Binding: bind("kid-1", "")})
	if err == nil || !strings.Contains(err.Error(), "empty MAC key") {
		t.Errorf("an empty key: got %v, want it refused", err)
	}
}

// Registering twice finds the account; looking for one makes none.
func TestFindAccount(t *testing.T) {
	u := newLabUser(t, lab.Options{}, lab.EndpointNewAccount)
	_, err := u.FindAccount(t.Context())
	wantProblem(t, err, "accountDoesNotExist")
	first, created, err := u.Register(t.Context(), acmewire.NewAccount{Contact: []string{"mailto:a@amf.example"}})
	if err != nil || !created {
		t.Fatalf("%+v, created %v, %v", first, created, err)
	}
	again, created, err := u.Register(t.Context(), acmewire.NewAccount{})
	if err != nil || created || again.URL != first.URL {
		t.Errorf("again: %+v, created %v, %v; want the same account", again, created, err)
	}
	found, err := u.FindAccount(t.Context())
	if err != nil || found.URL != first.URL || found.Status != "valid" {
		t.Errorf("found %+v, %v, want %s", found, err, first.URL)
	}
}

// The account's life: contacts are replaced and cleared, and the end is final.
func TestAccountChanges(t *testing.T) {
	u := newLabUser(t, lab.Options{}, lab.EndpointNewOrder)
	for _, contact := range [][]string{{"mailto:a@amf.example", "mailto:b@amf.example"}, {"mailto:c@amf.example"}, {}, nil} {
		if _, err := u.UpdateAccount(t.Context(), contact, false); err != nil {
			t.Fatal(err)
		}
		a, err := u.Account(t.Context())
		if err != nil || strings.Join(a.Contact, " ") != strings.Join(contact, " ") || a.URL != u.account.URL {
			t.Errorf("got %+v, %v, want contacts %q", a, err, contact)
		}
	}
	if a, err := u.DeactivateAccount(t.Context()); err != nil || a.Status != acmewire.StatusDeactivated {
		t.Errorf("got %+v, %v, want it deactivated", a, err)
	}
	_, err := u.NewOrder(t.Context(), u.wish())
	wantProblem(t, err, "unauthorized")
}

// An absent member changes nothing at the CA, so that clearing sends an empty
// list; terms are only ever agreed to.
func TestUpdatePayload(t *testing.T) {
	f := newFake(t, routes{"account/1": says(200, `{"status":"valid"}`)})
	c := f.client(t)
	for want, ask := range map[string]func() error{
		`{"contact":[]}`: func() error { _, err := c.UpdateAccount(t.Context(), nil, false); return err },
		`{"contact":["mailto:a@b"],"termsOfServiceAgreed":true}`: func() error { _, err := c.UpdateAccount(t.Context(), []string{"mailto:a@b"}, true); return err },
	} {
		if err := ask(); err != nil {
			t.Fatal(err)
		}
		all := f.requests("account/1")
		if got := all[len(all)-1].payload; got != want {
			t.Errorf("sent %s, want %s", got, want)
		}
	}
}

// After a rollover the new key signs; one that another account has is refused,
// with where that account is, and the old key goes on.
func TestRollover(t *testing.T) {
	u := newLabUser(t, lab.Options{}, lab.EndpointNewAccount)
	taken := newKey(t)
	u.Client = u.WithAccount(taken, "")
	other, _, err := u.Register(t.Context(), acmewire.NewAccount{})
	if err != nil {
		t.Fatal(err)
	}
	old, next := newKey(t), newKey(t)
	u.Client = u.WithAccount(old, "")
	mine, _, err := u.Register(t.Context(), acmewire.NewAccount{})
	if err != nil {
		t.Fatal(err)
	}
	p, ok := errors.AsType[*acmewire.Problem](u.Rollover(t.Context(), taken))
	if !ok || p.Status != 409 || p.Location != other.URL {
		t.Errorf("got %+v, want 409 with the account %s", p, other.URL)
	}
	if _, err := u.Account(t.Context()); err != nil {
		t.Errorf("the old key after the refusal: %v", err)
	}
	if err := u.Rollover(t.Context(), next); err != nil {
		t.Fatal(err)
	}
	if _, err := u.Account(t.Context()); err != nil {
		t.Errorf("the new key: %v", err)
	}
	u.Client = u.WithAccount(old, mine.URL)
	if _, err := u.Account(t.Context()); err == nil {
		t.Error("the old key still signs")
	}
	u.Client = u.WithAccount(next, "")
	if found, err := u.FindAccount(t.Context()); err != nil || found.URL != mine.URL {
		t.Errorf("found %+v, %v, want %s", found, err, mine.URL)
	}
}

// Answers about an account that cannot be used.
func TestAccountAnswers(t *testing.T) {
	at := "Location: /account/9"
	for _, tt := range []struct {
		name, body, location string
		want                 string
	}{
		{"empty", "", at, "the answer is empty, want JSON"},
		{"HTML", "<html>", at, "the answer is HTML, want JSON"},
		{"array", "[]", at, "the answer is a JSON array, want an object"},
		{"wrong type", `{"status":"valid","contact":"mailto:a@b"}`, at, `member "contact" is a JSON string`},
		{"no Location", `{"status":"valid"}`, "X: y", "no usable Location header"},
		{"nulls", `{"status":"valid","contact":null,"orders":null,"x":1}`, at, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f := newFake(t, routes{"new-account": says(201, tt.body, tt.location)})
			c := f.client(t)
			for name, call := range map[string]func() (*acmewire.Account, error){
				"Register": func() (*acmewire.Account, error) {
					a, _, err := c.Register(t.Context(), acmewire.NewAccount{})
					return a, err
				},
				"FindAccount": func() (*acmewire.Account, error) { return c.FindAccount(t.Context()) },
			} {
				a, err := call()
				if tt.want != "" {
					wantProtocol(t, err, tt.want)
				} else if err != nil || a.URL != f.URL+"/account/9" {
					t.Errorf("%s: got %+v, %v", name, a, err)
				}
			}
			wantCount(t, f, "new-account", 2)
		})
	}
}

func TestNoKeyChange(t *testing.T) {
	f := newFake(t, nil)
	f2 := newFake(t, routes{"directory": says(200, strings.Replace(f.directory(), "keyChange", "x", 1))})
	wantProtocol(t, f2.client(t).Rollover(t.Context(), newKey(t)), "the directory has no keyChange")
}

// Without an account nothing is sent, rather than a request that the CA would
// refuse in puzzling words.
func TestNoAccount(t *testing.T) {
	f := newFake(t, nil)
	c := f.client(t)
	c = c.WithAccount(newKey(t), "")
	_, newOrder := c.NewOrder(t.Context(), acmewire.NewOrder{})
	_, account := c.Account(t.Context())
	for name, err := range map[string]error{"NewOrder": newOrder, "Account": account, "Rollover": c.Rollover(t.Context(), newKey(t))} {
		if err == nil || !strings.Contains(err.Error(), "no account is set") {
			t.Errorf("%s: got %v, want that there is no account", name, err)
		}
	}
	wantCount(t, f, "", 1) // the directory
}

// RFC 7638 section 3.1 has the key and its thumbprint.
func TestThumbprint(t *testing.T) {
	n, err := base64.RawURLEncoding.DecodeString("0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw")
	if err != nil {
		t.Fatal(err)
	}
	key := &rsa.PublicKey{N: new(big.Int).SetBytes(n), E: 65537}
	got, err := acmewire.Thumbprint(key)
	if want := "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"; got != want || err != nil {
		t.Errorf("got %q, %v, want %q", got, err, want)
	}
	if _, err := acmewire.Thumbprint("no key"); err == nil {
		t.Error("a string has a thumbprint")
	}
}
