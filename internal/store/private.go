package store

import (
	"fmt"
	"io/fs"
	"os"
	"runtime"
	"strings"
)

// CheckPrivate returns a warning when others than its owner may use the key
// file at path, with the command that ends it, and "" when not. On Windows,
// where permission bits say nothing of that, there is never one. A file that
// cannot be looked at is an error: fs.ErrNotExist or an [AccessError].
func CheckPrivate(path string) (warning string, err error) {
	info, err := os.Stat(path)
	if err != nil {
		return "", readError("checking", path, err)
	}
	return privateWarning(path, info.Mode(), runtime.GOOS), nil
}

func privateWarning(path string, mode fs.FileMode, goos string) string {
	const others = 0o077
	if goos == "windows" || mode.Perm()&others == 0 {
		return ""
	}
	private, who := "600", "file"
	if mode.IsDir() {
		private, who = "700", "directory"
	}
	return fmt.Sprintf("key %s %q is open to others (mode %04o): chmod %s %s",
		who, path, mode.Perm(), private, shellQuote(path))
}

// shellQuote returns s as one word of a POSIX shell.
func shellQuote(s string) string {
	special := func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("/._-+=:@%,", r))
	}
	if s != "" && s[0] != '-' && !strings.ContainsFunc(s, special) {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}
