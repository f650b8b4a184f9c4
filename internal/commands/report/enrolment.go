package report

import (
	"github.com/nfcert/nfcert/internal/enroll"
)

// enrolmentErrors are about the steps of an enrolment.
func enrolmentErrors() []Entry {
	return []Entry{
		For(ExitState, CodeOutOfTurn, FaultState, func(c *Context, e *enroll.OutOfTurnError, r *Report) {
			r.Next = comesFirst(c.Call, e)
			if e.Needs == enroll.StepAccount {
				r.Message = c.Subject() + ": " + e.Found // many commands need an account
				r.Hint = otherAccounts(c.Call)
			}
		}),
		For(ExitState, CodeConflict, FaultState, func(c *Context, e *enroll.ConflictError, r *Report) {
			r.Hint = "use another name: -n NAME"
			if e.Field == "key" && e.Asked != "" && c.Command != "renew" {
				r.Hint += "; or, after the certificate was issued: nfcert renew -n " + e.Name + ", which makes a new key"
			}
			if e.Field == "names" {
				r.Next = c.Line("order abandon", "-n", e.Name)
			}
		}),
		For(ExitUsage, CodeNamesDiffer, FaultInput, func(c *Context, _ *enroll.NamesError, r *Report) {
			r.Clause = "RFC 8555 7.4"
			r.Hint = "every CA refuses this, so nothing was sent. Order the names of the CSR, or make a CSR with the names of the order"
			r.Next = c.Line("order abandon", "-n", c.Global.Name)
		}),
		For(ExitUsage, CodeNoSuchChain, FaultUsage, func(_ *Context, _ *enroll.ChainChoiceError, r *Report) {
			r.Clause, r.Hint = "RFC 8555 7.4.2", "omit --chain, or name one of these"
		}),
		For(ExitFindings, CodeCertificate, FaultCA, refusedCertificate),
	}
}

// refusedCertificate is for a certificate that was issued but not accepted.
func refusedCertificate(c *Context, e *enroll.CertificateError, r *Report) {
	r.Clause = "RFC 8555 7.4.2"
	r.Hint = "the certificate was saved for inspection, but not installed"
	if e.Judged {
		r.Code, r.Clause = CodeBreaksProfile, ""
		r.Hint += "; --lint warn installs it despite the findings"
	}
	if e.Err != nil && len(e.Reasons) == 1 {
		r.Hint = "if you have the root from another source, name it with --issuer-root FILE; the certificate was saved, but not installed"
	}
	r.Next = c.Line("show cert", "-n", e.Name)
}
