package practice

import (
	"crypto/rand"
	"errors"
	"path/filepath"

	"github.com/nfcert/nfcert/internal/commands/cli"
	"github.com/nfcert/nfcert/internal/commands/cmdflags"
	"github.com/nfcert/nfcert/internal/enroll"
	"github.com/nfcert/nfcert/internal/lab"
	"github.com/nfcert/nfcert/internal/store"
)

// Values of --ta-auth: how clients authenticate to the Token Authority.
const (
	tokenAuthCert   = "cert"
	tokenAuthBearer = "bearer"
	tokenAuthBasic  = "basic"
)

// Authority generates the credential for --ta-auth. WriteTokenFiles issues a client
// certificate, because that needs a running lab.
func (o *Options) Authority() (lab.Authority, error) {
	switch o.TokenAuth {
	case tokenAuthCert:
		return lab.Authority{}, nil
	case tokenAuthBearer:
		return lab.Authority{Bearer: rand.Text()}, nil
	case tokenAuthBasic:
		return lab.Authority{Basic: "nfcert:" + rand.Text()}, nil
	}
	return lab.Authority{}, cli.Usagef("", "--ta-auth %q: want cert, bearer or basic", o.TokenAuth)
}

// roster returns the NF instance IDs of the NF files; nil if no file is given.
func (o *Options) roster(call *cli.Call) ([]string, error) {
	var ids []string
	for _, path := range o.nfFiles {
		file, err := cmdflags.ReadNF(call, path)
		if err != nil {
			return nil, err
		}
		if file.NF.InstanceID == "" {
			return nil, &cli.InputError{File: path, Err: errors.New("nf.instanceId is missing, the Token Authority needs it")}
		}
		ids = append(ids, string(file.NF.InstanceID))
	}
	return ids, nil
}

// WriteTokenFiles writes the credential with which clients authenticate to the Token
// Authority, and adds it to r.Settings.
func (r *Running) WriteTokenFiles(credential lab.Authority) error {
	dir, err := filepath.Abs(r.Dir)
	if err != nil {
		return err
	}
	var files []store.File
	add := func(flag, name string, data []byte) {
		path := filepath.Join(dir, name)
		files = append(files, store.File{Path: path, Data: data})
		r.Settings = append(r.Settings, Setting{cli.EnvName(flag), path})
	}
	switch {
	case credential.Bearer != "":
		add("ta-bearer-file", "ta-bearer", []byte(credential.Bearer+"\n"))
	case credential.Basic != "":
		add("ta-basic-file", "ta-basic", []byte(credential.Basic+"\n"))
	default:
		cert, key, err := r.IssueClient("nfcert lab client (practice only)")
		if err != nil {
			return err
		}
		add("ta-client-cert", "ta-client.pem", cert)
		add("ta-client-key", "ta-client.key", key)
	}
	if err := store.Install(files, store.InstallOptions{Overwrite: true}); err != nil {
		return &enroll.OutputError{Err: err}
	}
	return nil
}
