package enroll_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync"
	"testing"

	"github.com/nfcert/nfcert/internal/enroll"
	"github.com/nfcert/nfcert/internal/store"
)

// saveFolder saves a folder with a document and a key, as an enrolment is one.
func saveFolder(t *testing.T, s *store.Store, dir string) {
	t.Helper()
	key := store.Attachment{Rel: dir + "/key.pem", Data: []byte("key")}
	if err := s.Save(dir+"/enrolment.json", map[string]int{"version": 1}, key); err != nil {
		t.Fatal(err)
	}
}

// rest lists what a state directory holds, without lock and format files.
func rest(t *testing.T, s *store.Store) (names []string) {
	t.Helper()
	top, err := s.List(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, dir := range top {
		if dir == "format" {
			continue
		}
		inside, err := s.List(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range inside {
			names = append(names, dir+"/"+name)
		}
	}
	return names
}

// TestDyingWhileForgetting guards that a killed run leaves an enrolment either whole
// or out of sight, and that the next run removes what it left.
func TestDyingWhileForgetting(t *testing.T) {
	for n := 1; n <= 2; n++ {
		for _, after := range []bool{false, true} {
			t.Run(fmt.Sprintf("change %d, after %t", n, after), func(t *testing.T) {
				s, err := store.Open(t.TempDir())
				if err != nil {
					t.Fatal(err)
				}
				dir := enroll.EnrolmentDir("amf-01")
				saveFolder(t, s, dir)
				if err := enroll.Forget(&mortal{Store: s, left: n, after: after}, dir); !errors.Is(err, errDied) {
					t.Fatalf("got %v, want that the process died", err)
				}
				gone := n > 1 || after
				files, err := s.List(dir)
				if err != nil || gone != (len(files) == 0) || !gone && len(files) != 2 {
					t.Errorf("the folder has %q, %v; want gone %t", files, err, gone)
				}
				if gone {
					err = enroll.FinishForgetting(s)
				} else {
					err = enroll.Forget(s, dir)
				}
				if left := rest(t, s); err != nil || len(left) > 0 {
					t.Errorf("the next run left %q, %v", left, err)
				}
			})
		}
	}
}

// TestForgettingSideBySide guards that runs which forget different things do not
// disturb each other.
func TestForgettingSideBySide(t *testing.T) {
	root := t.TempDir()
	var all sync.WaitGroup
	const runs, each = 4, 25
	for run := range runs {
		s, err := store.Open(root)
		if err != nil {
			t.Fatal(err)
		}
		for i := range each {
			saveFolder(t, s, enroll.EnrolmentDir(fmt.Sprintf("amf-%d-%d", run, i)))
		}
		all.Go(func() {
			for i := range each {
				dir := enroll.EnrolmentDir(fmt.Sprintf("amf-%d-%d", run, i))
				if err := enroll.Forget(s, dir); err != nil {
					t.Errorf("forgetting %s: %v", dir, err)
				}
				if _, err := os.Lstat(s.Path(dir)); !errors.Is(err, fs.ErrNotExist) {
					t.Errorf("%s is still there: %v", dir, err)
				}
			}
		})
	}
	all.Wait()
	s, err := store.Open(root)
	if err != nil {
		t.Fatal(err)
	}
	if left := rest(t, s); len(left) > 0 {
		t.Errorf("left: %q", left)
	}
	if err := enroll.Forget(s, enroll.EnrolmentDir("amf-0-0")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("forgetting what is gone: got %v, want fs.ErrNotExist", err)
	}
}
