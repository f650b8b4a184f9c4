package credential

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/nfcert/nfcert/internal/commands/cli"
	"github.com/nfcert/nfcert/internal/secret"
	"github.com/nfcert/nfcert/internal/ui"
)

// VarAccountPassphrase is the variable beside --account-key-passphrase-file.
const VarAccountPassphrase = "NFCERT_ACCOUNT_KEY_PASSPHRASE"

func AccountPassphraseGiven(call *cli.Call) bool {
	return call.Global.AccountPassphrase != "" || call.Getenv(VarAccountPassphrase) != ""
}

// AccountPassphrase is the passphrase of an encrypted account key: from the
// file, the variable, or who sits at the terminal. It is asked for once.
func AccountPassphrase(call *cli.Call, of string) (secret.Bytes, error) {
	return onceAccountPassphrase(call, func() (secret.Bytes, error) {
		word, err := call.Prompter().Secret(fmt.Sprintf("Passphrase of the account key %s:", of))
		return secret.New([]byte(word)), err
	}, of)
}

// NewAccountPassphrase is the passphrase of a key that is yet to be encrypted;
// who types it types it twice.
func NewAccountPassphrase(call *cli.Call) (secret.Bytes, error) {
	return onceAccountPassphrase(call, func() (secret.Bytes, error) { return ChosenPassphrase(call, "the new account key") }, "")
}

// onceAccountPassphrase remembers the passphrase for the rest of the command.
func onceAccountPassphrase(call *cli.Call, ask func() (secret.Bytes, error), of string) (word secret.Bytes, err error) {
	switch {
	case !call.Shared.AccountPassphrase.IsZero():
		return call.Shared.AccountPassphrase, nil
	case call.Global.AccountPassphrase != "":
		word, err = ReadWholePassphrase(call, call.Global.AccountPassphrase)
	case call.Getenv(VarAccountPassphrase) != "":
		word = secret.New([]byte(call.Getenv(VarAccountPassphrase)))
	default:
		word, err = ask()
		if errors.Is(err, ui.ErrNoTerminal) || errors.Is(err, io.EOF) {
			err = &AccountPassphraseError{Of: of}
		}
		if err == nil && word.IsZero() {
			err = &AccountPassphraseError{Of: of}
		}
	}
	if err == nil {
		call.Shared.AccountPassphrase = word
	}
	return word, err
}

// AccountPassphraseError says that an account's key needs a passphrase and there
// is none.
type AccountPassphraseError struct{ Of string } // its file; "": it is a new one

func (e *AccountPassphraseError) Error() string {
	if e.Of == "" {
		return "the new account key is to be encrypted, and no passphrase is given"
	}
	return fmt.Sprintf("the account key %q wants a passphrase, and none is given", e.Of)
}

// ReadWholePassphrase is readPassphrase that refuses an empty file.
func ReadWholePassphrase(call *cli.Call, path string) (secret.Bytes, error) {
	word, err := ReadPassphrase(call, path)
	if err == nil && word.IsZero() {
		err = &cli.InputError{File: path, Err: errors.New("its first line is empty, want a passphrase")}
	}
	return word, err
}

// ChosenPassphrase asks for a new passphrase twice.
func ChosenPassphrase(call *cli.Call, of string) (secret.Bytes, error) {
	ask := call.Prompter()
	word, err := ask.Secret(fmt.Sprintf("Passphrase for %s:", of))
	if err != nil || word == "" {
		return secret.Bytes{}, err
	}
	again, err := ask.Secret("The same once more:")
	if err != nil {
		return secret.Bytes{}, err
	}
	if !bytes.Equal([]byte(word), []byte(again)) {
		return secret.Bytes{}, cli.Usagef("nothing was changed; type it again", "the two passphrases differ")
	}
	return secret.New([]byte(word)), nil
}

// TransferPassphraseError says that an account's file has no passphrase.
type TransferPassphraseError struct{}

func (*TransferPassphraseError) Error() string {
	return "an exported account is always encrypted, and its passphrase is not given"
}
