// Command nfcert is the step-through ACME workbench for the 5G core. See
// package commands.
package main

import (
	"os"

	"github.com/nfcert/nfcert/internal/commands"
)

func main() { os.Exit(commands.Main(os.Args[1:])) }
