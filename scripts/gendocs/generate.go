package main

import (
	"bytes"
	"fmt"
	"path"
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

// folders are those that hold nothing but generated files.
func folders() []string { return []string{referenceDir, manDir} }

// generate returns the content of every generated file, by slash-separated path
// below docs.
func generate() (map[string][]byte, error) {
	root := commands.Tree()
	root.DisableAutoGenTag = true
	files := map[string][]byte{}
	var index bytes.Buffer
	fmt.Fprintf(&index, "# Command reference\n\nGenerated from the commands by `go run ./scripts/gendocs`; `nfcert COMMAND --help`\nprints the same.\n")
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

// runnable lists a command and the commands below it.
func runnable(cmd *cobra.Command) []*cobra.Command {
	found := []*cobra.Command{cmd}
	for _, child := range cmd.Commands() {
		if child.IsAvailableCommand() {
			found = append(found, runnable(child)...)
		}
	}
	return found
}

// topics lists the help topics, which are commands that do nothing.
func topics(root *cobra.Command) []*cobra.Command {
	var found []*cobra.Command
	for _, child := range root.Commands() {
		if child.IsAdditionalHelpTopicCommand() {
			found = append(found, child)
		}
	}
	return found
}

// referenceFile is the name that cobra's own links between pages use.
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

// addTopic adds a help topic. It has neither flags nor a synopsis of its own,
// so cobra's layout for commands would surround it with noise.
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

// manHeader dates every page the same: a date that moved would make each
// generated file differ each month.
func manHeader(section string) *doc.GenManHeader {
	date := time.Date(2026, time.November, 1, 0, 0, 0, 0, time.UTC)
	return &doc.GenManHeader{Section: section, Manual: "nfcert manual", Source: "nfcert", Date: &date}
}

// fenceTables marks the indented parts of a help text as preformatted. Help is
// written for a terminal, where columns are made with spaces; Markdown would
// run them together, and take <NAME> for HTML.
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

// continues reports whether an indented line follows the empty ones.
func continues(lines []string) bool {
	for _, line := range lines {
		if line != "" {
			return strings.HasPrefix(line, "  ")
		}
	}
	return false
}

// trimEnd leaves exactly one newline at the end and no blanks at line ends.
func trimEnd(page []byte) []byte {
	lines := strings.Split(string(page), "\n")
	for i := range lines {
		lines[i] = strings.TrimRight(lines[i], " \t")
	}
	return []byte(strings.TrimRight(strings.Join(lines, "\n"), "\n") + "\n")
}
