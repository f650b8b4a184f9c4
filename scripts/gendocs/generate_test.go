package main

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestDocsAreCurrent compares the committed pages with the commands.
func TestDocsAreCurrent(t *testing.T) {
	want, err := generate()
	if err != nil {
		t.Fatal(err)
	}
	docs := filepath.Join("..", "..", "docs")
	for name, content := range want {
		got, err := os.ReadFile(filepath.Join(docs, name))
		if err != nil {
			t.Errorf("%v; make it with: go run ./scripts/gendocs", err)
			continue
		}
		if diff := cmp.Diff(string(content), string(got)); diff != "" {
			t.Errorf("docs/%s is out of date; update it with: go run ./scripts/gendocs\n(-generated +committed)\n%s", name, diff)
		}
	}
	for _, folder := range folders() {
		err := filepath.WalkDir(filepath.Join(docs, folder), func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			name, err := filepath.Rel(docs, path)
			if _, ok := want[filepath.ToSlash(name)]; !ok && err == nil {
				t.Errorf("docs/%s belongs to no command; remove it with: go run ./scripts/gendocs", filepath.ToSlash(name))
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	}
}

func TestCompletions(t *testing.T) {
	dir := t.TempDir()
	if err := writeCompletions(dir); err != nil {
		t.Fatal(err)
	}
	for _, shell := range []string{"bash", "zsh", "fish", "ps1"} {
		got, err := os.ReadFile(filepath.Join(dir, "nfcert."+shell))
		if err != nil {
			t.Error(err)
		} else if !bytes.Contains(got, []byte("__complete")) {
			t.Errorf("the completion for %s does not ask nfcert for candidates", shell)
		}
	}
}

func TestFenceTables(t *testing.T) {
	tests := []struct{ name, in, want string }{
		{"prose", "one\ntwo", "one\ntwo"},
		{"table between prose", "one\n\n  a  b\n  c  d\n\ntwo", "one\n\n```\n  a  b\n  c  d\n```\n\ntwo"},
		{"table right after prose", "one:\n  a  b\ntwo", "one:\n\n```\n  a  b\n```\n\ntwo"},
		{"table at the end", "one\n\n  a", "one\n\n```\n  a\n```"},
		{"an empty line within", "  a\n\n  b\n\none", "```\n  a\n\n  b\n```\n\none"},
		{"empty lines at the end", "  a\n\n", "```\n  a\n```\n\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := fenceTables(tt.in); got != tt.want {
				t.Errorf("fenceTables(%q) = %q, want %q", tt.in, got, tt.want)
			}
		})
	}
}
