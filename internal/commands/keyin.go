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
	"github.com/nfcert/nfcert/internal/pkcs11"
	"github.com/nfcert/nfcert/internal/secret"
	"github.com/nfcert/nfcert/internal/store"
	"github.com/nfcert/nfcert/internal/ui"
)

// keyFlags say which key to use instead of a new one.
type keyFlags struct {
	in             string // file or PKCS#11 URI
	passphraseFile string
}

func (o *keyFlags) addFlags(fs *pflag.FlagSet) {
	fs.StringVar(&o.in, "key-in", "", "`FILE` of a key to use instead of a new one, PEM or DER, encrypted or not; or a pkcs11: URI of a token's key (RFC 7512)")
	fs.StringVar(&o.passphraseFile, "key-passphrase-file", "", "`FILE` with the passphrase or PIN of --key-in, - for stdin; or $NFCERT_KEY_PASSPHRASE")
}

// into reads the key, or keeps its URI for when it has to sign.
func (o *keyFlags) into(a *Call, out *enroll.CSROptions) (err error) {
	switch {
	case o.in == "":
	case pkcs11.IsURI(o.in):
		out.KeyURI = o.in
		_, err = pkcs11.ParseURI(o.in)
	default:
		out.Key, err = a.readKey(o.in, o.passphrase(a, o.in))
	}
	return err
}

// passphrase gives the passphrase of a key, or the PIN of its token: from the
// file, the variable, or who sits at the terminal.
func (o *keyFlags) passphrase(a *Call, of string) func() (secret.Bytes, error) {
	return func() (secret.Bytes, error) {
		if o.passphraseFile != "" {
			return a.readPassphrase(o.passphraseFile)
		}
		if word := a.Getenv("NFCERT_KEY_PASSPHRASE"); word != "" {
			return secret.New([]byte(word)), nil
		}
		word, err := a.prompter().Secret(fmt.Sprintf("Passphrase or PIN of %s:", of))
		if errors.Is(err, ui.ErrNoTerminal) || errors.Is(err, io.EOF) {
			return secret.Bytes{}, &passphraseError{Key: of}
		}
		return secret.New([]byte(word)), err
	}
}

// openToken opens a token's key (RFC 7512) for the engine.
func (o *keyFlags) openToken(a *Call) func(uri string) (crypto.Signer, io.Closer, error) {
	return func(uri string) (crypto.Signer, io.Closer, error) {
		key, closer, err := pkcs11.Open(uri, o.passphrase(a, "the token"))
		if err != nil {
			return nil, nil, err
		}
		if err := csrgen.CheckKey(key.Public()); err != nil {
			return nil, nil, errors.Join(err, closer.Close())
		}
		return key, closer, nil
	}
}

// passphraseError says that a key needs a passphrase and there is none.
type passphraseError struct{ Key string }

func (e *passphraseError) Error() string {
	return fmt.Sprintf("%q is encrypted, and its passphrase is not given", e.Key)
}

// maxPassphrase bounds a file with a passphrase.
const maxPassphrase = 4 << 10

// readPassphrase reads the one line of a file, or of standard input for "-".
func (a *Call) readPassphrase(path string) (secret.Bytes, error) {
	data, err := a.readFileOr(path, maxPassphrase)
	if err != nil {
		return secret.Bytes{}, err
	}
	line, rest, _ := bytes.Cut(data, []byte("\n"))
	if len(bytes.TrimSpace(rest)) > 0 {
		return secret.Bytes{}, &inputError{File: path, Err: errors.New("it has several lines, want the passphrase alone")}
	}
	return secret.New(bytes.TrimSuffix(line, []byte("\r"))), nil
}

// readKey reads a private key that the user brings. A nil passphrase refuses
// encrypted ones.
func (a *Call) readKey(path string, passphrase csrgen.Passphrase) (crypto.Signer, error) {
	warning, err := store.CheckPrivate(path)
	if err != nil {
		return nil, &inputError{File: path, Err: reason(err)}
	}
	data, err := readFile(path, maxPEM)
	if err != nil {
		return nil, err
	}
	key, err := csrgen.ParseKeyWith(path, data, passphrase)
	if err != nil {
		return nil, err
	}
	if warning != "" { // only now is it a key: done to /dev/null or /etc, the advice breaks the machine
		a.Progress.warn("%s", warning)
	}
	return key, nil
}

// explainKey is for keys that the user brings, and for those that are not there.
func (a *Call) explainKey(err error, r *report) bool {
	const give = "give it with --key-passphrase-file FILE, or $NFCERT_KEY_PASSPHRASE"
	if _, saved := as[*enroll.KeyFileError](err); saved {
		return false
	}
	r.Exit, r.Code, r.Fault = exitUsage, "invalid-input", faultInput
	if _, ok := as[*passphraseError](err); ok {
		r.Code, r.Hint = "passphrase", give
		return true
	}
	if _, ok := as[*csrgen.KeyError](err); ok {
		switch {
		case errors.Is(err, csrgen.ErrWrongPassphrase):
			r.Code, r.Hint = "wrong-passphrase", give
		case errors.Is(err, csrgen.ErrOtherEncryption):
			r.Hint = "encrypt it anew: openssl pkey -in KEY -aes256 -out NEW-KEY"
		case errors.Is(err, csrgen.ErrEncryptedKey):
			r.Hint = "decrypt it first: openssl pkcs8 -in KEY -out PLAIN-KEY"
		}
		return true
	}
	if _, ok := as[*enroll.ForeignKeyError](err); ok {
		r.Code, r.Hint = "foreign-key", "leave --key-in out, and the enrolment goes on without a key; or give the key that the CSR was made with"
		return true
	}
	if _, ok := as[*enroll.KeylessError](err); ok {
		r.Code, r.Fault, r.Hint = "no-key", faultUsage, "leave --key-out out; the certificate and its chain can be written, for where the key is"
		return true
	}
	if _, ok := as[*pkcs11.URIError](err); ok {
		r.Code, r.Fault = "usage", faultUsage
		r.Hint = "as in --key-in 'pkcs11:token=NAME;object=KEY?module-path=/usr/lib/softhsm/libsofthsm2.so&pin-source=/path/to/pin'"
		return true
	}
	if _, ok := as[*pkcs11.PINError](err); ok {
		return true
	}
	if _, ok := as[*pkcs11.Error](err); ok {
		r.Code = "token"
		switch {
		case errors.Is(err, pkcs11.ErrNotBuilt):
			r.Code, r.Fault = "no-pkcs11", faultUsage
			r.Hint = "released binaries need no C library and have none of it; build one that has, with a C compiler: CGO_ENABLED=1 go build -tags pkcs11 ./cmd/nfcert"
		case errors.Is(err, pkcs11.ErrWrongPIN):
			r.Code, r.Hint = "wrong-passphrase", "tokens lock after some wrong PINs, so look at the file of pin-source before the next try"
		}
		return true
	}
	return false
}
