package cmdflags

import (
	"crypto/x509"

	"github.com/spf13/pflag"

	"github.com/nfcert/nfcert/internal/commands/cli"
	"github.com/nfcert/nfcert/internal/enroll"
)

// Finalize has the flags that say how to check the certificate and where to
// install it.
type Finalize struct {
	Output     Outputs
	NoWait     bool
	Chain      string
	IssuerRoot string
	Lint       string
	Hook       Hook
	Roots      []*x509.Certificate // of a lab, instead of IssuerRoot

	// PrintsEnrolment is set by a command that prints the enrolment, and with it
	// every difference between CSR and certificate. Warnings do not repeat these to
	// a person.
	PrintsEnrolment bool
}

// AddFlags adds the flags.
func (o *Finalize) AddFlags(fs *pflag.FlagSet) {
	o.Output.AddFlags(fs)
	fs.StringVar(&o.Chain, "chain", "", "if the CA offers several chains, take the one that ends at an `ISSUER` with this in its name")
	fs.StringVar(&o.IssuerRoot, "issuer-root", "", "PEM `FILE` with the roots that the certificate must verify to (default: the chain from the CA)")
	fs.StringVar(&o.Lint, "lint", LintWarn, "check the certificate against its profile before it is installed, as nfcert lint does without zlint; `MODE` is error (do not install one with errors), warn or off")
	o.Hook.AddFlags(fs)
}

// Options converts the flags. stdout is the kind of file that goes to standard
// output; "": none.
func (o *Finalize) Options(call *cli.Call) (out enroll.FinalizeOptions, stdout string, err error) {
	if out.Outputs, stdout, err = o.Output.outputs(); err != nil {
		return out, "", err
	}
	if err = o.Hook.Check(); err != nil {
		return out, "", err
	}
	out.Hook = o.Hook.Runner(call)
	if out.Layout, err = o.Output.Layout.options(call, o.Output.Dir); err != nil {
		return out, "", err
	}
	out.DifferencesShown = o.PrintsEnrolment && stdout == "" && call.Global.Output == cli.OutputTable
	if out.Judge, err = judge(call, o.Lint, out.DifferencesShown); err != nil {
		return out, "", err
	}
	out.NoWait, out.Chain, out.Overwrite = o.NoWait, o.Chain, o.Output.force
	out.Roots, out.NeedKey = o.Roots, o.Output.key != ""
	out.Acceptance.Chain = o.Chain
	if o.Lint != LintWarn {
		out.Acceptance.Lint = o.Lint
	}
	if o.IssuerRoot != "" {
		if out.Acceptance.IssuerRoot, err = cli.Absolute(o.IssuerRoot); err != nil {
			return out, stdout, err
		}
		out.Roots, err = ReadCertificates(o.IssuerRoot)
	}
	return out, stdout, err
}

// ReadCertificates reads a PEM file with certificates.
func ReadCertificates(path string) ([]*x509.Certificate, error) {
	data, err := cli.ReadFile(path, cli.MaxPEM)
	if err != nil {
		return nil, err
	}
	certs, err := enroll.ParseCertificates(data)
	if err != nil {
		return nil, &cli.InputError{File: path, Err: err}
	}
	return certs, nil
}
