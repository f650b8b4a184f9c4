//go:build !pkcs11

package pkcs11

import (
	"errors"
	"testing"
)

func TestOpenWithoutTag(t *testing.T) {
	_, _, err := Open("pkcs11:token=t;object=o?module-path=/p", nil)
	var tokenErr *Error
	if !errors.Is(err, ErrNotBuilt) || !errors.As(err, &tokenErr) || tokenErr.Token != `"t"` {
		t.Errorf("got %v, want ErrNotBuilt of token t", err)
	}
	var uriErr *URIError
	if _, _, err := Open("pkcs11:token=t", nil); !errors.As(err, &uriErr) {
		t.Errorf("got %v, want a *URIError first", err)
	}
}
