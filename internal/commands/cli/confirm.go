package cli

import (
	"errors"
	"fmt"
	"io"

	"github.com/nfcert/nfcert/internal/ui"
)

// Confirm has a person type word before something that cannot be undone, such as
// "revokes certificate 0a1b of amf-01". --yes confirms without asking.
func (call *Call) Confirm(does, word string) error {
	if call.Global.Yes {
		return nil
	}
	typed, err := call.Prompter().Input(fmt.Sprintf("This %s. It cannot be undone. Type %s to continue:", does, word), "")
	switch {
	case errors.Is(err, ui.ErrNoTerminal), errors.Is(err, io.EOF):
		return Usagef("add --yes to confirm", "this %s and cannot be undone, and there is no terminal to confirm it", does)
	case err != nil:
		return err
	case typed != word:
		return Usagef("run the command again, and type "+word, "not confirmed: typed %q, want %s; nothing was changed", typed, word)
	}
	return nil
}
