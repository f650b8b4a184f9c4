package store

import (
	"fmt"
	"io/fs"
	"os"
	"runtime"

	"github.com/kballard/go-shellquote"
)

// CheckPrivate returns a warning when users other than the owner may use the key
// file at path, with the command that fixes it, and otherwise "". On Windows it
// always returns "", because permission bits do not decide that there. A file
// that cannot be examined is an error: fs.ErrNotExist or an [AccessError].
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
		who, path, mode.Perm(), private, shellquote.Join(path))
}
