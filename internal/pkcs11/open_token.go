//go:build pkcs11

package pkcs11

import (
	"bytes"
	"crypto"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/ThalesGroup/crypto11"
	"github.com/miekg/pkcs11"

	"github.com/nfcert/nfcert/internal/secret"
)

// maxPIN bounds a PIN, in bytes.
const maxPIN = 256

// opener returns the function that opens tokens through their libraries.
func opener() func(URI, PIN) (crypto.Signer, io.Closer, error) { return open }

func open(u URI, pin PIN) (crypto.Signer, io.Closer, error) {
	word, err := u.pin(pin)
	if err != nil {
		return nil, nil, err
	}
	ctx, err := crypto11.Configure(&crypto11.Config{
		Path: u.Module, TokenLabel: u.Token, TokenSerial: u.Serial, SlotNumber: u.Slot,
		Pin: string(word.Reveal()), MaxSessions: 4,
	})
	if err != nil {
		return nil, nil, &Error{Token: u.token(), Err: plain(err)}
	}
	key, err := u.find(ctx)
	if err != nil {
		_ = ctx.Close()
		return nil, nil, &Error{Token: u.token(), Err: plain(err)}
	}
	return key, ctx, nil
}

func (u *URI) pin(ask PIN) (secret.Bytes, error) {
	switch {
	case u.PINFile != "":
		return readPIN(u.PINFile)
	case ask != nil:
		return ask()
	}
	return secret.Bytes{}, &URIError{Reason: "want pin-source, the path of a file with the PIN"}
}

// readPIN reads a PIN from a file of one line.
func readPIN(path string) (secret.Bytes, error) {
	f, err := os.Open(path)
	if err != nil {
		return secret.Bytes{}, &PINError{path, err}
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, maxPIN+1))
	if err != nil {
		return secret.Bytes{}, &PINError{path, err}
	}
	data = bytes.TrimRight(data, "\r\n")
	if len(data) == 0 || len(data) > maxPIN || bytes.ContainsAny(data, "\r\n\x00") {
		return secret.Bytes{}, &PINError{path, fmt.Errorf("want one line of at most %d bytes", maxPIN)}
	}
	return secret.New(data), nil
}

// find returns the only private key that matches.
func (u *URI) find(ctx *crypto11.Context) (crypto.Signer, error) {
	var label []byte
	if u.Object != "" {
		label = []byte(u.Object)
	}
	keys, err := ctx.FindKeyPairs(u.ID, label)
	switch {
	case err != nil:
		return nil, err
	case len(keys) == 0:
		return nil, fmt.Errorf("no private key with %s, or no public key for it", u.key())
	case len(keys) > 1:
		return nil, fmt.Errorf("%d private keys with %s; select one with object and id", len(keys), u.key())
	}
	return keys[0], nil
}

// key describes the key of a URI.
func (u *URI) key() string {
	switch {
	case len(u.ID) == 0:
		return fmt.Sprintf("object %q", u.Object)
	case u.Object == "":
		return fmt.Sprintf("id %x", u.ID)
	}
	return fmt.Sprintf("object %q and id %x", u.Object, u.ID)
}

// plain replaces error codes of the library by our own errors.
func plain(err error) error {
	var code pkcs11.Error
	if !errors.As(err, &code) {
		return err
	}
	switch code {
	case pkcs11.CKR_PIN_INCORRECT, pkcs11.CKR_PIN_INVALID, pkcs11.CKR_PIN_LEN_RANGE:
		return ErrWrongPIN
	case pkcs11.CKR_PIN_LOCKED:
		return ErrLocked
	}
	return err
}
