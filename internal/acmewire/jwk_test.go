package acmewire_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"hash"
	"io"
	"strings"
	"testing"

	"github.com/nfcert/nfcert/internal/acmewire"
	"github.com/nfcert/nfcert/internal/lab"
	"github.com/nfcert/nfcert/internal/secret"
)

// accountKeys are a key of each kind, by its algorithm.
func accountKeys(t *testing.T) map[string]crypto.Signer {
	t.Helper()
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	_, edKey, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	keys := map[string]crypto.Signer{"RS256": rsaKey, "EdDSA": edKey}
	for alg, curve := range map[string]elliptic.Curve{"ES256": elliptic.P256(), "ES384": elliptic.P384(), "ES512": elliptic.P521()} {
		if keys[alg], err = ecdsa.GenerateKey(curve, rand.Reader); err != nil {
			t.Fatal(err)
		}
	}
	return keys
}

// Every kind of account key makes an account, is found again, signs, and gives
// way to every other kind.
func TestAccountKeys(t *testing.T) {
	others := accountKeys(t)
	for from, key := range accountKeys(t) {
		t.Run(from, func(t *testing.T) {
			t.Parallel()
			u := newLabUser(t, lab.Options{}, lab.EndpointNewAccount)
			if alg, err := acmewire.Algorithm(key.Public()); alg != from || err != nil {
				t.Fatalf("algorithm %q, %v, want %q", alg, err, from)
			}
			u.Client = u.WithAccount(key, "")
			_, err := u.FindAccount(t.Context())
			wantProblem(t, err, "accountDoesNotExist")
			mine, created, err := u.Register(t.Context(), acmewire.NewAccount{Contact: []string{"mailto:a@amf.example"}})
			if err != nil || !created || len(mine.Contact) != 1 {
				t.Fatalf("registered %+v, created %t, %v", mine, created, err)
			}
			if again, created, err := u.Register(t.Context(), acmewire.NewAccount{}); err != nil || created || again.URL != mine.URL {
				t.Errorf("again: %+v, created %t, %v; want %s", again, created, err, mine.URL)
			}
			for to, next := range others {
				if err := u.Rollover(t.Context(), next); err != nil {
					t.Fatalf("to %s: %v", to, err)
				}
				if _, err := u.Account(t.Context()); err != nil {
					t.Errorf("signing by %s: %v", to, err)
				}
				u.Client = u.WithAccount(next, "")
				if found, err := u.FindAccount(t.Context()); err != nil || found.URL != mine.URL {
					t.Errorf("by %s: found %+v, %v, want %s", to, found, err, mine.URL)
				}
				if err := u.Rollover(t.Context(), key); err != nil {
					t.Fatalf("back from %s: %v", to, err)
				}
			}
		})
	}
}

