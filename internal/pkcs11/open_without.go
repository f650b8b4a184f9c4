//go:build !pkcs11

package pkcs11

import (
	"crypto"
	"io"
)

// opener returns nil: this program cannot open tokens.
func opener() func(URI, PIN) (crypto.Signer, io.Closer, error) { return nil }
