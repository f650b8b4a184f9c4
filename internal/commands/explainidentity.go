package commands

import (
	"cmp"
	"crypto/x509"
	"fmt"
	"strings"
	"time"

	"github.com/nfcert/nfcert/internal/inspect"
	"github.com/nfcert/nfcert/internal/ui"
)

// identityFault is one way in which a client certificate cannot be used.
type identityFault string

const (
	keyMissing  identityFault = "no key"
	keyForeign  identityFault = "another key"
	certExpired identityFault = "expired"
	certEarly   identityFault = "not yet valid"
	certPurpose identityFault = "not for clients"
)

// identityError says why a client certificate cannot be shown. Nothing was sent.
type identityError struct {
	identity
	Fault       identityFault
	Certificate *x509.Certificate // nil with keyMissing
	Now         time.Time         // what validity was judged by
}

func (e *identityError) Error() string {
	c := e.Certificate
	switch e.Fault {
	case keyMissing:
		return fmt.Sprintf("client certificate %q: its key is missing: the file has none, and none was named", e.cert)
	case keyForeign:
		return fmt.Sprintf("client certificate %q: the key of %q is not that of %q", e.cert, cmp.Or(e.key, e.cert), c.Subject)
	case certExpired:
		return fmt.Sprintf("client certificate %q: %q expired at %s", e.cert, c.Subject, ui.Time(c.NotAfter))
	case certEarly:
		return fmt.Sprintf("client certificate %q: %q is not valid before %s", e.cert, c.Subject, ui.Time(c.NotBefore))
	}
	return fmt.Sprintf("client certificate %q: %q is not for client authentication: its extended key usage is %s", e.cert, c.Subject, strings.Join(usages(c), ", "))
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

// namedIdentityError is another error of reading an identity, with the flags
// that mend it.
type namedIdentityError struct {
	identity
	Err error
}

func (e *namedIdentityError) Error() string { return "client certificate: " + e.Err.Error() }
func (e *namedIdentityError) Unwrap() error { return e.Err }

// named tells which flags an error is about.
func named(id identity, err error) error {
	if _, ok := as[*identityError](err); ok {
		return err
	}
	return &namedIdentityError{identity: id, Err: err}
}

// explainIdentity is for client certificates.
func (a *Call) explainIdentity(err error, r *report) bool {
	r.Exit, r.Code, r.Fault = exitUsage, "client-certificate", faultInput
	if e, ok := as[*namedIdentityError](err); ok {
		inner := *r
		for _, explain := range []func(error, *report) bool{a.explainInput, a.explainKey, a.explainSource} {
			if told := inner; explain(e.Err, &told) {
				*r = told
				break
			}
		}
		if r.Code == "passphrase" || r.Code == "wrong-passphrase" {
			r.Hint = fmt.Sprintf("give it with --%s FILE, or $%s", e.flagName("passphrase-file"), e.passphraseVariable())
		}
		r.Hint = strings.ReplaceAll(r.Hint, "--key-in", "--"+e.flagName("key"))
		return true
	}
	e, ok := as[*identityError](err)
	if !ok {
		return false
	}
	clock := ""
	if !e.Now.IsZero() {
		clock = "; or this machine's clock, " + ui.Time(e.Now) + ", is wrong"
	}
	switch e.Fault {
	case keyMissing:
		r.Hint = fmt.Sprintf("name the key with --%s FILE (or a pkcs11: URI), or put both into one PEM or PKCS#12 file", e.flagName("key"))
	case keyForeign:
		r.Hint = fmt.Sprintf("--%s and --%s must be a pair; was the certificate renewed with a new key?", e.flagName("cert"), e.flagName("key"))
	case certExpired:
		r.Hint, r.Clause = "nothing was sent, as servers refuse it: have it renewed by whoever issued it ("+e.Certificate.Issuer.String()+")"+clock, "RFC 5280 4.1.2.5"
	case certEarly:
		r.Hint, r.Clause = "nothing was sent, as servers refuse it: wait until then"+clock, "RFC 5280 4.1.2.5"
	case certPurpose:
		r.Hint, r.Clause = "servers refuse it: have one issued with clientAuth", "RFC 5280 4.2.1.12"
	}
	return true
}
