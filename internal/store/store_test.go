package store

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A command that only reads must leave nothing behind.
func TestReadingMakesNothing(t *testing.T) {
	s := newStore(t)
	var doc testDoc
	if err := s.Load("servers/x/directory.json", &doc); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Load of a missing document: %v, want fs.ErrNotExist", err)
	}
	if _, err := s.ReadFile("key.pem"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("ReadFile of a missing file: %v, want fs.ErrNotExist", err)
	}
	if names, err := s.List("enrolments"); len(names) != 0 || err != nil {
		t.Errorf("List of a missing directory: %q, %v, want nothing", names, err)
	}
	if err := s.Remove("enrolments/x"); err != nil {
		t.Errorf("Remove of a missing file: %v", err)
	}
	if err := s.Rename("a", "b"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Rename of a missing file: %v, want fs.ErrNotExist", err)
	}
	if _, err := os.Stat(s.Dir()); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the store's directory: %v, want none", err)
	}
}

func TestFirstWriteMakesTheStore(t *testing.T) {
	s := newStore(t)
	if err := s.Save("accounts/ca/default/account.json", filled(1)); err != nil {
		t.Fatalf("Save: %v", err)
	}
	want := []string{"accounts", "accounts/ca", "accounts/ca/default", "accounts/ca/default/account.json", "format"}
	if diff := cmp.Diff(tree(t, s.Dir()), want); diff != "" {
		t.Errorf("files, got -, want +:\n%s", diff)
	}
	if got, err := os.ReadFile(s.Path("format")); string(got) != "nfcert-state 1\n" {
		t.Errorf("format file %q, %v, want one line with version 1", got, err)
	}
	t.Run("modes", func(t *testing.T) {
		if runtime.GOOS == "windows" {
			t.Skip("Windows has no permission bits")
		}
		for rel, want := range map[string]fs.FileMode{".": 0o700, "accounts/ca": 0o700, "format": 0o600, "accounts/ca/default/account.json": 0o600} {
			info, err := os.Stat(s.Path(rel))
			if err != nil {
				t.Errorf("stat %q: %v", rel, err)
			} else if got := info.Mode().Perm(); got != want {
				t.Errorf("mode of %q: got %o, want %o", rel, got, want)
			}
		}
	})
}

func TestOpenFormat(t *testing.T) {
	const good = "nfcert-state 1\n"
	tests := []struct {
		name, content string
		want          any // nil, or a pointer to the error type
	}{
		{"current", good, nil},
		{"newer", "nfcert-state 2\n", new(*VersionError)},
		{"huge number", "nfcert-state 99999999999999999999\n", new(*DamagedError)},
		{"zero", "nfcert-state 0\n", new(*DamagedError)},
		{"negative", "nfcert-state -1\n", new(*DamagedError)},
		{"foreign", "hello\n", new(*DamagedError)},
		{"binary", "\x00\xff", new(*DamagedError)},
		{"two lines", good + good, new(*DamagedError)},
	}
	for i := range good {
		tests = append(tests, struct {
			name, content string
			want          any
		}{"cut at " + good[:i], good[:i], new(*DamagedError)})
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			put(t, filepath.Join(dir, "format"), tt.content)
			_, err := Open(dir)
			if tt.want == nil {
				if err != nil {
					t.Errorf("Open with format %q: %v", tt.content, err)
				}
			} else if !errors.As(err, tt.want) {
				t.Errorf("Open with format %q: got %v, want a %T", tt.content, err, tt.want)
			}
		})
	}
}

// A store that was migrated between Open and the first write is not changed.
func TestNewerFormatAppears(t *testing.T) {
	s := newStore(t)
	put(t, s.Path("format"), "nfcert-state 2\n")
	var newer *VersionError
	if err := s.Save("doc.json", filled(1)); !errors.As(err, &newer) || newer.Found != 2 || newer.Supported != 1 {
		t.Errorf("Save into a newer store: %v, want a VersionError of 2 over 1", err)
	}
	if got := tree(t, s.Dir()); len(got) != 1 {
		t.Errorf("files %q, want the format alone", got)
	}
}

