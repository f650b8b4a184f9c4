package enroll

import (
	"cmp"
	"crypto"
	"errors"
	"fmt"
	"io/fs"

	"github.com/nfcert/nfcert/internal/acmewire"
	"github.com/nfcert/nfcert/internal/csrgen"
	"github.com/nfcert/nfcert/internal/secret"
)

// accountKey is an account's key and the passphrase that its file is under.
type accountKey struct {
	crypto.Signer
	passphrase secret.Bytes // zero: the file is not encrypted
}

// sealed reports whether the key's file is encrypted.
func (k accountKey) sealed() bool { return !k.passphrase.IsZero() }

// encodeKey is the content of the key's file.
func (e *Engine) encodeKey(k accountKey) ([]byte, error) {
	if k.sealed() {
		return csrgen.SealKey(k.Signer, k.passphrase, e.SealIterations)
	}
	return csrgen.MarshalKey(k.Signer)
}

// PassphraseError says that a passphrase does not open an account's key.
type PassphraseError struct{ Path string }

func (e *PassphraseError) Error() string {
	return fmt.Sprintf("the account key %q: the passphrase does not open it", e.Path)
}

// readAccountKey reads an account's key, and asks for its passphrase when it is
// encrypted.
func (e *Engine) readAccountKey(rel string) (accountKey, error) {
	var k accountKey
	data, err := e.Store.ReadFile(rel)
	if err != nil {
		return k, &KeyFileError{Path: e.Store.Path(rel), Err: err}
	}
	var unasked error
	var ask csrgen.Passphrase
	if e.Passphrase != nil {
		ask = func() (secret.Bytes, error) {
			k.passphrase, unasked = e.Passphrase(e.Store.Path(rel))
			return k.passphrase, unasked
		}
	}
	k.Signer, err = csrgen.ParseKeyWith(rel, data, ask)
	switch {
	case unasked != nil:
		return k, unasked
	case errors.Is(err, csrgen.ErrWrongPassphrase):
		return k, &PassphraseError{Path: e.Store.Path(rel)}
	case err != nil:
		return k, &KeyFileError{Path: e.Store.Path(rel), Err: err}
	}
	return k, nil
}

func (e *Engine) readKey(rel string) (crypto.Signer, error) {
	data, err := e.Store.ReadFile(rel)
	if err != nil {
		return nil, &KeyFileError{Path: e.Store.Path(rel), Err: err}
	}
	key, err := csrgen.ParseKey(rel, data)
	if err != nil {
		return nil, &KeyFileError{Path: e.Store.Path(rel), Err: err}
	}
	return key, nil
}

// sameKey refuses a given key that is not the saved account's.
func sameKey(a *Account, key crypto.Signer) error {
	if key == nil {
		return nil
	}
	t, err := acmewire.Thumbprint(key.Public())
	if err != nil {
		return err
	}
	if t != a.Thumbprint {
		return &ConflictError{Name: "account " + a.Name, Field: "key", Saved: a.Thumbprint, Asked: t, Why: "the account has its key already; a rollover replaces it, another name makes another account"}
	}
	return nil
}

// wants reports whether a key is the given one, or of the type that is asked
// for.
func (o AccountOptions) wants(key crypto.Signer) bool {
	if o.Key != nil {
		return csrgen.SameKey(key.Public(), o.Key.Public())
	}
	return o.KeyType == "" || string(o.KeyType) == csrgen.KeyTypeOf(key.Public())
}

// accountKey loads the key that an interrupted registration left, or keeps a
// given or new one. kept reports that the CA may know it.
func (e *Engine) accountKey(dir string, o AccountOptions) (key accountKey, kept bool, err error) {
	rel := accountKeyFile(dir)
	key, err = e.readAccountKey(rel)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return key, false, err
	case o.wants(key.Signer):
		if o.Seal == nil || key.sealed() {
			return key, true, nil
		}
		if key.passphrase, err = o.Seal(); err != nil {
			return key, true, err
		}
		return key, true, e.replaceAccountKey(dir, key)
	default:
		// No account document names the left key: the registration never
		// ended, and the user wants another key now.
		if err := e.Store.Remove(rel); err != nil {
			return key, false, err
		}
	}
	key, kept = accountKey{Signer: o.Key}, o.Key != nil
	if key.Signer == nil {
		if key.Signer, err = csrgen.GenerateKey(cmp.Or(o.KeyType, "P256")); err != nil {
			return key, false, err
		}
	}
	if o.Seal != nil {
		if key.passphrase, err = o.Seal(); err != nil {
			return key, false, err
		}
	}
	data, err := e.encodeKey(key)
	if err != nil {
		return key, false, err
	}
	return key, kept, e.Store.CreateKey(rel, data)
}

// replaceAccountKey writes the same key in another form, whole or not at all.
func (e *Engine) replaceAccountKey(dir string, key accountKey) error {
	data, err := e.encodeKey(key)
	if err != nil {
		return err
	}
	if err := e.Store.Remove(newKeyFile(dir)); err != nil { // of a run that died here
		return err
	}
	if err := e.Store.CreateKey(newKeyFile(dir), data); err != nil {
		return err
	}
	return e.Store.Rename(newKeyFile(dir), accountKeyFile(dir))
}
