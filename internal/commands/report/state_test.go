package report

import (
	"strings"
	"syscall"
	"testing"

	"github.com/nfcert/nfcert/internal/commands/cli"
	"github.com/nfcert/nfcert/internal/store"
)

// TestFullDisk guards that a full disk does not send the user to another state
// directory: the order that was begun is in this one.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	r := NewRegistry().Explain((&cli.Call{Env: &cli.Env{}}), &store.AccessError{Op: "writing", Path: "enrolment.json", Err: syscall.ENOSPC})
	if r.Exit != ExitState || r.Code != "access" || strings.Contains(r.Hint, "--state") || !strings.Contains(r.Hint, "free space") {
		t.Errorf("got exit %d, code %q, hint %q; want 7, access, and to free space", r.Exit, r.Code, r.Hint)
	}
}
