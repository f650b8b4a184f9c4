package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestCreateKey(t *testing.T) {
	s := newStore(t)
	if err := s.CreateKey("accounts/ca/key.pem", []byte("first")); err != nil {
		t.Fatalf("CreateKey: %v", err)
	}
	if err := s.CreateKey("accounts/ca/key.pem", []byte("second")); !errors.Is(err, fs.ErrExist) {
		t.Errorf("CreateKey again: %v, want fs.ErrExist", err)
	}
	if got, err := s.ReadFile("accounts/ca/key.pem"); string(got) != "first" {
		t.Errorf("key %q, %v, want the first", got, err)
	}
	// A link to nothing is something too.
	if err := os.Symlink("nowhere", s.Path("link.pem")); err == nil {
		if err := s.CreateKey("link.pem", []byte("x")); !errors.Is(err, fs.ErrExist) {
			t.Errorf("CreateKey over a link: %v, want fs.ErrExist", err)
		}
	}
}

// Of many callers one creates the key, and nobody sees it empty.
func TestCreateKeyOnce(t *testing.T) {
	s := newStore(t)
	var wg sync.WaitGroup
	var created atomic.Int32
	for i := range 16 {
		wg.Go(func() {
			err := s.CreateKey("key.pem", fmt.Appendf(nil, "key %02d", i))
			if err == nil {
				created.Add(1)
			} else if !errors.Is(err, fs.ErrExist) {
				t.Errorf("CreateKey: %v, want nil or fs.ErrExist", err)
			}
			if got, err := s.ReadFile("key.pem"); len(got) != len("key 00") {
				t.Errorf("ReadFile after CreateKey: %q, %v, want a whole key", got, err)
			}
		})
	}
	wg.Wait()
	if got := created.Load(); got != 1 {
		t.Errorf("%d callers created the key, want 1", got)
	}
	if diff := cmp.Diff(tree(t, s.Dir()), []string{"format", "key.pem"}); diff != "" {
		t.Errorf("files, got -, want +:\n%s", diff)
	}
}

func TestPlaceNewWithoutLinks(t *testing.T) {
	k := disk{noLinks{osCalls{}}}
	dir := t.TempDir()
	temp, path := filepath.Join(dir, "temp"), filepath.Join(dir, "key.pem")
	put(t, temp, "new")
	if err := k.placeNew(temp, path); err != nil {
		t.Fatalf("placeNew: %v", err)
	}
	put(t, temp, "newer")
	if err := k.placeNew(temp, path); !errors.Is(err, fs.ErrExist) {
		t.Errorf("placeNew again: %v, want fs.ErrExist", err)
	}
	if got, err := os.ReadFile(path); string(got) != "new" {
		t.Errorf("file %q, %v, want the first", got, err)
	}
}

func TestFiles(t *testing.T) {
	s := newStore(t)
	for _, rel := range []string{"e/b/x.json", "e/a/x.json", "e/.hidden", "e/.x.tmp"} {
		if err := attach(s, rel, []byte(rel)); err != nil {
			t.Fatalf("WriteFile: %v", err)
		}
	}
	put(t, s.Path("e/.x.json.123.tmp"), "unfinished")
	put(t, s.Path("e/a.lock"), "")
	list := func(rel string, want ...string) {
		t.Helper()
		got, err := s.List(rel)
		if diff := cmp.Diff(got, want); diff != "" || err != nil {
			t.Errorf("List(%q): %v, got -, want +:\n%s", rel, err, diff)
		}
	}
	list("e", ".hidden", ".x.tmp", "a", "b")
	list(".", "e", "format")

	if err := s.Rename("e/a", "old/a"); err != nil {
		t.Errorf("Rename of a directory: %v", err)
	}
	if err := s.Rename("old/a/x.json", "e/b/x.json"); err != nil {
		t.Errorf("Rename over a file: %v", err)
	}
	if got, err := s.ReadFile("e/b/x.json"); string(got) != "e/a/x.json" {
		t.Errorf("ReadFile after Rename: %q, %v, want the moved one", got, err)
	}
	if err := s.Remove("e/b/x.json"); err != nil {
		t.Errorf("Remove: %v", err)
	}
	list("e/b")
	if err := s.RemoveAll("e"); err != nil {
		t.Errorf("RemoveAll: %v", err)
	}
	list(".", "format", "old")
}

func TestTooLarge(t *testing.T) {
	s := newStore(t)
	if err := attach(s, "full", make([]byte, MaxFile)); err != nil {
		t.Fatalf("an attachment of MaxFile bytes: %v", err)
	}
	if got, err := s.ReadFile("full"); len(got) != MaxFile || err != nil {
		t.Errorf("ReadFile: %d bytes, %v, want %d", len(got), err, MaxFile)
	}
	large := make([]byte, MaxFile+1)
	if s.Save("doc.json", testDoc{Version: 1}, Attachment{"large", large}) == nil || s.CreateKey("large", large) == nil {
		t.Error("a file above MaxFile was written")
	}
	put(t, s.Path("large"), string(large))
	var damaged *DamagedError
	if _, err := s.ReadFile("large"); !errors.As(err, &damaged) {
		t.Errorf("ReadFile above MaxFile: %v, want a DamagedError", err)
	}
}

func TestAccessErrorText(t *testing.T) {
	err := accessError("writing", "/x/y", &fs.PathError{Op: "open", Path: "/x/.y.1.tmp", Err: syscall.ENOSPC})
	if got, want := err.Error(), `writing "/x/y": `+syscall.ENOSPC.Error(); got != want || !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("got %q, want %q and syscall.ENOSPC", got, want)
	}
}
