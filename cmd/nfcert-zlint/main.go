// Command nfcert-zlint runs zlint's RFC and community lints for nfcert lint.
//
// It is not for people: it reads certificates from standard input and writes a
// line of JSON for each, as package zlint says. nfcert finds it beside itself
// or on the PATH. The lints of browsers' and public CAs' policies are left out:
// a 5G core's certificates are under none of them.
package main

import (
	"fmt"
	"io"
	"os"
	"runtime/debug"

	"github.com/nfcert/nfcert/internal/zlint"
)

func main() { os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }

func run(args []string, in io.Reader, out, stderr io.Writer) int {
	if len(args) > 0 {
		fmt.Fprintln(stderr, "nfcert-zlint takes no arguments: it is run by nfcert lint, which finds it beside itself or on the PATH")
		return 2
	}
	// Parsed certificates are small and die at once: collecting them less often
	// costs a few megabytes and saves a tenth of the time.
	debug.SetGCPercent(400)
	j := newJudge()
	hello := zlint.Greeting{Zlint: zlintVersion(), Lints: len(j.lints)}
	if err := zlint.Serve(in, out, hello, j.judge); err != nil {
		fmt.Fprintln(stderr, "nfcert-zlint:", err)
		return 1
	}
	return 0
}

// zlintVersion is that of the module that was linked.
func zlintVersion() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	for _, dep := range info.Deps {
		if dep.Path == "github.com/zmap/zlint/v3" {
			return dep.Version
		}
	}
	return "unknown"
}