// A key of a kind that signs nothing is refused here, with what would do, and
// nothing is sent by it.
func TestForeignKey(t *testing.T) {
	small, err := ecdsa.GenerateKey(elliptic.P224(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	var e *acmewire.KeyError
	for _, key := range []crypto.PublicKey{small.Public(), "no key", nil} {
		if _, err := acmewire.Thumbprint(key); !errors.As(err, &e) || !strings.Contains(err.Error(), "P256, P384, P521, RSA and Ed25519 can") {
			t.Errorf("thumbprint of a %T: got %v, want what would do", key, err)
		}
	}
	f := newFake(t, nil)
	c := f.client(t)
	c = c.WithAccount(small, f.URL+"/account/1")
	if _, err := c.Account(t.Context()); !errors.As(err, &e) {
		t.Errorf("signing by P-224: got %v, want a KeyError", err)
	}
	wantCount(t, f, "account/1", 0)
}

// RFC 8037 appendix A.3 has the key and its thumbprint.
func TestThumbprintEd25519(t *testing.T) {
	public, err := hex.DecodeString("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")
	if err != nil {
		t.Fatal(err)
	}
	got, err := acmewire.Thumbprint(ed25519.PublicKey(public))
	if want := "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"; got != want || err != nil {
		t.Errorf("got %q, %v, want %q", got, err, want)
	}
}

// The binding is a MAC by the algorithm that was asked for over the account's
// key, for this CA's newAccount; nothing stands in it that must not.
func TestBindingAlgorithms(t *testing.T) {
	hashes := map[string]func() hash.Hash{"HS256": sha256.New, "HS384": sha512.New384, "HS512": sha512.New}
	mac, keys := []byte("a key of which the CA knows"), accountKeys(t)
	for _, alg := range acmewire.BindingAlgorithms() {
		for name, key := range keys {
			t.Run(alg+" for "+name, func(t *testing.T) {
				t.Parallel()
				f := newFake(t, routes{"new-account": says(201, `{"status":"valid"}`, "Location: /account/1")})
				c := f.client(t)
				c = c.WithAccount(key, "")
				if _, _, err := c.Register(t.Context(), acmewire.NewAccount{
					Contact: []string{"mailto:ops@amf.example"}, TermsAgreed: true,
					Binding: &acmewire.Binding{KeyID: "kid-1", Key: secret.New(mac), Algorithm: alg},
				}); err != nil {
					t.Fatal(err)
				}
				judgeBinding(t, f, alg, name, hashes[alg], mac)
			})
		}
	}
}

func judgeBinding(t *testing.T, f *fake, alg, outer string, newHash func() hash.Hash, key []byte) {
	t.Helper()
	came := f.requests("new-account")[0]
	if came.protected.Alg != outer || came.protected.KID != "" || came.protected.URL != f.URL+"/new-account" {
		t.Errorf("the request's header is %+v, want %s, no kid and the URL", came.protected, outer)
	}
	var sent struct {
		Contact []string
		Terms   *bool                                          `json:"termsOfServiceAgreed"`
		EAB     struct{ Protected, Payload, Signature string } `json:"externalAccountBinding"`
	}
	var header map[string]string
	var jwk struct{ Kty, D string }
	if err := errors.Join(json.Unmarshal([]byte(came.payload), &sent), json.Unmarshal([]byte(fromB64(sent.EAB.Protected)), &header), json.Unmarshal([]byte(fromB64(sent.EAB.Payload)), &jwk)); err != nil {
		t.Fatal(err)
	}
	if len(header) != 3 || header["alg"] != alg || header["kid"] != "kid-1" || header["url"] != f.URL+"/new-account" {
		t.Errorf("the binding's header is %v, want alg %s, kid and url and nothing else", header, alg)
	}
	if jwk.Kty == "" || jwk.D != "" {
		t.Errorf("the binding is of %+v, want a public key", jwk)
	}
	h := hmac.New(newHash, key)
	io.WriteString(h, sent.EAB.Protected+"."+sent.EAB.Payload)
	if got, want := sent.EAB.Signature, base64.RawURLEncoding.EncodeToString(h.Sum(nil)); got != want {
		t.Errorf("MAC %s, want %s", got, want)
	}
	if len(sent.Contact) != 1 || sent.Terms != nil {
		t.Errorf("sent %+v, want one contact, and no terms where the directory has none", sent)
	}
}

// The lab takes each algorithm, and only the one that it is set to.
func TestBindingAlgorithmAtLab(t *testing.T) {
	key := []byte("right")
	for _, wanted := range append(acmewire.BindingAlgorithms(), "") {
		u := newLabUser(t, lab.Options{EAB: map[string][]byte{"kid-1": key}, EABAlgorithm: wanted, RequireEAB: true, TermsOfService: "https://ca.example/terms"}, lab.EndpointNewAccount)
		for _, alg := range append(acmewire.BindingAlgorithms(), "") {
			_, ed, err := ed25519.GenerateKey(rand.Reader)
			if err != nil {
				t.Fatal(err)
			}
			for name, k := range map[string]crypto.Signer{"ES256": newKey(t), "EdDSA": ed} {
				u.Client = u.WithAccount(k, "")
				_, _, err := u.Register(t.Context(), acmewire.NewAccount{TermsAgreed: true, Binding: &acmewire.Binding{KeyID: "kid-1", Key: secret.New(key), Algorithm: alg}})
				switch used := alg; {
				case used == "" && wanted == "HS256", wanted == "", used == wanted:
					if err != nil {
						t.Errorf("%q at a CA that wants %q, by %s: %v", alg, wanted, name, err)
					}
				default:
					wantProblem(t, err, "malformed")
				}
			}
		}
	}
}

// A binding that cannot be made is refused before anything is sent.
func TestBadBinding(t *testing.T) {
	for name, b := range map[string]acmewire.Binding{
		"HS1, want one of": {KeyID: "kid-1", Key: secret.New([]byte("key")), Algorithm: "HS1"},
		"empty MAC key":    {KeyID: "kid-1", Algorithm: "HS512"},
	} {
		f := newFake(t, nil)
		_, _, err := f.client(t).Register(t.Context(), acmewire.NewAccount{Binding: &b})
		if err == nil || !strings.Contains(strings.ReplaceAll(err.Error(), `"HS1"`, "HS1"), name) {
			t.Errorf("got %v, want %s", err, name)
		}
		wantCount(t, f, "new-account", 0)
	}
}

// The own signed POST of a registration survives refused nonces, as all others.
func TestOwnRegistrationAgain(t *testing.T) {
	u := newLabUser(t, lab.Options{}, lab.EndpointNewAccount, "bad-nonce=50")
	keys := accountKeys(t)
	u.Client = u.WithAccount(keys["EdDSA"], "")
	if _, created, err := u.Register(t.Context(), acmewire.NewAccount{}); err != nil || !created {
		t.Fatalf("created %t, %v", created, err)
	}
	if err := u.Rollover(t.Context(), keys["ES384"]); err != nil {
		t.Error(err)
	}
}
