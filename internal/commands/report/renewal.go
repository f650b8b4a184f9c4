package report

import (
	"strings"

	"github.com/nfcert/nfcert/internal/commands/cmdflags"
	"github.com/nfcert/nfcert/internal/enroll"
)

// renewalErrors are about renewals, their hooks, and revocations.
func renewalErrors() []Entry {
	return []Entry{
		For(ExitFindings, CodeHook, FaultInput, func(c *Context, e *cmdflags.HookError, r *Report) {
			r.Message = c.Subject() + ": " + e.Error()
			r.Hint = "fix the hook; the same command, again, only runs it, without a request to the CA"
			r.Next = c.Resume()
		}),
		For(ExitUsage, CodeKeyReuse, FaultUsage, func(c *Context, e *enroll.KeyReuseError, r *Report) {
			r.Hint = "omit --reuse-key, or give another key with --key-in, or another CSR with --csr-in"
			r.Next = c.Line("renew", "-n", e.Name)
		}),
		For(ExitUsage, CodeRevokeKey, FaultUsage, func(c *Context, e *enroll.RevokeKeyError, r *Report) {
			r.Clause = "RFC 8555 7.6"
			r.Message = c.Subject() + ": " + e.Error()
			r.Hint = "give the certificate's key with --key-in FILE, or omit --by: the account that it was issued to may revoke it"
		}),
	}
}

// ReasonNames lists the reasons for a revocation (RFC 5280 5.3.1).
func ReasonNames() string {
	var names []string
	for _, r := range enroll.Reasons() {
		names = append(names, r.Name)
	}
	return strings.Join(names, ", ")
}
