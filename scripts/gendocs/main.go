// Command gendocs writes the command reference and the man pages, both made
// from the commands themselves:
//
//	go run ./scripts/gendocs            writes docs/commands and docs/man
//	go run ./scripts/gendocs -out DIR   writes DIR/commands and DIR/man
//
// What it writes depends on the commands alone, so a test can hold the
// committed files against it.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
)

func main() {
	out := flag.String("out", "docs", "`DIR` to write commands and man into")
	flag.Parse()
	if err := write(*out); err != nil {
		fmt.Fprintln(os.Stderr, "gendocs:", err)
		os.Exit(1)
	}
}

// write replaces the generated folders of dir.
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
