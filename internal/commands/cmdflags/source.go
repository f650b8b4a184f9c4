package cmdflags

import (
	"context"
	"crypto/tls"

	"github.com/spf13/pflag"

	"github.com/nfcert/nfcert/internal/certsource"
	"github.com/nfcert/nfcert/internal/commands/cli"
	"github.com/nfcert/nfcert/internal/commands/credential"
	"github.com/nfcert/nfcert/internal/secret"
)

// Source say how CSRs and certificates of others are read.
type Source struct {
	PassphraseFile string
	serverName     string
}

func (o *Source) AddFlags(fs *pflag.FlagSet) {
	fs.StringVar(&o.PassphraseFile, "passphrase-file", "", "`FILE` with the passphrase of a PKCS#12 file, - for standard input (or $NFCERT_PASSPHRASE)")
}

// AddServerFlags adds what HOST:PORT alone has a use for.
func (o *Source) AddServerFlags(fs *pflag.FlagSet) {
	fs.StringVar(&o.serverName, "server-name", "", "`NAME` to ask HOST:PORT for (SNI); default the host")
}

// Options reads the secrets that reading needs. For HOST:PORT they have the
// client certificate of --client-cert.
func (o *Source) Options(call *cli.Call) (certsource.Options, error) {
	out := certsource.Options{Stdin: call.Stdin, ServerName: o.serverName}
	var err error
	if out.Passphrase, err = o.passphrase(call); err != nil {
		return out, err
	}
	out.Resolve = call.Resolutions(nil)
	out.Certificate, err = shownCertificate(call)
	return out, err
}

// shownCertificate is the client certificate of the command line; nil: none.
func shownCertificate(call *cli.Call) (*tls.Certificate, error) {
	return credential.ClientIdentity(call, credential.Identity{Cert: call.Global.ClientCert, Key: call.Global.ClientKey, PassphraseFile: call.Global.ClientPassphrase})
}

// passphrase is the first line of the file, or the variable's value.
func (o *Source) passphrase(call *cli.Call) (secret.Bytes, error) {
	if o.PassphraseFile == "" {
		return secret.New([]byte(call.Getenv("NFCERT_PASSPHRASE"))), nil
	}
	return credential.ReadPassphrase(call, o.PassphraseFile)
}

// ReadSource reads the source of the argument.
func (o *Source) ReadSource(ctx context.Context, call *cli.Call, target string, filesOnly bool) (*certsource.Contents, error) {
	if target == "-" && o.PassphraseFile == "-" {
		return nil, cli.Usagef("put one of them into a file", "standard input cannot be both the passphrase and what it opens")
	}
	options, err := o.Options(call)
	if err != nil {
		return nil, err
	}
	options.FilesOnly = filesOnly
	return certsource.Read(ctx, target, options)
}
