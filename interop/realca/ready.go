package realca

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strconv"
	"time"
)

const (
	startTries   = 5                // starts before a server is given up
	startTimeout = 60 * time.Second // for all of them together
	maxBody      = 1 << 20          // of any answer read here
)

// poll calls try with growing pauses until it returns nil or ctx ends.
func poll(ctx context.Context, try func(context.Context) error) error {
	pause := 2 * time.Millisecond
	for {
		err := try(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return errors.Join(context.Cause(ctx), err)
		case <-time.After(pause):
		}
		pause = min(2*pause, 100*time.Millisecond)
	}
}

// withRetries calls start, which picks new ports each time, until it does not
// fail by the server's exit.
func withRetries(ctx context.Context, start func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	var err error
	for range startTries {
		if err = start(ctx); !errors.Is(err, errExited) {
			return err
		}
	}
	return fmt.Errorf("after %d tries: %w", startTries, err)
}

// FreePort returns a TCP port of 127.0.0.1 that nobody listens on. It lies
// below the range from which systems take ports for outgoing connections, so
// that none of these takes it before it is listened on.
func FreePort() (int, error) {
	const first, count = 12000, 18000
	var err error
	for range 50 {
		port := first + rand.IntN(count)
		var l net.Listener
		if l, err = net.Listen("tcp4", loopback(port)); err == nil {
			return port, l.Close()
		}
	}
	return 0, fmt.Errorf("finding a free port in %d to %d: %w", first, first+count-1, err)
}

// freePorts returns n different free ports.
func freePorts(n int) ([]int, error) {
	seen := map[int]bool{}
	var ports []int
	for len(ports) < n {
		port, err := FreePort()
		if err != nil {
			return nil, err
		}
		if !seen[port] {
			seen[port] = true
			ports = append(ports, port)
		}
	}
	return ports, nil
}

func loopback(port int) string {
	return net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
}

// get fetches url over TLS verified by roots alone.
func get(ctx context.Context, roots *x509.CertPool, url string) ([]byte, error) {
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}}
	defer transport.CloseIdleConnections()
	client := &http.Client{Transport: transport, Timeout: 10 * time.Second}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	// Pebble refuses requests without a User-Agent, RFC 8555 6.1.
	req.Header.Set("User-Agent", "nfcert-interop")
	res, err := client.Do(req)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("getting %s: status %d, want 200", url, res.StatusCode)
	}
	return io.ReadAll(io.LimitReader(res.Body, maxBody))
}
