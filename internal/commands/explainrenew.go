package commands

import (
	"net/http"

	"github.com/nfcert/nfcert/internal/acmewire"
	"github.com/nfcert/nfcert/internal/enroll"
)

// explainRenew is for what only renewals and revocations end with.
func (a *Call) explainRenew(err error, r *report) bool {
	if e, ok := as[*hookError](err); ok {
		r.Exit, r.Code, r.Fault = exitFindings, "hook", faultInput
		r.Message = a.subject() + ": " + e.Error()
		r.Hint = "mend it; the next renew runs it again and asks the CA nothing"
		r.Next = a.resume()
		return true
	}
	if e, ok := as[*someFailedError](err); ok {
		r.Exit, r.Code, r.Fault = exitFindings, "some-failed", e.Fault
		r.Hint = "those that failed keep the certificate that they have; the next run takes them up again"
		r.Next = a.resume()
		return true
	}
	if e, ok := as[*enroll.KeyReuseError](err); ok {
		r.Exit, r.Code, r.Fault = exitUsage, "key-reuse", faultUsage
		r.Hint = "leave --reuse-key out, or bring another key with --key-in, or another CSR with --csr-in"
		r.Next = a.line("renew", "-n", e.Name)
		return true
	}
	if e, ok := as[*enroll.RevokeKeyError](err); ok {
		r.Exit, r.Code, r.Fault, r.Clause = exitUsage, "revoke-key", faultUsage, "RFC 8555 7.6"
		r.Message = a.subject() + ": " + e.Error()
		r.Hint = "give the certificate's key with --key-in FILE, or leave --by out: the account that it was issued to may revoke it"
		return true
	}
	if p, ok := as[*acmewire.Problem](err); ok && a.Command == "revoke" {
		a.explainRevocation(err, p, r)
		return true
	}
	return false
}

// explainRevocation says why a CA does not revoke, and what would make it.
func (a *Call) explainRevocation(err error, p *acmewire.Problem, r *report) {
	a.explainProblem(err, p, r)
	switch {
	case p.HasType("badRevocationReason"):
		r.Hint = "this CA does not revoke for that reason; take another of " + reasonNames() + ", or leave --reason out"
	case p.HasType("unauthorized"):
		r.Clause = "RFC 8555 7.6"
		r.Hint = "the account that it was issued to may revoke it (--account NAME), another that has proven all its names, or who has its key (--by certificate-key --key-in FILE)"
	case p.Status == http.StatusNotFound, p.HasType("malformed"):
		r.Clause, r.Next = "RFC 8555 7.6", ""
		r.Hint = "most likely another CA issued this certificate; name that one's server with --server"
	}
}
