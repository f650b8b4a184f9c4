// Package credential reads the secrets that a user names: passphrases, private keys,
// and client certificates with their keys.
package credential

import (
	"crypto"

	"github.com/nfcert/nfcert/internal/commands/cli"
	"github.com/nfcert/nfcert/internal/csrgen"
	"github.com/nfcert/nfcert/internal/store"
)

// ReadKey reads a private key from a file of the user. With a nil passphrase an
// encrypted key is an error.
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
	if warning != "" { // now it is known to be a key: a chmod of /dev/null or /etc would break the machine
		call.Progress.Warn("%s", warning)
	}
	return key, nil
}
