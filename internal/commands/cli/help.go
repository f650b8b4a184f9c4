package cli

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/nfcert/nfcert/internal/ui"
)

// sectionAnnotation holds the title under which the help lists a flag.
const sectionAnnotation = "nfcert-section"

// The sections of a command's help, in the order of the flow.
const (
	SectionAccount     = "Account"
	SectionFunction    = "Network function and CSR"
	SectionOrder       = "Order"
	SectionProof       = "Challenges"
	SectionToken       = "Authority Tokens, for NF instance ids"
	SectionCertificate = "Certificate"
)

var sectionOrder = []string{SectionAccount, SectionFunction, SectionOrder, SectionProof, SectionToken, SectionCertificate}

// helpWidth is the line width of help pages.
const helpWidth = 80

// Section adds flags that the help lists under a title: a step has too many for
// one list.
func Section(fs *pflag.FlagSet, title string, add func(*pflag.FlagSet)) {
	own := newFlagSet()
	add(own)
	own.VisitAll(func(f *pflag.Flag) {
		if f.Annotations == nil {
			f.Annotations = map[string][]string{}
		}
		if len(f.Annotations[sectionAnnotation]) == 0 { // else it is in an inner section
			f.Annotations[sectionAnnotation] = []string{title}
		}
	})
	fs.AddFlagSet(own)
}

func newFlagSet() *pflag.FlagSet {
	fs := pflag.NewFlagSet("", pflag.ContinueOnError)
	fs.SortFlags = false
	return fs
}

// SetHelp makes a command and all commands below it print their help with [Usage].
func SetHelp(root *cobra.Command) {
	root.SetUsageFunc(func(cmd *cobra.Command) error {
		return WriteAll(cmd.OutOrStdout(), []byte(Usage(cmd)))
	})
	root.SetHelpFunc(func(cmd *cobra.Command, _ []string) {
		text := wrapText(cmp.Or(cmd.Long, cmd.Short)) + "\n"
		if cmd.Runnable() || cmd.HasSubCommands() {
			text += "\n" + Usage(cmd)
		}
		_ = WriteAll(cmd.OutOrStdout(), []byte(text))
	})
}

// Usage is the part of a help page after the description: how to call the command,
// examples, subcommands, and its flags. The flags that every command takes are on
// another page.
func Usage(cmd *cobra.Command) string {
	var b strings.Builder
	b.WriteString("Usage:\n")
	if cmd.Runnable() {
		fmt.Fprintf(&b, "  %s\n", cmd.UseLine())
	}
	if cmd.HasAvailableSubCommands() {
		fmt.Fprintf(&b, "  %s [command]\n", cmd.CommandPath())
	}
	if cmd.HasExample() {
		b.WriteString("\nExamples:\n" + cmd.Example + "\n")
	}
	writeSubcommands(&b, cmd)
	bySection := ownFlags(cmd)
	if flags := bySection[""]; flags.HasAvailableFlags() {
		b.WriteString("\nFlags:\n" + flagUsages(flags))
	}
	for _, title := range sectionOrder {
		if flags := bySection[title]; flags != nil {
			b.WriteString("\n" + title + ":\n" + flagUsages(flags))
		}
	}
	b.WriteString("\nFlags that every command takes: nfcert help flags\n")
	if cmd.HasAvailableSubCommands() {
		fmt.Fprintf(&b, "More about a command: %s [command] --help\n", cmd.CommandPath())
	}
	return b.String()
}

// ownFlags are the flags of a command by section, without the flags that every
// command takes. Those without a section are under "".
func ownFlags(cmd *cobra.Command) map[string]*pflag.FlagSet {
	by := map[string]*pflag.FlagSet{"": newFlagSet()}
	cmd.LocalFlags().VisitAll(func(f *pflag.Flag) {
		if cmd.Root().PersistentFlags().Lookup(f.Name) == f || f.Name == "help" {
			return
		}
		title := strings.Join(f.Annotations[sectionAnnotation], "")
		if by[title] == nil {
			by[title] = newFlagSet()
		}
		by[title].AddFlag(f)
	})
	return by
}

