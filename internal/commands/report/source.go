package report

import (
	"github.com/nfcert/nfcert/internal/certsource"
	"github.com/nfcert/nfcert/internal/commands/cli"
	"github.com/nfcert/nfcert/internal/commands/credential"
)

// explainSource is for files and servers that CSRs and certificates are read
// from.
func explainSource(call *cli.Call, err error, r *Report) bool {
	r.Exit, r.Code, r.Fault = ExitUsage, "invalid-input", faultInput
	if e, ok := cli.As[*certsource.PassphraseError](err); ok {
		r.Code, r.Hint = "wrong-passphrase", "give it with --passphrase-file FILE, or $NFCERT_PASSPHRASE"
		if e.Missing {
			r.Code = "passphrase"
		}
		return true
	}
	if e, ok := cli.As[*credential.MissingKindError](err); ok {
		r.Next = call.Line(map[certsource.Kind]string{certsource.CSR: "show csr", certsource.Certificate: "show cert"}[e.Found], e.File)
		return true
	}
	if _, ok := cli.As[*certsource.ContentError](err); ok {
		return true
	}
	if _, ok := cli.As[*certsource.TooLargeError](err); ok {
		return true
	}
	if e, ok := cli.As[*certsource.ReadError](err); ok {
		if _, server := certsource.ParseAddress(e.Name); server {
			r.Hint = "servers show certificates, and no requests: nfcert show cert " + cli.ShellQuote(e.Name)
		}
		return true
	}
	if e, ok := cli.As[*certsource.ConnectError](err); ok {
		r.Exit, r.Code, r.Fault = ExitNetwork, "unreachable", FaultNetwork
		r.Message = subject(call) + ": " + e.Error()
		r.Hint = "HOST:PORT is taken for a TLS server when there is no file of that name; IPv6 stands in brackets, as in [2001:db8::1]:443"
		if e.Stage == certsource.StageTLS {
			r.Code, r.Fault, r.Hint = "handshake", FaultTLS, "is this a TLS port? Protocols that begin in the clear (STARTTLS) are not spoken"
		}
		return true
	}
	return false
}
