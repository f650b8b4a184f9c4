package cmdflags

import (
	"crypto"

	"github.com/spf13/pflag"

	"github.com/nfcert/nfcert/internal/commands/cli"
	"github.com/nfcert/nfcert/internal/commands/credential"
	"github.com/nfcert/nfcert/internal/csrgen"
	"github.com/nfcert/nfcert/internal/enroll"
	"github.com/nfcert/nfcert/internal/secret"
)

// AccountKey say what a new account key shall be.
type AccountKey struct {
	kind    string
	Encrypt bool
}

func (o *AccountKey) AddFlags(fs *pflag.FlagSet, def string) {
	fs.StringVar(&o.kind, "account-key", "", "`TYPE` of a new account key: P256, P384, P521, RSA3072, RSA4096, Ed25519 (default "+def+")")
	fs.BoolVar(&o.Encrypt, "account-key-encrypt", false, "encrypt the saved key by a passphrase; also when --account-key-passphrase-file or $NFCERT_ACCOUNT_KEY_PASSPHRASE is given")
}

// KeyType reads the type. "" is none.
func (o *AccountKey) KeyType() (csrgen.KeyType, error) {
	if o.kind == "" {
		return "", nil
	}
	kind, err := csrgen.ParseKeyType(o.kind)
	if err != nil {
		return "", cli.Usagef("", "--account-key: %v", err)
	}
	return kind, nil
}

// Seal is what encrypts a new key; nil: it is not wanted.
func (o *AccountKey) Seal(call *cli.Call) func() (secret.Bytes, error) {
	if !o.Encrypt && !credential.AccountPassphraseGiven(call) {
		return nil
	}
	return func() (secret.Bytes, error) { return credential.NewAccountPassphrase(call) }
}

// broughtKey reads --account-key-in. What was encrypted is saved encrypted, by
// the same passphrase.
func broughtKey(call *cli.Call, path string, out *enroll.AccountOptions) (key crypto.Signer, err error) {
	return credential.ReadKey(call, path, func() (secret.Bytes, error) {
		out.Seal = func() (secret.Bytes, error) { return credential.NewAccountPassphrase(call) }
		return credential.AccountPassphrase(call, path)
	})
}
