package zlint

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
)

// ErrNotFound says that the companion is neither next to the program nor on the
// PATH.
var ErrNotFound = errors.New(Program + " was not found")

// Find returns the path of the companion: in the folder of the running program,
// where a release puts it, else on the PATH. A program of the working directory
// is never taken. The error is [ErrNotFound].
func Find() (string, error) {
	if exe, err := os.Executable(); err == nil {
		if resolved, err := filepath.EvalSymlinks(exe); err == nil {
			exe = resolved
		}
		beside := filepath.Join(filepath.Dir(exe), Program)
		if runtime.GOOS == "windows" {
			beside += ".exe"
		}
		if info, err := os.Stat(beside); err == nil && info.Mode().IsRegular() {
			return beside, nil
		}
	}
	path, err := exec.LookPath(Program)
	if err != nil {
		return "", fmt.Errorf("%w beside this program or on the PATH", ErrNotFound)
	}
	return path, nil
}
