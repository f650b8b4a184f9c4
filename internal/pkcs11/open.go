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
	// ErrWrongPIN says that the token refused the PIN. Trying again can lock the
	// token.
	ErrWrongPIN = errors.New("the token refused the PIN")
	// ErrLocked says that the token accepts no PIN any more.
	ErrLocked = errors.New("the token's PIN is locked")
)

// Error says why a token's key cannot be used.
type Error struct {
	Token string // as in the URI
	Err   error  // ErrNotBuilt, ErrWrongPIN, ErrLocked, or an error of the library
}

func (e *Error) Error() string { return fmt.Sprintf("token %s: %v", e.Token, e.Err) }
func (e *Error) Unwrap() error { return e.Err }

// PINError says that no PIN could be read from the file of pin-source.
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

// PIN returns the PIN of a token. It is called once, and only when the URI has no
// pin-source.
type PIN func() (secret.Bytes, error)

// token describes the token of a URI.
func (u *URI) token() string {
	switch {
	case u.Slot != nil:
		return fmt.Sprintf("in slot %d", *u.Slot)
	case u.Serial != "":
		return fmt.Sprintf("with serial %q", u.Serial)
	}
	return fmt.Sprintf("%q", u.Token)
}

// Open logs into the token of the URI and finds its one private key. It calls pin
// when the URI has no pin-source; pin may be nil. The caller must close the
// io.Closer after its last signature, which logs out. Errors are *URIError,
// *PINError, *Error, and those of pin. A program built without the tag pkcs11
// parses the URI and fails with [ErrNotBuilt].
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
