package loopback

import (
	"errors"
	"fmt"
	"os"
	"syscall"
)

// reserve binds a socket and never listens on it. With SO_REUSEADDR on both
// sides, as net.Listen sets it, Linux lets another bind the same port as long as
// only one of them listens, and passes bound ports over when it picks one.
func reserve() (number int, release func(), err error) {
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return 0, nil, fmt.Errorf("reserving a port: %w", os.NewSyscallError("socket", err))
	}
	number, err = bind(fd)
	if err != nil {
		return 0, nil, errors.Join(fmt.Errorf("reserving a port: %w", err), syscall.Close(fd))
	}
	// A socket that carried nothing has nothing to fail at.
	return number, func() { _ = syscall.Close(fd) }, nil
}

func bind(fd int) (int, error) {
	if err := syscall.SetsockoptInt(fd, syscall.SOL_SOCKET, syscall.SO_REUSEADDR, 1); err != nil {
		return 0, os.NewSyscallError("setsockopt", err)
	}
	if err := syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		return 0, os.NewSyscallError("bind", err)
	}
	name, err := syscall.Getsockname(fd)
	if err != nil {
		return 0, os.NewSyscallError("getsockname", err)
	}
	return name.(*syscall.SockaddrInet4).Port, nil
}
