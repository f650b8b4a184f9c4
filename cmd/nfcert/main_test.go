package main

import (
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestEarly holds what package early is for: that it comes before nearly all
// others.
func TestEarly(t *testing.T) {
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
	early, later := slices.Index(order, "github.com/nfcert/nfcert/internal/early"), slices.Index(order, "os")
	if early < 0 || early > 20 || later < early {
		t.Errorf("packages are initialised in the order %v; internal/early is to be among the first 20, and before os", order)
	}
}
