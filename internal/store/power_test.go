package store

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// A node is a file or a directory: as programs see it, and as it would come
// back after a power failure.
type node struct {
	dir       bool
	now, safe map[string]*node // of a directory
	data      []byte           // of a file, as it was last synced; nil: never
	mode      fs.FileMode
}

func newDir() *node { return &node{dir: true, now: map[string]*node{}, safe: map[string]*node{}} }

// power replays recorded calls on a model of a disk that keeps nothing but what
// was synced: a file's content by a sync of the file, a name by a sync of its
// directory.
type power struct {
	base string // the path of root
	root *node
}

// at returns the directory that holds path, and the path's name in it.
func (p *power) at(path string) (parent *node, name string) {
	rel, err := filepath.Rel(p.base, path)
	if err != nil || rel == "." {
		return &node{now: map[string]*node{"": p.root}}, ""
	}
	parent = p.root
	parts := strings.Split(filepath.ToSlash(rel), "/")
	for _, part := range parts[:len(parts)-1] {
		parent = parent.now[part]
	}
	return parent, parts[len(parts)-1]
}

func (p *power) replay(c call) {
	parent, name := p.at(c.path)
	n := parent.now[name]
	switch c.op {
	case "create":
		if n == nil {
			parent.now[name] = &node{mode: c.mode}
		}
	case "mkdir":
		parent.now[name] = newDir()
	case "sync":
		if n.dir {
			n.safe = maps.Clone(n.now)
		} else {
			n.data, n.mode = append([]byte{}, c.data...), c.mode
		}
	case "rename", "link":
		to, newName := p.at(c.to)
		to.now[newName] = n
		if c.op == "rename" {
			delete(parent.now, name)
		}
	case "remove":
		delete(parent.now, name)
	}
}

// restore writes what a power failure leaves of n to path: the names that were
// synced, or, as a disk may also write names before it is asked to, all.
func (n *node) restore(path string, allNames bool) error {
	if !n.dir {
		return errors.Join(os.WriteFile(path, n.data, 0o600), os.Chmod(path, n.mode))
	}
	names := n.safe
	if allNames {
		names = n.now
	}
	err := os.MkdirAll(path, 0o700)
	for name, child := range names {
		err = errors.Join(err, child.restore(filepath.Join(path, name), allNames))
	}
	return err
}

// The power fails after every single call of every operation. A file that was
// not synced loses its content, and a directory that was not synced its new
// names. No operation may then lose the old state before it has the new one, or
// return before the new one is durable.
func TestPowerFailure(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no call that makes names durable")
	}
	for _, tt := range outages {
		t.Run(tt.name, func(t *testing.T) {
			base := t.TempDir()
			if tt.calls == nil {
				tt.calls = osCalls{}
			}
			rec := &recorder{calls: tt.calls}
			run := &outageRun{Store: mustOpen(t, filepath.Join(base, "state")), disk: disk{rec}, out: filepath.Join(base, "out")}
			run.Store.disk = run.disk
			if tt.before != nil {
				if err := tt.before(run); err != nil {
					t.Fatalf("before: %v", err)
				}
			}
			began := len(rec.log)
			if err := tt.do(run); err != nil {
				t.Fatal(err)
			}
			p := &power{base: base, root: newDir()}
			for i, c := range rec.log {
				p.replay(c)
				allowed := slices.Concat(tt.during, tt.after)
				switch {
				case i < began-1:
					continue
				case i == len(rec.log)-1:
					allowed = tt.after
				}
				for _, allNames := range []bool{false, true} {
					left := t.TempDir()
					if err := p.root.restore(left, allNames); err != nil {
						t.Fatal(err)
					}
					if got, err := state(left); err != nil || !slices.Contains(allowed, got) {
						t.Errorf("power failure after %q, all names written: %t: got %q, %v, want one of %q", rec.log[began:i+1], allNames, got, err, allowed)
					}
				}
			}
		})
	}
}

// state describes what a fresh program finds below base.
func state(base string) (string, error) {
	s, err := Open(filepath.Join(base, "state"))
	if err != nil {
		return "", err
	}
	var found []string
	var list func(s *Store, prefix, rel string) error
	list = func(s *Store, prefix, rel string) error {
		names, err := s.List(rel)
		for _, name := range names {
			name = filepath.ToSlash(filepath.Join(rel, name))
			data, readErr := s.ReadFile(name)
			switch {
			case errors.Is(readErr, syscall.EISDIR):
				err = errors.Join(err, list(s, prefix, name))
				continue
			case filepath.Ext(name) == ".cache" || name == formatFile:
				continue
			case filepath.Ext(name) == ".json":
				var doc map[string]int
				readErr = s.Load(name, &doc)
				data = fmt.Append(nil, doc["n"])
			}
			err = errors.Join(err, readErr)
			found = append(found, fmt.Sprintf("%s%s=%s", prefix, name, data))
		}
		return err
	}
	err = list(s, "", ".")
	out := &Store{dir: filepath.Join(base, "out")}
	err = errors.Join(err, list(out, "out/", "."))
	if info, statErr := os.Stat(filepath.Join(base, "out", "cert.pem")); statErr == nil && info.Mode().Perm() != 0o644 {
		err = errors.Join(err, fmt.Errorf("out/cert.pem has mode %o, want 644", info.Mode().Perm()))
	}
	slices.Sort(found)
	return strings.Join(found, " "), err
}

// The system's own sync is called: it refuses a pipe.
func TestSyncIsReal(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	if err := system.sync(w); err == nil {
		t.Error("sync of a pipe: got no error, want the system's")
	}
}
