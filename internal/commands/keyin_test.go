package commands

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/nfcert/nfcert/internal/commands/report"
)

// TestKeyPassphrasePrompt guards that an encrypted key is asked for its
// passphrase where somebody sits, once, and that what is typed is shown nowhere.
func TestKeyPassphrasePrompt(t *testing.T) {
	t.Parallel()
	key, err := os.ReadFile(filepath.Join("..", "csrgen", "testdata", "keys", "pbkdf2-sha256-aes256.pem"))
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name, typed, code string
		exit              int
	}{
		{"right", "nfcert\n", "", report.ExitDone},
		{"wrong", "GEHEIM\n", "the passphrase does not decrypt it", report.ExitUsage},
		{"nothing typed", "", "its passphrase is not given", report.ExitUsage},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			write(t, w.path("amf.yaml"), nfFile)
			write(t, w.path("amf.key"), string(key))
			w.onTerminal()
			w.streams.In = strings.NewReader(tt.typed)
			r := w.run(t.Context(), "csr", "-n", "amf-01", "--nf", w.path("amf.yaml"), "--key-in", w.path("amf.key"))
			said := strings.Join(strings.Fields(r.err), " ") // a terminal breaks lines
			if r.code != tt.exit || !strings.Contains(said, tt.code) {
				t.Errorf("ended with %d and %q, want %d and %q", r.code, r.err, tt.exit, tt.code)
			}
			if n := strings.Count(r.err, "Passphrase or PIN of "); n != 1 {
				t.Errorf("asked %d times, want once: %q", n, r.err)
			}
			if strings.Contains(r.out+r.err, "GEHEIM") {
				t.Errorf("the passphrase is shown: %q %q", r.out, r.err)
			}
		})
	}
}

// TestPassphraseIsNoFlag guards that no flag takes a passphrase or PIN itself.
func TestPassphraseIsNoFlag(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, args := range [][]string{
		{"csr", "-n", "a", "--key-passphrase", "x"},
		{"csr", "-n", "a", "--key-in", "pkcs11:token=t;object=o?module-path=/p&pin-value=GEHEIM"},
	} {
		args = append(args, "-o", "json")
		r := w.run(t.Context(), args...)
		if doc := r.report(t); doc.Exit != report.ExitUsage || doc.Code != "usage" || strings.Contains(r.err, "GEHEIM") {
			t.Errorf("%q: got %+v, want a usage error that repeats nothing", args, doc)
		}
	}
}
