package cmdflags

import (
	"github.com/spf13/pflag"

	"github.com/nfcert/nfcert/internal/commands/cli"
	"github.com/nfcert/nfcert/internal/enroll"
	"github.com/nfcert/nfcert/internal/layout"
)

// Outputs has the flags that say which files to write.
type Outputs struct {
	Dir    string
	Layout Layout

	cert      string
	chain     string
	fullchain string
	key       string
	csr       string
	force     bool
}

// AddFlags adds the flags.
func (o *Outputs) AddFlags(fs *pflag.FlagSet) {
	fs.StringVar(&o.Dir, "out", "", "write all files to `DIR`, with the names of --layout")
	o.Layout.addFlags(fs)
	fs.StringVar(&o.cert, "cert-out", "", "write the certificate to `FILE`")
	fs.StringVar(&o.chain, "chain-out", "", "write the issuers to `FILE`")
	fs.StringVar(&o.fullchain, "fullchain-out", "", "write the certificate, then the issuers, to `FILE`; - for stdout")
	fs.StringVar(&o.key, "key-out", "", "write the key to `FILE`, mode 0600")
	fs.StringVar(&o.csr, "csr-out", "", "write the CSR to `FILE`")
	fs.BoolVar(&o.force, "force", false, "replace existing files after key and chain are verified")
}

// outputs returns the files of the single flags, with absolute paths. stdout is the
// kind of file that goes to standard output; "": none.
func (o *Outputs) outputs() (files []enroll.Output, stdout string, err error) {
	for _, out := range []struct{ kind, path string }{
		{enroll.KindCert, o.cert}, {enroll.KindChain, o.chain}, {enroll.KindFullchain, o.fullchain},
		{enroll.KindKey, o.key}, {enroll.KindCSR, o.csr},
	} {
		switch out.path {
		case "":
		case "-":
			if stdout != "" {
				return nil, "", cli.Usagef("write one of them to a file", "stdout can carry one file, not --%s-out and --%s-out", stdout, out.kind)
			}
			stdout = out.kind
			if o.Layout.name == string(layout.PEM) { // --out has the same file: do not write it twice
				files = append(files, enroll.Output{Kind: out.kind})
			}
		default:
			path, err := cli.Absolute(out.path)
			if err != nil {
				return nil, "", err
			}
			files = append(files, enroll.Output{Kind: out.kind, Path: path})
		}
	}
	return files, stdout, nil
}

// Given reports whether a flag names a file or directory.
func (o *Outputs) Given() bool {
	return o.Dir != "" || o.cert != "" || o.chain != "" || o.fullchain != "" || o.key != "" || o.csr != ""
}
