package enroll_test

import (
	"crypto"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/nfcert/nfcert/internal/acmewire"
	"github.com/nfcert/nfcert/internal/csrgen"
	"github.com/nfcert/nfcert/internal/enroll"
	"github.com/nfcert/nfcert/internal/lab"
	"github.com/nfcert/nfcert/internal/secret"
)

const accountWord = "the passphrase of account keys"

// openAccountKeys makes an engine know the passphrase of account keys.
func openAccountKeys(e *enroll.Engine) *enroll.Engine {
	e.Passphrase = func(string) (secret.Bytes, error) { return secret.New([]byte(accountWord)), nil }
	return e
}

func sealAccountKeys() (secret.Bytes, error) { return secret.New([]byte(accountWord)), nil }

// accountFiles returns the key that the bench's only account has on disk, and
// whether its file is encrypted, and fails when another key lies about.
func (b *bench) accountFiles() (key crypto.Signer, sealed bool) {
	b.t.Helper()
	dir := filepath.Join(b.state, filepath.FromSlash(enroll.AccountDir(b.lab.DirectoryURL(), enroll.DefaultAccount)))
	data, err := os.ReadFile(filepath.Join(dir, "key.pem"))
	if err != nil {
		b.t.Fatal(err)
	}
	key, err = csrgen.ParseKeyWith("key.pem", data, func() (secret.Bytes, error) {
		sealed = true
		return sealAccountKeys()
	})
	if err != nil {
		b.t.Fatal(err)
	}
	for _, name := range []string{"next-key.pem", "new-key.pem"} {
		if _, err := os.Stat(filepath.Join(dir, name)); !errors.Is(err, fs.ErrNotExist) {
			b.t.Errorf("%s: %v, want it gone", name, err)
		}
	}
	return key, sealed
}

// wantAccount uses the account with a fresh engine and checks that the CA, the
// document and the key's file agree, and that the key is of this type.
func (b *bench) wantAccount(kind csrgen.KeyType, sealed bool) {
	b.t.Helper()
	e := openAccountKeys(b.engine())
	a, err := e.UpdateAccount(b.t.Context(), enroll.DefaultAccount, nil, false)
	if err != nil {
		b.t.Fatalf("the account cannot be used: %v", err)
	}
	key, encrypted := b.accountFiles()
	thumbprint, err := acmewire.Thumbprint(key.Public())
	if err != nil {
		b.t.Fatal(err)
	}
	if a.KeyType != string(kind) || a.KeyType != csrgen.KeyTypeOf(key.Public()) || a.Thumbprint != thumbprint {
		b.t.Errorf("the document tells of a %s key %s, the file has a %s key %s; want %s", a.KeyType, a.Thumbprint, csrgen.KeyTypeOf(key.Public()), thumbprint, kind)
	}
	if a.Encrypted != sealed || encrypted != sealed {
		b.t.Errorf("encrypted: document %t, file %t, want %t", a.Encrypted, encrypted, sealed)
	}
	if n := b.count(lab.EndpointNewAccount, 201); n != 1 {
		b.t.Errorf("%d accounts were made, want 1", n)
	}
}

// registered makes the account.
func (b *bench) registered(kind csrgen.KeyType, sealed bool) {
	b.t.Helper()
	o := enroll.AccountOptions{KeyType: kind}
	if sealed {
		o.Seal = sealAccountKeys
	}
	if _, _, err := b.engine().Account(b.t.Context(), enroll.DefaultAccount, o); err != nil {
		b.t.Fatal(err)
	}
}

// Whenever a rollover dies, the next command settles it: the key that the CA
// has is the account's, of whatever type the two are, encrypted or not.
func TestRolloverDyingAtEachSave(t *testing.T) {
	const immortal = 1000
	for _, tt := range []struct {
		from, to csrgen.KeyType
		sealed   bool
	}{
		{csrgen.P256, csrgen.P384, false},
		{csrgen.P521, csrgen.Ed25519, false},
		{csrgen.Ed25519, csrgen.RSA3072, false},
		{csrgen.Ed25519, csrgen.P256, true},
	} {
		t.Run(fmt.Sprintf("%s to %s, encrypted %t", tt.from, tt.to, tt.sealed), func(t *testing.T) {
			roll := func(t *testing.T, d death) (*bench, *mortal) {
				b := newBench(t, lab.Options{})
				b.registered(tt.from, tt.sealed)
				e := openAccountKeys(b.engine())
				m := &mortal{Store: e.Store, left: d.at, after: d.after}
				e.Store = m
				_, err := e.Rollover(t.Context(), enroll.DefaultAccount, enroll.RolloverOptions{KeyType: tt.to})
				if m.dead != errors.Is(err, errDied) {
					t.Fatalf("dead %t, the rollover: %v", m.dead, err)
				}
				return b, m
			}
			b, m := roll(t, death{at: immortal})
			b.wantAccount(tt.to, tt.sealed)
			changes := immortal - m.left
			if changes != 3 {
				t.Fatalf("a rollover made %d changes, want 3", changes)
			}
			for n := 1; n <= changes; n++ {
				for _, after := range []bool{false, true} {
					t.Run(fmt.Sprintf("change %d, after %t", n, after), func(t *testing.T) {
						t.Parallel()
						want := tt.to
						if n == 1 { // the CA was not asked
							want = tt.from
						}
						b, _ := roll(t, death{at: n, after: after})
						b.wantAccount(want, tt.sealed)
					})
				}
			}
		})
	}
}

