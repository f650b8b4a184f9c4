package store

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// contents returns every regular file below dir with its content.
func contents(t *testing.T, dir string) map[string]string {
	t.Helper()
	got := make(map[string]string)
	for _, name := range tree(t, dir) {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
			data, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			got[name] = string(data)
		}
	}
	return got
}

func TestInstall(t *testing.T) {
	tests := []struct {
		name      string
		old       map[string]string // what is there before; a name with a slash at its end is a directory
		files     []string          // to install, each with content "new"
		overwrite bool
		want      map[string]string // what is there after; nil means as before
		wantErr   any               // nil, or a pointer to the error type
	}{
		{name: "fresh", files: []string{"a", "b"}, want: map[string]string{"a": "new", "b": "new"}},
		{name: "none", files: nil},
		{name: "directory is made", files: []string{"out/a"}, want: map[string]string{"out/a": "new"}},
		{name: "two directories are not", files: []string{"out/deep/a"}, wantErr: new(*AccessError)},
		{name: "parent is a file", old: map[string]string{"out": "x"}, files: []string{"out/a"}, wantErr: new(*AccessError)},
		{name: "exists", old: map[string]string{"b": "old"}, files: []string{"a", "b"}, wantErr: new(*ExistsError)},
		{name: "same content is no conflict", old: map[string]string{"b": "new"}, files: []string{"a", "b"}, want: map[string]string{"a": "new", "b": "new"}},
		{name: "overwrite", old: map[string]string{"b": "old"}, files: []string{"a", "b"}, overwrite: true, want: map[string]string{"a": "new", "b": "new"}},
		{name: "a directory there", old: map[string]string{"b/": ""}, files: []string{"a", "b"}, overwrite: true, wantErr: new(*AccessError)},
		{name: "a made directory goes again", old: map[string]string{"b": "old"}, files: []string{"out/a", "b"}, wantErr: new(*ExistsError)},
		{name: "named twice", files: []string{"a", "./a"}, wantErr: new(error)},
		{name: "no path", files: []string{""}, wantErr: new(error)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			for name, content := range tt.old {
				if path := filepath.Join(dir, name); strings.HasSuffix(name, "/") {
					os.Mkdir(path, 0o700)
				} else {
					put(t, path, content)
				}
			}
			before := tree(t, dir)
			var files []File
			for _, name := range tt.files {
				file := File{Data: []byte("new")}
				if name != "" {
					file.Path = dir + string(filepath.Separator) + name
				}
				files = append(files, file)
			}
			err := Install(files, InstallOptions{Overwrite: tt.overwrite})
			if tt.wantErr == nil && err != nil {
				t.Errorf("Install: %v", err)
			}
			if tt.wantErr != nil && !errors.As(err, tt.wantErr) {
				t.Errorf("Install: got %v, want a %T", err, tt.wantErr)
			}
			if tt.want != nil {
				if diff := cmp.Diff(contents(t, dir), tt.want); diff != "" {
					t.Errorf("files, got -, want +:\n%s", diff)
				}
			} else if diff := cmp.Diff(tree(t, dir), before); diff != "" {
				t.Errorf("names after failure, got -, want +:\n%s", diff)
			}
		})
	}
}

func TestInstallModes(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no permission bits")
	}
	dir := t.TempDir()
	check := func(name string, want fs.FileMode) {
		t.Helper()
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil || info.Mode().Perm() != want {
			t.Errorf("%s: %v, %v, want mode %o", name, info, err, want)
		}
	}
	out := filepath.Join(dir, "out")
	files := pair(out, 1)
	if err := Install(files, InstallOptions{}); err != nil {
		t.Fatalf("Install: %v", err)
	}
	check("out", 0o700)
	check("out/cert.pem", 0o644)
	check("out/key.pem", 0o600)

	// The right content in the wrong mode is not yet what was asked for.
	if err := os.Chmod(filepath.Join(out, "key.pem"), 0o644); err != nil {
		t.Fatal(err)
	}
	var exists *ExistsError
	if err := Install(files, InstallOptions{}); !errors.As(err, &exists) || len(exists.Paths) != 1 || !errors.Is(err, fs.ErrExist) {
		t.Errorf("Install over a loose key: %v, want an ExistsError of it", err)
	}
	if err := Install(files, InstallOptions{Overwrite: true}); err != nil {
		t.Errorf("Install: %v", err)
	}
	check("out/key.pem", 0o600)
}

