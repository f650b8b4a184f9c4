package commands

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/nfcert/nfcert/internal/lab"
)

// TestNarrowTables guards that the widest tables stay within a terminal of 80
// columns, and that a pipe still gets every value in full.
func TestNarrowTables(t *testing.T) {
	t.Parallel()
	w, l := newLabWorld(t, lab.Options{})
	w.must(t, "enroll", "-n", "amf-01.region-north", "--nf", w.path("amf.yaml"))
	w.must(t, "csr", "-n", "amf-number-2", "--nf", w.path("amf.yaml"))
	w.must(t, "order", "-n", "amf-number-2", "--no-solve")
	w.must(t, "account", "--account", "second-account", "--accept-tos")
	for _, tt := range []struct {
		args []string
		full string // in a pipe
	}{
		{[]string{"show"}, l.DirectoryURL()},
		{[]string{"order", "list"}, "https://"},
		{[]string{"csr", "profiles"}, "NF signing of client credentials assertions (CCA)"},
		{[]string{"csr", "profiles", "nf-tls"}, "5gc.mnc001.mcc001.3gppnetwork.org"},
		{[]string{"account", "list"}, l.DirectoryURL()},
		{[]string{"renew", "--due", "--dry-run"}, "amf-01.region-north"},
		{[]string{"lint", "--list"}, "an attribute has the wrong ASN.1 string type"},
	} {
		w.streams.OutTTY = false
		if pipe := w.must(t, tt.args...).out; !strings.Contains(pipe, tt.full) {
			t.Errorf("nfcert %s in a pipe: want %q in\n%s", strings.Join(tt.args, " "), tt.full, pipe)
		}
		w.streams.OutTTY, w.streams.Width = true, 80
		out := w.must(t, tt.args...).out
		for line := range strings.Lines(out) {
			if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > 80 {
				t.Errorf("nfcert %s: a line of %d columns, want at most 80: %s", strings.Join(tt.args, " "), n, line)
			}
		}
	}
}
