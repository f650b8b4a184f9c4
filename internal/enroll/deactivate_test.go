package enroll_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/nfcert/nfcert/internal/acmewire"
	"github.com/nfcert/nfcert/internal/csrgen"
	"github.com/nfcert/nfcert/internal/enroll"
	"github.com/nfcert/nfcert/internal/lab"
)

// An account that was ended by a run which did not learn of it is noted as ended
// by the next, though the CA refuses it.
func TestDeactivateAgain(t *testing.T) {
	b := newBench(t, lab.Options{}, "cut=account:once")
	b.registered(csrgen.P256, false)
	var network *acmewire.NetworkError
	if _, err := b.engine().DeactivateAccount(t.Context(), enroll.DefaultAccount); !errors.As(err, &network) {
		t.Fatalf("the first run: %v, want a NetworkError", err)
	}
	if a, err := b.engine().DeactivateAccount(t.Context(), enroll.DefaultAccount); err != nil || a.Status != acmewire.StatusDeactivated {
		t.Fatalf("the second run: %+v, %v, want the account deactivated", a, err)
	}
	var state *enroll.AccountStateError
	if _, err := b.engine().UseAccount(t.Context(), enroll.DefaultAccount); !errors.As(err, &state) || state.Status != acmewire.StatusDeactivated {
		t.Errorf("using it: %v, want an AccountStateError that says deactivated", err)
	}
}

// A refusal for the key says nothing of the account: it was replaced elsewhere,
// and the account lives.
func TestDeactivateWithOldKey(t *testing.T) {
	b := newBench(t, lab.Options{})
	b.registered(csrgen.P256, false)
	dir := filepath.Join(b.state, filepath.FromSlash(enroll.AccountDir(b.lab.DirectoryURL(), enroll.DefaultAccount)))
	key := readIfThere(t, filepath.Join(dir, "key.pem"))
	if _, err := b.engine().Rollover(t.Context(), enroll.DefaultAccount, enroll.RolloverOptions{}); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "key.pem"), []byte(key), 0o600); err != nil {
		t.Fatal(err)
	}
	var problem *acmewire.Problem
	if _, err := b.engine().DeactivateAccount(t.Context(), enroll.DefaultAccount); !errors.As(err, &problem) {
		t.Fatalf("got %v, want the CA's Problem", err)
	}
	if a, err := b.engine().UseAccount(t.Context(), enroll.DefaultAccount); err != nil || a.Status != "valid" {
		t.Errorf("the saved account is %+v, %v, want it valid", a, err)
	}
}