// Users who could read the key of a running NF can read the new one.
func TestInstallKeepsReaders(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no permission bits")
	}
	dir := t.TempDir()
	if err := Install(pair(dir, 1), InstallOptions{}); err != nil {
		t.Fatalf("Install: %v", err)
	}
	key := filepath.Join(dir, "key.pem")
	uid, gid := os.Getuid(), os.Getgid()
	if uid == 0 { // only root can give files away
		uid, gid = 12345, 12346
	}
	for i, tt := range []struct{ was, want fs.FileMode }{
		{0o640, 0o640}, {0o600, 0o600}, {0o644, 0o600}, {0o660, 0o600}, {0o440, 0o640},
	} {
		if err := errors.Join(os.Chown(key, uid, gid), os.Chmod(key, tt.was)); err != nil {
			t.Fatal(err)
		}
		if err := Install(pair(dir, 2+i), InstallOptions{Overwrite: true}); err != nil {
			t.Fatalf("Install over mode %o: %v", tt.was, err)
		}
		info, err := os.Stat(key)
		if err != nil || info.Mode().Perm() != tt.want {
			t.Errorf("over mode %o: %v, %v, want mode %o", tt.was, info, err, tt.want)
		}
		if owner := ownerOf(info); owner != [2]int{uid, gid} {
			t.Errorf("over mode %o: owner and group %v, want %d and %d", tt.was, owner, uid, gid)
		}
	}
	// A file that only its group may read, too, has the wanted mode.
	if err := os.Chmod(key, 0o640); err != nil {
		t.Fatal(err)
	}
	if err := Install(pair(dir, 6), InstallOptions{}); err != nil {
		t.Errorf("Install of the same content: %v", err)
	}
}

// Files that are in place are not written again, so programs that watch them
// are not woken.
func TestInstallUnchanged(t *testing.T) {
	dir := t.TempDir()
	if err := Install(pair(dir, 1), InstallOptions{}); err != nil {
		t.Fatal(err)
	}
	before, err := os.Stat(filepath.Join(dir, "key.pem"))
	if err != nil {
		t.Fatal(err)
	}
	for _, overwrite := range []bool{false, true} {
		if err := Install(pair(dir, 1), InstallOptions{Overwrite: overwrite}); err != nil {
			t.Errorf("Install again: %v", err)
		}
	}
	after, err := os.Stat(filepath.Join(dir, "key.pem"))
	if err != nil || !os.SameFile(before, after) {
		t.Errorf("key.pem was replaced by the same content (%v)", err)
	}
}

func TestInstallThroughLinks(t *testing.T) {
	dir := t.TempDir()
	put(t, filepath.Join(dir, "versions", "key.pem"), "old")
	link := func(target, name string) string {
		path := filepath.Join(dir, name)
		if err := os.Symlink(target, path); err != nil {
			t.Skip("no symbolic links here:", err)
		}
		return path
	}
	live := link(filepath.Join("versions", "key.pem"), "key.pem")
	if err := Install([]File{{Path: live, Data: []byte("new")}}, InstallOptions{Overwrite: true}); err != nil {
		t.Fatalf("Install through a link: %v", err)
	}
	if got, _ := os.ReadFile(filepath.Join(dir, "versions", "key.pem")); string(got) != "new" {
		t.Errorf("target of the link %q, want it new", got)
	}
	if info, err := os.Lstat(live); err != nil || info.Mode()&fs.ModeSymlink == 0 {
		t.Errorf("%q: %v, %v, want it still a link", live, info, err)
	}
	dangling := link("nowhere", "dangling.pem")
	var access *AccessError
	if err := Install([]File{{Path: dangling, Data: []byte("new")}}, InstallOptions{Overwrite: true}); !errors.As(err, &access) {
		t.Errorf("Install through a link to nothing: %v, want an AccessError", err)
	}
	twice := []File{{Path: live, Data: []byte("1")}, {Path: filepath.Join(dir, "versions", "key.pem"), Data: []byte("2")}}
	if err := Install(twice, InstallOptions{Overwrite: true}); err == nil {
		t.Error("Install of one file by two names succeeded")
	}
}

