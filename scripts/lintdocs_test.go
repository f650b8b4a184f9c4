package scripts_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// lintNF is the amf-01.yaml of docs/lint.md.
const lintNF = `apiVersion: nfcert/v1
nf:
  type: AMF
  instanceId: 4ace9d34-2c69-4f99-92d5-a73a3fe8e23b
  plmn: {mcc: "001", mnc: "01"}
  country: SE
  fqdns: [amf1.amf.5gc.mnc001.mcc001.3gppnetwork.org]
`

// TestLintExamples runs the commands of docs/lint.md, in a folder with the files
// that they name. They may find faults (exit 8), and nothing else.
func TestLintExamples(t *testing.T) {
	sh := need(t, "sh")
	bin, dir := build(t), t.TempDir()
	env := environment(t, bin)
	if err := os.WriteFile(filepath.Join(dir, "amf-01.yaml"), []byte(lintNF), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, step := range []string{
		"nfcert enroll --lab -q -n amf-01 --nf amf-01.yaml --state state --out certs --csr-out amf-01.csr",
		"cp certs/amf-01.cert.pem amf-01.pem",
	} {
		cmd := exec.CommandContext(t.Context(), sh, "-c", step)
		cmd.Env, cmd.Dir = env, dir
		run(t, cmd)
	}
	examples := 0
	for _, b := range blocks(t, filepath.Join(repository, "docs", "lint.md")) {
		for line := range strings.Lines(b.text) {
			command := strings.TrimSpace(strings.TrimPrefix(line, "$ "))
			if strings.Contains(command, ":443") || strings.HasPrefix(command, "go install") {
				continue // they leave this machine
			}
			examples++
			cmd := exec.CommandContext(t.Context(), sh, "-c", command)
			cmd.Env, cmd.Dir = env, dir
			out, err := cmd.CombinedOutput()
			var exit *exec.ExitError
			if err != nil && (!errors.As(err, &exit) || exit.ExitCode() != 8) {
				t.Errorf("%s: %v\n%s", command, err, out)
			}
		}
	}
	if examples < 4 {
		t.Errorf("ran %d examples of docs/lint.md, want them all", examples)
	}
	if log, err := os.ReadFile(filepath.Join(dir, "lint.sarif")); err != nil || !strings.Contains(string(log), `"version": "2.1.0"`) {
		t.Errorf("lint.sarif: %v, %.100q, want a SARIF log", err, log)
	}
}
