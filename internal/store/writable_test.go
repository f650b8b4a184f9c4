package store

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

func TestCheckWritable(t *testing.T) {
	dir := t.TempDir()
	if err := CheckWritable(dir); err != nil {
		t.Errorf("CheckWritable of a directory of this user: %v, want nil", err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("it left %v, %v", left, err)
	}
	var access *AccessError
	if err := CheckWritable(filepath.Join(dir, "missing")); !errors.As(err, &access) {
		t.Errorf("CheckWritable of a missing directory: %v, want an AccessError", err)
	}
}

func TestCheckWritableReadOnly(t *testing.T) {
	if os.Geteuid() == 0 || runtime.GOOS == "windows" {
		t.Skip("permission bits do not apply to this user")
	}
	dir := filepath.Join(t.TempDir(), "closed")
	if err := os.Mkdir(dir, 0o500); err != nil {
		t.Fatal(err)
	}
	var access *AccessError
	if err := CheckWritable(dir); !errors.As(err, &access) {
		t.Errorf("CheckWritable of a read-only directory: %v, want an AccessError", err)
	}
}
