package report

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/nfcert/nfcert/internal/acmewire"
	"github.com/nfcert/nfcert/internal/commands/cli"
	"github.com/nfcert/nfcert/internal/commands/cmdflags"
	"github.com/nfcert/nfcert/internal/enroll"
)

// explainRenew is for what only renewals and revocations end with.
func explainRenew(call *cli.Call, err error, r *Report) bool {
	if e, ok := cli.As[*cmdflags.HookError](err); ok {
		r.Exit, r.Code, r.Fault = ExitFindings, "hook", faultInput
		r.Message = subject(call) + ": " + e.Error()
		r.Hint = "mend it; the next renew runs it again and asks the CA nothing"
		r.Next = call.Resume()
		return true
	}
	if e, ok := cli.As[*SomeFailedError](err); ok {
		r.Exit, r.Code, r.Fault = ExitFindings, "some-failed", e.Fault
		r.Hint = "those that failed keep the certificate that they have; the next run takes them up again"
		r.Next = call.Resume()
		return true
	}
	if e, ok := cli.As[*enroll.KeyReuseError](err); ok {
		r.Exit, r.Code, r.Fault = ExitUsage, "key-reuse", FaultUsage
		r.Hint = "leave --reuse-key out, or bring another key with --key-in, or another CSR with --csr-in"
		r.Next = call.Line("renew", "-n", e.Name)
		return true
	}
	if e, ok := cli.As[*enroll.RevokeKeyError](err); ok {
		r.Exit, r.Code, r.Fault, r.Clause = ExitUsage, "revoke-key", FaultUsage, "RFC 8555 7.6"
		r.Message = subject(call) + ": " + e.Error()
		r.Hint = "give the certificate's key with --key-in FILE, or leave --by out: the account that it was issued to may revoke it"
		return true
	}
	if p, ok := cli.As[*acmewire.Problem](err); ok && call.Command == "revoke" {
		explainRevocation(call, err, p, r)
		return true
	}
	return false
}

// explainRevocation says why a CA does not revoke, and what would make it.
func explainRevocation(call *cli.Call, err error, p *acmewire.Problem, r *Report) {
	explainProblem(call, err, p, r)
	switch {
	case p.HasType("badRevocationReason"):
		r.Hint = "this CA does not revoke for that reason; take another of " + ReasonNames() + ", or leave --reason out"
	case p.HasType("unauthorized"):
		r.Clause = "RFC 8555 7.6"
		r.Hint = "the account that it was issued to may revoke it (--account NAME), another that has proven all its names, or who has its key (--by certificate-key --key-in FILE)"
	case p.Status == http.StatusNotFound, p.HasType("malformed"):
		r.Clause, r.Next = "RFC 8555 7.6", ""
		r.Hint = "most likely another CA issued this certificate; name that one's server with --server"
	}
}

// SomeFailedError says that some of several were not renewed.
type SomeFailedError struct {
	Failed, Of int
	Fault      string // of the first
}

func (e *SomeFailedError) Error() string {
	return fmt.Sprintf("renew: %d of %d enrolments failed", e.Failed, e.Of)
}

func ReasonNames() string {
	var names []string
	for _, r := range enroll.Reasons() {
		names = append(names, r.Name)
	}
	return strings.Join(names, ", ")
}
