package report

import (
	"errors"
	"fmt"
	"strings"

	"github.com/nfcert/nfcert/internal/commands/credential"
	"github.com/nfcert/nfcert/internal/csrgen"
	"github.com/nfcert/nfcert/internal/enroll"
	"github.com/nfcert/nfcert/internal/layout"
	"github.com/nfcert/nfcert/internal/pkcs11"
)

// keyErrors are about private keys that the user gives, and missing ones.
func keyErrors() []Entry {
	hint := func(text string) func(*Report) { return func(r *Report) { r.Hint = text } }
	return []Entry{
		For(ExitUsage, CodePassphrase, FaultInput, func(_ *Context, e *credential.PassphraseError, r *Report) { r.Hint = credential.Give(e.Flag) }),
		For(ExitUsage, CodeInvalidInput, FaultInput, badKey),
		For(ExitUsage, CodeForeignKey, FaultInput, with[*enroll.ForeignKeyError](hint("omit --key-in, and the enrolment continues without a key; or give the key that the CSR was made with"))),
		For(ExitUsage, CodeNoKey, FaultUsage, with[*enroll.KeylessError](hint("omit --key-out; certificate and chain can be written without the key"))),
		For(ExitUsage, CodeUsage, FaultUsage, with[*pkcs11.URIError](hint("as in --key-in 'pkcs11:token=NAME;object=KEY?module-path=/usr/lib/softhsm/libsofthsm2.so&pin-source=/path/to/pin'"))),
		For[*pkcs11.PINError](ExitUsage, CodeInvalidInput, FaultInput, nil),
		For(ExitUsage, CodePKCS11, FaultInput, pkcs11Key),
		For(ExitUsage, CodeNoKey, FaultUsage, func(_ *Context, e *layout.NoKeyError, r *Report) {
			r.Hint = fmt.Sprintf("use a layout that writes certificate and key as separate files: %s, %s, %s, %s", layout.PEM, layout.Open5GS, layout.Free5GC, layout.SDCore)
			if e.Layout == "" {
				r.Hint = "omit --key-out"
			}
		}),
		For(ExitUsage, CodeUsage, FaultUsage, func(_ *Context, e *layout.SecretError, r *Report) {
			r.Hint = fmt.Sprintf("nothing was sent or written; give another with --secret-%s", e.What)
		}),
		For(ExitUsage, CodePassphrase, FaultInput, with[*layout.PassphraseError](hint("nothing was sent or written; give another with --p12-passphrase-file FILE"))),
	}
}

// with makes an explanation that does not use the error.
func with[E error](explain func(*Report)) func(*Context, E, *Report) {
	return func(_ *Context, _ E, r *Report) { explain(r) }
}

func badKey(_ *Context, e *csrgen.KeyError, r *Report) {
	switch {
	case errors.Is(e, csrgen.ErrWrongPassphrase):
		r.Code, r.Hint = CodeWrongPassphrase, credential.Give(credential.FlagKey)
	case errors.Is(e, csrgen.ErrOtherEncryption):
		r.Hint = "encrypt it in a supported form: openssl pkey -in KEY -aes256 -out NEW-KEY"
	case errors.Is(e, csrgen.ErrEncryptedKey):
		r.Hint = "decrypt it first: openssl pkcs8 -in KEY -out PLAIN-KEY"
	}
}

func pkcs11Key(_ *Context, e *pkcs11.Error, r *Report) {
	switch {
	case errors.Is(e, pkcs11.ErrNotBuilt):
		r.Code, r.Fault = CodeNoPKCS11, FaultUsage
		r.Hint = "released binaries have no PKCS#11, which needs a C compiler; build nfcert with it: CGO_ENABLED=1 go build -tags pkcs11 ./cmd/nfcert"
	case errors.Is(e, pkcs11.ErrWrongPIN):
		r.Code, r.Hint = CodeWrongPassphrase, "tokens lock after a few wrong PINs: check the file of pin-source before you try again"
	}
}

// identityErrors are about client certificates, which are checked before anything is
// sent.
func identityErrors() []Entry {
	return []Entry{
		For(ExitUsage, CodeClientCertificate, FaultInput, clientCertificate),
		For(ExitUsage, CodeClientCertificate, FaultInput, func(c *Context, e *credential.NamedIdentityError, r *Report) {
			c.explain(e.Err, r)
			if r.Code == CodePassphrase || r.Code == CodeWrongPassphrase {
				r.Hint = credential.Give(e.FlagName("passphrase"))
			}
			r.Hint = strings.ReplaceAll(r.Hint, "--key-in", "--"+e.FlagName("key"))
		}),
	}
}
