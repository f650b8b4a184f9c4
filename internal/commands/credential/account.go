package credential

import (
	"fmt"

	"github.com/nfcert/nfcert/internal/commands/cli"
	"github.com/nfcert/nfcert/internal/secret"
)

// AccountPassphraseGiven reports whether a file or a variable has the passphrase of
// the account key.
func AccountPassphraseGiven(call *cli.Call) bool {
	return call.Global.AccountPassphrase != "" || call.Getenv(cli.EnvName(FlagAccount)) != ""
}

// AccountPassphrase returns the passphrase of the encrypted account key in a file.
func AccountPassphrase(call *cli.Call, file string) (secret.Bytes, error) {
	return accountPassphrase(call, Passphrase{Of: fmt.Sprintf("the account key %q", file)})
}

// NewAccountPassphrase returns the passphrase to encrypt an account key with.
func NewAccountPassphrase(call *cli.Call) (secret.Bytes, error) {
	return accountPassphrase(call, Passphrase{Of: "the new account key", New: true})
}

// AccountKeyError is an error of reading the file of --account-key-in.
type AccountKeyError struct{ Err error }

func (e *AccountKeyError) Error() string { return "--account-key-in: " + e.Err.Error() }

func (e *AccountKeyError) Unwrap() error { return e.Err }

// accountPassphrase reads the passphrase once for the whole command.
func accountPassphrase(call *cli.Call, p Passphrase) (word secret.Bytes, err error) {
	if !call.Shared.AccountPassphrase.IsZero() {
		return call.Shared.AccountPassphrase, nil
	}
	p.Flag, p.File, p.Needed = FlagAccount, call.Global.AccountPassphrase, true
	if word, err = p.Read(call); err == nil {
		call.Shared.AccountPassphrase = word
	}
	return word, err
}
