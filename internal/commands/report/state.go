package report

import (
	"errors"
	"fmt"
	"syscall"

	"github.com/nfcert/nfcert/internal/commands/cli"
	"github.com/nfcert/nfcert/internal/enroll"
	"github.com/nfcert/nfcert/internal/store"
)

// explainState is for what lies on this machine's disk.
func explainState(call *cli.Call, err error, r *Report) bool {
	r.Exit, r.Code, r.Fault = ExitState, "state", FaultState
	if e, ok := cli.As[*store.LockedError](err); ok {
		r.Code, r.Hint = "locked", "wait for that run to end, or end it; a lock never outlives its process"
		r.Message = subject(call) + ": " + e.Error()
		return true
	}
	if e, ok := cli.As[*store.DamagedError](err); ok {
		r.Code = "damaged"
		r.Hint = fmt.Sprintf("nothing was changed. Restore it from a backup, or move it away and start over: mv %[1]s %[1]s.damaged", cli.ShellQuote(e.Path))
		return true
	}
	if _, ok := cli.As[*store.VersionError](err); ok {
		r.Code, r.Hint = "newer-version", "a newer nfcert wrote it; use that one. Nothing was changed"
		return true
	}
	if _, ok := cli.As[*enroll.KeyFileError](err); ok {
		r.Code, r.Hint = "key", "nothing was changed; restore the file from a backup, or start over under another name"
		return true
	}
	if _, ok := cli.As[*store.AccessError](err); ok {
		r.Code, r.Hint = "access", "nfcert needs to read and write its state; --state DIR names another place"
		if errors.Is(err, syscall.ENOSPC) { // elsewhere is nothing of what was begun
			r.Hint = "make room on that disk, and run the same again: it goes on from what is saved"
		}
		return true
	}
	return false
}
