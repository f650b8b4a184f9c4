package commands

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nfcert/nfcert/internal/commands/cli"
	"github.com/nfcert/nfcert/internal/commands/report"
	"github.com/nfcert/nfcert/internal/ui"
)

// a world is where nfcert runs within the test's own process.
type world struct {
	env     map[string]string
	streams ui.Streams // Out and Err are set for each run
}

// newWorld has a home of its own, which is also where state lives.
func newWorld(t *testing.T) *world {
	return &world{env: map[string]string{"HOME": t.TempDir(), "TERM": "xterm"}, streams: ui.Streams{In: strings.NewReader(""), Width: 100}}
}

// result is how a run ended.
type result struct {
	code     int
	out, err string
}

// quickSeal is the work of encrypting keys in tests: the program's own takes some
// tenths of a second, and seconds with the race detector.
const quickSeal = 2000

// runArgs runs nfcert in this process.
func runArgs(ctx context.Context, args []string, streams ui.Streams, env func(string) string) int {
	return runEnv(ctx, &cli.Env{Streams: streams, Getenv: env, Version: "test", Args: args, Clock: time.Now, SealIterations: quickSeal})
}

// run is one invocation.
func (w *world) run(ctx context.Context, args ...string) result {
	var out, err lockedBuffer
	streams := w.streams
	streams.Out, streams.Err = &out, &err
	code := runArgs(ctx, args, streams, func(name string) string { return w.env[name] })
	return result{code, out.String(), err.String()}
}

// must is a run that has to succeed.
func (w *world) must(t *testing.T, args ...string) result {
	t.Helper()
	r := w.run(t.Context(), args...)
	if r.code != report.ExitDone {
		t.Fatalf("nfcert %s ended with %d, want 0; stderr:\n%s", strings.Join(args, " "), r.code, r.err)
	}
	return r
}

// report reads the one Error document that stderr must hold.
func (r result) report(t *testing.T) report.Report {
	t.Helper()
	var doc report.Report
	if err := json.Unmarshal([]byte(r.err), &doc); err != nil {
		t.Fatalf("stderr is not one JSON document: %v\n%s", err, r.err)
	}
	if doc.Kind != "Error" || doc.Exit != r.code {
		t.Errorf("got kind %q and exit %d, want Error and %d", doc.Kind, doc.Exit, r.code)
	}
	return doc
}

// lockedBuffer is a buffer that a waiting line and a command may write to at
// once, and a test read meanwhile.
type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
