package report

import (
	"fmt"
	"strings"

	"github.com/nfcert/nfcert/internal/commands/cli"
	"github.com/nfcert/nfcert/internal/commands/credential"
	"github.com/nfcert/nfcert/internal/ui"
)

// explainIdentity is for client certificates.
func explainIdentity(call *cli.Call, err error, r *Report) bool {
	r.Exit, r.Code, r.Fault = ExitUsage, "client-certificate", faultInput
	if e, ok := cli.As[*credential.NamedIdentityError](err); ok {
		inner := *r
		for _, explain := range []func(error, *Report) bool{func(err error, r *Report) bool { return explainInput(call, err, r) }, func(err error, r *Report) bool { return explainKey(call, err, r) }, func(err error, r *Report) bool { return explainSource(call, err, r) }} {
			if told := inner; explain(e.Err, &told) {
				*r = told
				break
			}
		}
		if r.Code == "passphrase" || r.Code == "wrong-passphrase" {
			r.Hint = fmt.Sprintf("give it with --%s FILE, or $%s", e.FlagName("passphrase-file"), e.PassphraseVariable())
		}
		r.Hint = strings.ReplaceAll(r.Hint, "--key-in", "--"+e.FlagName("key"))
		return true
	}
	e, ok := cli.As[*credential.IdentityError](err)
	if !ok {
		return false
	}
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
		r.Hint, r.Clause = "nothing was sent, as servers refuse it: have it renewed by whoever issued it ("+e.Certificate.Issuer.String()+")"+clock, "RFC 5280 4.1.2.5"
	case credential.CertEarly:
		r.Hint, r.Clause = "nothing was sent, as servers refuse it: wait until then"+clock, "RFC 5280 4.1.2.5"
	case credential.CertPurpose:
		r.Hint, r.Clause = "servers refuse it: have one issued with clientAuth", "RFC 5280 4.2.1.12"
	}
	return true
}
