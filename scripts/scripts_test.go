// Package scripts_test runs what the repository tells people to run: the
// commands of the README, and scripts/walk.
package scripts_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// repository is the root of the repository.
const repository = ".."

// need returns the path of a program, or skips the test by name. Where CI is
// set everything is installed, so there it fails.
func need(t *testing.T, program string) string {
	t.Helper()
	path, err := exec.LookPath(program)
	if err == nil {
		return path
	}
	if os.Getenv("CI") == "true" {
		t.Fatalf("%s is not installed: %v", program, err)
	}
	t.Skipf("%[1]s is not installed (Debian package %[1]s)", program)
	return ""
}

// build builds nfcert into a folder of its own, which is returned.
func build(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	name := "nfcert"
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	cmd := exec.CommandContext(t.Context(), "go", "build", "-o", filepath.Join(dir, name), "./cmd/nfcert")
	cmd.Dir = repository
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("building nfcert: %v\n%s", err, out)
	}
	return dir
}

// environment is the test's own without what would steer nfcert, with bin first
// in PATH and a home of its own.
func environment(t *testing.T, bin string) []string {
	t.Helper()
	var env []string
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "NFCERT_") && !strings.HasPrefix(v, "XDG_") && !strings.HasPrefix(v, "STATE_DIRECTORY=") {
			env = append(env, v)
		}
	}
	state := t.TempDir()
	return append(env,
		"PATH="+bin+string(filepath.ListSeparator)+os.Getenv("PATH"),
		"XDG_DATA_HOME="+filepath.Join(state, "data"),
		"XDG_CONFIG_HOME="+filepath.Join(state, "config"))
}

// run runs a command to its end and returns what it wrote.
func run(t *testing.T, cmd *exec.Cmd) string {
	t.Helper()
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %v\n%s", fmt.Sprint(cmd.Args), err, out)
	}
	return string(out)
}

// TestWalk walks the flow with jq, at a lab CA that does everything and at one
// that drops half of what was asked for.
func TestWalk(t *testing.T) {
	need(t, "jq")
	bash := need(t, "bash")
	bin := build(t)
	walk, err := filepath.Abs("walk")
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name string
		lab  []string
		want string // in the last line
	}{
		{"a CA that issues what was asked for", nil, "; 0 differences"},
		{"a CA that drops the NF's marks", []string{"--misbehave", "drop-eku", "--misbehave", "drop-nftypes"}, "; 2 differences"},
		{"a CA that refuses half the nonces", []string{"--misbehave", "bad-nonce=50"}, "; 0 differences"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			args := append([]string{"lab", "exec"}, tt.lab...)
			cmd := exec.CommandContext(t.Context(), filepath.Join(bin, "nfcert"), append(args, "--", bash, walk)...)
			cmd.Env, cmd.Dir = environment(t, bin), t.TempDir()
			out := strings.TrimSpace(run(t, cmd))
			last := out[strings.LastIndexByte(out, '\n')+1:]
			if !strings.HasPrefix(last, "walk: certificate ") || !strings.HasSuffix(last, tt.want) {
				t.Errorf("last line of the walk = %q, want it to start with %q and end with %q\n%s", last, "walk: certificate ", tt.want, out)
			}
		})
	}
}