// GlobalUsage lists the flags that every command takes.
func GlobalUsage() string {
	fs := newFlagSet()
	(&Globals{}).addFlags(fs)
	return flagUsages(fs)
}

// flagUsages lists flags, each with its text. A long text is on the lines below the
// flag: next to a long name there is little room.
func flagUsages(flags *pflag.FlagSet) string {
	var b strings.Builder
	flags.VisitAll(func(f *pflag.Flag) {
		if f.Hidden {
			return
		}
		value, usage := pflag.UnquoteUsage(f)
		if _, list := f.Value.(*list); list && value == "list" {
			value = "VALUE"
		}
		line := "      --" + f.Name
		if f.Shorthand != "" {
			line = "  -" + f.Shorthand + ", --" + f.Name
		}
		if value != "" {
			line += " " + value
		}
		if def := defaultText(f); def != "" {
			usage += " (default " + def + ")"
		}
		const indent = "          "
		parts := ui.Wrap(usage, helpWidth-len(indent))
		if one := len(line) + 2; len(parts) == 1 && one <= 30 && 30+len(parts[0]) <= helpWidth {
			fmt.Fprintf(&b, "%-30s%s\n", line, parts[0])
			return
		}
		b.WriteString(line + "\n")
		for _, part := range parts {
			b.WriteString(indent + part + "\n")
		}
	})
	return b.String()
}

// defaultText is a flag's default value; "" if it has none or the text names it.
func defaultText(f *pflag.Flag) string {
	if strings.Contains(f.Usage, "(default") || slices.Contains([]string{"", "false", "0", "0s", "[]"}, f.DefValue) {
		return ""
	}
	if f.Value.Type() == "duration" {
		return strings.TrimSuffix(f.DefValue, "0s")
	}
	return f.DefValue
}

func writeSubcommands(b *strings.Builder, cmd *cobra.Command) {
	if !cmd.HasAvailableSubCommands() {
		return
	}
	list := func(title string, of func(*cobra.Command) bool) {
		text := ""
		for _, c := range cmd.Commands() {
			if of(c) && (c.IsAvailableCommand() || c.Name() == "help") {
				text += indented(c.Name(), c.Short)
			}
		}
		if text != "" {
			b.WriteString("\n" + title + "\n" + text)
		}
	}
	for _, g := range cmd.Groups() {
		list(g.Title, func(c *cobra.Command) bool { return c.GroupID == g.ID })
	}
	title := "Commands:"
	if len(cmd.Groups()) > 0 {
		title = "Other commands:"
	}
	list(title, func(c *cobra.Command) bool { return c.GroupID == "" && !c.IsAdditionalHelpTopicCommand() })
	topics := ""
	for _, c := range cmd.Commands() {
		if c.IsAdditionalHelpTopicCommand() {
			topics += indented(c.Name(), c.Short)
		}
	}
	if topics != "" {
		b.WriteString("\nHelp topics, for nfcert help TOPIC:\n" + topics)
	}
}

// indented is a name with its text, wrapped, in the next column.
func indented(name, text string) string {
	const width = 14
	out := ""
	for i, part := range ui.Wrap(text, helpWidth-2-width) {
		if i > 0 {
			name = ""
		}
		out += fmt.Sprintf("  %-*s%s\n", width, name, part)
	}
	return out
}

// wrapText wraps the paragraphs of a text to the width of help pages. Indented lines
// are examples or tables, and are not wrapped.
func wrapText(text string) string {
	var out, paragraph []string
	flush := func() {
		if len(paragraph) > 0 {
			out = append(out, ui.Wrap(strings.Join(paragraph, " "), helpWidth)...)
			paragraph = nil
		}
	}
	for _, line := range strings.Split(strings.TrimSpace(text), "\n") {
		if line == "" || strings.HasPrefix(line, " ") {
			flush()
			out = append(out, line)
			continue
		}
		paragraph = append(paragraph, line)
	}
	flush()
	return strings.Join(out, "\n")
}
