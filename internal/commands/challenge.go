package commands

import (
	"context"
	"net"

	"github.com/spf13/pflag"

	"github.com/nfcert/nfcert/internal/challenge"
	"github.com/nfcert/nfcert/internal/enroll"
)

// challengeFlags say how challenges are answered.
type challengeFlags struct {
	challenge  string
	httpListen string
	webroot    string
	published  bool
	tokens     tokenFlags
	leaves     bool // nfcert ends before the CA has validated (--no-wait)
}

func (o *challengeFlags) addFlags(fs *pflag.FlagSet) {
	fs.StringVar(&o.challenge, "challenge", enroll.ChallengeAuto, "for the names that the CA offers it for: auto, http-01 or tkauth-01")
	fs.StringVar(&o.httpListen, "http-listen", "", "answer http-01 at this `ADDR`; the CA comes to port 80 (default :80)")
	fs.StringVar(&o.webroot, "webroot", "", "answer http-01 by files under `DIR`, which a web server at port 80 serves")
	fs.BoolVar(&o.published, "published", false, "the challenge is in place already, by hand: only tell the CA")
	section(fs, sectionToken, o.tokens.addFlags)
}

// defaultHTTPListen is where a CA comes for http-01 (RFC 8555 section 8.3).
const defaultHTTPListen = ":80"

// withSolvers is withServer with the solvers that the flags configure.
func (a *App) withSolvers(ctx context.Context, flags *challengeFlags, work func(context.Context, *session) error) error {
	if err := flags.check(); err != nil {
		return err
	}
	solvers, err := flags.solvers()
	if err != nil {
		return err
	}
	defer func() { _ = solvers.Close() }()
	return a.withServer(ctx, func(ctx context.Context, s *session) error {
		s.engine.Solvers = solvers
		if err := s.addTokens(&flags.tokens); err != nil {
			return err
		}
		return work(ctx, s)
	})
}

// addTokens lets the engine answer tkauth-01 if there is a source of tokens.
func (s *session) addTokens(flags *tokenFlags) error {
	tokens, err := flags.solver(s)
	if err == nil && tokens != nil {
		s.engine.Solvers = append(s.engine.Solvers, tokens)
	}
	return err
}

// check refuses flags that contradict each other, before anything is read.
func (o *challengeFlags) check() error {
	switch o.challenge {
	case enroll.ChallengeAuto, challenge.HTTP01:
	case challenge.TKAuth01:
		if !o.tokens.given() {
			return usagef("--ta URL, --ta-allow HOST, --token-file FILE or --token-cmd COMMAND", "tkauth-01 is answered with a token, and no source of tokens is given")
		}
	default:
		return usagef("one of: auto, http-01, tkauth-01", "--challenge %q cannot be answered here", o.challenge)
	}
	ways := 0
	for _, given := range []bool{o.httpListen != "", o.webroot != "", o.published} {
		if given {
			ways++
		}
	}
	_, _, addrErr := net.SplitHostPort(o.address())
	switch {
	case ways > 1:
		return usagef("give one of them", "--http-listen, --webroot and --published are three ways to do the same")
	case addrErr != nil:
		return usagef("as in --http-listen :80, 127.0.0.1:5080 or [::1]:5080", "--http-listen %q is not an address with a port", o.httpListen)
	case o.leaves && !o.published && o.webroot == "" && o.challenge != challenge.TKAuth01:
		return usagef("what stays in place is --webroot DIR, or --published", "--no-wait would end the listener before the CA has validated")
	}
	return o.tokens.check()
}

func (o *challengeFlags) address() string { return first(o.httpListen, defaultHTTPListen) }

// solvers makes the set of what can answer challenges on this machine. The caller
// closes it.
func (o *challengeFlags) solvers() (challenge.Set, error) {
	switch {
	case o.published:
		return challenge.Set{challenge.Published{}}, nil
	case o.webroot != "":
		dir, err := absolute(o.webroot)
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