func TestOpenRefuses(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	put(t, file, "x")
	var access *AccessError
	for _, dir := range []string{file, filepath.Join(file, "below")} {
		if _, err := Open(dir); !errors.As(err, &access) {
			t.Errorf("Open(%q): %v, want an AccessError", dir, err)
		}
	}
	if _, err := Open(""); err == nil {
		t.Error("Open of no directory succeeded")
	}
}

func TestNamesStayInside(t *testing.T) {
	s := newStore(t)
	for _, rel := range []string{"", "..", "../x", "a/../../x", "/etc/passwd", "a//b", "a/./b", "nul\x00"} {
		if got := s.Path(rel); got != "" {
			t.Errorf("Path(%q): got %q, want none", rel, got)
		}
		if err := attach(s, rel, nil); err == nil {
			t.Errorf("WriteFile(%q) succeeded", rel)
		}
		if _, err := s.ReadFile(rel); err == nil || errors.Is(err, fs.ErrNotExist) {
			t.Errorf("ReadFile(%q): %v, want a refusal of the name", rel, err)
		}
		if err := s.RemoveAll(rel); err == nil {
			t.Errorf("RemoveAll(%q) succeeded", rel)
		}
	}
	for name, err := range map[string]error{"Attachment": attach(s, ".", nil), "RemoveAll": s.RemoveAll("."), "Remove": s.Remove(".")} {
		if err == nil {
			t.Errorf("%s of the store itself succeeded", name)
		}
	}
	if got := tree(t, filepath.Dir(s.Dir())); len(got) != 0 {
		t.Errorf("files %q, want none", got)
	}
	if got, want := s.Path("a/b"), filepath.Join(s.Dir(), "a", "b"); got != want {
		t.Errorf("Path(a/b): got %q, want %q", got, want)
	}
}

// A state directory that cannot be made or written is one clear error. (Root
// may write anywhere, so the test puts files where directories should be.)
func TestUnwritableStore(t *testing.T) {
	base := t.TempDir()
	put(t, filepath.Join(base, "file"), "x")
	above := &Store{dir: filepath.Join(base, "file", "state"), disk: system}
	inside := mustOpen(t, filepath.Join(base, "state"))
	put(t, filepath.Join(base, "state", "accounts"), "a file where a directory should be")
	put(t, filepath.Join(base, "state", "doc.json", "x"), "a directory where a file should be")
	for name, err := range map[string]error{
		"Save above":      above.Save("doc.json", filled(1)),
		"Save below":      inside.Save("accounts/x.json", filled(1)),
		"Save over":       inside.Save("doc.json", filled(1)),
		"SaveCache over":  inside.SaveCache("doc.json", filled(1)),
		"Attachment":      attach(inside, "accounts/key.pem", nil),
		"CreateKey":       inside.CreateKey("accounts/key.pem", nil),
		"Append over":     inside.Append("doc.json", []byte("x\n"), 0),
		"Load over":       inside.Load("doc.json", new(testDoc)),
		"Load below":      inside.Load("accounts/x.json", new(testDoc)),
		"Remove nonempty": inside.Remove("doc.json"),
		"Lock": func() error {
			_, err := inside.Lock(t.Context(), "accounts/x")
			return err
		}(),
		"List": func() error {
			_, err := inside.List("accounts")
			return err
		}(),
	} {
		var access *AccessError
		if !errors.As(err, &access) || access.Op == "" || access.Path == "" {
			t.Errorf("%s: got %v, want an AccessError", name, err)
		}
	}
	want := []string{"accounts", "doc.json", "doc.json/x", "format"}
	if diff := cmp.Diff(tree(t, inside.Dir()), want); diff != "" {
		t.Errorf("files after failures, got -, want +:\n%s", diff)
	}
}

func TestReadOnlyStore(t *testing.T) {
	if os.Geteuid() == 0 || runtime.GOOS == "windows" {
		t.Skip("permission bits do not apply to this user")
	}
	dir := t.TempDir()
	s := mustOpen(t, dir)
	if err := os.Chmod(dir, 0o500); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.Chmod(dir, 0o700) })
	if err := s.Save("doc.json", filled(1)); !errors.Is(err, fs.ErrPermission) {
		t.Errorf("Save into a read-only directory: %v, want fs.ErrPermission", err)
	}
}
