package scripts_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestSBAPage runs the commands of docs/sba.md one after the other, at one lab,
// and finds what it says they print: two NFs meet over HTTP/2 with mutual TLS,
// and whoever does not have the token's NF instance id is refused.
func TestSBAPage(t *testing.T) {
	sh := need(t, "sh")
	bin, dir := t.TempDir(), t.TempDir()
	script := ""
	var shown []string
	for _, b := range blocks(t, filepath.Join(repository, "docs", "sba.md")) {
		switch {
		case b.mark == "run: build":
			cmd := exec.CommandContext(t.Context(), sh, "-eu", "-c", strings.Replace(b.text, "bin/", "'"+bin+"/'", 1))
			cmd.Dir = repository
			run(t, cmd)
		case b.mark == "run":
			script += b.text
		case strings.HasPrefix(b.mark, "file: "):
			if err := os.WriteFile(filepath.Join(dir, strings.TrimPrefix(b.mark, "file: ")), []byte(b.text), 0o644); err != nil {
				t.Fatal(err)
			}
		case b.mark == "output":
			shown = append(shown, b.text)
		default:
			t.Errorf("docs/sba.md: no test runs this block; say how in a comment above it:\n%s", b.text)
		}
	}
	cmd := exec.CommandContext(t.Context(), filepath.Join(bin, "nfcert"), "lab", "exec", "--", sh, "-eu", "-c", script)
	cmd.Env, cmd.Dir = environment(t, bin), dir
	printed := run(t, cmd)
	for _, text := range shown {
		if !strings.Contains("\n"+printed, "\n"+text) {
			t.Errorf("docs/sba.md shows\n%s\nwhich is not printed:\n%s", text, printed)
		}
	}
	if len(shown) != 2 || strings.Count(shown[1], "401 Unauthorized") != 2 {
		t.Errorf("docs/sba.md shows %q, want the NF instance, and one consumer served and two refused", shown)
	}
	log, err := os.ReadFile(filepath.Join(dir, "producer.log"))
	if err != nil || strings.Count(string(log), "refused: ") != 2 || strings.Count(string(log), "served NF instance ") != 1 {
		t.Errorf("producer.log: %v, %s; want one served and two refused", err, log)
	}
}
