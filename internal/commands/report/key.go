package report

import (
	"errors"

	"github.com/nfcert/nfcert/internal/commands/cli"
	"github.com/nfcert/nfcert/internal/commands/credential"
	"github.com/nfcert/nfcert/internal/csrgen"
	"github.com/nfcert/nfcert/internal/enroll"
	"github.com/nfcert/nfcert/internal/pkcs11"
)

// explainKey is for keys that the user brings, and for those that are not there.
func explainKey(call *cli.Call, err error, r *Report) bool {
	const give = "give it with --key-passphrase-file FILE, or $NFCERT_KEY_PASSPHRASE"
	if _, saved := cli.As[*enroll.KeyFileError](err); saved {
		return false
	}
	r.Exit, r.Code, r.Fault = ExitUsage, "invalid-input", faultInput
	if _, ok := cli.As[*credential.PassphraseError](err); ok {
		r.Code, r.Hint = "passphrase", give
		return true
	}
	if _, ok := cli.As[*csrgen.KeyError](err); ok {
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
	if _, ok := cli.As[*enroll.ForeignKeyError](err); ok {
		r.Code, r.Hint = "foreign-key", "leave --key-in out, and the enrolment goes on without a key; or give the key that the CSR was made with"
		return true
	}
	if _, ok := cli.As[*enroll.KeylessError](err); ok {
		r.Code, r.Fault, r.Hint = "no-key", FaultUsage, "leave --key-out out; the certificate and its chain can be written, for where the key is"
		return true
	}
	if _, ok := cli.As[*pkcs11.URIError](err); ok {
		r.Code, r.Fault = "usage", FaultUsage
		r.Hint = "as in --key-in 'pkcs11:token=NAME;object=KEY?module-path=/usr/lib/softhsm/libsofthsm2.so&pin-source=/path/to/pin'"
		return true
	}
	if _, ok := cli.As[*pkcs11.PINError](err); ok {
		return true
	}
	if _, ok := cli.As[*pkcs11.Error](err); ok {
		r.Code = "token"
		switch {
		case errors.Is(err, pkcs11.ErrNotBuilt):
			r.Code, r.Fault = "no-pkcs11", FaultUsage
			r.Hint = "released binaries need no C library and have none of it; build one that has, with a C compiler: CGO_ENABLED=1 go build -tags pkcs11 ./cmd/nfcert"
		case errors.Is(err, pkcs11.ErrWrongPIN):
			r.Code, r.Hint = "wrong-passphrase", "tokens lock after some wrong PINs, so look at the file of pin-source before the next try"
		}
		return true
	}
	return false
}
