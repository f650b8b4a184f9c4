package cli

import (
	"errors"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

// tree makes a root with a command that takes a name and has subcommands.
func tree(e *Env) *cobra.Command {
	run := func(*cobra.Command, []string) error { return nil }
	root := &cobra.Command{Use: "nfcert", RunE: run, Args: NoArgs}
	show := &cobra.Command{Use: "show", SuggestFor: []string{"list"}, RunE: run}
	show.AddCommand(&cobra.Command{Use: "order", RunE: run, Args: NoArgs})
	root.AddCommand(e.Named(show), Formats(&cobra.Command{Use: "lint FILE...", RunE: run, Args: WantArgs(1, -1, "files")}, OutputTable, OutputSARIF))
	return root
}

func TestArguments(t *testing.T) {
	for _, tt := range []struct{ command, args, want, hint string }{
		{"show", "", "", ""},
		{"show", "amf-01", "", ""},
		{"show", "amf-01 amf-02", "show takes one name, not 2 arguments", "see: nfcert show --help"},
		{"show", "ordr", `unknown command "nfcert show ordr"`, "did you mean: nfcert show order"},
		{"show order", "x", `show order takes no arguments, but got "x"`, "see: nfcert show order --help"},
		{"", "list", `unknown command "nfcert list"`, "did you mean: nfcert show"},
		{"", "unlike", `unknown command "nfcert unlike"`, "see: nfcert --help"},
		{"lint", "", "lint takes files, not 0 arguments", "see: nfcert lint --help"},
		{"lint", "a b c", "", ""},
	} {
		cmd, _, err := tree(&Env{}).Find(strings.Fields(tt.command))
		if err != nil {
			t.Fatal(err)
		}
		message, hint := "", ""
		if err := cmd.ValidateArgs(strings.Fields(tt.args)); err != nil {
			var usage *UsageError
			if !errors.As(err, &usage) {
				t.Fatalf("%s %s: got %T, want a usage error", tt.command, tt.args, err)
			}
			message, hint = usage.Message, usage.Hint
		}
		if message != tt.want || hint != tt.hint {
			t.Errorf("%s %s: got %q and %q, want %q and %q", tt.command, tt.args, message, hint, tt.want, tt.hint)
		}
	}
}

func TestFormats(t *testing.T) {
	for _, tt := range []struct {
		command, format string
		want            string // the hint; "": no error
	}{
		{"show", OutputJSON, ""},
		{"show", OutputSARIF, "one of: table, json, name"},
		{"lint", OutputSARIF, ""},
		{"lint", OutputJSON, "one of: table, sarif"},
	} {
		cmd, _, err := tree(&Env{}).Find([]string{tt.command})
		if err != nil {
			t.Fatal(err)
		}
		hint := ""
		if e, ok := As[*UsageError](checkFormat(cmd, tt.format)); ok {
			hint = e.Hint
		}
		if hint != tt.want {
			t.Errorf("%s -o %s: got hint %q, want %q", tt.command, tt.format, hint, tt.want)
		}
	}
}
