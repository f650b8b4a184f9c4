package cli

import (
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// TestUsage guards the layout of flags: a short text next to the flag, a long one
// below it, defaults, and sections in the order of the flow.
func TestUsage(t *testing.T) {
	var e Env
	root := &cobra.Command{Use: "nfcert"}
	e.AddFlags(root.PersistentFlags())
	cmd := &cobra.Command{Use: "enroll", Run: func(*cobra.Command, []string) {}}
	root.AddCommand(cmd)
	fs := cmd.Flags()
	Section(fs, SectionCertificate, func(fs *pflag.FlagSet) { fs.String("out", "", "folder `DIR`") })
	Section(fs, SectionAccount, func(fs *pflag.FlagSet) { fs.String("contact", "", strings.Repeat("long text ", 10)) })
	var names []string
	ListVar(fs, &names, "fqdn", "a name")
	fs.String("key", "P256", "key type")
	fs.String("hidden", "", "")
	if err := fs.MarkHidden("hidden"); err != nil {
		t.Fatal(err)
	}
	want := `Usage:
  nfcert enroll [flags]

Flags:
      --fqdn VALUE            a name
      --key string            key type (default P256)

Account:
      --contact string
          long text long text long text long text long text long text long text
          long text long text long text

Certificate:
      --out DIR               folder DIR

Flags that every command takes: nfcert help flags
`
	if got := Usage(cmd); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

// TestWrapText guards that paragraphs are wrapped, and tables and examples are not.
func TestWrapText(t *testing.T) {
	table := "  " + strings.Repeat("wide ", 20) + "table"
	got := wrapText(strings.Repeat("word ", 19) + "word\nmore.\n\n" + table + "\nafter\n")
	want := strings.TrimSpace(strings.Repeat("word ", 16)) + "\n" + strings.TrimSpace(strings.Repeat("word ", 4)) + " more.\n\n" + table + "\nafter"
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}
