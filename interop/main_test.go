// Package interop_test proves nfcert against code that others wrote: real ACME
// servers judge the client, real ACME clients judge the lab CA. README.md says
// what runs against what.
package interop_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/nfcert/nfcert/interop/realca"
)

// buildTimeout bounds one build, with its downloads on a fresh machine.
const buildTimeout = 8 * time.Minute

// binaries are the programs under test and those that they are tested against. Each is built
// when a test first asks for it, so that one test alone builds only its own.
type binaries struct {
	nfcert, zlint, floor, bench, pebble, stepCA func() (string, error)
}

// built is set once, before any test runs.
var built binaries

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "nfcert-interop-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	built = binaries{
		nfcert: sync.OnceValues(func() (string, error) { return buildOwn(dir, "./cmd/nfcert") }),
		floor:  sync.OnceValues(func() (string, error) { return buildOwn(dir, "./scripts/floor") }),
		zlint:  sync.OnceValues(func() (string, error) { return buildOwn(dir, "./cmd/nfcert-zlint") }),
		bench:  sync.OnceValues(func() (string, error) { return build(".", dir, "./bench") }),
		pebble: sync.OnceValues(func() (string, error) { return buildTool(".", "pebble") }),
		stepCA: sync.OnceValues(func() (string, error) { return buildTool("stepca", "step-ca") }),
	}
	code := m.Run()
	if err := os.RemoveAll(dir); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = max(code, 1)
	}
	os.Exit(code)
}

// buildOwn builds a main package of the module above.
func buildOwn(dir, pkg string) (string, error) { return build("..", dir, pkg) }

func build(module, dir, pkg string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), buildTimeout)
	defer cancel()
	out := filepath.Join(dir, filepath.Base(pkg))
	return out, realca.Build(ctx, module, pkg, out)
}

// buildTool builds a server from the module that pins it.
func buildTool(module, name string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), buildTimeout)
	defer cancel()
	return realca.Tool(ctx, module, name)
}

// binary returns what build built.
func binary(t testing.TB, build func() (string, error)) string {
	t.Helper()
	path, err := build()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// startPebble runs a Pebble for the length of the test. Its log is shown when
// the test fails.
func startPebble(t testing.TB, opts realca.PebbleOptions) *realca.Pebble {
	t.Helper()
	opts.Binary, opts.Dir = binary(t, built.pebble), t.TempDir()
	ca, err := realca.StartPebble(t.Context(), opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ca.Stop()
		showLog(t, "pebble", ca.Log())
	})
	return ca
}

// showLog prints the end of a server's log when the test failed.
func showLog(t testing.TB, name, log string) {
	const tail = 16 << 10
	if t.Failed() {
		t.Logf("the end of the log of %s:\n%s", name, log[max(0, len(log)-tail):])
	}
}

// startStepCA runs a step-ca for the length of the test. Its log is shown when
// the test fails.
func startStepCA(t *testing.T) *realca.StepCA {
	t.Helper()
	ca, err := realca.StartStepCA(t.Context(), realca.StepCAOptions{Binary: binary(t, built.stepCA), Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ca.Stop()
		showLog(t, "step-ca", ca.Log())
	})
	return ca
}
