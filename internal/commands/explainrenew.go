package commands

import "github.com/nfcert/nfcert/internal/enroll"

// explainRenew is for what only renewals and revocations end with.
func (a *App) explainRenew(err error, r *report) bool {
	if e, ok := as[*hookError](err); ok {
		r.Exit, r.Code, r.Fault = exitFindings, "hook", faultInput
		r.Message = a.subject() + ": " + e.Error()
		r.Hint = "mend it; the next renew runs it again and asks the CA nothing"
		r.Next = a.resume
		return true
	}
	if e, ok := as[*someFailedError](err); ok {
		r.Exit, r.Code, r.Fault = exitFindings, "some-failed", e.Fault
		r.Hint = "those that failed keep the certificate that they have; the next run takes them up again"
		r.Next = a.resume
		return true
	}
	if e, ok := as[*enroll.KeyReuseError](err); ok {
		r.Exit, r.Code, r.Fault = exitUsage, "key-reuse", faultUsage
		r.Hint = "leave --reuse-key out, or bring another key with --key-in, or another CSR with --csr-in"
		r.Next = a.line("renew", "-n", e.Name)
		return true
	}
	return false
}
