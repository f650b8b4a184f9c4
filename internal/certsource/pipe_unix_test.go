//go:build unix

package certsource_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/nfcert/nfcert/internal/certsource"
)

func TestNamedPipe(t *testing.T) {
	pipe := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Skip(err)
	}
	t.Run("with a writer", func(t *testing.T) {
		c := block("CERTIFICATE", certificate(t, "a", newKey(t)))
		var writer sync.WaitGroup
		writer.Go(func() {
			if err := os.WriteFile(pipe, []byte(c+c), 0o600); err != nil {
				t.Error(err)
			}
		})
		if a := read(t, pipe, certsource.Options{}); len(a.Items) != 2 {
			t.Errorf("got %d items, want 2", len(a.Items))
		}
		writer.Wait()
	})
	t.Run("without one", func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		if _, err := certsource.Read(ctx, pipe, certsource.Options{}); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v, want the context's end", err)
		}
	})
	t.Run("with one that writes nothing", func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
		defer cancel()
		w, err := os.OpenFile(pipe, os.O_RDWR, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer w.Close()
		if _, err := certsource.Read(ctx, pipe, certsource.Options{}); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v, want the context's end", err)
		}
	})
}
