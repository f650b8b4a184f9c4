package cmdflags

import (
	"io/fs"

	"github.com/spf13/pflag"

	"github.com/nfcert/nfcert/internal/commands/cli"
	"github.com/nfcert/nfcert/internal/enroll"
	"github.com/nfcert/nfcert/internal/layout"
)

// Outputs say which files to write.
type Outputs struct {
	Dir       string
	cert      string
	chain     string
	fullchain string
	key       string
	csr       string
	force     bool
	Layout    Layout
}

func (o *Outputs) AddFlags(fs *pflag.FlagSet) {
	fs.StringVar(&o.Dir, "out", "", "write all files into `DIR`, as --layout has them")
	o.Layout.addFlags(fs)
	fs.StringVar(&o.cert, "cert-out", "", "write the certificate to `FILE`")
	fs.StringVar(&o.chain, "chain-out", "", "write its issuers to `FILE`")
	fs.StringVar(&o.fullchain, "fullchain-out", "", "write certificate and issuers, leaf first, to `FILE`; - for stdout")
	fs.StringVar(&o.key, "key-out", "", "write the key to `FILE`, mode 0600")
	fs.StringVar(&o.csr, "csr-out", "", "write the CSR to `FILE`")
	fs.BoolVar(&o.force, "force", false, "replace files that exist, once key and chain are verified")
}

// outputs lists the files that are named one by one, with absolute paths.
// stdout is the kind that goes to standard output; "": none.
func (o *Outputs) outputs() (files []enroll.Output, stdout string, err error) {
	for _, out := range []struct{ kind, path string }{
		{enroll.KindCert, o.cert}, {enroll.KindChain, o.chain}, {enroll.KindFullchain, o.fullchain},
		{enroll.KindKey, o.key}, {enroll.KindCSR, o.csr},
	} {
		switch out.path {
		case "":
		case "-":
			if stdout != "" {
				return nil, "", cli.Usagef("", "stdout can carry one file, not %s and %s", stdout, out.kind)
			}
			stdout = out.kind
			if o.Layout.name == string(layout.PEM) { // the same file: once is enough
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

// Given reports whether any place is named.
func (o *Outputs) Given() bool {
	return o.Dir != "" || o.cert != "" || o.chain != "" || o.fullchain != "" || o.key != "" || o.csr != ""
}

func FileMode(m uint32) fs.FileMode { return fs.FileMode(m) }
