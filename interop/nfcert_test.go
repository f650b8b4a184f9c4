package interop_test

import (
	"errors"
	"os/exec"
)

// sampleName is an AMF's name in the home network domain of the test PLMN
// (TS 23.003 28.2).
const sampleName = "amf1.amf.5gc.mnc001.mcc001.3gppnetwork.org"

// stderrOf returns what a command that failed with err wrote to stderr.
func stderrOf(err error) string {
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return string(exit.Stderr)
	}
	return ""
}
