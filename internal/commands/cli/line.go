package cli

import (
	"slices"
	"strings"

	"github.com/kballard/go-shellquote"
)

// Line writes a command line to propose. It repeats --config and --state if the
// user typed them.
func (call *Call) Line(command string, args ...string) string {
	words := append([]string{"nfcert"}, strings.Fields(command)...)
	words = append(words, args...)
	if call.Settings.Sources["config"] == "flag" {
		words = append(words, "--config", call.Global.config)
	}
	if call.Settings.Sources["state"] == "flag" {
		words = append(words, "--state", call.Global.State)
	}
	return ShellQuote(words...)
}

// Again writes the running command as the user typed it.
func (call *Call) Again() string {
	words := append([]string{"nfcert"}, strings.Fields(call.Command)...)
	if call.Global.Name != "" {
		words = append(words, "-n", call.Global.Name)
	}
	return ShellQuote(append(words, call.Settings.Typed...)...)
}

// ServerArgs is --server with the server that the user named, to propose a command.
func (call *Call) ServerArgs() []string {
	if call.Global.Server == "" {
		return []string{"--server", "URL"}
	}
	return []string{"--server", call.Global.Server}
}

// special reports whether a shell may treat a character of a word specially.
func special(r rune) bool {
	return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_./:@%+=,", r))
}

// ShellQuote joins words into a command line for a POSIX shell, with quotes around
// those that need them. [shellquote.Join] escapes single characters instead, which
// makes URLs hard to read, and lets a word that starts with # become a comment.
func ShellQuote(words ...string) string {
	quoted := slices.Clone(words)
	for i, word := range words {
		if word == "" || strings.ContainsFunc(word, special) {
			quoted[i] = "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
		}
	}
	return strings.Join(quoted, " ")
}

// SplitCommand splits the value of a flag into a program and its arguments, with a
// shell's quotes. No shell runs it, so nothing is expanded.
func SplitCommand(flag, line string) ([]string, error) {
	words, err := shellquote.Split(line)
	if err != nil || len(words) == 0 {
		return nil, Usagef("as in --"+flag+" 'program --option \"one word\"'; it is run directly, not through a shell, so nothing is expanded",
			"--%s %q is not a program with its arguments", flag, line)
	}
	return words, nil
}
