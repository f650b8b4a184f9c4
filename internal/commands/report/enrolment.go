package report

import (
	"github.com/nfcert/nfcert/internal/enroll"
)

// enrolmentErrors are about the steps of an enrolment: their order, and what they
// find out themselves.
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
			r.Hint = "use another name with -n"
			if e.Field == "key" && e.Asked != "" && c.Command != "renew" {
				r.Hint += "; or, once there is a certificate: nfcert renew -n " + e.Name + ", which makes a new key"
			}
			if e.Field == "names" {
				r.Next = c.Line("order abandon", "-n", e.Name)
			}
		}),
		For(ExitUsage, CodeNamesDiffer, FaultInput, func(c *Context, _ *enroll.NamesError, r *Report) {
			r.Clause = "RFC 8555 7.4"
			r.Hint = "every CA refuses that; nothing was sent. Order the CSR's names, or make the CSR again with the order's"
			r.Next = c.Line("order abandon", "-n", c.Global.Name)
		}),
		For(ExitUsage, CodeNoSuchChain, FaultUsage, func(_ *Context, _ *enroll.ChainChoiceError, r *Report) {
			r.Clause, r.Hint = "RFC 8555 7.4.2", "omit --chain, or name one of these"
		}),
		For(ExitFindings, CodeCertificate, FaultCA, refusedCertificate),
	}
}

// refusedCertificate is for a certificate that was issued and not accepted.
func refusedCertificate(c *Context, e *enroll.CertificateError, r *Report) {
	r.Clause = "RFC 8555 7.4.2"
	r.Hint = "the certificate is kept for inspection and was not installed"
	if e.Judged {
		r.Code, r.Clause = CodeBreaksProfile, ""
		r.Hint += "; --lint warn installs it all the same"
	}
	if e.Err != nil && len(e.Reasons) == 1 {
		r.Hint = "if you have the root from another source, name it with --issuer-root FILE; the certificate is kept and was not installed"
	}
	r.Next = c.Line("show cert", "-n", e.Name)
}
