// Package loopback keeps TCP ports of this machine for programs that are yet to
// be started: the responder that a lab CA will ask, a server under test. A port
// that was merely free a moment ago is soon somebody else's.
package loopback

import (
	"net"
	"strconv"
	"sync"
)

// Host is the address whose ports are kept.
const Host = "127.0.0.1"

// A Port is a TCP port of [Host] on which nobody listens. On Linux it is held
// until Release: the system gives it to no socket that asks for any port, neither
// to listen nor to connect, while a program that names it may listen on it. On
// other systems it is only unlikely to be taken.
type Port struct {
	// Number is from 1024 to 65535.
	Number  int
	release func()
}

// Reserve finds a port that is free, and holds it. Errors are the system's.
func Reserve() (*Port, error) {
	number, release, err := reserve()
	if err != nil {
		return nil, err
	}
	return &Port{Number: number, release: sync.OnceFunc(release)}, nil
}

// String is the port as "host:port".
func (p *Port) String() string { return net.JoinHostPort(Host, strconv.Itoa(p.Number)) }

// Release gives the port up. Who listens on it stays undisturbed. It may be
// called more than once.
func (p *Port) Release() { p.release() }
