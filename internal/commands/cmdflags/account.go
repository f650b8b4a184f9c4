package cmdflags

import (
	"crypto"
	"errors"
	"fmt"
	"io"
	"net/mail"
	"strings"

	"github.com/spf13/pflag"

	"github.com/nfcert/nfcert/internal/commands/cli"
	"github.com/nfcert/nfcert/internal/commands/credential"
	"github.com/nfcert/nfcert/internal/csrgen"
	"github.com/nfcert/nfcert/internal/enroll"
	"github.com/nfcert/nfcert/internal/secret"
	"github.com/nfcert/nfcert/internal/ui"
)

// Account has the flags of a registration.
type Account struct {
	AcceptTOS bool

	contact []string
	eab     eab
	key     AccountKey
	keyIn   string
}

// AddFlags adds the flags.
func (o *Account) AddFlags(fs *pflag.FlagSet) {
	fs.StringSliceVar(&o.contact, "contact", nil, "`MAIL` address for messages from the CA; may be repeated")
	fs.BoolVar(&o.AcceptTOS, "accept-tos", false, "agree to the CA's terms of service")
	o.eab.addFlags(fs)
	o.key.AddFlags(fs, "P256")
	fs.StringVar(&o.keyIn, "account-key-in", "", "use the key in `FILE` instead of a new one: PEM or DER, may be encrypted")
}

// Options converts the flags.
func (o *Account) Options(call *cli.Call) (enroll.AccountOptions, error) {
	var out enroll.AccountOptions
	var err error
	if out.Contact, err = Contacts(o.contact); err != nil {
		return out, err
	}
	if out.KeyType, err = o.key.KeyType(); err != nil {
		return out, err
	}
	out.Seal = o.key.Seal(call)
	if o.keyIn != "" {
		if out.Key, err = importedKey(call, o.keyIn, &out); err != nil {
			return out, err
		}
	}
	out.TermsAgreed = o.AcceptTOS
	out.AskTerms = func(url string) (bool, error) { return askTerms(call, url) }
	return out, o.eab.into(call, &out)
}

// importedKey reads --account-key-in. A key that is encrypted in the file is saved
// encrypted with the same passphrase.
func importedKey(call *cli.Call, path string, out *enroll.AccountOptions) (crypto.Signer, error) {
	key, err := credential.ReadKey(call, path, func() (secret.Bytes, error) {
		out.Seal = func() (secret.Bytes, error) { return credential.NewAccountPassphrase(call) }
		return credential.AccountPassphrase(call, path)
	})
	if err != nil {
		return nil, &credential.AccountKeyError{Err: err}
	}
	return key, nil
}

// Contacts converts addresses to mailto: URLs (RFC 8555 section 7.3).
func Contacts(list []string) ([]string, error) {
	var urls []string
	for _, c := range list {
		address := strings.TrimPrefix(c, "mailto:")
		parsed, err := mail.ParseAddress(address)
		if err != nil || parsed.Address != address {
			return nil, cli.Usagef("as in --contact ops@operator.example", "--contact %q: not a mail address", c)
		}
		urls = append(urls, "mailto:"+address)
	}
	return urls, nil
}

// askTerms asks a person to agree to the terms. The answer is no if no one can be
// asked.
func askTerms(call *cli.Call, url string) (agreed bool, err error) {
	agreed, err = call.Prompter().Confirm(fmt.Sprintf("The CA's terms of service are at %s. Do you agree?", url), false)
	if errors.Is(err, ui.ErrNoTerminal) || errors.Is(err, io.EOF) {
		return false, nil
	}
	return agreed, err
}

// AccountKey has the flags of a new account key.
type AccountKey struct {
	Encrypt bool

	kind string
}

// AddFlags adds the flags. def says what type the key has without --account-key.
func (o *AccountKey) AddFlags(fs *pflag.FlagSet, def string) {
	fs.StringVar(&o.kind, "account-key", "", "`TYPE` of a new account key: P256, P384, P521, RSA3072, RSA4096, Ed25519 (default "+def+")")
	o.AddEncryptFlag(fs)
}

// AddEncryptFlag adds the flag that encrypts the key.
func (o *AccountKey) AddEncryptFlag(fs *pflag.FlagSet) {
	fs.BoolVar(&o.Encrypt, "account-key-encrypt", false, "encrypt the saved key with a passphrase; implied by --account-key-passphrase-file and $NFCERT_ACCOUNT_KEY_PASSPHRASE")
}

// KeyType parses the type; "" if the flag is not given.
func (o *AccountKey) KeyType() (csrgen.KeyType, error) { return keyType("--account-key", o.kind) }

// keyType parses the value of a flag with a type of key; "" stays "".
func keyType(flag, value string) (csrgen.KeyType, error) {
	if value == "" {
		return "", nil
	}
	kind, err := csrgen.ParseKeyType(value)
	if err != nil {
		return "", cli.Usagef("as in "+flag+" P256", "%s: %v", flag, err)
	}
	return kind, nil
}

// Seal returns the function that reads the passphrase of a new key; nil: the key is
// saved unencrypted.
func (o *AccountKey) Seal(call *cli.Call) func() (secret.Bytes, error) {
	if !o.Encrypt && !credential.AccountPassphraseGiven(call) {
		return nil
	}
	return func() (secret.Bytes, error) { return credential.NewAccountPassphrase(call) }
}
