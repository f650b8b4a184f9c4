package main

import (
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestSingleComesEarly holds what package single is for: that one processor is
// all there is from nearly the beginning.
func TestSingleComesEarly(t *testing.T) {
	path := filepath.Join(t.TempDir(), "nfcert.exe")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", path, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	cmd := exec.CommandContext(t.Context(), path, "version")
	cmd.Env = append(cmd.Environ(), "GODEBUG=inittrace=1")
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	var order []string
	for line := range strings.Lines(string(out)) {
		if words := strings.Fields(line); len(words) > 1 && words[0] == "init" {
			order = append(order, words[1])
		}
	}
	single, later := slices.Index(order, "github.com/nfcert/nfcert/internal/single"), slices.Index(order, "errors")
	if single < 0 || later < single {
		t.Errorf("packages are initialised in the order %v; internal/single is to come before errors", order)
	}
}
