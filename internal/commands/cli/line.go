package cli

import (
	"strings"
)

// ServerArgs repeats how the user named the server.
func (call *Call) ServerArgs() []string {
	if call.Global.Server == "" {
		return []string{"--server", "URL"}
	}
	return []string{"--server", call.Global.Server}
}

// Line writes a command line that the user can type next; it repeats where
// state and configuration are when the user said so.
func (call *Call) Line(command string, args ...string) string {
	words := append([]string{"nfcert"}, strings.Fields(command)...)
	words = append(words, args...)
	if call.Settings.Sources["config"] == "flag" {
		words = append(words, "--config", call.Global.config)
	}
	if call.Settings.Sources["state"] == "flag" {
		words = append(words, "--state", call.Global.State)
	}
	return quoteAll(words)
}

func quoteAll(words []string) string {
	quoted := make([]string, len(words))
	for i, word := range words {
		quoted[i] = ShellQuote(word)
	}
	return strings.Join(quoted, " ")
}

// Again writes the running command as it was typed, to be run once more.
func (call *Call) Again() string {
	words := append([]string{"nfcert"}, strings.Fields(call.Command)...)
	if call.Global.Name != "" {
		words = append(words, "-n", call.Global.Name)
	}
	return quoteAll(append(words, call.Settings.Typed...))
}

// ShellQuote quotes a word for a POSIX shell where it must be.
func ShellQuote(s string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_./:@%+=,", r)
	}
	if s != "" && strings.IndexFunc(s, func(r rune) bool { return !plain(r) }) < 0 {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
