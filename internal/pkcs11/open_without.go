//go:build !pkcs11

package pkcs11

import (
	"crypto"
	"io"
)

// open fails: this program cannot open tokens.
func open(u URI, _ PIN) (crypto.Signer, io.Closer, error) {
	return nil, nil, &Error{Token: u.token(), Err: ErrNotBuilt}
}
