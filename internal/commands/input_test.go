//go:build unix

package commands

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nfcert/nfcert/internal/commands/report"
	"github.com/nfcert/nfcert/internal/ui"
)

// aWaited is standard input that tells when its first byte was taken.
type aWaited struct {
	*os.File
	taken chan struct{}
	once  sync.Once
}

func (w *aWaited) Read(p []byte) (int, error) {
	n, err := w.File.Read(p)
	w.once.Do(func() { close(w.taken) })
	return n, err
}

// TestInterruptInput guards Ctrl-C, and the time of --timeout, while a command
// waits for the rest of what it is to read.
func TestInterruptInput(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		timeout string
		code    int
		says    string
	}{
		{"1h", report.ExitInterrupted, "interrupted; progress is saved"},
		{"50ms", report.ExitPending, "timed out after 50ms"},
	} {
		for _, line := range []string{
			"csr -n amf-01 --csr-in -", "account import -", "token check -", "show cert -", "lint -", "lint --files-from -",
			"show cert none.p12 --passphrase-file -",
		} {
			t.Run(tt.timeout+" "+line, func(t *testing.T) {
				t.Parallel()
				in, keepOpen, err := os.Pipe()
				if err != nil {
					t.Fatal(err)
				}
				waited := &aWaited{File: in, taken: make(chan struct{})}
				t.Cleanup(func() { in.Close(); keepOpen.Close() })
				if _, err := keepOpen.WriteString("-"); err != nil {
					t.Fatal(err)
				}
				var stderr lockedBuffer
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				code := make(chan int, 1)
				args := append(strings.Fields(line), "--timeout", tt.timeout, "--state", filepath.Join(t.TempDir(), "state"))
				go func() {
					code <- runArgs(ctx, args, ui.Streams{In: waited, Out: io.Discard, Err: &stderr}, func(string) string { return "" })
				}()
				select {
				case <-waited.taken:
				case got := <-code: // out of time before it read
					code <- got
				}
				if tt.code == report.ExitInterrupted {
					cancel()
				}
				select {
				case got := <-code:
					if got != tt.code || !strings.Contains(stderr.String(), tt.says) {
						t.Errorf("got %d, want %d and %q:\n%s", got, tt.code, tt.says, &stderr)
					}
				case <-time.After(20 * time.Second):
					t.Errorf("it still waits")
				}
			})
		}
	}
}
