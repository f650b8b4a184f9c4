// Package internal_test keeps the imports of the repository pointing one way.
package internal_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/nfcert/nfcert/"

// arrows are the packages of ours that each package may import, tests apart.
// docs/architecture.md draws them. A new package needs a row.
var arrows = map[string][]string{
	"cmd/nfcert":        {"internal/commands"},
	"cmd/nfcert-zlint":  {"internal/zlint"},
	"internal/commands": {"internal/acmewire", "internal/commands/cli", "internal/commands/report", "internal/commands/session", "internal/ui"}, // and every command
	"internal/commands/cli": {
		"internal/acmewire", "internal/challenge", "internal/csrgen", "internal/enroll", "internal/layout", "internal/nf", "internal/pkcs11", "internal/secret", "internal/ui",
	},
	"internal/commands/cmdflags": {
		"internal/acmewire", "internal/certsource", "internal/challenge", "internal/commands/cli", "internal/commands/credential", "internal/commands/session", "internal/csrgen", "internal/enroll", "internal/inspect", "internal/layout", "internal/lint", "internal/nf", "internal/pkcs11", "internal/secret", "internal/token", "internal/ui",
	},
	"internal/commands/credential": {
		"internal/certsource", "internal/commands/cli", "internal/csrgen", "internal/inspect", "internal/pkcs11", "internal/secret", "internal/store", "internal/ui",
	},
	"internal/commands/practice": {
		"internal/acmewire", "internal/challenge", "internal/commands/cli", "internal/commands/cmdflags", "internal/commands/session", "internal/enroll", "internal/lab", "internal/loopback", "internal/store", "internal/token",
	},
	"internal/commands/report": {
		"internal/accountfile", "internal/acmewire", "internal/certsource", "internal/challenge", "internal/commands/cli", "internal/commands/cmdflags", "internal/commands/credential", "internal/commands/session", "internal/csrgen", "internal/enroll", "internal/inspect", "internal/layout", "internal/nf", "internal/pkcs11", "internal/store", "internal/token", "internal/ui",
	},
	"internal/commands/session": {
		"internal/acmewire", "internal/commands/cli", "internal/commands/credential", "internal/enroll", "internal/inspect", "internal/pkcs11", "internal/secret", "internal/store", "internal/ui",
	},
	"internal/commands/view": {
		"internal/acmewire", "internal/certsource", "internal/commands/cli", "internal/commands/session", "internal/enroll", "internal/inspect", "internal/layout", "internal/nf", "internal/secret", "internal/store", "internal/token", "internal/ui",
	},
	"internal/enroll": {
		"internal/acmewire", "internal/csrgen", "internal/inspect", "internal/layout", "internal/nf", "internal/accountfile", "internal/secret",
		"internal/challenge", "internal/store", "internal/token",
	},
	"internal/csrgen":                  {"internal/inspect", "internal/nf", "internal/secret"},
	"internal/inspect":                 {"internal/nf"},
	"internal/lint":                    {"internal/inspect", "internal/nf"},
	"internal/lab":                     {"internal/nf"}, // and nothing that the client speaks ACME with
	"internal/acmewire":                {"internal/secret"},
	"internal/certsource":              {"internal/secret"},
	"internal/layout":                  {"internal/inspect", "internal/nf", "internal/secret"},
	"internal/accountfile":             {"internal/csrgen", "internal/secret"},
	"internal/pkcs11":                  {"internal/secret"},
	"internal/token":                   {"internal/secret"},
	"internal/challenge":               {"internal/secret", "internal/token"},
	"internal/challenge/challengetest": {"internal/challenge"},
	"internal/store":                   {},
	"internal/ui":                      {},
	"internal/loopback":                {},
	"internal/nf":                      {},
	"internal/secret":                  {},
	"internal/zlint":                   {}, // and no lints: they are the companion's
	"scripts/gendocs":                  {"internal/acmewire", "internal/commands", "internal/lint", "internal/nf"},
	"scripts/floor":                    {},
	"scripts/sba":                      {},
}

// shared are the packages below internal/commands that commands share. Every
// other one is a command: it may import these and all of internal but the other
// commands.
var shared = []string{"cli", "credential", "session", "cmdflags", "view", "report", "practice"}

const commands = "internal/commands/"

