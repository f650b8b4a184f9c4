package pkcs11

import (
	"crypto"
	"errors"
	"fmt"
	"io"
	"io/fs"

	"github.com/nfcert/nfcert/internal/secret"
)

var (
	// ErrNotBuilt says that this program was built without PKCS#11.
	ErrNotBuilt = errors.New("this nfcert was built without PKCS#11")
	// ErrWrongPIN says that the token does not take the PIN. Trying again can
	// lock it.
	ErrWrongPIN = errors.New("the token does not take the PIN")
	// ErrLocked says that the token takes no PIN any more.
	ErrLocked = errors.New("the token's PIN is locked")
)

// Error says why a token's key cannot be used.
type Error struct {
	Token string // as the URI names it
	Err   error  // ErrNotBuilt, ErrWrongPIN, ErrLocked, or the library's own
}

func (e *Error) Error() string { return fmt.Sprintf("token %s: %v", e.Token, e.Err) }
func (e *Error) Unwrap() error { return e.Err }

// PINError says that the file of pin-source holds no PIN.
type PINError struct {
	Path string
	Err  error
}

func (e *PINError) Error() string {
	reason := e.Err
	var path *fs.PathError
	if errors.As(reason, &path) {
		reason = path.Err
	}
	return fmt.Sprintf("PIN file %q: %v", e.Path, reason)
}
func (e *PINError) Unwrap() error { return e.Err }

// PIN gives the PIN of a token. It is asked once, when the URI names no file.
type PIN func() (secret.Bytes, error)

// token names the token of a URI.
func (u *URI) token() string {
	switch {
	case u.Slot != nil:
		return fmt.Sprintf("in slot %d", *u.Slot)
	case u.Serial != "":
		return fmt.Sprintf("with serial %q", u.Serial)
	}
	return fmt.Sprintf("%q", u.Token)
}

// Open logs into the token that the URI names and finds its one private key.
// pin is asked when the URI has no pin-source; nil: there is no other. The caller
// closes when it has signed: that logs out. Errors are *URIError, *PINError,
// *Error, and pin's own. A program built without the tag pkcs11 reads the URI
// and fails with [ErrNotBuilt].
func Open(uri string, pin PIN) (crypto.Signer, io.Closer, error) {
	u, err := ParseURI(uri)
	if err != nil {
		return nil, nil, err
	}
	open := opener()
	if open == nil {
		return nil, nil, &Error{Token: u.token(), Err: ErrNotBuilt}
	}
	return open(u, pin)
}
