package commands

import (
	"strings"
	"testing"

	"github.com/nfcert/nfcert/internal/commands/report"
	"github.com/nfcert/nfcert/internal/lab"
)

// TestRevokeConfirmed guards that on a terminal the name has to be typed, and
// that anything else leaves the certificate as it is.
func TestRevokeConfirmed(t *testing.T) {
	t.Parallel()
	w, l := newLabWorld(t, lab.Options{})
	w.must(t, "enroll", "-n", "amf-01", "--nf", w.path("amf.yaml"))
	w.onTerminal()
	for _, tt := range []struct {
		typed, told string
		exit        int
	}{
		{"yes\n", "want amf-01", report.ExitUsage},
		{"\n", "want amf-01", report.ExitUsage},
		{"", "no terminal to confirm", report.ExitUsage},
		{"amf-01\n", "revoked", report.ExitDone},
	} {
		before := len(l.Requests())
		w.streams.In = strings.NewReader(tt.typed)
		r := w.run(t.Context(), "revoke", "-n", "amf-01")
		if r.code != tt.exit || !strings.Contains(r.err, tt.told) || !strings.Contains(r.err, "Type amf-01 to continue") {
			t.Errorf("typed %q: ended with %d and %q, want %d, the question, and %q", tt.typed, r.code, r.err, tt.exit, tt.told)
		}
		if sent := len(l.Requests()) - before; (sent > 0) != (tt.exit == report.ExitDone) {
			t.Errorf("typed %q: %d requests were sent", tt.typed, sent)
		}
	}
	if shown := w.must(t, "show", "-n", "amf-01").out; !strings.Contains(shown, "certificate revoked") {
		t.Errorf("show says\n%s\nwant it revoked", shown)
	}
}
