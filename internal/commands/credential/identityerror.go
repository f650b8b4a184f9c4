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

// IdentityFault is why a client certificate cannot be used.
type IdentityFault string

// The faults of client certificates.
const (
	KeyMissing  IdentityFault = "no key"
	KeyForeign  IdentityFault = "another key"
	CertExpired IdentityFault = "expired"
	CertEarly   IdentityFault = "not yet valid"
	CertPurpose IdentityFault = "not for clients"
)

// IdentityError says why a client certificate cannot be used. Nothing was sent.
type IdentityError struct {
	Identity
	Fault       IdentityFault
	Certificate *x509.Certificate // nil with [KeyMissing]
	Now         time.Time         // when validity was checked; zero with [KeyMissing] and [KeyForeign]
}

func (e *IdentityError) Error() string {
	s := fmt.Sprintf("client certificate %q", e.Cert)
	if e.Fault == KeyMissing {
		return s + ": no key: the file contains none, and --" + e.FlagName("key") + " names none"
	}
	c := e.Certificate
	name := inspect.DistinguishedName(c.RawSubject)
	switch e.Fault {
	case KeyForeign:
		return fmt.Sprintf("%s: the key in %q does not belong to %q", s, cmp.Or(e.Key, e.Cert), name)
	case CertExpired:
		return fmt.Sprintf("%s: %q expired at %s", s, name, ui.Time(c.NotAfter))
	case CertEarly:
		return fmt.Sprintf("%s: %q is not valid before %s", s, name, ui.Time(c.NotBefore))
	}
	return fmt.Sprintf("%s: %q is not for client authentication: its extended key usage is %s", s, name, strings.Join(usages(c), ", "))
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

// NamedIdentityError is any other error of reading a client certificate or its
// key, with the flags that name them.
type NamedIdentityError struct {
	Identity
	Err error
}

func (e *NamedIdentityError) Error() string { return "client certificate: " + e.Err.Error() }

func (e *NamedIdentityError) Unwrap() error { return e.Err }

// named adds the flags to an error.
func named(id Identity, err error) error {
	if _, ok := cli.As[*IdentityError](err); ok {
		return err
	}
	return &NamedIdentityError{Identity: id, Err: err}
}
