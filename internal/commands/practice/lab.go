// Package practice runs a lab CA with a Token Authority, and makes the files and
// settings that nfcert needs to use them.
package practice

import (
	"context"
	"errors"
	"os"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"github.com/nfcert/nfcert/internal/acmewire"
	"github.com/nfcert/nfcert/internal/commands/cli"
	"github.com/nfcert/nfcert/internal/commands/cmdflags"
	"github.com/nfcert/nfcert/internal/commands/session"
	"github.com/nfcert/nfcert/internal/enroll"
	"github.com/nfcert/nfcert/internal/lab"
	"github.com/nfcert/nfcert/internal/loopback"
)

// Options are the options of a lab.
type Options struct {
	listen      string
	allowPublic bool
	httpPort    int
	terms       string
	eabKID      string
	eabAlg      string
	requireEAB  bool
	clientCA    string
	nfFiles     []string
	TokenAuth   string // how clients authenticate to the Token Authority: cert, bearer or basic
	wantClient  bool
	misbehave   []string
	validity    time.Duration
	retryAfter  time.Duration
	dir         string
}

// AddFlags adds the flags for the options.
func (o *Options) AddFlags(fs *pflag.FlagSet) {
	fs.StringVar(&o.listen, "listen", "127.0.0.1:0", "address `ADDR` on which the ACME server listens")
	fs.BoolVar(&o.allowPublic, "allow-public", false, "allow a --listen address that other machines can reach")
	fs.IntVar(&o.httpPort, "http-port", 0, "`PORT` on 127.0.0.1 at which the CA validates http-01 for every name (default: a free port)")
	fs.StringVar(&o.terms, "terms", "", "`URL` of terms of service that accounts must agree to")
	fs.StringVar(&o.eabKID, "lab-eab-kid", "", "create an external account with key `ID`, and write its MAC key to a file")
	fs.StringVar(&o.eabAlg, "lab-eab-alg", "", "accept only external account bindings with this `MAC` algorithm: "+strings.Join(acmewire.BindingAlgorithms(), ", ")+" (default: any)")
	fs.BoolVar(&o.requireEAB, "require-eab", false, "refuse new accounts without an external account binding")
	fs.StringVar(&o.clientCA, "client-ca", "", "require client certificates that verify to the roots in PEM `FILE`")
	cli.ListVar(fs, &o.nfFiles, "nf", "give tokens only for the NF instance in this NF `FILE`; may be repeated (default: for all NF instances)")
	fs.StringVar(&o.TokenAuth, "ta-auth", tokenAuthCert, "how clients authenticate to the Token Authority: `METHOD` cert, bearer or basic; the credential is written to files")
	cli.ListVar(fs, &o.misbehave, "misbehave", "misbehave as `NAME[=VALUE]` says; may be repeated; nfcert lab up --help lists the names")
	fs.BoolVar(&o.wantClient, "require-client-cert", false, "require client certificates, and write one with its key to files")
	fs.DurationVar(&o.validity, "validity", 0, "validity `DURATION` of issued certificates (default 90 days)")
	fs.DurationVar(&o.retryAfter, "retry-after", 0, "ask clients to wait this `DURATION` between polls")
	fs.StringVar(&o.dir, "dir", "", "directory `DIR` that keeps the roots of the lab for its next run")
}

// Running is a lab with the files that clients need.
type Running struct {
	*lab.Lab
	Dir      string         // with the files for clients
	port     *loopback.Port // reserved for the client that answers http-01; nil if --http-port is set
	temp     bool           // Stop removes Dir
	Settings []Setting      // environment variables that make nfcert use the lab
}

// Setting is an environment variable and its value.
type Setting struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Stop ends the lab and removes its temporary files.
func (r *Running) Stop() error {
	var err error
	if r.Lab != nil {
		err = r.Close()
	}
	if r.port != nil {
		r.port.Release()
	}
	if r.temp {
		err = errors.Join(err, os.RemoveAll(r.Dir))
	}
	return err
}

// Start starts a lab and writes the files for its clients. The caller must call Stop.
func Start(ctx context.Context, call *cli.Call, o *Options) (*Running, error) {
	options, err := o.options(call)
	if err != nil {
		return nil, err
	}
	mac, err := o.macKey(&options)
	if err != nil {
		return nil, err
	}
	if options.Authority, err = o.Authority(); err != nil {
		return nil, err
	}
	r := &Running{Dir: o.dir}
	if r.Dir == "" {
		if r.Dir, err = os.MkdirTemp("", "nfcert-lab-"); err != nil {
			return nil, &enroll.OutputError{Err: err}
		}
		r.temp = true
	}
	if options.HTTPPort == 0 {
		if r.port, err = loopback.Reserve(); err != nil {
			return nil, errors.Join(err, r.Stop())
		}
		options.HTTPPort = r.port.Number
	}
	if r.Lab, err = lab.Start(ctx, options); err != nil {
		return nil, cli.Usagef("see nfcert lab up --help", "%v", errors.Join(err, r.Stop()))
	}
	if err := errors.Join(r.writeFiles(options, mac, o), r.WriteTokenFiles(options.Authority)); err != nil {
		return nil, errors.Join(err, r.Stop())
	}
	call.Progress.Warn("%s", lab.Notice)
	return r, nil
}

func (o *Options) options(call *cli.Call) (lab.Options, error) {
	out := lab.Options{
		Listen: o.listen, AllowPublic: o.allowPublic, HTTPPort: o.httpPort, TermsOfService: o.terms, RequireEAB: o.requireEAB,
		Validity: o.validity, RetryAfter: o.retryAfter, Dir: o.dir, RequireClient: o.wantClient,
	}
	var err error
	if out.Roster, err = o.roster(call); err != nil {
		return out, err
	}
	for _, s := range o.misbehave {
		m, err := lab.ParseMisbehaviour(s)
		if err != nil {
			return out, cli.Usagef("see nfcert lab up --help", "--misbehave: %v", err)
		}
		out.Misbehave = append(out.Misbehave, m)
	}
	if o.clientCA != "" {
		certs, err := cmdflags.ReadCertificates(o.clientCA)
		if err != nil {
			return out, err
		}
		out.ClientCAs = (&session.Server{Roots: certs}).Pool()
	}
	return out, nil
}
