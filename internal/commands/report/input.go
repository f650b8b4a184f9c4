package report

import (
	"io/fs"
	"os"
	"strings"

	"github.com/nfcert/nfcert/internal/certsource"
	"github.com/nfcert/nfcert/internal/commands/cli"
	"github.com/nfcert/nfcert/internal/commands/credential"
	"github.com/nfcert/nfcert/internal/commands/session"
	"github.com/nfcert/nfcert/internal/csrgen"
	"github.com/nfcert/nfcert/internal/enroll"
	"github.com/nfcert/nfcert/internal/nf"
	"github.com/nfcert/nfcert/internal/store"
	"github.com/nfcert/nfcert/internal/ui"
)

// inputErrors are about the command line and the files that it names.
func inputErrors() []Entry {
	return []Entry{
		For(ExitUsage, CodeUsage, FaultUsage, func(_ *Context, e *cli.UsageError, r *Report) { r.Hint = e.Hint }),
		Is(ui.ErrNoTerminal, ExitUsage, CodeUsage, FaultUsage, nil),
		For[*cli.InputError](ExitUsage, CodeInvalidInput, FaultInput, inputError),
		For[*nf.FileError](ExitUsage, CodeInvalidInput, FaultInput, nil),
		For[nf.FieldErrors](ExitUsage, CodeInvalidInput, FaultInput, nil),
		For[*csrgen.RequestError](ExitUsage, CodeInvalidInput, FaultInput, nil),
		For(ExitUsage, CodeInvalidInput, FaultInput, func(_ *Context, e *csrgen.KeyTypeError, r *Report) { r.Hint = "as in --key " + e.Wanted[0] }),
		For(ExitUsage, CodeUsage, FaultUsage, func(_ *Context, e *enroll.NameError, r *Report) { r.Message = e.Error() }),
		For(ExitUsage, CodeInvalidInput, FaultInput, func(_ *Context, _ *enroll.ProfileError, r *Report) {
			r.Hint = "one of: " + strings.Join(nf.ProfileNames(), ", ")
		}),
		For(ExitUsage, CodePinMismatch, FaultInput, pinFile),
		For[*certsource.ContentError](ExitUsage, CodeInvalidInput, FaultInput, nil),
		For[*certsource.TooLargeError](ExitUsage, CodeInvalidInput, FaultInput, nil),
		For(ExitUsage, CodeWrongPassphrase, FaultInput, sourcePassphrase),
		For(ExitUsage, CodeInvalidInput, FaultInput, func(c *Context, e *credential.MissingKindError, r *Report) {
			r.Next = c.Line(map[certsource.Kind]string{certsource.CSR: "show csr", certsource.Certificate: "show cert"}[e.Found], e.File)
		}),
		For(ExitUsage, CodeInvalidInput, FaultInput, func(_ *Context, e *certsource.ReadError, r *Report) {
			if _, server := certsource.ParseAddress(e.Name); server {
				r.Hint = "a server has certificates but no CSR: nfcert show cert " + cli.ShellQuote(e.Name)
			}
		}),
		For(ExitNetwork, CodeUnreachable, FaultNetwork, sourceConnect),
	}
}

// inputError prefers the entry of the cause, such as a wrong passphrase.
func inputError(c *Context, e *cli.InputError, r *Report) {
	if inner := *r; c.explain(e.Err, &inner) && inner.Code != CodeInternal {
		*r = inner
	}
}

func pinFile(_ *Context, e *session.PinFileError, r *Report) {
	r.Hint = "the pin is for another certificate: compare file and pin with what the CA's operator gave you"
	r.Trust = &session.TrustReport{Served: session.TrustCertsOf(e.Found), TriedFrom: "the pin " + e.Pin.String()}
}

func sourcePassphrase(_ *Context, e *certsource.PassphraseError, r *Report) {
	if e.Missing {
		r.Code = CodePassphrase
	}
	r.Hint = credential.Give(credential.FlagPassphrase)
}

func sourceConnect(c *Context, e *certsource.ConnectError, r *Report) {
	r.Message = c.Subject() + ": " + e.Error()
	r.Hint = "an argument that is not a file is taken as HOST:PORT of a TLS server; put an IPv6 address in brackets, as in [2001:db8::1]:443"
	if e.Stage == certsource.StageTLS {
		r.Code, r.Fault, r.Hint = CodeHandshake, FaultTLS, "check that this is a TLS port; STARTTLS is not supported"
	}
}

// outputErrors are about what nfcert writes.
func outputErrors() []Entry {
	return []Entry{
		For(ExitUsage, CodeOutput, FaultInput, func(_ *Context, e *enroll.OutputError, r *Report) {
			if _, exists := cli.As[*store.ExistsError](e); exists {
				r.Code, r.Hint = CodeExists, "nothing was overwritten; --force replaces the files once key and chain are verified"
			}
		}),
		For(ExitBug, CodeInternal, FaultInternal, func(c *Context, e *fs.PathError, r *Report) {
			if e.Op == "write" && e.Path == os.Stdout.Name() {
				r.Exit, r.Code, r.Fault = ExitUsage, CodeOutput, FaultInput
				r.Message = c.Subject() + ": writing the answer: " + e.Err.Error()
				r.Hint = "the command did its work and saved it; run it again to see the answer"
			}
		}),
	}
}
