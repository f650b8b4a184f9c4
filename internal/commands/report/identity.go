package report

import (
	"fmt"

	"github.com/nfcert/nfcert/internal/commands/credential"
	"github.com/nfcert/nfcert/internal/inspect"
	"github.com/nfcert/nfcert/internal/ui"
)

// clientCertificate explains a client certificate that no server accepts.
func clientCertificate(_ *Context, e *credential.IdentityError, r *Report) {
	clock := ""
	if !e.Now.IsZero() {
		clock = "; or this machine's clock, " + ui.Time(e.Now) + ", is wrong"
	}
	switch e.Fault {
	case credential.KeyMissing:
		r.Hint = fmt.Sprintf("name the key with --%s FILE (or a pkcs11: URI), or put both into one PEM or PKCS#12 file", e.FlagName("key"))
	case credential.KeyForeign:
		r.Hint = fmt.Sprintf("--%s and --%s must be a pair; was the certificate renewed with a new key?", e.FlagName("cert"), e.FlagName("key"))
	case credential.CertExpired:
		r.Hint, r.Clause = "nothing was sent, as servers refuse it: have it renewed by its issuer ("+inspect.DistinguishedName(e.Certificate.RawIssuer)+")"+clock, "RFC 5280 4.1.2.5"
	case credential.CertEarly:
		r.Hint, r.Clause = "nothing was sent, as servers refuse it: wait until then"+clock, "RFC 5280 4.1.2.5"
	case credential.CertPurpose:
		r.Hint, r.Clause = "servers refuse it: have one issued with clientAuth", "RFC 5280 4.2.1.12"
	}
}
