package commands

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/nfcert/nfcert/internal/acmewire"
	"github.com/nfcert/nfcert/internal/challenge"
	"github.com/nfcert/nfcert/internal/enroll"
	"github.com/nfcert/nfcert/internal/lab"
	"github.com/nfcert/nfcert/internal/loopback"
	"github.com/nfcert/nfcert/internal/ui"
)

// labFlags are the settings of a lab CA.
type labFlags struct {
	listen      string
	allowPublic bool
	httpPort    int
	terms       string
	eabKID      string
	eabAlg      string
	requireEAB  bool
	clientCA    string
	nfFiles     []string
	tokenAuth   string
	wantClient  bool
	misbehave   []string
	validity    time.Duration
	retryAfter  time.Duration
	dir         string
}

func (o *labFlags) addFlags(fs *pflag.FlagSet) {
	fs.StringVar(&o.listen, "listen", "127.0.0.1:0", "`ADDR` of the ACME server")
	fs.BoolVar(&o.allowPublic, "allow-public", false, "let --listen be an address that other machines reach")
	fs.IntVar(&o.httpPort, "http-port", 0, "`PORT` of 127.0.0.1 where http-01 is validated for every name (default: a free one)")
	fs.StringVar(&o.terms, "terms", "", "`URL` of terms of service that accounts must agree to")
	fs.StringVar(&o.eabKID, "lab-eab-kid", "", "make an external account with this key `ID`; its MAC key is written to a file")
	fs.StringVar(&o.eabAlg, "lab-eab-alg", "", "take bindings with this `MAC` alone: "+strings.Join(acmewire.BindingAlgorithms(), ", ")+" (default: any)")
	fs.BoolVar(&o.requireEAB, "require-eab", false, "refuse accounts without an external account binding")
	fs.StringVar(&o.clientCA, "client-ca", "", "demand client certificates that the roots in PEM `FILE` have signed")
	listVar(fs, &o.nfFiles, "nf", "the Token Authority knows the NF instance of this NF `FILE` and of no other; may be repeated (default: it knows all)")
	fs.StringVar(&o.tokenAuth, "ta-auth", tokenAuthCert, "how the Token Authority knows who asks: cert, bearer or basic; the credential is written to files")
	listVar(fs, &o.misbehave, "misbehave", "do `NAME[=VALUE]` wrong; may be repeated; lab up --help lists them")
	fs.BoolVar(&o.wantClient, "require-client-cert", false, "demand client certificates, and write one with its key")
	fs.DurationVar(&o.validity, "validity", 0, "of issued certificates (default 90 days)")
	fs.DurationVar(&o.retryAfter, "retry-after", 0, "ask clients to wait this long between polls")
	fs.StringVar(&o.dir, "dir", "", "`DIR` that keeps the lab's roots, so that they are the same next time")
}

func newLab(app *App) *cobra.Command {
	cmd := &cobra.Command{
		Use: "lab", Short: "An ACME CA and a Token Authority on loopback, for practice and tests; never for production",
		Long: "An ACME CA on loopback that checks as strictly as RFC 8555 allows and issues what\nthe 5GC profiles ask for, and beside it a Token Authority, as an OAM is one by\nTS 33.310 Annex J: NF instance ids are proven by its tokens. " + capital(lab.Notice) + ".",
	}
	cmd.AddCommand(newLabUp(app), newLabExec(app))
	return app.group(cmd)
}

func capital(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

func newLabUp(app *App) *cobra.Command {
	o := &labFlags{}
	cmd := &cobra.Command{
		Use: "up", Short: "Run a lab CA until interrupted",
		Long: "Run a lab CA until it is interrupted. Stdout carries the settings that point\nnfcert at it, as a shell reads them.\n\n" + knobHelp(),
		Example: `  nfcert lab up                                   in one terminal
  nfcert lab up --misbehave bad-nonce=50 --misbehave retry-after-past`,
		Args: noArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return app.runLabUp(cmd.Context(), o) },
	}
	o.addFlags(cmd.Flags())
	return cmd
}

