//go:build !pkcs11

package pkcs11

import (
	"crypto"
	"io"
)

// Open reads the URI and fails with [ErrNotBuilt].
func Open(uri string, _ PIN) (crypto.Signer, io.Closer, error) {
	u, err := ParseURI(uri)
	if err != nil {
		return nil, nil, err
	}
	return nil, nil, &Error{Token: u.token(), Err: ErrNotBuilt}
}
