package commands

import (
	"slices"
	"strings"

	"github.com/nfcert/nfcert/internal/acmewire"
	"github.com/nfcert/nfcert/internal/enroll"
)

// nextFor is the command that takes an enrolment further; "": it is at its end.
func (a *App) nextFor(en *enroll.Enrolment) string {
	name := []string{"-n", en.Name}
	switch en.Step {
	case enroll.StepCSR:
		return a.line("csr", append(name, "--nf", "FILE")...)
	case enroll.StepOrder:
		if en.Order != nil && en.Order.Status == acmewire.Pending {
			return a.line("order solve", append(name, a.settings.way...)...)
		}
		return a.line("order", name...)
	case enroll.StepFinalize:
		return a.line("finalize", name...)
	case enroll.StepDone:
		if en.Swapping() || en.Renewal != nil || en.Certificate.Revoked != nil || a.clock().After(en.Certificate.NotAfter) {
			return a.line("renew", append(name, a.settings.way...)...)
		}
	}
	return ""
}

// comesFirst is the command that an out-of-turn step needs.
func (a *App) comesFirst(e *enroll.OutOfTurnError) string {
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
func (a *App) orderAgain(name string) string {
	switch {
	case slices.Contains(a.settings.typed, "--published"):
		return a.line("order", "-n", name, "--no-solve")
	case a.command == "order" || a.command == "enroll":
		return a.again()
	}
	return a.line("order", append([]string{"-n", name}, a.settings.way...)...)
}

// otherAccounts tells which accounts there are, for who looked for another.
func (a *App) otherAccounts() string {
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
func (a *App) serverArgs() []string {
	if a.global.server == "" {
		return []string{"--server", "URL"}
	}
	return []string{"--server", a.global.server}
}

// line writes a command line that the user can type next; it repeats where
// state and configuration are when the user said so.
func (a *App) line(command string, args ...string) string {
	words := append([]string{"nfcert"}, strings.Fields(command)...)
	words = append(words, args...)
	if a.settings.sources["config"] == "flag" {
		words = append(words, "--config", a.global.config)
	}
	if a.settings.sources["state"] == "flag" {
		words = append(words, "--state", a.global.state)
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
func (a *App) again() string {
	words := append([]string{"nfcert"}, strings.Fields(a.command)...)
	if a.name != "" {
		words = append(words, "-n", a.name)
	}
	return quoteAll(append(words, a.settings.typed...))
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
