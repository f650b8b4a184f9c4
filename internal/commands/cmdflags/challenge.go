package cmdflags

import (
	"cmp"
	"context"
	"net"

	"github.com/spf13/pflag"

	"github.com/nfcert/nfcert/internal/challenge"
	"github.com/nfcert/nfcert/internal/commands/cli"
	"github.com/nfcert/nfcert/internal/commands/session"
	"github.com/nfcert/nfcert/internal/enroll"
)

// Challenge say how challenges are made true.
type Challenge struct {
	Challenge  string
	httpListen string
	webroot    string
	Published  bool
	tokens     Tokens
	Leaves     bool // nfcert ends before the CA has validated (--no-wait)
}

func (o *Challenge) AddFlags(fs *pflag.FlagSet) {
	fs.StringVar(&o.Challenge, "challenge", enroll.ChallengeAuto, "for the names that the CA offers it for: auto, http-01 or tkauth-01")
	fs.StringVar(&o.httpListen, "http-listen", "", "answer http-01 at this `ADDR`; the CA comes to port 80 (default :80)")
	fs.StringVar(&o.webroot, "webroot", "", "answer http-01 by files under `DIR`, which a web server at port 80 serves")
	fs.BoolVar(&o.Published, "published", false, "the challenge is in place already, by hand: only tell the CA")
	cli.Section(fs, cli.SectionToken, o.tokens.addFlags)
}

// defaultHTTPListen is where a CA comes for http-01 (RFC 8555 section 8.3).
const defaultHTTPListen = ":80"

// WithSolvers is withServer with what answers challenges in place.
func WithSolvers(ctx context.Context, call *cli.Call, flags *Challenge, work func(context.Context, *session.Session) error) error {
	if err := flags.Check(); err != nil {
		return err
	}
	solvers, err := flags.solvers()
	if err != nil {
		return err
	}
	defer func() { _ = solvers.Close() }()
	return session.WithServer(ctx, call, func(ctx context.Context, s *session.Session) error {
		s.Engine.Solvers = solvers
		if err := addTokens(s, &flags.tokens); err != nil {
			return err
		}
		return work(ctx, s)
	})
}

// addTokens lets the engine answer tkauth-01, where tokens can be had.
func addTokens(s *session.Session, flags *Tokens) error {
	tokens, err := flags.Solver(s)
	if err == nil && tokens != nil {
		s.Engine.Solvers = append(s.Engine.Solvers, tokens)
	}
	return err
}

// Check refuses what cannot be meant, before anything is looked at.
func (o *Challenge) Check() error {
	switch o.Challenge {
	case enroll.ChallengeAuto, challenge.HTTP01:
	case challenge.TKAuth01:
		if !o.tokens.given() {
			return cli.Usagef("--ta URL, --ta-allow HOST, --token-file FILE or --token-cmd COMMAND", "tkauth-01 is answered with a token, and nothing says where to get one")
		}
	default:
		return cli.Usagef("one of: auto, http-01, tkauth-01", "--challenge %q cannot be answered here", o.Challenge)
	}
	ways := 0
	for _, given := range []bool{o.httpListen != "", o.webroot != "", o.Published} {
		if given {
			ways++
		}
	}
	_, _, addrErr := net.SplitHostPort(o.address())
	switch {
	case ways > 1:
		return cli.Usagef("give one of them", "--http-listen, --webroot and --published are three ways to do the same")
	case addrErr != nil:
		return cli.Usagef("as in --http-listen :80, 127.0.0.1:5080 or [::1]:5080", "--http-listen %q is no address with a port", o.httpListen)
	case o.Leaves && !o.Published && o.webroot == "" && o.Challenge != challenge.TKAuth01:
		return cli.Usagef("what stays in place is --webroot DIR, or --published", "--no-wait would end the listener before the CA has validated")
	}
	return o.tokens.check()
}

func (o *Challenge) address() string { return cmp.Or(o.httpListen, defaultHTTPListen) }

// solvers makes the set of what can answer challenges on this machine. The caller
// closes it.
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
	// The default is tried only when a CA wants it: authorizations may be reused.
	listener.Early = o.httpListen != ""
	return challenge.Set{listener}, nil
}
