// Command tally reads what `go test -json` writes, prints what a person wants
// of it, and ends with true counts:
//
//	go test -json ./... | go run ./scripts/tally
//
// It prints a line for each package, the whole output of what failed, and the
// name and reason of each test that was skipped, which go test without -v
// keeps to itself. It exits 1 when something failed or nothing ran.
package main

import (
	"fmt"
	"os"
)

func main() {
	t := newTally(os.Stdout)
	if err := t.read(os.Stdin); err != nil {
		fmt.Fprintln(os.Stderr, "tally:", err)
		os.Exit(1)
	}
	t.summary()
	if !t.good() {
		os.Exit(1)
	}
}
