//go:build !linux

package loopback

import (
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
)

// reserve finds a free port below the range from which systems take ports for
// sockets that name none.
func reserve() (number int, release func(), err error) {
	const first, count, tries = 12000, 18000, 50
	for range tries {
		number = first + rand.IntN(count)
		var ln net.Listener
		if ln, err = net.Listen("tcp4", net.JoinHostPort(Host, strconv.Itoa(number))); err == nil {
			return number, func() {}, ln.Close()
		}
	}
	return 0, nil, fmt.Errorf("reserving a port from %d to %d: %w", first, first+count-1, err)
}
