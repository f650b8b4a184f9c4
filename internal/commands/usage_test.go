package commands

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// TestHelpPages demands that a command's help fits 80 columns, lists each of its
// own flags once and none of those that every command takes, and leads to these.
func TestHelpPages(t *testing.T) {
	w := newWorld(t)
	walk(Tree(), func(cmd *cobra.Command) {
		if !cmd.Runnable() {
			return
		}
		page := w.must(t, append(pathOf(cmd), "--help")...).out
		for line := range strings.Lines(page) {
			if n := len([]rune(strings.TrimRight(line, "\n"))); n > 80 && !strings.Contains(line, "nfcert ") {
				t.Errorf("%s: a line of %d characters, want at most 80: %s", cmd.CommandPath(), n, line)
			}
		}
		listed := regexp.MustCompile(`(?m)^(?:  -\w, |      )--([a-z0-9-]+)`).FindAllStringSubmatch(strings.Replace(page, cmd.Example, "", 1), -1)
		seen := map[string]int{}
		for _, m := range listed {
			seen[m[1]]++
		}
		cmd.LocalFlags().VisitAll(func(f *pflag.Flag) {
			own := cmd.HasParent() && !f.Hidden && f.Name != "help"
			if want := map[bool]int{true: 1}[own]; seen[f.Name] != want {
				t.Errorf("%s lists --%s %d times, want %d", cmd.CommandPath(), f.Name, seen[f.Name], want)
			}
		})
		if seen["timeout"] > 0 || !strings.Contains(page, "nfcert help flags") {
			t.Errorf("%s: want one line that leads to nfcert help flags in place of the flags that every command takes:\n%s", cmd.CommandPath(), page)
		}
	})
}

// TestHelpSections guards the order of the sections of a long page.
func TestHelpSections(t *testing.T) {
	page := newWorld(t).must(t, "enroll", "--help").out
	titles := []string{"\nAccount:\n", "\nNetwork function and CSR:\n", "\nOrder:\n", "\nChallenges:\n", "\nAuthority Tokens, for NF instance ids:\n", "\nCertificate:\n"}
	var at []int
	for _, title := range titles {
		at = append(at, strings.Index(page, title))
	}
	if !slices.IsSorted(at) || at[0] < 0 {
		t.Errorf("the sections are at %v, want them in the order %q:\n%s", at, titles, page)
	}
}
