package realca

import (
	"crypto/rand"
	"fmt"
	"net"
)

// An Address is a loopback address for one test: a server that can only ask port 80
// finds the test there.
type Address string

// OwnAddress picks an address whose port 80 is free. It fails where this process may
// not listen on it, or where there is no network 127.0.0.0/8.
func OwnAddress() (Address, error) {
	var b [3]byte
	_, _ = rand.Read(b[:]) // never fails
	ip := fmt.Sprintf("127.%d.%d.%d", 1+int(b[0])%250, b[1], 1+int(b[2])%250)
	ln, err := net.Listen("tcp4", net.JoinHostPort(ip, "80"))
	if err != nil {
		return "", err
	}
	return Address(ip), ln.Close()
}

// http is where http-01 is answered.
func (a Address) http() string { return net.JoinHostPort(string(a), "80") }
