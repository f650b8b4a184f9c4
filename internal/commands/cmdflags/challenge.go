package cmdflags

import (
	"cmp"
	"context"
	"net"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"github.com/nfcert/nfcert/internal/challenge"
	"github.com/nfcert/nfcert/internal/commands/cli"
	"github.com/nfcert/nfcert/internal/commands/session"
	"github.com/nfcert/nfcert/internal/enroll"
)

// Challenge has the flags that say how challenges are answered.
type Challenge struct {
	Published bool
	NoWait    bool // nfcert ends before the CA has validated

	kind       string
	httpListen string
	webroot    string
	tokens     Tokens
}

// AddFlags adds the flags.
func (o *Challenge) AddFlags(fs *pflag.FlagSet) {
	fs.StringVar(&o.kind, "challenge", enroll.ChallengeAuto, "`TYPE` of challenge, for the names for which the CA offers it: "+cli.Choice(challenge.TypeNames()))
	fs.StringVar(&o.httpListen, "http-listen", "", "answer http-01 with a server at this `ADDR`; the CA connects to port 80 (default :80)")
	fs.StringVar(&o.webroot, "webroot", "", "answer http-01 with files in `DIR`, which a web server at port 80 serves")
	fs.BoolVar(&o.Published, "published", false, "the response is published by other means: only notify the CA")
	cli.Section(fs, cli.SectionToken, o.tokens.addFlags)
}

// defaultHTTPListen has the port of http-01 (RFC 8555 section 8.3).
const defaultHTTPListen = ":80"

// WithSolvers is [session.Session.WithServer] with an engine that can answer
// challenges.
func WithSolvers(ctx context.Context, s *session.Session, flags *Challenge, work func(context.Context, *session.Session) error) error {
	if err := flags.Check(); err != nil {
		return err
	}
	solvers, err := flags.solvers()
	if err != nil {
		return err
	}
	defer func() { _ = solvers.Close() }()
	return s.WithServer(ctx, func(ctx context.Context, s *session.Session) error {
		s.Engine.Solvers = solvers
		tokens, err := flags.tokens.Solver(s)
		if err != nil {
			return err
		}
		if tokens != nil {
			s.Engine.Solvers = append(s.Engine.Solvers, tokens)
		}
		return work(ctx, s)
	})
}

// Check checks the flags before anything is read or sent.
func (o *Challenge) Check() error {
	types := challenge.TypeNames()
	if !slices.Contains(types, cmp.Or(o.kind, challenge.Auto)) {
		return cli.Usagef("as in --challenge "+challenge.HTTP01, "--challenge %q: want %s", o.kind, cli.Choice(types))
	}
	if o.kind == challenge.TKAuth01 && !o.tokens.given() {
		return cli.Usagef("add --ta URL, --ta-allow HOST, --token-file FILE or --token-cmd COMMAND", "--challenge tkauth-01 needs a source of tokens")
	}
	if err := onlyOne(given{"--http-listen", o.httpListen != ""}, given{"--webroot", o.webroot != ""}, given{"--published", o.Published}); err != nil {
		return err
	}
	if _, _, err := net.SplitHostPort(o.address()); err != nil {
		return cli.Usagef("as in --http-listen :80, --http-listen 127.0.0.1:5080 or --http-listen [::1]:5080", "--http-listen %q: want an address with a port", o.httpListen)
	}
	if o.NoWait && !o.Published && o.webroot == "" && o.kind != challenge.TKAuth01 {
		return cli.Usagef("omit --no-wait, or add --webroot DIR or --published", "--no-wait stops the HTTP server before the CA has validated")
	}
	return o.tokens.check()
}

// Into adds the flags to the options of the order.
func (o *Challenge) Into(options *enroll.OrderOptions) {
	options.Challenge, options.NoWait = o.kind, o.NoWait
}

// given says whether a flag is given.
type given struct {
	flag string
	yes  bool
}

// onlyOne refuses more than one of several flags.
func onlyOne(flags ...given) error {
	var names []string
	for _, f := range flags {
		if f.yes {
			names = append(names, f.flag)
		}
	}
	if len(names) < 2 {
		return nil
	}
	return cli.Usagef("give one of them", "%s cannot be used together", strings.Join(names, " and "))
}

func (o *Challenge) address() string { return cmp.Or(o.httpListen, defaultHTTPListen) }

// solvers returns the solvers for http-01. The caller must close them.
func (o *Challenge) solvers() (challenge.Set, error) {
	switch {
	case o.Published:
		return challenge.Set{challenge.Published{}}, nil
	case o.webroot != "":
		dir, err := cli.Absolute(o.webroot)
		if err != nil {
			return nil, err
		}
		return challenge.Set{challenge.NewWebroot(dir)}, nil
	}
	listener := challenge.NewListener(o.address())
	// The default address is opened only for a challenge: the CA can reuse
	// authorizations.
	listener.Early = o.httpListen != ""
	return challenge.Set{listener}, nil
}
