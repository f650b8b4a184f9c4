package report

import (
	"strings"
	"syscall"
	"testing"

	"github.com/nfcert/nfcert/internal/commands/cli"
	"github.com/nfcert/nfcert/internal/store"
)

// TestFullDisk guards that nobody is sent to another state for want of room: the
// order that was begun is in this one.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	r := Explain((&cli.Call{Env: &cli.Env{}}), &store.AccessError{Op: "writing", Path: "enrolment.json", Err: syscall.ENOSPC})
	if r.Exit != ExitState || r.Code != "access" || strings.Contains(r.Hint, "--state") || !strings.Contains(r.Hint, "make room") {
		t.Errorf("got exit %d, code %q, hint %q; want 7, access, and to make room", r.Exit, r.Code, r.Hint)
	}
}
