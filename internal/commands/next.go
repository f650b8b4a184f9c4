package commands

import (
	"slices"
	"strings"

	"github.com/nfcert/nfcert/internal/acmewire"
	"github.com/nfcert/nfcert/internal/enroll"
)

// nextFor is the command that takes an enrolment further; "": it is at its end.
func (a *Call) nextFor(en *enroll.Enrolment) string {
	name := []string{"-n", en.Name}
	switch en.Step {
	case enroll.StepCSR:
		return a.line("csr", append(name, "--nf", "FILE")...)
	case enroll.StepOrder:
		if en.Order != nil && en.Order.Status == acmewire.Pending {
			return a.line("order solve", append(name, a.Settings.way...)...)
		}
		return a.line("order", name...)
	case enroll.StepFinalize:
		return a.line("finalize", name...)
	case enroll.StepDone:
		if en.Swapping() || en.Renewal != nil || en.Certificate.Revoked != nil || a.Clock().After(en.Certificate.NotAfter) {
			return a.line("renew", append(name, a.Settings.way...)...)
		}
	}
	return ""
}

// comesFirst is the command that an out-of-turn step needs.
func (a *Call) comesFirst(e *enroll.OutOfTurnError) string {
	switch e.Needs {
	case enroll.StepAccount:
		args := a.serverArgs()
		if e.Name != enroll.DefaultAccount {
			args = append(args, "--account", e.Name)
		}
		return a.line("account", args...)
	case enroll.StepCSR:
		return a.line("csr", "-n", e.Name, "--nf", "FILE")
	case enroll.StepOrder:
		return a.line("order", "-n", e.Name)
	case enroll.StepFinalize:
		return a.line("finalize", "-n", e.Name)
	case enroll.StepRenew:
		return a.line("renew", "-n", e.Name)
	}
	return a.line("show", "-n", e.Name)
}

// orderAgain is the command that places a new order in place of a failed one.
// It proves the names as the running command was told to, unless that was by
// hand: a new order wants something else published.
func (a *Call) orderAgain(name string) string {
	switch {
	case slices.Contains(a.Settings.typed, "--published"):
		return a.line("order", "-n", name, "--no-solve")
	case a.Command == "order" || a.Command == "enroll":
		return a.again()
	}
	return a.line("order", append([]string{"-n", name}, a.Settings.way...)...)
}

// otherAccounts tells which accounts there are, for who looked for another.
func (a *Call) otherAccounts() string {
	s, err := a.openStore()
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
	return "there is " + strings.Join(names, ", ") + "; --account says which is meant"
}

// serverArgs repeats how the user named the server.
func (a *Call) serverArgs() []string {
	if a.Global.server == "" {
		return []string{"--server", "URL"}
	}
	return []string{"--server", a.Global.server}
}

// line writes a command line that the user can type next; it repeats where
// state and configuration are when the user said so.
func (a *Call) line(command string, args ...string) string {
	words := append([]string{"nfcert"}, strings.Fields(command)...)
	words = append(words, args...)
	if a.Settings.sources["config"] == "flag" {
		words = append(words, "--config", a.Global.config)
	}
	if a.Settings.sources["state"] == "flag" {
		words = append(words, "--state", a.Global.state)
	}
	return quoteAll(words)
}

func quoteAll(words []string) string {
	quoted := make([]string, len(words))
	for i, word := range words {
		quoted[i] = shellQuote(word)
	}
	return strings.Join(quoted, " ")
}

// again writes the running command as it was typed, to be run once more.
func (a *Call) again() string {
	words := append([]string{"nfcert"}, strings.Fields(a.Command)...)
	if a.Global.name != "" {
		words = append(words, "-n", a.Global.name)
	}
	return quoteAll(append(words, a.Settings.typed...))
}

// shellQuote quotes a word for a POSIX shell where it must be.
func shellQuote(s string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_./:@%+=,", r)
	}
	if s != "" && strings.IndexFunc(s, func(r rune) bool { return !plain(r) }) < 0 {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