// isCommand reports whether pkg is one command.
func isCommand(pkg string) bool {
	name, ok := strings.CutPrefix(pkg, commands)
	return ok && !slices.Contains(shared, name)
}

// allows reports whether pkg may import another package of ours.
func allows(pkg, imported string) bool {
	switch {
	case slices.Contains(arrows[pkg], imported):
		return true
	case pkg == strings.TrimSuffix(commands, "/"):
		return isCommand(imported)
	case isCommand(pkg):
		return !isCommand(imported) && imported != strings.TrimSuffix(commands, "/")
	}
	return false
}

// owners are modules that only some packages may import, tests apart, so that
// each could be replaced in one place. A path includes all below it.
var owners = map[string][]string{
	"github.com/spf13":                                          {"internal/commands", "scripts/gendocs"},
	"github.com/AlecAivazis/survey":                             {"internal/ui"},
	"github.com/olekukonko/tablewriter":                         {"internal/ui"},
	"golang.org/x/term":                                         {"internal/ui"},
	"golang.org/x/crypto/acme":                                  {"internal/acmewire"},
	"github.com/go-jose":                                        {"internal/acmewire", "internal/token"},
	"github.com/gofrs/flock":                                    {"internal/store"},
	"github.com/kballard/go-shellquote":                         {"internal/commands", "internal/store"},
	"go.yaml.in/yaml":                                           {"internal/nf", "internal/commands"},
	"software.sslmate.com/src/go-pkcs12":                        {"internal/certsource"},
	"github.com/ThalesGroup/crypto11":                           {"internal/pkcs11"},
	"github.com/miekg/pkcs11":                                   {"internal/pkcs11"},
	"github.com/zmap":                                           {"cmd/nfcert-zlint"},
	"github.com/google/go-cmp":                                  {},
	"github.com/rogpeppe/go-internal":                           {},
	"github.com/nfcert/nfcert/internal/challenge/challengetest": {},
	"github.com/nfcert/nfcert/internal/lab":                     {"internal/commands"},
}

// standardOnly are packages that may import nothing but the standard library
// and what arrows allows: the minimal client and the lab must not depend on
// what they are compared with.
var standardOnly = []string{"scripts/floor", "scripts/sba", "internal/lab", "internal/secret", "internal/zlint"}

// within reports whether an import path is root or below it.
func within(imported, root string) bool {
	return imported == root || strings.HasPrefix(imported, root+"/")
}

// imports lists what each package of the module imports, tests apart.
func imports(t *testing.T) map[string][]string {
	t.Helper()
	found := map[string][]string{}
	err := filepath.WalkDir("..", func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			_, modErr := os.Stat(filepath.Join(file, "go.mod"))
			if file != ".." && (modErr == nil || strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata" || d.Name() == "dist") {
				return fs.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go") {
			return nil
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		folder := strings.TrimPrefix(path.Dir(filepath.ToSlash(file)), "../")
		if _, ok := found[folder]; !ok {
			found[folder] = nil
		}
		for _, spec := range parsed.Imports {
			imported, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			found[folder] = append(found[folder], imported)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestImports(t *testing.T) {
	found := imports(t)
	for pkg, list := range found {
		allowed, ok := arrows[pkg]
		if !ok && !isCommand(pkg) {
			t.Errorf("package %s has no row in arrows", pkg)
		}
		for _, imported := range list {
			if ours, ok := strings.CutPrefix(imported, module); ok && !allows(pkg, ours) {
				t.Errorf("%s imports %s, want only %q of ours", pkg, ours, allowed)
			}
			for owned, by := range owners {
				if within(imported, owned) && !slices.ContainsFunc(by, func(owner string) bool { return within(pkg, owner) }) {
					t.Errorf("%s imports %s, which only %q may", pkg, imported, by)
				}
			}
			if first, _, _ := strings.Cut(imported, "/"); slices.Contains(standardOnly, pkg) && strings.Contains(first, ".") && !strings.HasPrefix(imported, module) {
				t.Errorf("%s imports %s, want the standard library only", pkg, imported)
			}
		}
	}
	for pkg := range arrows {
		if _, ok := found[pkg]; !ok {
			t.Errorf("arrows has a row for %s, which is no package", pkg)
		}
	}
}
