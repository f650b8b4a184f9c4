// Package credential reads the secrets that a user names: passphrases, private keys,
// and client certificates with their keys.
package credential

import (
	"bytes"
	"crypto"
	"errors"
	"fmt"

	"github.com/nfcert/nfcert/internal/commands/cli"
	"github.com/nfcert/nfcert/internal/csrgen"
	"github.com/nfcert/nfcert/internal/secret"
	"github.com/nfcert/nfcert/internal/store"
)

// PassphraseError says that a key needs a passphrase and there is none.
type PassphraseError struct{ Key string }

func (e *PassphraseError) Error() string {
	return fmt.Sprintf("%q is encrypted, and its passphrase is not given", e.Key)
}

// maxPassphrase bounds a file with a passphrase.
const maxPassphrase = 4 << 10

// ReadPassphrase reads the one line of a file, or of standard input for "-".
func ReadPassphrase(call *cli.Call, path string) (secret.Bytes, error) {
	data, err := call.ReadFileOr(path, maxPassphrase)
	if err != nil {
		return secret.Bytes{}, err
	}
	line, rest, _ := bytes.Cut(data, []byte("\n"))
	if len(bytes.TrimSpace(rest)) > 0 {
		return secret.Bytes{}, &cli.InputError{File: path, Err: errors.New("it has several lines, want the passphrase alone")}
	}
	return secret.New(bytes.TrimSuffix(line, []byte("\r"))), nil
}

// ReadKey reads a private key that the user brings. A nil passphrase refuses
// encrypted ones.
func ReadKey(call *cli.Call, path string, passphrase csrgen.Passphrase) (crypto.Signer, error) {
	warning, err := store.CheckPrivate(path)
	if err != nil {
		return nil, &cli.InputError{File: path, Err: cli.Reason(err)}
	}
	data, err := cli.ReadFile(path, cli.MaxPEM)
	if err != nil {
		return nil, err
	}
	key, err := csrgen.ParseKeyWith(path, data, passphrase)
	if err != nil {
		return nil, err
	}
	if warning != "" { // only now is it a key: done to /dev/null or /etc, the advice breaks the machine
		call.Progress.Warn("%s", warning)
	}
	return key, nil
}

// ReadSecret reads the one line of a file with a credential. No file: the zero
// value.
func ReadSecret(call *cli.Call, path string) (secret.Bytes, error) {
	if path == "" {
		return secret.Bytes{}, nil
	}
	word, err := ReadPassphrase(call, path)
	if err == nil && word.IsZero() {
		err = &cli.InputError{File: path, Err: errors.New("it is empty")}
	}
	return word, err
}
