package commands

import (
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/nfcert/nfcert/internal/commands/cli"
)

// TestUsageSections demands that a command's help lists each of its flags once,
// those of a section under its title and before the global ones.
func TestUsageSections(t *testing.T) {
	help := func(args ...string) string {
		w := newWorld(t)
		return w.must(t, append(args, "--help")...).out
	}
	text := help("enroll")
	last := -1
	for _, title := range append(slices.Clone(cli.SectionOrderOfHelp), "Global Flags") {
		at := strings.Index(text, "\n"+title+":\n")
		if at <= last {
			t.Errorf("%q is at %d, want it after %d:\n%s", title, at, last, text)
		}
		last = at
	}
	if strings.Contains(help("version"), cli.SectionProof) {
		t.Error("version has a section of flags that it does not take")
	}
	var visit func(*cobra.Command)
	visit = func(cmd *cobra.Command) {
		usage := cmd.UsageString()
		cmd.LocalFlags().VisitAll(func(f *pflag.Flag) {
			title := strings.Join(f.Annotations[cli.SectionMark], "")
			if title != "" && !slices.Contains(cli.SectionOrderOfHelp, title) {
				t.Errorf("%s --%s: section %q is not in the order of the help", cmd.CommandPath(), f.Name, title)
			}
			if n := strings.Count(usage, "--"+f.Name+" "); f.Name != "help" && n == 0 && !f.Hidden {
				t.Errorf("%s: the help lacks --%s", cmd.CommandPath(), f.Name)
			}
		})
		for _, child := range cmd.Commands() {
			visit(child)
		}
	}
	visit(Tree())
}
