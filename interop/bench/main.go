// Bench measures nfcert beside the floor client of scripts/floor, against one
// Pebble that neither sleeps, nor asks for pauses, nor refuses nonces. It
// prints Markdown tables, asserts nothing about time, and is run by
// scripts/bench from the folder interop. With -lint it measures nfcert lint
// beside zlint's own command instead.
//
// Every command is a new process, and the contenders take turns, so that a
// slow moment of the machine hits them alike. Requests are counted by Pebble.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"

	"github.com/nfcert/nfcert/interop/realca"
)

func main() {
	if len(os.Args) > 2 && (os.Args[1] == launchWord || os.Args[1] == launchQuietWord) {
		os.Exit(launch(os.Args[2:], os.Args[1] == launchQuietWord, os.Stdout, os.Stderr))
	}
	rounds := flag.Int("n", 30, "how often each command is run")
	certs := flag.Int("lint", 0, "instead, have nfcert and zlint judge so many `certificates`")
	flag.Parse()
	if *rounds < 1 || *certs < 0 || flag.NArg() > 0 {
		flag.Usage()
		os.Exit(2)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	var err error
	if *certs > 0 {
		err = lints(ctx, *rounds, *certs, os.Stdout)
	} else {
		err = run(ctx, *rounds, os.Stdout)
	}
	if err != nil {
		stop()
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// run builds, measures and prints.
func run(ctx context.Context, rounds int, out io.Writer) (err error) {
	dir, err := os.MkdirTemp("", "nfcert-bench-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	f, err := newField(ctx, dir)
	if err != nil {
		return err
	}
	defer f.ca.Stop()
	fmt.Fprintf(out, "%d rounds on %s/%s, %d CPUs, %s.\n", rounds, runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), runtime.Version())
	for _, measure := range []func(context.Context, int, io.Writer) error{f.enrolments, f.steps, f.small} {
		if err := measure(ctx, rounds, out); err != nil {
			return err
		}
	}
	return nil
}

// field is where the contenders meet: their binaries and the server.
type field struct {
	dir           string
	launcher      string // this program
	nfcert, floor string
	ca            *realca.Pebble
}

func newField(ctx context.Context, dir string) (*field, error) {
	f := &field{dir: dir, nfcert: filepath.Join(dir, "nfcert"), floor: filepath.Join(dir, "floor")}
	var err error
	if f.launcher, err = os.Executable(); err != nil {
		return nil, err
	}
	if err := realca.Build(ctx, "..", "./cmd/nfcert", f.nfcert); err != nil {
		return nil, err
	}
	if err := realca.Build(ctx, "..", "./scripts/floor", f.floor); err != nil {
		return nil, err
	}
	pebble, err := realca.Tool(ctx, ".", "pebble")
	if err != nil {
		return nil, err
	}
	caDir := filepath.Join(dir, "pebble")
	if err := os.Mkdir(caDir, 0o700); err != nil {
		return nil, err
	}
	// RSA is what Pebble issues with unless told otherwise.
	f.ca, err = realca.StartPebble(ctx, realca.PebbleOptions{Binary: pebble, Dir: caDir, RSA: true})
	return f, err
}
