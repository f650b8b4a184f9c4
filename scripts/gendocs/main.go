// Command gendocs writes the command reference and the man pages from the
// commands, and the pages of lint rules, profiles and names from their tables:
//
//	go run ./scripts/gendocs            writes docs/commands, docs/man and the pages
//	go run ./scripts/gendocs -out DIR   writes the same below DIR
//
// The output depends only on the code, so a test compares it with the committed
// files. For packages it also writes shell completions, which are not committed:
//
//	go run ./scripts/gendocs -completions DIR
package main

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/nfcert/nfcert/internal/commands"
)

func main() {
	out := flag.String("out", "docs", "write the documents into `DIR`")
	completions := flag.String("completions", "", "write shell completions into `DIR` instead")
	flag.Parse()
	work := func() error { return write(*out) }
	if *completions != "" {
		work = func() error { return writeCompletions(*completions) }
	}
	if err := work(); err != nil {
		fmt.Fprintln(os.Stderr, "gendocs:", err)
		os.Exit(1)
	}
}

// write replaces the generated folders and pages in dir.
func write(dir string) error {
	files, err := generate()
	if err != nil {
		return err
	}
	for _, folder := range folders() {
		if err := os.RemoveAll(filepath.Join(dir, folder)); err != nil {
			return err
		}
		if err := os.MkdirAll(filepath.Join(dir, folder), 0o755); err != nil {
			return err
		}
	}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// writeCompletions writes nfcert.SHELL, a completion script, for each shell.
func writeCompletions(dir string) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	root := commands.Tree()
	for shell, generate := range map[string]func(io.Writer) error{
		"bash": func(w io.Writer) error { return root.GenBashCompletionV2(w, true) },
		"zsh":  root.GenZshCompletion,
		"fish": func(w io.Writer) error { return root.GenFishCompletion(w, true) },
		"ps1":  root.GenPowerShellCompletionWithDesc,
	} {
		var script bytes.Buffer
		if err := generate(&script); err != nil {
			return fmt.Errorf("completion for %s: %w", shell, err)
		}
		if err := os.WriteFile(filepath.Join(dir, "nfcert."+shell), script.Bytes(), 0o644); err != nil {
			return err
		}
	}
	return nil
}
