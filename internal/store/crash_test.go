package store

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

// A reader sees a whole document while others write.
func TestConcurrentWriters(t *testing.T) {
	s := newStore(t)
	if err := s.Save("doc.json", filled(0)); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for w := range 4 {
		wg.Go(func() {
			for i := range 25 {
				if err := s.Save("doc.json", filled(1000*w+i)); err != nil {
					t.Errorf("Save: %v", err)
				}
			}
		})
		wg.Go(func() {
			for range 100 {
				var doc testDoc
				if err := s.Load("doc.json", &doc); err != nil || !doc.whole() {
					t.Errorf("Load while others save: %v, document %d whole: %t", err, doc.Number, doc.whole())
				}
			}
		})
	}
	wg.Wait()
	if names := tree(t, s.Dir()); len(names) != 2 {
		t.Errorf("files %q, want the document and the format", names)
	}
}

// pause waits a random time below max, so that the helper makes some progress.
func pause(rng *rand.Rand, max time.Duration) { <-time.After(time.Duration(rng.Int64N(int64(max)))) }

// awaitNumber returns when the document has at least the number, which shows
// that the helper saves.
func awaitNumber(t *testing.T, s *Store, number int) {
	t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	deadline := time.After(20 * time.Second)
	for {
		var doc testDoc
		if err := s.Load("doc.json", &doc); err != nil {
			t.Fatalf("Load: %v", err)
		}
		if doc.Number >= number {
			return
		}
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("document %d after 20 s, want %d", doc.Number, number)
		}
	}
}

// A writer killed at any instant leaves the old document or the new.
func TestKilledWhileSaving(t *testing.T) {
	s := newStore(t)
	if err := s.Save("doc.json", filled(0)); err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(1, 2))
	for round := range 10 {
		kill := startHelper(t, "save", s.Dir())
		if round == 0 {
			awaitNumber(t, s, 1)
		}
		pause(rng, 30*time.Millisecond)
		kill()
		var doc testDoc
		if err := s.Load("doc.json", &doc); err != nil || !doc.whole() {
			t.Fatalf("Load after the writer was killed: %v, document %d whole: %t", err, doc.Number, doc.whole())
		}
	}
	lock, err := s.Lock(t.Context(), "doc.json")
	if err != nil {
		t.Fatalf("Lock: %v", err)
	}
	defer lock.Unlock()
	if names := tree(t, s.Dir()); len(names) != 3 {
		t.Errorf("files under the lock %q, want document, format and lock", names)
	}
}

// An Install killed at any instant leaves whole files, and the next one with
// the same set completes it and removes hidden files.
func TestKilledWhileInstalling(t *testing.T) {
	dir := t.TempDir()
	if err := Install(pair(dir, 0), InstallOptions{}); err != nil {
		t.Fatalf("Install: %v", err)
	}
	rng := rand.New(rand.NewPCG(3, 4))
	for round := range 10 {
		kill := startHelper(t, "install", dir)
		pause(rng, 30*time.Millisecond)
		kill()
		for _, name := range []string{"cert", "key"} {
			data, err := os.ReadFile(filepath.Join(dir, name+".pem"))
			var n int
			if err == nil {
				_, err = fmt.Sscanf(string(data), name+" %d\n", &n)
			}
			if err != nil || string(data) != string(pair(dir, n)[map[string]int{"cert": 0, "key": 1}[name]].Data) {
				t.Fatalf("%s after the installer was killed: %v, %.40q is not whole", name, err, data)
			}
		}
		again := pair(dir, -round-1)
		if err := Install(again, InstallOptions{Overwrite: true}); err != nil {
			t.Fatalf("Install again: %v", err)
		}
		for _, file := range again {
			if got, err := os.ReadFile(file.Path); string(got) != string(file.Data) {
				t.Errorf("%s after installing again: %.40q, %v, want %.40q", file.Path, got, err, file.Data)
			}
		}
		if names := tree(t, dir); len(names) != 2 {
			t.Errorf("files %q, want the two installed", names)
		}
	}
}
