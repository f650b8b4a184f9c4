package scripts_test

import (
	"flag"
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
func TestReadme(t *testing.T) { runPage(t, "README.md") }

// TestInstallPage runs the commands of docs/install.md that need no release.
func TestInstallPage(t *testing.T) { runPage(t, "docs/install.md") }

// runPage runs every command that a page shows.
func runPage(t *testing.T, page string) {
	t.Helper()
	sh := need(t, "sh")
	bin := build(t)
	files := t.TempDir() // what the reader has written so far
	var output string    // of the last command
	for _, b := range blocks(t, filepath.Join(repository, page)) {
		shell := exec.CommandContext(t.Context(), sh, "-eu", "-c", b.text)
		shell.Env, shell.Dir = environment(t, bin), files
		switch {
		case b.mark == "run: repository":
			output = runInRepository(t, shell)
		case b.mark == "run: cgo":
			t.Run("cgo", func(t *testing.T) {
				need(t, "gcc")
				runInRepository(t, shell)
			})
		case b.mark == "run: home":
			shell.Env, shell.Dir = append(shell.Env, "HOME="+t.TempDir()), repository
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
			compareShape(t, page, b.text, output)
		case b.mark == "all of the output of the command above":
			compareText(t, page, b.text, output)
		case b.language == "text" && b.mark == "", strings.HasPrefix(b.mark, "not run: "):
		case !slices.Contains(untested, b.text):
			t.Errorf("%s: no test runs this block; say how in a comment above it:\n%s", page, b.text)
		}
	}
}

// runInRepository runs commands in the repository and leaves it as it is: what
// they build or install goes elsewhere.
func runInRepository(t *testing.T, shell *exec.Cmd) string {
	t.Helper()
	bin := t.TempDir()
	shell.Env = append(shell.Env, "GOBIN="+bin, "GOFLAGS="+os.Getenv("GOFLAGS")+" '-o="+filepath.Join(bin, "nfcert")+"'")
	shell.Dir = repository
	return run(t, shell)
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

// compareShape checks that what a page shows is what is printed today: the
// first word of each of its lines must be that of a printed line. A page shows
// what a terminal shows; an indented line continues the line above it. In a pipe
// the two are one line.
func compareShape(t *testing.T, page, shown, printed string) {
	t.Helper()
	first := func(line string) string { return strings.TrimSuffix(strings.Fields(line + " -")[0], ":") }
	var starts []string
	for line := range strings.Lines(printed) {
		starts = append(starts, first(line))
	}
	for line := range strings.Lines(shown) {
		if continues := strings.HasPrefix(line, "  "); continues {
			for _, word := range strings.Fields(line) {
				if varies := strings.ContainsAny(word, "0123456789/"); !varies && !strings.Contains(printed, word) {
					t.Errorf("%s shows %q, which is not printed:\n%s", page, word, printed)
				}
			}
			continue
		}
		if !slices.Contains(starts, first(line)) {
			t.Errorf("%s shows %q, and no printed line begins with %q:\n%s", page, line, first(line), printed)
		}
	}
}

var update = flag.Bool("update", false, "write what pages show of outputs anew")

// compareText checks that a page shows all that is printed today, but for what
// differs from run to run.
func compareText(t *testing.T, page, shown, printed string) {
	t.Helper()
	printed = withoutNotice(printed)
	if got, want := settled(shown), settled(printed); got != want {
		if !*update {
			t.Errorf("%s shows\n%s\nwhere this is printed (go test ./scripts -update writes it anew):\n%s", page, shown, printed)
			return
		}
		path := filepath.Join(repository, page)
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(strings.Replace(string(data), shown, printed, 1)), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// withoutNotice drops what the lab says of itself at each start.
func withoutNotice(s string) string {
	return regexp.MustCompile("(?m)^warning: practice only.*\n").ReplaceAllString(s, "")
}

// settled writes what differs from run to run always the same.
func settled(s string) string {
	for _, differs := range []struct{ pattern, same string }{
		{`127\.0\.0\.1:[0-9]+`, "HOST"},
		{`([/" ])[\w-]{22}([/"\s)>]|$)`, "${1}ID$2"},
		{`20[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z`, "TIME"},
		{`\b[0-9.]+m?s$`, "DURATION"},
		{`([0-9A-F]{2}:){31}[0-9A-F]{2}`, "FINGERPRINT"},
		{`"csr": "[\w-]+"`, "CSR"},
	} {
		s = regexp.MustCompile("(?m)"+differs.pattern).ReplaceAllString(s, differs.same)
	}
	return s
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
