package view

import (
	"github.com/nfcert/nfcert/internal/commands/cli"
	"github.com/nfcert/nfcert/internal/enroll"
)

// NextFor is the next command of an enrolment; "" if there is none.
func NextFor(call *cli.Call, en *enroll.Enrolment) string {
	name := []string{"-n", en.Name}
	switch en.Step {
	case enroll.StepCSR:
		return call.Line("csr", append(name, "--nf", "FILE")...)
	case enroll.StepOrder:
		if en.Order != nil && en.Order.Status == enroll.Pending {
			return call.Line("order solve", append(name, call.Settings.ChallengeFlags...)...)
		}
		return call.Line("order", name...)
	case enroll.StepFinalize:
		return call.Line("finalize", name...)
	case enroll.StepDone:
		if en.HookOwed() {
			return call.Line("finalize", append(name, "--hook", "COMMAND")...)
		}
		if en.Swapping() || en.Renewal != nil || en.Certificate.Revoked != nil || call.Clock().After(en.Certificate.NotAfter) {
			return call.Line("renew", append(name, call.Settings.ChallengeFlags...)...)
		}
	}
	return ""
}
