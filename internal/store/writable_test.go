package store

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

func TestCheckWritable(t *testing.T) {
	dir := t.TempDir()
	if err := CheckWritable(dir); err != nil {
		t.Errorf("CheckWritable of an own directory: %v, want nil", err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("it left %v, %v", left, err)
	}
	var access *AccessError
	if err := CheckWritable(filepath.Join(dir, "missing")); !errors.As(err, &access) {
		t.Errorf("CheckWritable of a missing directory: %v, want an AccessError", err)
	}
	if os.Getuid() == 0 {
		return // nothing is closed to root
	}
	closed := filepath.Join(dir, "closed")
	if err := os.Mkdir(closed, 0o500); err != nil {
		t.Fatal(err)
	}
	if err := CheckWritable(closed); !errors.As(err, &access) {
		t.Errorf("CheckWritable of a closed directory: %v, want an AccessError", err)
	}
}