// Settling can die too.
func TestSettlingDies(t *testing.T) {
	for _, first := range []death{{at: 1, after: true}, {at: 2}, {at: 2, after: true}} {
		for second := 1; second <= 2; second++ {
			for _, after := range []bool{false, true} {
				t.Run(fmt.Sprintf("%+v, then change %d, after %t", first, second, after), func(t *testing.T) {
					t.Parallel()
					b := newBench(t, lab.Options{})
					b.registered(csrgen.P256, false)
					e := b.engine()
					e.Store = &mortal{Store: e.Store, left: first.at, after: first.after}
					if _, err := e.Rollover(t.Context(), enroll.DefaultAccount, enroll.RolloverOptions{KeyType: csrgen.Ed25519}); !errors.Is(err, errDied) {
						t.Fatal(err)
					}
					e = b.engine()
					e.Store = &mortal{Store: e.Store, left: second, after: after}
					_, _ = e.UseAccount(t.Context(), enroll.DefaultAccount) // may have less to save than that
					want := csrgen.Ed25519
					if first.at == 1 {
						want = csrgen.P256
					}
					b.wantAccount(want, false)
				})
			}
		}
	}
}

// When the connection is cut the client does not know, and the next command
// asks; whether the CA had acted or not.
func TestRolloverCut(t *testing.T) {
	for how, want := range map[string]csrgen.KeyType{"cut": csrgen.Ed25519, "cut-before": csrgen.P256} {
		b := newBench(t, lab.Options{}, how+"=key-change:once")
		b.registered(csrgen.P256, false)
		_, err := b.engine().Rollover(t.Context(), enroll.DefaultAccount, enroll.RolloverOptions{KeyType: csrgen.Ed25519})
		if _, ok := errors.AsType[*acmewire.NetworkError](err); !ok {
			t.Fatalf("%s: got %v, want a NetworkError", how, err)
		}
		b.wantAccount(want, false)
	}
}

// A CA that does not take keys of the new type keeps the old one, also when the
// run that asked died before it could hear so.
func TestRolloverToRefusedType(t *testing.T) {
	b := newBench(t, lab.Options{}, "refuse-algorithm=EdDSA")
	b.registered(csrgen.P256, false)
	_, err := b.engine().Rollover(t.Context(), enroll.DefaultAccount, enroll.RolloverOptions{KeyType: csrgen.Ed25519})
	if p, ok := errors.AsType[*acmewire.Problem](err); !ok || !p.HasType("badSignatureAlgorithm") {
		t.Fatalf("got %v, want badSignatureAlgorithm", err)
	}
	b.wantAccount(csrgen.P256, false)
	e := b.engine()
	e.Store = &mortal{Store: e.Store, left: 1, after: true}
	if _, err := e.Rollover(t.Context(), enroll.DefaultAccount, enroll.RolloverOptions{KeyType: csrgen.Ed25519}); !errors.Is(err, errDied) {
		t.Fatal(err)
	}
	b.wantAccount(csrgen.P256, false)
}

// A passphrase encrypts what was in the clear.
func TestRolloverEncrypts(t *testing.T) {
	b := newBench(t, lab.Options{})
	b.registered(csrgen.P256, false)
	if _, err := b.engine().Rollover(t.Context(), enroll.DefaultAccount, enroll.RolloverOptions{Seal: sealAccountKeys}); err != nil {
		t.Fatal(err)
	}
	b.wantAccount(csrgen.P256, true)
}

// Whenever a registration with a passphrase dies, the next one finishes with
// the same key, encrypted; and so it does where the key was left in the clear.
func TestSealedRegistrationDies(t *testing.T) {
	for _, left := range []bool{false, true} {
		for n := 1; n <= 3; n++ {
			for _, after := range []bool{false, true} {
				t.Run(fmt.Sprintf("key left %t, change %d, after %t", left, n, after), func(t *testing.T) {
					t.Parallel()
					b := newBench(t, lab.Options{})
					if left {
						e := b.engine()
						e.Store = &mortal{Store: e.Store, left: 1, after: true}
						if _, _, err := e.Account(t.Context(), enroll.DefaultAccount, enroll.AccountOptions{}); !errors.Is(err, errDied) {
							t.Fatal(err)
						}
					}
					o := enroll.AccountOptions{Seal: sealAccountKeys}
					e := openAccountKeys(b.engine())
					e.Store = &mortal{Store: e.Store, left: n, after: after}
					_, _, _ = e.Account(t.Context(), enroll.DefaultAccount, o) // may have less to save than that
					if _, _, err := openAccountKeys(b.engine()).Account(t.Context(), enroll.DefaultAccount, o); err != nil {
						t.Fatal(err)
					}
					b.wantAccount(csrgen.P256, true)
				})
			}
		}
	}
}

// Without somebody who knows the passphrase an encrypted key is not used, and a
// wrong one is told.
func TestAccountPassphrase(t *testing.T) {
	b := newBench(t, lab.Options{})
	b.registered(csrgen.P256, true)
	if _, err := b.engine().UseAccount(t.Context(), enroll.DefaultAccount); !errors.Is(err, csrgen.ErrEncryptedKey) {
		t.Errorf("without one: got %v, want ErrEncryptedKey", err)
	}
	e := b.engine()
	e.Passphrase = func(string) (secret.Bytes, error) { return secret.New([]byte("wrong")), nil }
	_, err := e.UseAccount(t.Context(), enroll.DefaultAccount)
	if _, ok := errors.AsType[*enroll.PassphraseError](err); !ok {
		t.Errorf("a wrong one: got %v, want a PassphraseError", err)
	}
	why := errors.New("nobody to ask")
	e.Passphrase = func(string) (secret.Bytes, error) { return secret.Bytes{}, why }
	if _, err := e.UseAccount(t.Context(), enroll.DefaultAccount); !errors.Is(err, why) {
		t.Errorf("nobody to ask: got %v, want just that", err)
	}
}
