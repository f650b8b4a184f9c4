package commands

import (
	"net"

	"github.com/spf13/pflag"

	"github.com/nfcert/nfcert/internal/enroll"
	"github.com/nfcert/nfcert/internal/solve"
)

// challengeFlags say how challenges are made true.
type challengeFlags struct {
	challenge  string
	httpListen string
	webroot    string
	published  bool
	leaves     bool // nfcert ends before the CA has looked (--no-wait)
}

func (o *challengeFlags) addFlags(fs *pflag.FlagSet) {
	fs.StringVar(&o.challenge, "challenge", enroll.ChallengeAuto, "auto or http-01")
	fs.StringVar(&o.httpListen, "http-listen", "", "answer http-01 at this `ADDR`; the CA comes to port 80 (default :80)")
	fs.StringVar(&o.webroot, "webroot", "", "answer http-01 by files under `DIR`, which a web server at port 80 serves")
	fs.BoolVar(&o.published, "published", false, "the challenge is in place already, by hand: only tell the CA")
}

// defaultHTTPListen is where a CA comes for http-01 (RFC 8555 section 8.3).
const defaultHTTPListen = ":80"

// solvers makes what can answer challenges. The caller calls end.
func (o *challengeFlags) solvers() (list []solve.Solver, end func(), err error) {
	end = func() {}
	if o.challenge != enroll.ChallengeAuto && o.challenge != solve.HTTP01 {
		return nil, end, usagef("one of: auto, http-01", "--challenge %q cannot be answered here", o.challenge)
	}
	ways := 0
	for _, given := range []bool{o.httpListen != "", o.webroot != "", o.published} {
		if given {
			ways++
		}
	}
	if ways > 1 {
		return nil, end, usagef("give one of them", "--http-listen, --webroot and --published are three ways to do the same")
	}
	switch {
	case o.published:
		return []solve.Solver{solve.Published{}}, end, nil
	case o.webroot != "":
		dir, err := absolute(o.webroot)
		if err != nil {
			return nil, end, err
		}
		return []solve.Solver{solve.NewWebroot(dir)}, end, nil
	}
	if o.leaves {
		return nil, end, usagef("what stays in place is --webroot DIR, or --published", "--no-wait would end the listener before the CA has looked")
	}
	addr := first(o.httpListen, defaultHTTPListen)
	if _, _, err := net.SplitHostPort(addr); err != nil {
		return nil, end, usagef("as in --http-listen :80, 127.0.0.1:5080 or [::1]:5080", "--http-listen %q is no address with a port", addr)
	}
	listener := solve.NewListener(addr)
	return []solve.Solver{listener}, func() { _ = listener.Close() }, nil
}
