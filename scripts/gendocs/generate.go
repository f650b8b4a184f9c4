package main

import (
	"bytes"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/cobra/doc"

	"github.com/nfcert/nfcert/internal/commands"
)

const (
	referenceDir = "commands"
	manDir       = "man"
)

// folders lists the folders that contain only generated files.
func folders() []string { return []string{referenceDir, manDir} }

// generate returns the content of every generated file, by its slash-separated
// path below docs.
func generate() (map[string][]byte, error) {
	root := commands.Tree()
	root.DisableAutoGenTag = true
	files := map[string][]byte{}
	var index bytes.Buffer
	fmt.Fprintf(&index, "# Command reference\n\nGenerated from the commands by `go run ./scripts/gendocs`. `nfcert COMMAND --help`\nprints the same text.\n")
	for _, section := range []struct {
		title string
		pages []*cobra.Command
		add   func(map[string][]byte, *cobra.Command) error
	}{{"Commands", runnable(root), addCommand}, {"Topics", topics(root), addTopic}} {
		fmt.Fprintf(&index, "\n## %s\n\n| page | what |\n| --- | --- |\n", section.title)
		for _, cmd := range section.pages {
			if err := section.add(files, cmd); err != nil {
				return nil, fmt.Errorf("documenting %q: %w", cmd.CommandPath(), err)
			}
			fmt.Fprintf(&index, "| [%s](%s) | %s |\n", cmd.CommandPath(), referenceFile(cmd), cmd.Short)
		}
	}
	files[path.Join(referenceDir, "README.md")] = index.Bytes()
	files["rules.md"] = rulesPage()
	files["deviations.md"] = deviationsPage()
	files["names.md"] = namesPage()
	files["profiles.md"] = profilesPage()
	return files, nil
}

// runnable lists a command and all its subcommands.
func runnable(cmd *cobra.Command) []*cobra.Command {
	found := []*cobra.Command{cmd}
	for _, child := range cmd.Commands() {
		if child.IsAvailableCommand() {
			found = append(found, runnable(child)...)
		}
	}
	return found
}

// topics lists the help topics, which are commands without a run function.
func topics(root *cobra.Command) []*cobra.Command {
	var found []*cobra.Command
	for _, child := range root.Commands() {
		if child.IsAdditionalHelpTopicCommand() {
			found = append(found, child)
		}
	}
	return found
}

// referenceFile is the file name that cobra uses in links between pages.
func referenceFile(cmd *cobra.Command) string {
	return strings.ReplaceAll(cmd.CommandPath(), " ", "_") + ".md"
}

// manName is the name of a man page, without its section.
func manName(cmd *cobra.Command) string {
	return strings.ReplaceAll(cmd.CommandPath(), " ", "-")
}

// addCommand adds the page of one command, as Markdown and as a man page.
func addCommand(files map[string][]byte, cmd *cobra.Command) error {
	cmd.DisableAutoGenTag = true
	cmd.Long = fenceTables(cmd.Long)
	var reference, man bytes.Buffer
	if err := doc.GenMarkdown(cmd, &reference); err != nil {
		return err
	}
	if err := doc.GenMan(cmd, manHeader("1"), &man); err != nil {
		return err
	}
	files[path.Join(referenceDir, referenceFile(cmd))] = trimEnd(reference.Bytes())
	files[path.Join(manDir, manName(cmd)+".1")] = trimEnd(man.Bytes())
	return nil
}

// addTopic adds a help topic. It does not use cobra's layout for commands, because
// a topic has neither flags nor a synopsis.
func addTopic(files map[string][]byte, cmd *cobra.Command) error {
	title, text, _ := strings.Cut(fenceTables(cmd.Long), "\n")
	page := fmt.Sprintf("## %s\n\n%s\n\nIn a terminal: `nfcert help %s`\n", title, strings.TrimLeft(text, "\n"), cmd.Name())
	files[path.Join(referenceDir, referenceFile(cmd))] = trimEnd([]byte(page))

	alone := &cobra.Command{Use: manName(cmd), Short: cmd.Short, Long: text, DisableFlagsInUseLine: true, DisableAutoGenTag: true}
	alone.InitDefaultHelpFlag()
	alone.Flags().Lookup("help").Hidden = true
	var man bytes.Buffer
	if err := doc.GenMan(alone, manHeader("7"), &man); err != nil {
		return err
	}
	synopsis := []byte(`\fB` + manName(cmd) + `\fP`)
	files[path.Join(manDir, manName(cmd)+".7")] = trimEnd(bytes.Replace(man.Bytes(), synopsis, []byte(`\fBnfcert help `+cmd.Name()+`\fP`), 1))
	return nil
}

// manHeader gives every page the same fixed date. The current date would change
// every generated file each month.
func manHeader(section string) *doc.GenManHeader {
	date := time.Date(2026, time.November, 1, 0, 0, 0, 0, time.UTC)
	return &doc.GenManHeader{Section: section, Manual: "nfcert manual", Source: "nfcert", Date: &date}
}

// fenceTables puts the indented parts of a help text into code blocks. Help texts
// are for a terminal and align columns with spaces; Markdown would join the lines
// and read <NAME> as HTML.
func fenceTables(text string) string {
	var out []string
	fenced := false
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		indented := strings.HasPrefix(line, "  ")
		switch {
		case indented && !fenced:
			if i > 0 && lines[i-1] != "" {
				out = append(out, "")
			}
			out = append(out, "```")
			fenced = true
		case !indented && fenced && !(line == "" && continues(lines[i:])):
			out = append(out, "```")
			if line != "" {
				out = append(out, "")
			}
			fenced = false
		}
		out = append(out, line)
	}
	if fenced {
		out = append(out, "```")
	}
	return strings.Join(out, "\n")
}

// continues reports whether an indented line follows the empty lines.
func continues(lines []string) bool {
	i := slices.IndexFunc(lines, func(line string) bool { return line != "" })
	return i >= 0 && strings.HasPrefix(lines[i], "  ")
}

// trimEnd removes blanks at line ends and leaves one newline at the end.
func trimEnd(page []byte) []byte {
	lines := strings.Split(string(page), "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " \t")
	}
	return []byte(strings.TrimRight(strings.Join(lines, "\n"), "\n") + "\n")
}
