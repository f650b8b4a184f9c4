package credential

import (
	"cmp"
	"crypto/x509"
	"fmt"
	"strings"
	"time"

	"github.com/nfcert/nfcert/internal/commands/cli"
	"github.com/nfcert/nfcert/internal/inspect"
	"github.com/nfcert/nfcert/internal/ui"
)

// identityFault is one way in which a client certificate cannot be used.
type identityFault string

const (
	KeyMissing  identityFault = "no key"
	KeyForeign  identityFault = "another key"
	CertExpired identityFault = "expired"
	CertEarly   identityFault = "not yet valid"
	CertPurpose identityFault = "not for clients"
)

// IdentityError says why a client certificate cannot be shown. Nothing was sent.
type IdentityError struct {
	Identity
	Fault       identityFault
	Certificate *x509.Certificate // nil with keyMissing
	Now         time.Time         // what validity was judged by
}

func (e *IdentityError) Error() string {
	c := e.Certificate
	switch e.Fault {
	case KeyMissing:
		return fmt.Sprintf("client certificate %q: its key is missing: the file has none, and none was named", e.Cert)
	case KeyForeign:
		return fmt.Sprintf("client certificate %q: the key of %q is not that of %q", e.Cert, cmp.Or(e.Key, e.Cert), inspect.DistinguishedName(c.RawSubject))
	case CertExpired:
		return fmt.Sprintf("client certificate %q: %q expired at %s", e.Cert, inspect.DistinguishedName(c.RawSubject), ui.Time(c.NotAfter))
	case CertEarly:
		return fmt.Sprintf("client certificate %q: %q is not valid before %s", e.Cert, inspect.DistinguishedName(c.RawSubject), ui.Time(c.NotBefore))
	}
	return fmt.Sprintf("client certificate %q: %q is not for client authentication: its extended key usage is %s", e.Cert, inspect.DistinguishedName(c.RawSubject), strings.Join(usages(c), ", "))
}

// usages names the extended key usages of a certificate.
func usages(c *x509.Certificate) []string {
	var names []string
	if usage := inspect.ReadCertificate(c.Raw).ExtKeyUsage; usage != nil {
		for _, u := range usage.Usages {
			names = append(names, u.Name)
		}
	}
	return names
}

// NamedIdentityError is another error of reading an identity, with the flags
// that mend it.
type NamedIdentityError struct {
	Identity
	Err error
}

func (e *NamedIdentityError) Error() string { return "client certificate: " + e.Err.Error() }

func (e *NamedIdentityError) Unwrap() error { return e.Err }

// named tells which flags an error is about.
func named(id Identity, err error) error {
	if _, ok := cli.As[*IdentityError](err); ok {
		return err
	}
	return &NamedIdentityError{Identity: id, Err: err}
}
