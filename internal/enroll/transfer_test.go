package enroll_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"testing"

	"github.com/nfcert/nfcert/internal/accountfile"
	"github.com/nfcert/nfcert/internal/acmewire"
	"github.com/nfcert/nfcert/internal/csrgen"
	"github.com/nfcert/nfcert/internal/enroll"
	"github.com/nfcert/nfcert/internal/lab"
	"github.com/nfcert/nfcert/internal/secret"
)

func fileWord() (secret.Bytes, error) { return secret.New([]byte("of the file")), nil }

// exportedAccount registers an account and exports it.
func exportedAccount(t *testing.T, b *bench, sealed bool) []byte {
	t.Helper()
	b.registered(csrgen.P256, sealed)
	word, _ := fileWord()
	file, a, err := openAccountKeys(b.engine()).ExportAccount(t.Context(), enroll.DefaultAccount, word)
	if err != nil || a.KeyFile == "" {
		t.Fatalf("exported %+v, %v", a, err)
	}
	return file
}

// elsewhere makes the bench's engines those of another machine.
func (b *bench) elsewhere(t *testing.T) *bench {
	b.state = filepath.Join(t.TempDir(), "state")
	return b
}

// An export asks nothing of the CA, and what is imported from it is used as it
// was. Whenever an import dies, the next one finishes.
func TestExportImport(t *testing.T) {
	for n := 1; n <= 5; n++ {
		for _, after := range []bool{false, true} {
			t.Run(fmt.Sprintf("change %d, after %t", n, after), func(t *testing.T) {
				t.Parallel()
				b := newBench(t, lab.Options{})
				before := len(b.lab.Requests())
				file := exportedAccount(t, b, false)
				if asked := len(b.lab.Requests()) - before; asked != 3 {
					t.Errorf("registering and exporting took %d requests, want the 3 of registering", asked)
				}
				b.elsewhere(t)
				c, err := enroll.OpenExport(file, fileWord)
				if err != nil {
					t.Fatal(err)
				}
				e := b.engine()
				m := &mortal{Store: e.Store, left: n, after: after}
				e.Store = m
				if _, err = e.ImportAccount(t.Context(), c, "", nil); m.dead != errors.Is(err, errDied) {
					t.Fatalf("dead %t, the import: %v", m.dead, err)
				}
				_, err = b.engine().ImportAccount(t.Context(), c, "", nil)
				_, exists := errors.AsType[*enroll.AccountExistsError](err)
				if whole := !m.dead || n == 2 && after; exists != whole || !whole && err != nil {
					t.Fatalf("the second import: %v, want it refused: %t", err, whole)
				}
				b.wantAccount(csrgen.P256, false)
			})
		}
	}
}

// What was encrypted stays so.
func TestImportSeals(t *testing.T) {
	b := newBench(t, lab.Options{})
	file := exportedAccount(t, b, true)
	c, err := enroll.OpenExport(file, fileWord)
	if err != nil {
		t.Fatal(err)
	}
	b.elsewhere(t)
	if _, err := b.engine().ImportAccount(t.Context(), c, "", sealAccountKeys); err != nil {
		t.Fatal(err)
	}
	b.wantAccount(csrgen.P256, true)
	b.elsewhere(t)
	a, err := b.engine().ImportAccount(t.Context(), c, "ops", nil)
	if err != nil || !a.Encrypted || a.Name != "ops" {
		t.Fatalf("imported %+v, %v, want ops, encrypted", a, err)
	}
	e := b.engine()
	e.Passphrase = func(string) (secret.Bytes, error) { return fileWord() }
	if _, err := e.UseAccount(t.Context(), "ops"); err != nil {
		t.Errorf("by the file's passphrase: %v", err)
	}
}

// The key that an unfinished registration left may have an account: an import
// leaves it where it is.
func TestImportBesideAnotherKey(t *testing.T) {
	b := newBench(t, lab.Options{})
	file := exportedAccount(t, b, false)
	c, err := enroll.OpenExport(file, fileWord)
	if err != nil {
		t.Fatal(err)
	}
	b.elsewhere(t)
	e := b.engine()
	e.Store = &mortal{Store: e.Store, left: 1, after: true}
	if _, _, err := e.Account(t.Context(), enroll.DefaultAccount, enroll.AccountOptions{}); !errors.Is(err, errDied) {
		t.Fatal(err)
	}
	left, _ := b.accountFiles()
	_, err = b.engine().ImportAccount(t.Context(), c, "", nil)
	if _, ok := errors.AsType[*enroll.KeyFileError](err); !ok {
		t.Errorf("got %v, want a KeyFileError", err)
	}
	if now, _ := b.accountFiles(); !csrgen.SameKey(now.Public(), left.Public()) {
		t.Error("the key that was there is gone")
	}
}

// A file whose parts fit and whose words do not is refused.
func TestOpenExportRefuses(t *testing.T) {
	key := newKey(t)
	thumbprint, err := acmewire.Thumbprint(key.Public())
	if err != nil {
		t.Fatal(err)
	}
	word, _ := fileWord()
	account := func(change func(*enroll.Account)) any {
		a := &enroll.Account{Version: 1, Name: "ops", Server: "https://ca.example/dir", URL: "https://ca.example/1", Thumbprint: thumbprint}
		change(a)
		return map[string]any{"kind": "AccountExport", "account": a}
	}
	for name, meta := range map[string]any{
		"another kind":    map[string]any{"kind": "Order", "account": map[string]any{}},
		"no account":      map[string]any{"kind": "AccountExport"},
		"a list":          []string{"x"},
		"a foreign key":   account(func(a *enroll.Account) { a.Thumbprint = "x" }),
		"a plain server":  account(func(a *enroll.Account) { a.Server = "http://ca.example/dir" }),
		"no URL":          account(func(a *enroll.Account) { a.URL = "" }),
		"a path for name": account(func(a *enroll.Account) { a.Name = "../x" }),
		"a newer account": account(func(a *enroll.Account) { a.Version = 99 }),
	} {
		text, err := json.Marshal(meta)
		if err != nil {
			t.Fatal(err)
		}
		file, err := accountfile.Seal(key, text, word, 2000)
		if err != nil {
			t.Fatal(err)
		}
		_, err = enroll.OpenExport(file, fileWord)
		_, damaged := errors.AsType[*accountfile.DamagedError](err)
		_, newer := errors.AsType[*accountfile.VersionError](err)
		if damaged == newer || newer != (name == "a newer account") {
			t.Errorf("%s: got %v, want it refused", name, err)
		}
	}
}

// A dead account has nothing to carry.
func TestExportDeadAccount(t *testing.T) {
	b := newBench(t, lab.Options{})
	b.registered(csrgen.P256, false)
	if _, err := b.engine().DeactivateAccount(t.Context(), enroll.DefaultAccount); err != nil {
		t.Fatal(err)
	}
	word, _ := fileWord()
	_, _, err := b.engine().ExportAccount(t.Context(), enroll.DefaultAccount, word)
	if _, ok := errors.AsType[*enroll.AccountStateError](err); !ok {
		t.Errorf("got %v, want an AccountStateError", err)
	}
}
