package interop_test

import (
	"errors"
	"os/exec"
)

// stderrOf returns what a command that failed with err wrote to stderr.
func stderrOf(err error) string {
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return string(exit.Stderr)
	}
	return ""
}
