package cmdflags

import (
	"crypto"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/pflag"

	"github.com/nfcert/nfcert/internal/commands/cli"
	"github.com/nfcert/nfcert/internal/commands/credential"
	"github.com/nfcert/nfcert/internal/csrgen"
	"github.com/nfcert/nfcert/internal/enroll"
	"github.com/nfcert/nfcert/internal/pkcs11"
	"github.com/nfcert/nfcert/internal/secret"
	"github.com/nfcert/nfcert/internal/ui"
)

// Key say which key to use instead of a new one.
type Key struct {
	In             string // file or PKCS#11 URI
	PassphraseFile string
}

func (o *Key) AddFlags(fs *pflag.FlagSet) {
	fs.StringVar(&o.In, "key-in", "", "`FILE` of a key to use instead of a new one, PEM or DER, encrypted or not; or a pkcs11: URI of a token's key (RFC 7512)")
	fs.StringVar(&o.PassphraseFile, "key-passphrase-file", "", "`FILE` with the passphrase or PIN of --key-in, - for stdin; or $NFCERT_KEY_PASSPHRASE")
}

// Into reads the key, or keeps its URI for when it has to sign.
func (o *Key) Into(call *cli.Call, out *enroll.CSROptions) (err error) {
	switch {
	case o.In == "":
	case pkcs11.IsURI(o.In):
		out.KeyURI = o.In
		_, err = pkcs11.ParseURI(o.In)
	default:
		out.Key, err = credential.ReadKey(call, o.In, o.passphrase(call, o.In))
	}
	return err
}

// passphrase gives the passphrase of a key, or the PIN of its token: from the
// file, the variable, or who sits at the terminal.
func (o *Key) passphrase(call *cli.Call, of string) func() (secret.Bytes, error) {
	return func() (secret.Bytes, error) {
		if o.PassphraseFile != "" {
			return credential.ReadPassphrase(call, o.PassphraseFile)
		}
		if word := call.Getenv("NFCERT_KEY_PASSPHRASE"); word != "" {
			return secret.New([]byte(word)), nil
		}
		word, err := call.Prompter().Secret(fmt.Sprintf("Passphrase or PIN of %s:", of))
		if errors.Is(err, ui.ErrNoTerminal) || errors.Is(err, io.EOF) {
			return secret.Bytes{}, &credential.PassphraseError{Key: of}
		}
		return secret.New([]byte(word)), err
	}
}

// OpenToken opens a token's key (RFC 7512) for the engine.
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
