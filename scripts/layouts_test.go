package scripts_test

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/nfcert/nfcert/internal/layout"
)

// TestLayoutsPage runs the commands of docs/layouts.md one after the other, at
// one lab, and finds what it says they print.
func TestLayoutsPage(t *testing.T) {
	sh := need(t, "sh")
	need(t, "openssl")
	bin := build(t)
	page := filepath.Join(repository, "docs", "layouts.md")
	dir := t.TempDir()
	here := strings.NewReplacer( // no test writes where a core's files really lie
		"/etc/open5gs/tls", filepath.Join(dir, "open5gs"),
		"/etc/free5gc/cert", filepath.Join(dir, "free5gc"),
		"/support/TLS", filepath.Join(dir, "sd-core"),
	)
	script, commands := "", 0
	var shown []string
	for _, b := range blocks(t, page) {
		switch {
		case b.mark == "run":
			script += here.Replace(b.text)
			commands++
		case strings.HasPrefix(b.mark, "output"):
			shown = append(shown, here.Replace(b.text))
		default:
			t.Errorf("docs/layouts.md: no test runs this block; say how in a comment above it:\n%s", b.text)
		}
	}
	cmd := exec.CommandContext(t.Context(), filepath.Join(bin, "nfcert"), "lab", "exec", "--", sh, "-eu", "-c", script)
	cmd.Env, cmd.Dir = environment(t, bin), dir
	printed := run(t, cmd)
	for _, text := range shown {
		if !strings.Contains("\n"+printed, "\n"+text) {
			t.Errorf("docs/layouts.md shows\n%s\nwhich is not printed:\n%s", text, printed)
		}
	}
	if commands < 4 || len(shown) < 4 {
		t.Errorf("docs/layouts.md has %d commands and %d outputs, want one of each for every layout that has lines to paste", commands, len(shown))
	}
}

// TestLayoutsDocumented finds a section and a row for every layout, and every
// kind of file.
func TestLayoutsDocumented(t *testing.T) {
	page := read(t, "docs/layouts.md")
	for _, name := range layout.Names() {
		for _, want := range []string{"\n## `" + string(name) + "`\n", "\n| `" + string(name) + "` | "} {
			if !strings.Contains(page, want) {
				t.Errorf("docs/layouts.md has no %q", want)
			}
		}
	}
	for _, kind := range layout.Kinds() {
		if !strings.Contains(page, "`"+kind+"`") {
			t.Errorf("docs/layouts.md does not tell of the kind of file %q", kind)
		}
	}
}

// TestRestart finds no page, example or unit that reloads a core: none reads a new
// certificate on reload, and some end.
func TestRestart(t *testing.T) {
	says := regexp.MustCompile(`without effect|not enough|not reload|never reload|not load|does not read`)
	found := 0
	for _, root := range []string{"README.md", "docs", "internal/commands"} {
		err := filepath.WalkDir(filepath.Join(repository, root), func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || strings.HasSuffix(path, "_test.go") {
				return err
			}
			data, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			for line := range strings.Lines(string(data)) {
				if strings.Contains(strings.ToLower(line), "reload") {
					found++
					if !says.MatchString(line) {
						t.Errorf("%s: a reload that is not warned of: %s", path, line)
					}
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if found == 0 {
		t.Error("no page says that a reload is not enough")
	}
}
