package commands

import (
	"crypto/rand"
	"crypto/tls"
	"errors"
	"path/filepath"

	"github.com/nfcert/nfcert/internal/challenge"
	"github.com/nfcert/nfcert/internal/enroll"
	"github.com/nfcert/nfcert/internal/lab"
	"github.com/nfcert/nfcert/internal/store"
	"github.com/nfcert/nfcert/internal/token"
)

// How the lab's Token Authority knows who asks.
const (
	tokenAuthCert   = "cert"
	tokenAuthBearer = "bearer"
	tokenAuthBasic  = "basic"
)

// authority makes the credential that the flags name; a certificate is made
// when the lab runs.
func (o *labFlags) authority() (lab.Authority, error) {
	switch o.tokenAuth {
	case tokenAuthCert:
		return lab.Authority{}, nil
	case tokenAuthBearer:
		return lab.Authority{Bearer: rand.Text()}, nil
	case tokenAuthBasic:
		return lab.Authority{Basic: "nfcert:" + rand.Text()}, nil
	}
	return lab.Authority{}, usagef("one of: cert, bearer, basic", "--ta-auth %q is not known", o.tokenAuth)
}

// roster lists the NF instances of the NF files; nil: there are no files.
func (o *labFlags) roster(a *Call) ([]string, error) {
	var ids []string
	for _, path := range o.nfFiles {
		file, err := a.readNF(path)
		if err != nil {
			return nil, err
		}
		if file.NF.InstanceID == "" {
			return nil, &inputError{File: path, Err: errors.New("it has no nf.instanceId that the Token Authority could know")}
		}
		ids = append(ids, string(file.NF.InstanceID))
	}
	return ids, nil
}

// writeTokenFiles writes what clients need to be known to the Token Authority,
// and adds the settings that say so.
func (r *running) writeTokenFiles(credential lab.Authority) error {
	dir, err := filepath.Abs(r.dir)
	if err != nil {
		return err
	}
	var files []store.File
	add := func(flag, name string, data []byte) {
		path := filepath.Join(dir, name)
		files = append(files, store.File{Path: path, Data: data})
		r.settings = append(r.settings, setting{envName(flag), path})
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

// addLabTokens lets the engine get tokens of the lab in this process.
func (s *session) addLabTokens(l *lab.Lab) error {
	certPEM, keyPEM, err := l.IssueClient("nfcert (practice only)")
	if err != nil {
		return err
	}
	cert, err := tls.X509KeyPair(certPEM, keyPEM)
	if err != nil {
		return err
	}
	roots, err := enroll.ParseCertificates(l.TokenAuthorityRoot())
	if err != nil {
		return err
	}
	pool := (&server{roots: roots}).pool()
	s.engine.Solvers = append(s.engine.Solvers, &challenge.TKAuth{
		Source: &token.Authority{URL: l.TokenAuthorityURL(), HTTP: s.tokenTransport(pool, &cert)},
		Check:  token.CheckOptions{Roots: pool, Skew: tokenSkew, Life: tokenLife},
		Clock:  s.call.Clock,
	})
	return nil
}
