package layout

import (
	"fmt"
	"strings"
)

// UnknownError refuses an unknown name of a layout.
type UnknownError struct{ Name string }

func (e *UnknownError) Error() string {
	var names []string
	for _, name := range Names() {
		names = append(names, string(name))
	}
	return fmt.Sprintf("unknown layout %q, want one of %s", e.Name, strings.Join(names, ", "))
}

func unknownKind(kind string) error { return fmt.Errorf("unknown kind of file %q", kind) }

// NoKeyError refuses a file that contains the key when no key is available.
type NoKeyError struct {
	Layout Name   // empty: the file was requested separately
	Kind   string // kind of the file
	Reason string // why no key is available
}

func (e *NoKeyError) Error() string {
	if e.Layout == KubernetesSecret || e.Layout == PKCS12 {
		return fmt.Sprintf("layout %s needs the private key: %s", e.Layout, e.Reason)
	}
	return "no private key can be written: " + e.Reason
}

// PassphraseError refuses a passphrase that a PKCS#12 file cannot have. It never
// repeats the passphrase.
type PassphraseError struct{ Reason string }

func (e *PassphraseError) Error() string { return "the PKCS#12 passphrase: " + e.Reason }

// SecretError refuses a name or an annotation that a Kubernetes Secret cannot have.
type SecretError struct{ What, Value, Want string }

func (e *SecretError) Error() string {
	return fmt.Sprintf("the %s of the Secret, %.80q: want %s", e.What, e.Value, e.Want)
}
