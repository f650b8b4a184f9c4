package cli

import (
	"github.com/kballard/go-shellquote"
)

// SplitCommand reads the program and its arguments out of a flag, with quotes as
// a shell has them. No shell runs it: nothing in it is expanded.
func SplitCommand(flag, line string) ([]string, error) {
	words, err := shellquote.Split(line)
	if err != nil || len(words) == 0 {
		return nil, Usagef("as in --"+flag+" 'program --option \"one word\"'; no shell is between, so nothing is expanded",
			"--%s %q cannot be read as a program with its arguments", flag, line)
	}
	return words, nil
}