func knobHelp() string {
	var b strings.Builder
	b.WriteString("--misbehave takes:\n")
	for _, k := range lab.Misbehaviours() {
		name := k.Name
		switch {
		case strings.HasPrefix(k.Value, "["):
			name += "[=" + k.Value[1:]
		case k.Value != "":
			name += "=" + k.Value
		}
		fmt.Fprintf(&b, "  %-34s %s\n", name, k.Does)
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// running is a lab with the files that clients need.
type running struct {
	*lab.Lab
	dir      string         // holds the roots
	port     *loopback.Port // kept for who answers http-01; nil where the user named one
	temp     bool           // dir goes when the lab does
	settings []setting
}

// setting is one variable that points nfcert at the lab.
type setting struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

func (r *running) stop() error {
	var err error
	if r.Lab != nil {
		err = r.Close()
	}
	if r.port != nil {
		r.port.Release()
	}
	if r.temp {
		err = errors.Join(err, os.RemoveAll(r.dir))
	}
	return err
}

// startLab starts a lab and writes the roots to files.
func (a *App) startLab(ctx context.Context, o *labFlags) (*running, error) {
	options, err := o.options(a)
	if err != nil {
		return nil, err
	}
	mac, err := o.macKey(&options)
	if err != nil {
		return nil, err
	}
	if options.Authority, err = o.authority(); err != nil {
		return nil, err
	}
	r := &running{dir: o.dir}
	if r.dir == "" {
		if r.dir, err = os.MkdirTemp("", "nfcert-lab-"); err != nil {
			return nil, &enroll.OutputError{Err: err}
		}
		r.temp = true
	}
	if options.HTTPPort == 0 {
		if r.port, err = loopback.Reserve(); err != nil {
			return nil, errors.Join(err, r.stop())
		}
		options.HTTPPort = r.port.Number
	}
	if r.Lab, err = lab.Start(ctx, options); err != nil {
		return nil, usagef("see: nfcert lab up --help", "%v", errors.Join(err, r.stop()))
	}
	if err := errors.Join(r.writeFiles(options, mac, o), r.writeTokenFiles(options.Authority)); err != nil {
		return nil, errors.Join(err, r.stop())
	}
	a.progress.warn("%s", lab.Notice)
	return r, nil
}

func (o *labFlags) options(a *App) (lab.Options, error) {
	out := lab.Options{
		Listen: o.listen, AllowPublic: o.allowPublic, HTTPPort: o.httpPort, TermsOfService: o.terms, RequireEAB: o.requireEAB,
		Validity: o.validity, RetryAfter: o.retryAfter, Dir: o.dir, RequireClient: o.wantClient,
	}
	var err error
	if out.Roster, err = o.roster(a); err != nil {
		return out, err
	}
	for _, s := range o.misbehave {
		knob, err := lab.ParseMisbehaviour(s)
		if err != nil {
			return out, usagef("see: nfcert lab up --help", "--misbehave: %v", err)
		}
		out.Misbehave = append(out.Misbehave, knob)
	}
	if o.clientCA != "" {
		certs, err := readCertificates(o.clientCA)
		if err != nil {
			return out, err
		}
		out.ClientCAs = (&server{roots: certs}).pool()
	}
	return out, nil
}

func (a *App) runLabUp(ctx context.Context, o *labFlags) error {
	r, err := a.startLab(ctx, o)
	if err != nil {
		return err
	}
	if err := a.printLab(r); err != nil {
		return errors.Join(err, r.stop())
	}
	<-ctx.Done()
	return r.stop()
}

// printLab prints the settings, as a shell reads them or as a document.
func (a *App) printLab(r *running) error {
	if a.global.output == outputJSON {
		return ui.WriteJSON(a.streams.Out, map[string]any{"apiVersion": apiVersion, "kind": "Lab", "directory": r.DirectoryURL(), "environment": r.settings, "warnings": a.progress.warnings()})
	}
	var b strings.Builder
	for _, s := range r.settings {
		fmt.Fprintf(&b, "export %s=%s\n", s.Name, shellQuote(s.Value))
	}
	if err := writeAll(a.streams.Out, []byte(b.String())); err != nil {
		return err
	}
	a.progress.note("the lab CA runs until interrupted; paste these lines into another terminal, then: nfcert account")
	return nil
}

func newLabExec(app *App) *cobra.Command {
	o := &labFlags{}
	cmd := &cobra.Command{
		Use: "exec [flags] -- COMMAND [ARG...]", Short: "Run a command with a lab CA; the lab ends with it",
		Long: `Run a command with the variables set that point nfcert at a lab CA, and with a
state of its own. The lab, and what it wrote, ends with the command, whose exit
code this command returns.`,
		Example: `  nfcert lab exec -- sh -c 'nfcert account && nfcert csr -n amf-01 --nf amf-01.yaml &&
      nfcert order -n amf-01 && nfcert finalize -n amf-01 --out .'`,
		Args: wantArgs(1, -1, "a command after --"),
		RunE: func(cmd *cobra.Command, args []string) error { return app.runLabExec(cmd.Context(), o, args) },
	}
	o.addFlags(cmd.Flags())
	return cmd
}

func (a *App) runLabExec(ctx context.Context, o *labFlags, args []string) error {
	r, err := a.startLab(ctx, o)
	if err != nil {
		return err
	}
	child := exec.CommandContext(ctx, args[0], args[1:]...)
	child.Stdin, child.Stdout, child.Stderr = a.streams.In, a.streams.Out, a.streams.Err
	child.Cancel = func() error { return child.Process.Signal(os.Interrupt) }
	child.WaitDelay = 10 * time.Second
	child.Env = os.Environ()
	if self, err := os.Executable(); err == nil { // so that the command finds nfcert itself
		child.Env = append(child.Env, "PATH="+filepath.Dir(self)+string(os.PathListSeparator)+a.env("PATH"))
	}
	for _, s := range append(r.settings, setting{envName("state"), filepath.Join(r.dir, "state")}) {
		child.Env = append(child.Env, s.Name+"="+s.Value)
	}
	runErr := child.Run()
	stopErr := r.stop()
	if exit, ok := as[*exec.ExitError](runErr); ok && exit.ExitCode() > 0 {
		return &exitError{code: exit.ExitCode()}
	}
	if runErr != nil {
		return errors.Join(usagef("", "running %q: %v", args[0], runErr), stopErr)
	}
	return stopErr
}

// inLab runs work in a session with a lab CA inside this process.
func (a *App) inLab(ctx context.Context, o *enrollOptions, work func(context.Context, *session) error) error {
	ctx, cancel := a.bounded(ctx)
	defer cancel()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	listener := challenge.NewListenerOn(ln)
	defer listener.Close()
	l, err := lab.Start(ctx, lab.Options{HTTPPort: ln.Addr().(*net.TCPAddr).Port})
	if err != nil {
		return err
	}
	a.progress.warn("%s", lab.Notice)
	a.progress.say("lab", "CA running at "+l.DirectoryURL())
	s, err := a.labSession(l)
	if err == nil {
		s.engine.Solvers = append(s.engine.Solvers, listener)
		err = s.addLabTokens(l)
	}
	if err == nil {
		o.account.acceptTOS = true
		o.finalize.roots, err = enroll.ParseCertificates(l.IssuerRootPEM())
	}
	if err == nil {
		err = s.close(work(ctx, s))
	}
	return errors.Join(err, l.Close())
}

// labSession is a session with a lab, which nobody has to name or trust.
func (a *App) labSession(l *lab.Lab) (*session, error) {
	s, err := a.local()
	if err != nil {
		return nil, err
	}
	s.account = first(a.global.account, enroll.DefaultAccount)
	s.server = &server{Version: 1, URL: l.DirectoryURL(), rootPEM: l.TLSRootPEM()}
	if err := s.server.loadRoots(s.store); err != nil {
		return nil, err
	}
	return s, s.connect()
}
