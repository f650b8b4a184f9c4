package report

import (
	"fmt"

	"github.com/nfcert/nfcert/internal/commands/cli"
	"github.com/nfcert/nfcert/internal/layout"
)

// explainLayout is for what a layout cannot be made of.
func explainLayout(err error, r *Report) bool {
	if e, ok := cli.As[*layout.NoKeyError](err); ok {
		r.Code, r.Fault = "no-key", FaultUsage
		r.Hint = fmt.Sprintf("layouts that write certificate and key apart leave the key out: %s, %s, %s, %s", layout.PEM, layout.Open5GS, layout.Free5GC, layout.SDCore)
		if e.Layout == "" {
			r.Hint = "leave --key-out away"
		}
		return true
	}
	if _, ok := cli.As[*layout.PassphraseError](err); ok {
		r.Code, r.Hint = "passphrase", "nothing was sent or written; give another with --p12-passphrase-file FILE"
		return true
	}
	return false
}
