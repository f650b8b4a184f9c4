package challenge

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func tree(t *testing.T, dir string) []string {
	t.Helper()
	var names []string
	if err := fs.WalkDir(os.DirFS(dir), ".", func(path string, _ fs.DirEntry, err error) error {
		if path != "." {
			names = append(names, path)
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return names
}

func put(t *testing.T, path, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestWebroot(t *testing.T) {
	tests := []struct {
		name string
		old  []string // files that are there before
		gone []string // what is left after CleanUp
	}{
		{"empty", nil, nil},
		{"site", []string{"index.html"}, []string{"index.html"}},
		{"well-known in use", []string{".well-known/security.txt"}, []string{".well-known", ".well-known/security.txt"}},
		{"another challenge", []string{".well-known/acme-challenge/other"},
			[]string{".well-known", ".well-known/acme-challenge", ".well-known/acme-challenge/other"}},
		{"a killed run's leftover", []string{".well-known/acme-challenge/." + testToken + ".tmp"},
			[]string{".well-known", ".well-known/acme-challenge"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			root := t.TempDir()
			for _, name := range tt.old {
				put(t, filepath.Join(root, name), "old")
			}
			w := NewWebroot(root)
			before := tree(t, root)
			p := mustPlan(t, w, testChallenge())
			if diff := cmp.Diff(tree(t, root), before); diff != "" {
				t.Errorf("Plan changed something, got -, want +:\n%s", diff)
			}
			if err := w.Present(t.Context(), testChallenge(), p); err != nil {
				t.Fatalf("Present: %v", err)
			}
			want := filepath.Join(root, ".well-known", "acme-challenge", testToken)
			if data, err := os.ReadFile(want); string(data) != testAuth {
				t.Errorf("file %q: %q, %v, want %q", want, data, err, testAuth)
			}
			if err := w.CleanUp(t.Context(), p); err != nil {
				t.Errorf("CleanUp: %v", err)
			}
			if diff := cmp.Diff(tree(t, root), tt.gone); diff != "" {
				t.Errorf("left after CleanUp, got -, want +:\n%s", diff)
			}
		})
	}
}

// The web server runs as another user, so the umask must not matter.
func TestWebrootModes(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no permission bits")
	}
	root := t.TempDir()
	w := NewWebroot(root)
	p := mustPlan(t, w, testChallenge())
	if err := w.Present(t.Context(), testChallenge(), p); err != nil {
		t.Fatalf("Present: %v", err)
	}
	for rel, want := range map[string]fs.FileMode{".well-known": 0o755, ".well-known/acme-challenge": 0o755, ".well-known/acme-challenge/" + testToken: 0o644} {
		info, err := os.Stat(filepath.Join(root, rel))
		if err != nil || info.Mode().Perm() != want {
			t.Errorf("%s: %v, %v, want mode %o", rel, info, err, want)
		}
	}
}

// What is not ours is neither overwritten nor removed.
func TestWebrootLeavesForeignFiles(t *testing.T) {
	tests := []struct {
		name string
		make func(t *testing.T, path string)
	}{
		{"shorter", func(t *testing.T, path string) { put(t, path, "foreign") }},
		{"same length", func(t *testing.T, path string) { put(t, path, testAuth[:len(testAuth)-1]+"X") }},
		{"directory", func(t *testing.T, path string) { put(t, filepath.Join(path, "x"), "foreign") }},
		{"link", func(t *testing.T, path string) {
			put(t, path+"-target", testAuth)
			if err := os.Symlink(path+"-target", path); err != nil {
				t.Skip("no symbolic links here:", err)
			}
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			root := t.TempDir()
			w := NewWebroot(root)
			p := mustPlan(t, w, testChallenge())
			tt.make(t, p.Where)
			before := tree(t, root)
			var occupied *OccupiedError
			if err := w.Present(t.Context(), testChallenge(), p); !errors.As(err, &occupied) || occupied.Path != p.Where {
				t.Errorf("Present: %v, want an OccupiedError", err)
			}
			if err := w.CleanUp(t.Context(), p); err != nil {
				t.Errorf("CleanUp: %v", err)
			}
			if diff := cmp.Diff(tree(t, root), before); diff != "" {
				t.Errorf("files, got -, want +:\n%s", diff)
			}
		})
	}
}

func TestWebrootErrors(t *testing.T) {
	root := t.TempDir()
	put(t, filepath.Join(root, "file"), "")
	for _, dir := range []string{filepath.Join(root, "missing"), filepath.Join(root, "file"), filepath.Join(root, "file", "below")} {
		if p, err := NewWebroot(dir).Plan(testChallenge()); err == nil {
			t.Errorf("Plan in %q: got %+v, want an error", dir, p)
		}
	}
	if _, err := NewWebroot(filepath.Join(root, "missing")).Plan(testChallenge()); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Plan in a missing directory: %v, want fs.ErrNotExist", err)
	}

	w := NewWebroot(root)
	p := mustPlan(t, w, testChallenge())
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if err := w.Present(ended, testChallenge(), p); !errors.Is(err, context.Canceled) {
		t.Errorf("Present with an ended context: %v, want context.Canceled", err)
	}
	put(t, filepath.Join(root, ".well-known"), "a file in the way")
	if err := w.Present(t.Context(), testChallenge(), p); err == nil {
		t.Error("Present with a file in the way succeeded")
	}
	if err := w.CleanUp(t.Context(), p); err != nil {
		t.Errorf("CleanUp with a file in the way: %v", err)
	}
	if diff := cmp.Diff(tree(t, root), []string{".well-known", "file"}); diff != "" {
		t.Errorf("files, got -, want +:\n%s", diff)
	}
	if err := os.RemoveAll(filepath.Join(root, ".well-known")); err != nil {
		t.Fatal(err)
	}

	gone := filepath.Join(t.TempDir(), "root")
	put(t, filepath.Join(gone, "x"), "")
	w = NewWebroot(gone)
	p = mustPlan(t, w, testChallenge())
	if err := os.RemoveAll(gone); err != nil {
		t.Fatal(err)
	}
	if err := w.Present(t.Context(), testChallenge(), p); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Present in a root that went away: %v, want fs.ErrNotExist", err)
	}
	if err := w.CleanUp(t.Context(), p); err != nil {
		t.Errorf("CleanUp in a root that went away: %v", err)
	}
}

// A saved placement decides which files are removed, so one that Plan cannot
// have made is refused.
func TestWebrootRefusesForgedPlacements(t *testing.T) {
	root := t.TempDir()
	good := mustPlan(t, NewWebroot(root), testChallenge())
	victim := filepath.Join(root, "victim")
	put(t, victim, testAuth)
	tests := []struct {
		name   string
		change func(*Placement)
	}{
		{"elsewhere", func(p *Placement) { p.Where = victim }},
		{"token of another name", func(p *Placement) { p.Token = "victim" }},
		{"bad token", func(p *Placement) { p.Token = "../../victim" }},
		{"relative", func(p *Placement) { p.Where = ".well-known/acme-challenge/" + testToken }},
		{"foreign directory", func(p *Placement) { p.Directories = append(p.Directories, root) }},
		{"nothing", func(p *Placement) { *p = Placement{Method: MethodWebroot} }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := good
			p.Directories = append([]string(nil), good.Directories...)
			tt.change(&p)
			if err := new(Webroot).CleanUp(t.Context(), p); err == nil {
				t.Errorf("CleanUp(%+v) succeeded", p)
			}
			if err := new(Webroot).Present(t.Context(), Challenge{}, p); err == nil {
				t.Errorf("Present(%+v) succeeded", p)
			}
			if diff := cmp.Diff(tree(t, root), []string{"victim"}); diff != "" {
				t.Errorf("files, got -, want +:\n%s", diff)
			}
		})
	}
}
