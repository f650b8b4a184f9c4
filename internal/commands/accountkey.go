package commands

import (
	"bytes"
	"crypto"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/pflag"

	"github.com/nfcert/nfcert/internal/csrgen"
	"github.com/nfcert/nfcert/internal/enroll"
	"github.com/nfcert/nfcert/internal/secret"
	"github.com/nfcert/nfcert/internal/ui"
)

// accountKeyFlags say what a new account key shall be.
type accountKeyFlags struct {
	kind    string
	encrypt bool
}

func (o *accountKeyFlags) addFlags(fs *pflag.FlagSet, def string) {
	fs.StringVar(&o.kind, "account-key", "", "`TYPE` of a new account key: P256, P384, P521, RSA3072, RSA4096, Ed25519 (default "+def+")")
	fs.BoolVar(&o.encrypt, "account-key-encrypt", false, "encrypt the saved key by a passphrase; also when --account-key-passphrase-file or $NFCERT_ACCOUNT_KEY_PASSPHRASE is given")
}

// keyType reads the type. "" is none.
func (o *accountKeyFlags) keyType() (csrgen.KeyType, error) {
	if o.kind == "" {
		return "", nil
	}
	kind, err := csrgen.ParseKeyType(o.kind)
	if err != nil {
		return "", usagef("", "--account-key: %v", err)
	}
	return kind, nil
}

// seal is what encrypts a new key; nil: it is not wanted.
func (o *accountKeyFlags) seal(a *Call) func() (secret.Bytes, error) {
	if !o.encrypt && !a.accountPassphraseGiven() {
		return nil
	}
	return func() (secret.Bytes, error) { return a.newAccountPassphrase() }
}

// varAccountPassphrase is the variable beside --account-key-passphrase-file.
const varAccountPassphrase = "NFCERT_ACCOUNT_KEY_PASSPHRASE"

func (a *Call) accountPassphraseGiven() bool {
	return a.Global.accountPassphrase != "" || a.Getenv(varAccountPassphrase) != ""
}

// accountPassphrase is the passphrase of an encrypted account key: from the
// file, the variable, or who sits at the terminal. It is asked for once.
func (a *Call) accountPassphrase(of string) (secret.Bytes, error) {
	return a.onceAccountPassphrase(func() (secret.Bytes, error) {
		word, err := a.prompter().Secret(fmt.Sprintf("Passphrase of the account key %s:", of))
		return secret.New([]byte(word)), err
	}, of)
}

// newAccountPassphrase is the passphrase of a key that is yet to be encrypted;
// who types it types it twice.
func (a *Call) newAccountPassphrase() (secret.Bytes, error) {
	return a.onceAccountPassphrase(func() (secret.Bytes, error) { return a.chosenPassphrase("the new account key") }, "")
}

// onceAccountPassphrase remembers the passphrase for the rest of the command.
func (a *Call) onceAccountPassphrase(ask func() (secret.Bytes, error), of string) (word secret.Bytes, err error) {
	switch {
	case !a.private.accountPassphrase.IsZero():
		return a.private.accountPassphrase, nil
	case a.Global.accountPassphrase != "":
		word, err = a.readWholePassphrase(a.Global.accountPassphrase)
	case a.Getenv(varAccountPassphrase) != "":
		word = secret.New([]byte(a.Getenv(varAccountPassphrase)))
	default:
		word, err = ask()
		if errors.Is(err, ui.ErrNoTerminal) || errors.Is(err, io.EOF) {
			err = &accountPassphraseError{Of: of}
		}
		if err == nil && word.IsZero() {
			err = &accountPassphraseError{Of: of}
		}
	}
	if err == nil {
		a.private.accountPassphrase = word
	}
	return word, err
}

// accountPassphraseError says that an account's key needs a passphrase and there
// is none.
type accountPassphraseError struct{ Of string } // its file; "": it is a new one

func (e *accountPassphraseError) Error() string {
	if e.Of == "" {
		return "the new account key is to be encrypted, and no passphrase is given"
	}
	return fmt.Sprintf("the account key %q wants a passphrase, and none is given", e.Of)
}

// readWholePassphrase is readPassphrase that refuses an empty file.
func (a *Call) readWholePassphrase(path string) (secret.Bytes, error) {
	word, err := a.readPassphrase(path)
	if err == nil && word.IsZero() {
		err = &inputError{File: path, Err: errors.New("its first line is empty, want a passphrase")}
	}
	return word, err
}

// chosenPassphrase asks for a new passphrase twice.
func (a *Call) chosenPassphrase(of string) (secret.Bytes, error) {
	ask := a.prompter()
	word, err := ask.Secret(fmt.Sprintf("Passphrase for %s:", of))
	if err != nil || word == "" {
		return secret.Bytes{}, err
	}
	again, err := ask.Secret("The same once more:")
	if err != nil {
		return secret.Bytes{}, err
	}
	if !bytes.Equal([]byte(word), []byte(again)) {
		return secret.Bytes{}, usagef("nothing was changed; type it again", "the two passphrases differ")
	}
	return secret.New([]byte(word)), nil
}

// broughtKey reads --account-key-in. What was encrypted is saved encrypted, by
// the same passphrase.
func (a *Call) broughtKey(path string, out *enroll.AccountOptions) (key crypto.Signer, err error) {
	return a.readKey(path, func() (secret.Bytes, error) {
		out.Seal = func() (secret.Bytes, error) { return a.newAccountPassphrase() }
		return a.accountPassphrase(path)
	})
}
