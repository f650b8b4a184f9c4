package scripts_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// block is one fenced part of the README. Mark is what the comment above it
// says: how the test runs it.
type block struct{ mark, language, text string }

// untested are the blocks that no test here can run, with who runs them.
var untested = []string{
	"go run ./cmd/nfcert lab exec -- sh\n", // TestReadme/lab runs the block that follows in such a shell
	"./scripts/test\n",                     // .ci/run runs it, as TestCIRunsTheTests checks
}

// blocks reads the fenced parts of a Markdown file.
func blocks(t *testing.T, path string) []block {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	fenced := regexp.MustCompile("(?ms)(?:^<!-- ([^\n]*) -->\n)?^```(\\w+)\n(.*?)^```$")
	var found []block
	for _, m := range fenced.FindAllStringSubmatch(string(data), -1) {
		found = append(found, block{mark: m[1], language: m[2], text: m[3]})
	}
	if len(found) == 0 {
		t.Fatalf("%s has no fenced block", path)
	}
	return found
}

// TestReadme runs every command that the README shows.
func TestReadme(t *testing.T) {
	sh := need(t, "sh")
	bin := build(t)
	files := t.TempDir() // what the reader has written so far
	var output string    // of the last command
	for _, b := range blocks(t, filepath.Join(repository, "README.md")) {
		shell := exec.CommandContext(t.Context(), sh, "-eu", "-c", b.text)
		shell.Env, shell.Dir = environment(t, bin), files
		switch {
		case b.mark == "run: repository":
			// The repository stays as it is: what the block builds goes elsewhere.
			shell.Env = append(shell.Env, "GOFLAGS="+os.Getenv("GOFLAGS")+" '-o="+filepath.Join(t.TempDir(), "nfcert")+"'")
			shell.Dir = repository
			output = run(t, shell)
		case b.mark == "run: lab":
			shell.Args = append([]string{"nfcert", "lab", "exec", "--"}, shell.Args...)
			shell.Path = filepath.Join(bin, "nfcert")
			output = run(t, shell)
		case b.mark == "run: server":
			runAtServer(t, shell, filepath.Join(bin, "nfcert"), b.text)
		case strings.HasPrefix(b.mark, "file: "):
			if err := os.WriteFile(filepath.Join(files, strings.TrimPrefix(b.mark, "file: ")), []byte(b.text), 0o644); err != nil {
				t.Fatal(err)
			}
		case b.mark == "output of the command above":
			compareShape(t, b.text, output)
		case !slices.Contains(untested, b.text):
			t.Errorf("README.md: no test runs this block; say how in a comment above it:\n%s", b.text)
		}
	}
}

// runAtServer runs commands that name a CA of the reader's at a lab CA instead:
// its URL, root, port and the output directory take the place of the README's.
func runAtServer(t *testing.T, shell *exec.Cmd, nfcert, text string) {
	t.Helper()
	stands := strings.NewReplacer(
		"https://ca.example/directory", `"$url"`,
		"/etc/open5gs/tls", "open5gs-tls",
		"--http-listen :80", `--http-listen "$listen"`,
	)
	replaced := stands.Replace(text)
	for _, want := range []string{`"$url"`, "open5gs-tls", `"$listen"`, "ca.pem"} {
		if !strings.Contains(replaced, want) {
			t.Fatalf("README.md: the block for a real CA has nothing to put %s for:\n%s", want, text)
		}
	}
	script := `url=$NFCERT_SERVER listen=$NFCERT_HTTP_LISTEN
cp "$NFCERT_CA_ROOT" ca.pem
unset NFCERT_SERVER NFCERT_HTTP_LISTEN NFCERT_CA_ROOT NFCERT_ACCEPT_TOS
` + replaced
	shell.Path, shell.Args = nfcert, []string{"nfcert", "lab", "exec", "--", "sh", "-eu", "-c", script}
	run(t, shell)
	for _, name := range []string{"amf-01.cert.pem", "amf-01.key.pem"} {
		if _, err := os.Stat(filepath.Join(shell.Dir, "open5gs-tls", name)); err != nil {
			t.Errorf("after the README's steps at a CA: %v", err)
		}
	}
}

// compareShape checks that what the README shows is what is printed today: the
// first word of each of its lines must be that of a printed line.
func compareShape(t *testing.T, shown, printed string) {
	t.Helper()
	first := func(line string) string { return strings.TrimSuffix(strings.Fields(line + " -")[0], ":") }
	var starts []string
	for line := range strings.Lines(printed) {
		starts = append(starts, first(line))
	}
	for line := range strings.Lines(shown) {
		if !slices.Contains(starts, first(line)) {
			t.Errorf("README.md shows %q, and no printed line begins with %q:\n%s", line, first(line), printed)
		}
	}
}

// TestCIRunsTheTests holds the README to its word that scripts/test is the way
// to run the tests: CI goes the same way.
func TestCIRunsTheTests(t *testing.T) {
	data, err := os.ReadFile(filepath.Join(repository, ".ci", "run"))
	if err != nil {
		t.Fatal(err)
	}
	if !regexp.MustCompile(`(?m)^[^#\n]*\./scripts/test`).Match(data) {
		t.Error(".ci/run does not call ./scripts/test")
	}
}
