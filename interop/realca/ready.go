package realca

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/nfcert/nfcert/internal/loopback"
)

const (
	startTimeout = 60 * time.Second // of a server
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

// ports are those of a server, kept for as long as it runs: the one on which
// it asks for http-01 answers is listened on by others, now and then.
type ports []*loopback.Port

func reservePorts(n int) (ports, error) {
	var p ports
	for range n {
		port, err := loopback.Reserve()
		if err != nil {
			p.release()
			return nil, err
		}
		p = append(p, port)
	}
	return p, nil
}

func (p ports) release() {
	for _, port := range p {
		port.Release()
	}
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
