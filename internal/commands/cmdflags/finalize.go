package cmdflags

import (
	"crypto/x509"

	"github.com/spf13/pflag"

	"github.com/nfcert/nfcert/internal/commands/cli"
	"github.com/nfcert/nfcert/internal/enroll"
)

// Finalize say how to judge the certificate and where to put it.
type Finalize struct {
	Output     Outputs
	NoWait     bool
	Chain      string
	IssuerRoot string
	Lint       string
	Roots      []*x509.Certificate // a lab's, instead of issuerRoot
}

func (o *Finalize) AddFlags(fs *pflag.FlagSet) {
	o.Output.AddFlags(fs)
	fs.StringVar(&o.Chain, "chain", "", "of several chains take the one whose end has `ISSUER` in its name")
	fs.StringVar(&o.IssuerRoot, "issuer-root", "", "PEM `FILE` of roots that the certificate must verify to (default: what the CA sends)")
	fs.StringVar(&o.Lint, "lint", LintWarn, "judge the certificate before it is installed, as nfcert lint does by our rules: error (one that breaks its profile is not installed), warn or off")
}

// Options turns the flags into what the engine takes. stdout is the kind of
// file that goes to standard output.
func (o *Finalize) Options(call *cli.Call) (out enroll.FinalizeOptions, stdout string, err error) {
	if out.Outputs, stdout, err = o.Output.outputs(); err != nil {
		return out, "", err
	}
	if out.Layout, err = o.Output.Layout.options(call, o.Output.Dir); err != nil {
		return out, "", err
	}
	if out.Judge, err = judgeIssued(call, o.Lint); err != nil {
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
