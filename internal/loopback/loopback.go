// Package loopback reserves TCP ports of this machine for programs that start
// later: the responder that a lab CA will ask, a server under test. A port that
// is only free, and not reserved, may soon be used by another program.
package loopback

import (
	"net"
	"strconv"
	"sync"
)

// Host is the address whose ports are reserved.
const Host = "127.0.0.1"

// A Port is a TCP port of [Host] on which nobody listens. On Linux it is held
// until Release: the system does not give it to a socket that asks for any port,
// but a program that names it may listen on it. On other systems it is only
// unlikely to be taken.
type Port struct {
	// Number is from 1024 to 65535.
	Number  int
	release func()
}

// Reserve finds a free port and holds it. Errors are the system's.
func Reserve() (*Port, error) {
	number, release, err := reserve()
	if err != nil {
		return nil, err
	}
	return &Port{Number: number, release: sync.OnceFunc(release)}, nil
}

// String returns "host:port".
func (p *Port) String() string { return net.JoinHostPort(Host, strconv.Itoa(p.Number)) }

// Release gives the port up. It does not affect a program that listens on it. It
// may be called more than once.
func (p *Port) Release() { p.release() }
