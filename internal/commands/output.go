package commands

import (
	"io/fs"
	"path/filepath"

	"github.com/spf13/pflag"

	"github.com/nfcert/nfcert/internal/enroll"
)

// outputFlags say which files to write.
type outputFlags struct {
	dir       string
	cert      string
	chain     string
	fullchain string
	key       string
	csr       string
	force     bool
}

func (o *outputFlags) addFlags(fs *pflag.FlagSet) {
	fs.StringVar(&o.dir, "out", "", "write NAME.cert.pem, NAME.chain.pem, NAME.fullchain.pem and NAME.key.pem into `DIR`")
	fs.StringVar(&o.cert, "cert-out", "", "write the certificate to `FILE`")
	fs.StringVar(&o.chain, "chain-out", "", "write its issuers to `FILE`")
	fs.StringVar(&o.fullchain, "fullchain-out", "", "write certificate and issuers, leaf first, to `FILE`; - for stdout")
	fs.StringVar(&o.key, "key-out", "", "write the key to `FILE`, mode 0600")
	fs.StringVar(&o.csr, "csr-out", "", "write the CSR to `FILE`")
	fs.BoolVar(&o.force, "force", false, "replace files that exist, once key and chain are verified")
}

// outputs lists the files, with absolute paths. stdout is the kind that goes to
// standard output; "": none.
func (o *outputFlags) outputs(name string) (files []enroll.Output, stdout string, err error) {
	add := func(kind, path string) error {
		if path == "" {
			return nil
		}
		if path == "-" {
			if stdout != "" {
				return usagef("", "stdout can carry one file, not %s and %s", stdout, kind)
			}
			stdout = kind
			return nil
		}
		abs, err := absolute(path)
		files = append(files, enroll.Output{Kind: kind, Path: abs})
		return err
	}
	for _, out := range []struct{ kind, path string }{
		{enroll.KindCert, o.cert}, {enroll.KindChain, o.chain}, {enroll.KindFullchain, o.fullchain},
		{enroll.KindKey, o.key}, {enroll.KindCSR, o.csr},
	} {
		if out.path == "" && o.dir != "" && out.kind != enroll.KindCSR {
			out.path = filepath.Join(o.dir, name+"."+out.kind+".pem")
		}
		if err := add(out.kind, out.path); err != nil {
			return nil, "", err
		}
	}
	return files, stdout, nil
}

// absolute makes a path independent of the working directory.
func absolute(path string) (string, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return "", &inputError{File: path, Err: err}
	}
	return abs, nil
}

func fileMode(m uint32) fs.FileMode { return fs.FileMode(m) }
