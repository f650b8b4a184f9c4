package interop_test

import (
	"encoding/json"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/nfcert/nfcert/interop/realca"
)

// The yardstick of scripts/bench sends what docs/performance.md says it does.
// How often it has to poll depends on the machine, so extra polls are not
// counted; that it counts right is judged by Pebble's own log.
func TestFloorRequests(t *testing.T) {
	ca := startPebble(t, realca.PebbleOptions{Strict: true})
	account := filepath.Join(t.TempDir(), "account.json")
	for _, tc := range []struct {
		name string
		want int
	}{
		{"new account", 10},
		{"saved account", 9},
	} {
		before := ca.Requests()
		cmd := exec.CommandContext(t.Context(), binary(t, built.floor), "-directory", ca.Directory, "-root", ca.TLSRoot,
			"-name", "amf1.amf.5gc.mnc001.mcc001.3gppnetwork.org", "-http", ca.HTTPAddr, "-account", account)
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("%s: %v: %s", tc.name, err, stderrOf(err))
		}
		var got struct{ Requests, ExtraPolls int }
		if err := json.Unmarshal(out, &got); err != nil {
			t.Fatalf("%s: reading %q: %v", tc.name, out, err)
		}
		if least := got.Requests - got.ExtraPolls; least != tc.want {
			t.Errorf("%s: %d requests without extra polls, want %d", tc.name, least, tc.want)
		}
		if seen := ca.Requests() - before; seen != got.Requests {
			t.Errorf("%s: %d requests by its own count, %d by Pebble's", tc.name, got.Requests, seen)
		}
	}
}
