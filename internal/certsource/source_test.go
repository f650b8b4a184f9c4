package certsource_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/nfcert/nfcert/internal/certsource"
)

// endless never ends.
type endless struct{}

func (endless) Read(p []byte) (int, error) { return len(p), nil }

func TestReadFiles(t *testing.T) {
	c := block("CERTIFICATE", certificate(t, "a", newKey(t)))
	t.Chdir(t.TempDir())
	for _, name := range []string{"a.pem", "nrf:443"} { // a file wins over a server
		if err := os.WriteFile(name, []byte(c), 0o600); err != nil {
			t.Fatal(err)
		}
		if a := read(t, name, certsource.Options{}); a.TLS != nil || len(a.Items) != 1 || a.Name != name {
			t.Errorf("%s: got %d items, name %q and TLS %v, want the file's one", name, len(a.Items), a.Name, a.TLS)
		}
	}
	if a := read(t, "-", certsource.Options{Stdin: strings.NewReader(c)}); a.Name != "-" || len(a.Items) != 1 {
		t.Errorf("got %d items of %q, want the one of standard input", len(a.Items), a.Name)
	}
}

func TestReadRefuses(t *testing.T) {
	dir := t.TempDir()
	large := filepath.Join(dir, "large")
	if err := os.WriteFile(large, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(large, 100<<20); err != nil {
		t.Fatal(err)
	}
	is := func(target error) func(error) bool { return func(err error) bool { return errors.Is(err, target) } }
	tooLarge := func(err error) bool {
		var e *certsource.TooLargeError
		return errors.As(err, &e)
	}
	for _, tt := range []struct {
		name, target string
		o            certsource.Options
		is           func(error) bool
		want         string
	}{
		{"directory", dir, certsource.Options{}, is(certsource.ErrDirectory), "directory"},
		{"device", os.DevNull, certsource.Options{}, is(certsource.ErrDevice), "device"},
		{"missing", filepath.Join(dir, "none"), certsource.Options{}, is(fs.ErrNotExist), "none"},
		{"below a file", filepath.Join(large, "x"), certsource.Options{}, func(error) bool { return true }, "not a directory"},
		{"large", large, certsource.Options{}, tooLarge, "100 MiB, want at most 16 MiB"},
		{"endless standard input", "-", certsource.Options{Stdin: endless{}}, tooLarge, "larger than 16 MiB"},
		{"no standard input", "-", certsource.Options{}, is(certsource.ErrNoStdin), "cannot be used here"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := certsource.Read(t.Context(), tt.target, tt.o)
			if err == nil || !tt.is(err) || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), tt.target) {
				t.Errorf("got %v, want its type, %q and the name", err, tt.want)
			}
		})
	}
}

func TestReadEndsWithContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := certsource.Read(ctx, "-", certsource.Options{Stdin: endless{}}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want the context's end", err)
	}
}
