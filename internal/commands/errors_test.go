package commands

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// unexplained are the typed errors of internal packages that no command returns as
// they are, each with the reason.
var unexplained = map[string]string{
	"acmewire.PinError":       "a NetworkError wraps it, and its explanation reads it",
	"acmewire.ProxyError":     "as PinError",
	"acmewire.proxyKindError": "a NetworkError wraps it",
	"acmewire.transportLimit": "a NetworkError wraps it",
	"certsource.Fault":        "an InputError wraps it",
	"challenge.LeftoverError": "a warning has its text",
	"challenge.TimeoutError":  "the end of time comes before all types",
	"challenge.OccupiedError": "a PlaceError wraps it",
	"cli.CallError":           "it carries the call of an error to the root command",
	"cli.ExitError":           "it ends the program without a report",
	"layout.UnknownError":     "a UsageError has its text",
	"lint.UnknownRuleError":   "a UsageError has its text",
	"nf.FieldError":           "FieldErrors holds it",
	"nf.NFTypesProblem":       "it is a finding about a certificate",
	"session.ClockError":      "it adds the server's clock to another error",
	"session.TrustError":      "it adds what was tried to another error",
	"store.ExistsError":       "an OutputError wraps it",
	"store.overError":         "a DamagedError wraps it",
	"zlint.FaultError":        "it becomes a finding",
	"zlint.UnavailableError":  "an InputError or a warning has its text",
	"enroll.PendingError":     "the end of time comes before all types",
}

// TestErrorsRegistered demands that each typed error of internal, which is a type
// with a method Error, is explained, or is in the list above.
func TestErrorsRegistered(t *testing.T) {
	explained := map[string]bool{}
	registry := newRegistry()
	for _, typ := range registry.Types() {
		for typ.Kind() == reflect.Pointer {
			typ = typ.Elem()
		}
		explained[filepath.Base(typ.PkgPath())+"."+typ.Name()] = true
	}
	used := map[string]bool{}
	for name, file := range errorTypes(t, "..") {
		switch {
		case explained[name]:
			delete(explained, name)
			if unexplained[name] != "" {
				t.Errorf("%s is explained; take it out of unexplained", name)
			}
		case unexplained[name] == "":
			t.Errorf("%s (%s) has no entry in the registry of package report", name, file)
		}
		used[name] = true
	}
	for name, why := range unexplained {
		if why != "" && !used[name] {
			t.Errorf("unexplained has %s, which is not an error type", name)
		}
	}
	delete(explained, "fs.PathError")
	for name := range explained {
		t.Errorf("the registry explains %s, which no package declares", name)
	}
}

// errorTypes finds the types with a method Error below dir, and the file of each.
// The lab is another program, whose errors reach the client as problem documents.
func errorTypes(t *testing.T, dir string) map[string]string {
	t.Helper()
	found := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		if filepath.Dir(path) == filepath.Join(dir, "lab") {
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			return err
		}
		for _, d := range file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok || f.Recv == nil || f.Name.Name != "Error" || len(f.Type.Params.List) > 0 {
				continue
			}
			receiver := f.Recv.List[0].Type
			if star, ok := receiver.(*ast.StarExpr); ok {
				receiver = star.X
			}
			if name, ok := receiver.(*ast.Ident); ok {
				found[file.Name.Name+"."+name.Name] = path
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// TestCodesDocumented demands that each code word is a constant of package report
// and has a row in docs/exit-codes.md.
func TestCodesDocumented(t *testing.T) {
	page, err := os.ReadFile("../../docs/exit-codes.md")
	if err != nil {
		t.Fatal(err)
	}
	file, err := parser.ParseFile(token.NewFileSet(), "report/code.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	count := 0
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		word, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
		if err != nil {
			t.Fatal(err)
		}
		if count++; !strings.Contains(string(page), "`"+word+"`") {
			t.Errorf("docs/exit-codes.md has no row for %s (%s)", word, spec.Names[0])
		}
		return true
	})
	if count < 50 {
		t.Errorf("report/code.go has %d code words, want them all", count)
	}
	literal := regexp.MustCompile(`\.Code\b[^\n]*= "|\bCode\("[^"]*"\)`)
	for _, path := range goFiles(t, ".") {
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, found := range literal.FindAllString(string(data), -1) {
			t.Errorf("%s sets a code word that is not a constant: %s", path, found)
		}
	}
}

// goFiles lists the Go files below dir, tests apart.
func goFiles(t *testing.T, dir string) (paths []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(path, ".go") && !strings.HasSuffix(path, "_test.go") {
			paths = append(paths, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return paths
}
