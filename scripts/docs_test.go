package scripts_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/nfcert/nfcert/internal/enroll"
)

// read returns a file of the repository.
func read(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(repository, path))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// TestLinks follows every relative link of every page.
func TestLinks(t *testing.T) {
	link := regexp.MustCompile(`\]\(([^)#]+)(#[^)]*)?\)`)
	err := filepath.WalkDir(repository, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == ".git" || d.Name() == "dist") {
			return fs.SkipDir
		}
		if !strings.HasSuffix(path, ".md") {
			return nil
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, m := range link.FindAllStringSubmatch(string(data), -1) {
			if strings.Contains(m[1], "://") {
				continue
			}
			if _, err := os.Stat(filepath.Join(filepath.Dir(path), m[1])); err != nil {
				t.Errorf("%s links to %s: %v", path, m[1], err)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestDependenciesDocumented holds docs/dependencies.md against what the
// modules require themselves.
func TestDependenciesDocumented(t *testing.T) {
	page := read(t, "docs/dependencies.md")
	required := regexp.MustCompile(`(?m)^(?:require )?\t?([a-z0-9.-]+\.[a-z]+/\S+) v\S+$`)
	tool := regexp.MustCompile(`(?m)^tool (\S+)/cmd/`)
	for _, file := range []string{"go.mod", "interop/go.mod", "interop/stepca/go.mod"} {
		mod := read(t, file)
		for _, m := range append(required.FindAllStringSubmatch(mod, -1), tool.FindAllStringSubmatch(mod, -1)...) {
			if m[1] != "github.com/nfcert/nfcert" && !strings.Contains(page, "| "+m[1]+" |") {
				t.Errorf("%s requires %s, which has no row in docs/dependencies.md", file, m[1])
			}
		}
	}
	row := regexp.MustCompile(`(?m)^\| ([a-z0-9.-]+\.[a-z]+/\S+) \|`)
	mods := read(t, "go.mod") + read(t, "interop/go.mod") + read(t, "interop/stepca/go.mod") + read(t, ".ci/run") + read(t, "scripts/test") + read(t, ".goreleaser.yaml")
	for _, m := range row.FindAllStringSubmatch(page, -1) {
		if !strings.Contains(mods, m[1]) {
			t.Errorf("docs/dependencies.md has a row for %s, which nothing requires", m[1])
		}
	}
}

// TestExitCodesDocumented holds the page against what nfcert itself says.
func TestExitCodesDocumented(t *testing.T) {
	page, help := read(t, "docs/exit-codes.md"), read(t, "docs/commands/nfcert_exit-codes.md")
	codes := regexp.MustCompile(`(?m)^  (\d+) `).FindAllStringSubmatch(help, -1)
	if len(codes) < 2 {
		t.Fatalf("nfcert help exit-codes lists %d codes", len(codes))
	}
	for _, m := range codes {
		if !strings.Contains(page, "\n| "+m[1]+" | ") {
			t.Errorf("docs/exit-codes.md has no row for %s", m[1])
		}
	}
}

// TestStateDocumented finds each field of the saved documents in docs/state.md.
func TestStateDocumented(t *testing.T) {
	page := read(t, "docs/state.md")
	for _, document := range []any{enroll.Enrolment{}, enroll.Account{}} {
		for _, field := range fields(reflect.TypeOf(document), nil) {
			if !strings.Contains(page, "`"+field+"`") {
				t.Errorf("docs/state.md does not explain %q of %T", field, document)
			}
		}
	}
}

// fields lists the JSON names of a struct and of the structs of ours within it
// that are saved state; what comes from other packages has pages of its own.
func fields(typ reflect.Type, seen map[reflect.Type]bool) []string {
	if seen == nil {
		seen = map[reflect.Type]bool{}
	}
	for typ.Kind() == reflect.Pointer || typ.Kind() == reflect.Slice || typ.Kind() == reflect.Map {
		typ = typ.Elem()
	}
	saved := strings.HasSuffix(typ.PkgPath(), "/enroll") || strings.HasSuffix(typ.PkgPath(), "/challenge") || strings.HasSuffix(typ.PkgPath(), "/inspect")
	if typ.Kind() != reflect.Struct || !saved || seen[typ] {
		return nil
	}
	seen[typ] = true
	var names []string
	for i := range typ.NumField() {
		f := typ.Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name != "" && name != "-" {
			names = append(names, name)
		}
		names = append(names, fields(f.Type, seen)...)
	}
	return names
}
