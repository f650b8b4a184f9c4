package loopback

import (
	"errors"
	"net"
	"runtime"
	"syscall"
	"testing"
	"time"
)

func TestReserve(t *testing.T) {
	port, err := Reserve()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := net.DialTimeout("tcp", port.String(), time.Second); !errors.Is(err, syscall.ECONNREFUSED) && runtime.GOOS == "linux" {
		t.Errorf("connecting: %v, want it refused", err)
	}
	ln, err := net.Listen("tcp", port.String())
	if err != nil {
		t.Fatalf("listening on the reserved port: %v", err)
	}
	for range 2 {
		port.Release()
	}
	conn, err := net.Dial("tcp", port.String())
	if err != nil {
		t.Errorf("connecting after Release: %v", err)
	} else {
		conn.Close()
	}
	if err := ln.Close(); err != nil {
		t.Error(err)
	}
}
