package report

import (
	"slices"
	"strings"

	"github.com/nfcert/nfcert/internal/commands/cli"
	"github.com/nfcert/nfcert/internal/commands/session"
	"github.com/nfcert/nfcert/internal/enroll"
)

// comesFirst is the command that must run before a step that is out of turn.
func comesFirst(call *cli.Call, e *enroll.OutOfTurnError) string {
	switch e.Needs {
	case enroll.StepAccount:
		args := call.ServerArgs()
		if e.Name != enroll.DefaultAccount {
			args = append(args, "--account", e.Name)
		}
		return call.Line("account", args...)
	case enroll.StepCSR:
		return call.Line("csr", "-n", e.Name, "--nf", "FILE")
	case enroll.StepOrder:
		return call.Line("order", "-n", e.Name)
	case enroll.StepFinalize:
		return call.Line("finalize", "-n", e.Name)
	case enroll.StepRenew:
		return call.Line("renew", "-n", e.Name)
	}
	return call.Line("show", "-n", e.Name)
}

// orderAgain is the command that replaces a failed order. It repeats the flags for
// challenges, except --published: a new order has other content to publish.
func orderAgain(call *cli.Call, name string) string {
	switch {
	case slices.Contains(call.Settings.Typed, "--published"):
		return call.Line("order", "-n", name, "--no-solve")
	case call.Command == "order" || call.Command == "enroll":
		return call.Again()
	}
	return call.Line("order", append([]string{"-n", name}, call.Settings.ChallengeFlags...)...)
}

// otherAccounts lists the saved accounts, for an account that does not exist.
func otherAccounts(call *cli.Call) string {
	s, err := session.OpenStore(call)
	if err != nil {
		return ""
	}
	accounts, err := enroll.Accounts(s, nil)
	if err != nil || len(accounts) == 0 {
		return ""
	}
	var names []string
	for _, acc := range accounts {
		names = append(names, acc.Name+" at "+acc.Server)
	}
	return "saved accounts: " + strings.Join(names, ", ") + "; choose one with --account"
}
