package interop_test

import (
	"encoding/json"
	"fmt"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/nfcert/nfcert/interop/realca"
)

// floorResult is what the yardstick of scripts/bench prints.
type floorResult struct{ Requests, ExtraPolls int }

// runFloor enrols name once.
func runFloor(t *testing.T, directory, root, name, httpAddr, account string) floorResult {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), binary(t, built.floor), "-directory", directory, "-root", root,
		"-name", name, "-http", httpAddr, "-account", account)
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("floor: %v: %s", err, stderrOf(err))
	}
	var result floorResult
	if err := json.Unmarshal(out, &result); err != nil {
		t.Fatalf("reading what floor printed, %q: %v", out, err)
	}
	return result
}

// The yardstick sends what docs/performance.md says it does. How often it has
// to poll depends on the machine, so extra polls are not counted; that it
// counts right is judged by Pebble's own log.
func TestFloorRequestsAtPebble(t *testing.T) {
	ca := startPebble(t, realca.PebbleOptions{Strict: true})
	account := filepath.Join(t.TempDir(), "account.json")
	for i, tc := range []struct {
		name string
		want int
	}{
		{"new account", 10},
		{"saved account", 9},
	} {
		before := len(ca.Requests())
		got := runFloor(t, ca.Directory, ca.TLSRoot, fmt.Sprintf("amf%d.example.org", i), ca.HTTPAddr, account)
		if least := got.Requests - got.ExtraPolls; least != tc.want {
			t.Errorf("%s: %d requests without extra polls, want %d", tc.name, least, tc.want)
		}
		if seen := len(ca.Requests()) - before; seen != got.Requests {
			t.Errorf("%s: %d requests by its own count, %d by Pebble's", tc.name, got.Requests, seen)
		}
	}
}

// step-ca finalizes within the request, which saves the last poll.
func TestFloorRequestsAtStepCA(t *testing.T) {
	ca := startStepCA(t)
	got := runFloor(t, ca.Directory, ca.Root, sampleName, ca.HTTPAddr, "")
	if least := got.Requests - got.ExtraPolls; least != 9 {
		t.Errorf("%d requests without extra polls, want 9", least)
	}
}
