//go:build !pkcs11

package commands

import (
	"strings"
	"testing"

	"github.com/nfcert/nfcert/internal/commands/report"
)

// TestTokenWithoutTag guards that a build without PKCS#11 says which has it.
func TestTokenWithoutTag(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	write(t, w.path("amf.yaml"), nfFile)
	r := w.run(t.Context(), "csr", "-n", "amf-01", "--nf", w.path("amf.yaml"), "-o", "json",
		"--key-in", "pkcs11:token=amf;object=tls?module-path=/usr/lib/softhsm/libsofthsm2.so")
	if doc := r.report(t); doc.Exit != report.ExitUsage || doc.Code != "no-pkcs11" || !strings.Contains(doc.Hint, "-tags pkcs11") {
		t.Errorf("got %+v, want exit 2, no-pkcs11, and how to build one that has it", doc)
	}
}