// If a rename fails, the ones before it are undone: old files are put back, new
// ones are removed.
func TestInstallUndo(t *testing.T) {
	dir := t.TempDir()
	path := func(name string) string { return filepath.Join(dir, name) }
	put(t, path("old"), "old")
	set := &installation{disk: system, options: InstallOptions{Overwrite: true}}
	for _, name := range []string{"old", "fresh", "blocked"} {
		if err := set.plan(File{Path: path(name), Data: []byte("new")}); err != nil {
			t.Fatalf("plan: %v", err)
		}
	}
	if err := set.stage(); err != nil {
		t.Fatalf("stage: %v", err)
	}
	put(t, path("blocked/x"), "in the way since")
	var access *AccessError
	if err := set.place(); !errors.As(err, &access) || access.Path != path("blocked") {
		t.Errorf("place: %v, want an AccessError of the blocked one", err)
	}
	if got := contents(t, dir)["fresh"]; got != "new" {
		t.Errorf("before undo the second file is %q, want it in place", got)
	}
	if err := set.undo(); err != nil {
		t.Errorf("undo: %v", err)
	}
	want := map[string]string{"old": "old", "blocked/x": "in the way since"}
	if diff := cmp.Diff(contents(t, dir), want); diff != "" {
		t.Errorf("files, got -, want +:\n%s", diff)
	}
}

// A file that is made between plan and place is not replaced.
func TestInstallRace(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "key.pem")
	set := &installation{disk: system}
	if err := set.plan(File{Path: path, Data: []byte("new")}); err != nil {
		t.Fatal(err)
	}
	if err := set.stage(); err != nil {
		t.Fatal(err)
	}
	put(t, path, "foreign")
	var exists *ExistsError
	if err := set.place(); !errors.As(err, &exists) {
		t.Errorf("place: %v, want an ExistsError", err)
	}
	if err := set.undo(); err != nil {
		t.Errorf("undo: %v", err)
	}
	if diff := cmp.Diff(contents(t, dir), map[string]string{"key.pem": "foreign"}); diff != "" {
		t.Errorf("files, got -, want +:\n%s", diff)
	}
}

func TestExistsErrorText(t *testing.T) {
	for want, in := range map[string][]string{
		`"a" already exists with other content`:     {"a"},
		`"a", "b" already exist with other content`: {"a", "b"},
	} {
		if got := (&ExistsError{Paths: in}).Error(); got != want {
			t.Errorf("ExistsError(%q): got %q, want %q", in, got, want)
		}
	}
}

func TestSetAsideWithoutLinks(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "key.pem")
	put(t, path, "content")
	backup, err := disk{noLinks{osCalls{}}}.setAside(path)
	if err != nil {
		t.Fatalf("setAside: %v", err)
	}
	if got, err := os.ReadFile(backup); string(got) != "content" || filepath.Dir(backup) != dir {
		t.Errorf("copy %q has %q, %v, want the content, next to the file", backup, got, err)
	}
	if base, d, ok := parseTemp(filepath.Base(backup)); base != "key.pem" || d != durable || !ok {
		t.Errorf("copy %q is no unfinished file of key.pem: the next Install would not remove it", backup)
	}
}

// Install removes what a killed run left next to its targets even when there is
// nothing to install: it may be a key that is no longer used.
func TestInstallSweepsNextToTheSame(t *testing.T) {
	dir := t.TempDir()
	files := pair(dir, 1)
	if err := Install(files, InstallOptions{}); err != nil {
		t.Fatalf("Install: %v", err)
	}
	for _, name := range []string{".key.pem.1.tmp", ".cert.pem.2.tmp"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("left"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := Install(files, InstallOptions{}); err != nil {
		t.Fatalf("Install again: %v", err)
	}
	if names := tree(t, dir); len(names) != 2 {
		t.Errorf("files %q, want the two installed", names)
	}
}
