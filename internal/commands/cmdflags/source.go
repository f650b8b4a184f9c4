package cmdflags

import (
	"context"

	"github.com/spf13/pflag"

	"github.com/nfcert/nfcert/internal/certsource"
	"github.com/nfcert/nfcert/internal/commands/cli"
	"github.com/nfcert/nfcert/internal/commands/credential"
)

// Source has the flags for reading CSRs and certificates from files and servers.
type Source struct {
	PassphraseFile string

	serverName string
}

// AddFlags adds the flags.
func (o *Source) AddFlags(fs *pflag.FlagSet) {
	fs.StringVar(&o.PassphraseFile, "passphrase-file", "", "`FILE` with the passphrase of a PKCS#12 file, - for stdin; or set $NFCERT_PASSPHRASE")
}

// AddServerFlags adds the flags for HOST:PORT.
func (o *Source) AddServerFlags(fs *pflag.FlagSet) {
	fs.StringVar(&o.serverName, "server-name", "", "server `NAME` to request from HOST:PORT (SNI); default: the host")
}

// Options converts the flags, and reads the passphrase and the client certificate of
// --client-cert.
func (o *Source) Options(call *cli.Call) (certsource.Options, error) {
	out := certsource.Options{Stdin: call.Stdin, ServerName: o.serverName, Resolve: call.Resolutions(nil)}
	var err error
	if out.Passphrase, err = (credential.Passphrase{Flag: credential.FlagPassphrase, File: o.PassphraseFile}).Given(call); err != nil {
		return out, err
	}
	out.Certificate, err = credential.ClientIdentity(call, credential.Identity{
		Cert: call.Global.ClientCert, Key: call.Global.ClientKey, PassphraseFile: call.Global.ClientPassphrase,
	})
	return out, err
}

// ReadSource reads the source of an argument.
func (o *Source) ReadSource(ctx context.Context, call *cli.Call, target string, filesOnly bool) (*certsource.Contents, error) {
	if target == "-" && o.PassphraseFile == "-" {
		return nil, cli.Usagef("put one of them into a file", "stdin cannot be both --passphrase-file and the file that it opens")
	}
	options, err := o.Options(call)
	if err != nil {
		return nil, err
	}
	options.FilesOnly = filesOnly
	return certsource.Read(ctx, target, options)
}
