package layout

import (
	"fmt"
	"strings"
)

// UnknownError refuses a name that no layout has.
type UnknownError struct{ Name string }

func (e *UnknownError) Error() string {
	var names []string
	for _, name := range Names() {
		names = append(names, string(name))
	}
	return fmt.Sprintf("there is no layout %q, want one of %s", e.Name, strings.Join(names, ", "))
}

// NoKeyError says that a file holds the key and there is none to put into it.
type NoKeyError struct {
	Layout Name   // "": the file was asked for by itself
	Kind   string // what the file holds
	Reason string // why there is no key
}

func (e *NoKeyError) Error() string {
	if e.Layout == KubernetesSecret || e.Layout == PKCS12 {
		return fmt.Sprintf("layout %s needs the private key: %s", e.Layout, e.Reason)
	}
	return "no private key can be written: " + e.Reason
}

// PassphraseError refuses a passphrase that a PKCS#12 file cannot have. It
// never repeats it.
type PassphraseError struct{ Reason string }

func (e *PassphraseError) Error() string { return "the PKCS#12 passphrase: " + e.Reason }
