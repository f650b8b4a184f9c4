package practice

import (
	"crypto/rand"
	"encoding/base64"
	"net"
	"os"
	"path/filepath"
	"strconv"

	"github.com/nfcert/nfcert/internal/commands/cli"
	"github.com/nfcert/nfcert/internal/commands/cmdflags"
	"github.com/nfcert/nfcert/internal/enroll"
	"github.com/nfcert/nfcert/internal/lab"
	"github.com/nfcert/nfcert/internal/store"
)

// macKey generates the MAC key of the external account; nil if there is no account.
func (o *Options) macKey(options *lab.Options) ([]byte, error) {
	if o.eabKID == "" {
		if o.requireEAB {
			return nil, cli.Usagef("as in --lab-eab-kid amf-01", "--require-eab needs an external account: --lab-eab-kid ID")
		}
		return nil, nil
	}
	size := 32 // octets; RFC 7518 3.2 requires at least the size of the hash
	if o.eabAlg != "" {
		alg, err := cmdflags.BindingAlgorithm(o.eabAlg)
		if err != nil {
			return nil, cli.Usagef("", "--lab-eab-alg: %v", err)
		}
		options.EABAlgorithm = alg
		size = map[string]int{"HS256": 32, "HS384": 48, "HS512": 64}[alg]
	}
	key := make([]byte, size)
	if _, err := rand.Read(key); err != nil {
		return nil, err
	}
	options.EAB = map[string][]byte{o.eabKID: key}
	return key, nil
}

// writeFiles writes the roots and credentials for clients, and sets r.Settings.
func (r *Running) writeFiles(o lab.Options, mac []byte, flags *Options) error {
	dir, err := filepath.Abs(r.Dir)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return &enroll.OutputError{Err: err}
	}
	root, issuer := filepath.Join(dir, "ca-root.pem"), filepath.Join(dir, "issuer-root.pem")
	files := []store.File{{Path: root, Data: r.TLSRootPEM(), Mode: 0o644}, {Path: issuer, Data: r.IssuerRootPEM(), Mode: 0o644}}
	r.Settings = []Setting{
		{cli.EnvName("server"), r.DirectoryURL()}, {cli.EnvName("ca-root"), root}, {cli.EnvName("issuer-root"), issuer},
		{cli.EnvName("http-listen"), net.JoinHostPort("127.0.0.1", strconv.Itoa(o.HTTPPort))},
		{cli.EnvName("accept-tos"), "true"}, {cli.EnvName("ta"), r.TokenAuthorityURL()}, {cli.EnvName("ta-root"), root},
		{cli.EnvName("state"), filepath.Join(dir, "state")},
	}
	if mac != nil {
		path := filepath.Join(dir, "eab.key")
		files = append(files, store.File{Path: path, Data: []byte(base64.RawURLEncoding.EncodeToString(mac) + "\n")})
		r.Settings = append(r.Settings, Setting{cli.EnvName("eab-kid"), flags.eabKID}, Setting{cli.EnvName("eab-key-file"), path})
		if o.EABAlgorithm != "" {
			r.Settings = append(r.Settings, Setting{cli.EnvName("eab-alg"), o.EABAlgorithm})
		}
	}
	if o.RequireClient {
		cert, key, err := r.IssueClient("nfcert lab client (practice only)")
		if err != nil {
			return err
		}
		certPath, keyPath := filepath.Join(dir, "client.pem"), filepath.Join(dir, "client.key")
		files = append(files, store.File{Path: certPath, Data: cert, Mode: 0o644}, store.File{Path: keyPath, Data: key})
		r.Settings = append(r.Settings, Setting{cli.EnvName("client-cert"), certPath}, Setting{cli.EnvName("client-key"), keyPath})
	}
	if err := store.Install(files, store.InstallOptions{Overwrite: true}); err != nil {
		return &enroll.OutputError{Err: err}
	}
	return nil
}
