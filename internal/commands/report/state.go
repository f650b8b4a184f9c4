package report

import (
	"errors"
	"fmt"
	"syscall"

	"github.com/nfcert/nfcert/internal/commands/cli"
	"github.com/nfcert/nfcert/internal/enroll"
	"github.com/nfcert/nfcert/internal/store"
)

// stateErrors are about what is saved on this machine.
func stateErrors() []Entry {
	return []Entry{
		For(ExitState, CodeLocked, FaultState, func(c *Context, e *store.LockedError, r *Report) {
			r.Message = c.Subject() + ": " + e.Error()
			r.Hint = "wait until that run ends, or end it; its lock ends with it"
		}),
		For(ExitState, CodeDamaged, FaultState, func(_ *Context, e *store.DamagedError, r *Report) {
			r.Hint = fmt.Sprintf("nothing was changed. Restore it from a backup, or move it away and start over: mv %[1]s %[1]s.damaged", cli.ShellQuote(e.Path))
		}),
		For(ExitState, CodeNewerVersion, FaultState, func(_ *Context, _ *store.VersionError, r *Report) {
			r.Hint = "a newer nfcert wrote it; use that version. Nothing was changed"
		}),
		For(ExitState, CodeKey, FaultState, func(_ *Context, _ *enroll.KeyFileError, r *Report) {
			r.Hint = "nothing was changed; restore the file from a backup, or start over with another name"
		}),
		For(ExitState, CodeAccess, FaultState, func(_ *Context, e *store.AccessError, r *Report) {
			r.Hint = "nfcert must be able to read and write its state; --state DIR sets another directory"
			if errors.Is(e, syscall.ENOSPC) { // another directory does not have the work so far
				r.Hint = "free space on that disk, and run the same command again: it continues from what is saved"
			}
		}),
	}
}
