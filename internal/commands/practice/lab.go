// Package practice runs a lab CA and Token Authority, with the files and settings
// that point nfcert at it.
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

// Flags are the settings of a lab CA.
type Flags struct {
	listen      string
	allowPublic bool
	httpPort    int
	terms       string
	eabKID      string
	eabAlg      string
	requireEAB  bool
	clientCA    string
	nfFiles     []string
	TokenAuth   string
	wantClient  bool
	misbehave   []string
	validity    time.Duration
	retryAfter  time.Duration
	dir         string
}

func (o *Flags) AddFlags(fs *pflag.FlagSet) {
	fs.StringVar(&o.listen, "listen", "127.0.0.1:0", "`ADDR` of the ACME server")
	fs.BoolVar(&o.allowPublic, "allow-public", false, "let --listen be an address that other machines reach")
	fs.IntVar(&o.httpPort, "http-port", 0, "`PORT` of 127.0.0.1 where http-01 is validated for every name (default: a free one)")
	fs.StringVar(&o.terms, "terms", "", "`URL` of terms of service that accounts must agree to")
	fs.StringVar(&o.eabKID, "lab-eab-kid", "", "make an external account with this key `ID`; its MAC key is written to a file")
	fs.StringVar(&o.eabAlg, "lab-eab-alg", "", "take bindings with this `MAC` alone: "+strings.Join(acmewire.BindingAlgorithms(), ", ")+" (default: any)")
	fs.BoolVar(&o.requireEAB, "require-eab", false, "refuse accounts without an external account binding")
	fs.StringVar(&o.clientCA, "client-ca", "", "demand client certificates that the roots in PEM `FILE` have signed")
	cli.ListVar(fs, &o.nfFiles, "nf", "the Token Authority knows the NF instance of this NF `FILE` and of no other; may be repeated (default: it knows all)")
	fs.StringVar(&o.TokenAuth, "ta-auth", tokenAuthCert, "how the Token Authority knows who asks: cert, bearer or basic; the credential is written to files")
	cli.ListVar(fs, &o.misbehave, "misbehave", "do `NAME[=VALUE]` wrong; may be repeated; lab up --help lists them")
	fs.BoolVar(&o.wantClient, "require-client-cert", false, "demand client certificates, and write one with its key")
	fs.DurationVar(&o.validity, "validity", 0, "of issued certificates (default 90 days)")
	fs.DurationVar(&o.retryAfter, "retry-after", 0, "ask clients to wait this long between polls")
	fs.StringVar(&o.dir, "dir", "", "`DIR` that keeps the lab's roots, so that they are the same next time")
}

// Running is a lab with the files that clients need.
type Running struct {
	*lab.Lab
	Dir      string         // holds the roots
	port     *loopback.Port // kept for who answers http-01; nil where the user named one
	temp     bool           // dir goes when the lab does
	Settings []Setting
}

// Setting is one variable that points nfcert at the lab.
type Setting struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

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

// StartLab starts a lab and writes the roots to files.
func StartLab(ctx context.Context, call *cli.Call, o *Flags) (*Running, error) {
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
		return nil, cli.Usagef("see: nfcert lab up --help", "%v", errors.Join(err, r.Stop()))
	}
	if err := errors.Join(r.writeFiles(options, mac, o), r.WriteTokenFiles(options.Authority)); err != nil {
		return nil, errors.Join(err, r.Stop())
	}
	call.Progress.Warn("%s", lab.Notice)
	return r, nil
}

func (o *Flags) options(call *cli.Call) (lab.Options, error) {
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
			return out, cli.Usagef("see: nfcert lab up --help", "--misbehave: %v", err)
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
