package report

import (
	"fmt"

	"github.com/nfcert/nfcert/internal/commands/credential"
	"github.com/nfcert/nfcert/internal/inspect"
	"github.com/nfcert/nfcert/internal/ui"
)

// clientCertificate is for a client certificate that no server would accept.
func clientCertificate(_ *Context, e *credential.IdentityError, r *Report) {
	clock := ""
	if !e.Now.IsZero() {
		clock = "; or this machine's clock, " + ui.Time(e.Now) + ", is wrong"
	}
	switch e.Fault {
	case credential.KeyMissing:
		r.Hint = fmt.Sprintf("name the key with --%s FILE (or a pkcs11: URI), or put both into one PEM or PKCS#12 file", e.FlagName("key"))
	case credential.KeyForeign:
		r.Hint = fmt.Sprintf("--%s and --%s must belong together; was the certificate renewed with a new key?", e.FlagName("cert"), e.FlagName("key"))
	case credential.CertExpired:
		r.Hint, r.Clause = "nothing was sent, as servers refuse it: ask its issuer to renew it ("+inspect.DistinguishedName(e.Certificate.RawIssuer)+")"+clock, "RFC 5280 4.1.2.5"
	case credential.CertEarly:
		r.Hint, r.Clause = "nothing was sent, as servers refuse it: wait until it is valid"+clock, "RFC 5280 4.1.2.5"
	case credential.CertPurpose:
		r.Hint, r.Clause = "servers refuse it: get a certificate with clientAuth", "RFC 5280 4.2.1.12"
	}
}
