package store

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

func TestPrivateWarning(t *testing.T) {
	tests := []struct {
		name string
		path string
		mode fs.FileMode
		goos string
		want string
	}{
		{"private", "/k.pem", 0o600, "linux", ""},
		{"owner may all", "/k.pem", 0o700, "linux", ""},
		{"group", "/k.pem", 0o640, "linux", `key file "/k.pem" is open to others (mode 0640): chmod 600 /k.pem`},
		{"others", "/my keys/k.pem", 0o604, "darwin", `key file "/my keys/k.pem" is open to others (mode 0604): chmod 600 '/my keys/k.pem'`},
		{"quote", "it's", 0o644, "linux", `key file "it's" is open to others (mode 0644): chmod 600 it\'s`},
		{"directory", "/d", fs.ModeDir | 0o755, "linux", `key directory "/d" is open to others (mode 0755): chmod 700 /d`},
		{"windows", "/k.pem", 0o666, "windows", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := privateWarning(tt.path, tt.mode, tt.goos); got != tt.want {
				t.Errorf("privateWarning(%q, %o, %s): got %q, want %q", tt.path, tt.mode, tt.goos, got, tt.want)
			}
		})
	}
}

func TestCheckPrivate(t *testing.T) {
	path := filepath.Join(t.TempDir(), "key.pem")
	if _, err := CheckPrivate(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("CheckPrivate of a missing file: %v, want fs.ErrNotExist", err)
	}
	put(t, path, "key")
	for mode, want := range map[fs.FileMode]bool{0o600: false, 0o644: runtime.GOOS != "windows"} {
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		if warning, err := CheckPrivate(path); (warning != "") != want || err != nil {
			t.Errorf("CheckPrivate of mode %o: %q, %v, want a warning: %t", mode, warning, err, want)
		}
	}
}
