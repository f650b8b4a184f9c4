package commands

import (
	"os"
	"testing"

	"github.com/nfcert/nfcert/internal/commands/session"
	"github.com/nfcert/nfcert/internal/lab"
	"github.com/nfcert/nfcert/internal/store"
)

// TestServerSavedByAnother guards that what is done is not failed for the server
// that another run is just saving, and that the next run saves it.
func TestServerSavedByAnother(t *testing.T) {
	t.Parallel()
	w, l := newLabWorld(t, lab.Options{})
	s, err := store.Open(w.path("state"))
	if err != nil {
		t.Fatal(err)
	}
	lock, err := s.Lock(t.Context(), session.ServerDir(l.DirectoryURL()))
	if err != nil {
		t.Fatal(err)
	}
	w.must(t, "account", "--accept-tos")
	if _, err := os.Stat(s.Path(session.ServerFile(l.DirectoryURL()))); err == nil {
		t.Error("the server is saved, want it left to who has the lock")
	}
	if err := lock.Unlock(); err != nil {
		t.Fatal(err)
	}
	w.must(t, "account", "update", "--contact", "a@b.example")
	if _, err := os.Stat(s.Path(session.ServerFile(l.DirectoryURL()))); err != nil {
		t.Error(err)
	}
}
