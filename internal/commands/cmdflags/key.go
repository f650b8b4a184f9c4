package cmdflags

import (
	"crypto"
	"errors"
	"io"
	"strconv"

	"github.com/spf13/pflag"

	"github.com/nfcert/nfcert/internal/commands/cli"
	"github.com/nfcert/nfcert/internal/commands/credential"
	"github.com/nfcert/nfcert/internal/csrgen"
	"github.com/nfcert/nfcert/internal/enroll"
	"github.com/nfcert/nfcert/internal/pkcs11"
	"github.com/nfcert/nfcert/internal/secret"
)

// Key has the flags of a key that exists already.
type Key struct {
	In             string // file or PKCS#11 URI
	PassphraseFile string
}

// AddFlags adds the flags.
func (o *Key) AddFlags(fs *pflag.FlagSet) {
	fs.StringVar(&o.In, "key-in", "", "use the key in `FILE` instead of a new one: PEM or DER, may be encrypted; or a pkcs11: URI of a key in a token (RFC 7512)")
	fs.StringVar(&o.PassphraseFile, "key-passphrase-file", "", "`FILE` with the passphrase or PIN of --key-in, - for stdin; or set $NFCERT_KEY_PASSPHRASE")
}

// Into reads the key, or sets its URI. The token is opened when it must sign.
func (o *Key) Into(call *cli.Call, out *enroll.CSROptions) (err error) {
	switch {
	case o.In == "":
	case pkcs11.IsURI(o.In):
		out.KeyURI = o.In
		_, err = pkcs11.ParseURI(o.In)
	default:
		out.Key, err = credential.ReadKey(call, o.In, o.passphrase(call, strconv.Quote(o.In)))
	}
	return err
}

// passphrase returns the function that reads the passphrase of a key, or the PIN of
// its token.
func (o *Key) passphrase(call *cli.Call, of string) func() (secret.Bytes, error) {
	return func() (secret.Bytes, error) {
		return credential.Passphrase{Flag: credential.FlagKey, File: o.PassphraseFile, Of: of, PIN: true}.Read(call)
	}
}

// OpenToken returns the function that opens a key in a token (RFC 7512).
func (o *Key) OpenToken(call *cli.Call) func(uri string) (crypto.Signer, io.Closer, error) {
	return func(uri string) (crypto.Signer, io.Closer, error) {
		key, closer, err := pkcs11.Open(uri, o.passphrase(call, "the token"))
		if err != nil {
			return nil, nil, err
		}
		if err := csrgen.CheckKey(key.Public()); err != nil {
			return nil, nil, errors.Join(err, closer.Close())
		}
		return key, closer, nil
	}
}
