package challenge

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"time"
)

// A listener of nfcert answers probePath with the header probeHeader, so that
// another nfcert that needs the same address knows that it becomes free soon.
const (
	probePath   = "/nfcert-listener"
	probeHeader = "Nfcert-Listener"
)

// Times of the wait for an address that another nfcert uses.
const (
	probeTimeout = time.Second            // of one probe
	probePause   = 100 * time.Millisecond // between two attempts to listen
	probeSilence = 2 * time.Second        // a program that does not answer for so long is not nfcert
)

// A ListenError says that the listener could not open its socket.
type ListenError struct {
	Addr   string // as given
	Nfcert bool   // another nfcert uses the address, and was still using it when the time was over
	Err    error
}

func (e *ListenError) Error() string {
	reason := e.Err.Error()
	switch {
	case e.Nfcert:
		reason = "another nfcert is still listening there"
	case e.InUse():
		reason = "another program is listening there"
	case e.NeedsPrivilege():
		reason = "this user may not open that port"
	}
	return fmt.Sprintf("listening on %q for http-01: %s", e.Addr, reason)
}

func (e *ListenError) Unwrap() error { return e.Err }

// InUse reports whether another socket has the address, so that trying again
// later can help.
func (e *ListenError) InUse() bool { return addressInUse(e.Err) }

// NeedsPrivilege reports whether the system denied this user the port, as most
// do for those below 1024.
func (e *ListenError) NeedsPrivilege() bool { return addressDenied(e.Err) }

// listen opens a socket on addr. While another nfcert uses the address it waits,
// until ctx ends. Errors are a [ListenError] or an interruption.
func listen(ctx context.Context, addr string) (net.Listener, error) {
	silent := time.Now()
	reported := false
	for {
		if errors.Is(ctx.Err(), context.Canceled) {
			return nil, ctx.Err()
		}
		// On a wildcard host this is one socket for both IP versions, or an
		// IPv4 one where the system has no IPv6.
		socket, err := new(net.ListenConfig).Listen(ctx, "tcp", addr)
		if err == nil {
			return socket, nil
		}
		failed := &ListenError{Addr: addr, Nfcert: reported, Err: err}
		if !failed.InUse() {
			return nil, failed
		}
		switch probe(ctx, addr) {
		case holderNfcert:
			silent = time.Now()
			if !reported {
				Report(ctx, "waiting for another nfcert that is listening on %s", addr)
				reported = true
			}
		case holderOther:
			failed.Nfcert = false
			return nil, failed
		case holderSilent:
			if ctx.Err() == nil && time.Since(silent) > probeSilence {
				failed.Nfcert = false
				return nil, failed
			}
		}
		select {
		case <-ctx.Done():
			if errors.Is(ctx.Err(), context.Canceled) {
				return nil, ctx.Err()
			}
			return nil, &ListenError{Addr: addr, Nfcert: reported, Err: err}
		case <-time.After(probePause):
		}
	}
}

// holder is who uses an address.
type holder int

const (
	holderSilent holder = iota // no answer: it may have gone, or never answers
	holderNfcert
	holderOther
)

// probe asks who uses an address of this machine.
func probe(ctx context.Context, addr string) holder {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return holderSilent
	}
	hosts := []string{host}
	if ip, err := netip.ParseAddr(host); host == "" || err == nil && ip.IsUnspecified() {
		hosts = []string{"127.0.0.1", "::1"}
	}
	found := holderSilent
	for _, host := range hosts {
		switch got := probeOne(ctx, net.JoinHostPort(host, port)); got {
		case holderNfcert:
			return got
		case holderOther:
			found = got
		}
	}
	return found
}

func probeOne(ctx context.Context, addr string) holder {
	ctx, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	// The address is dialled as given: its port may be a service name, which a
	// URL cannot have.
	dial := func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, addr)
	}
	transport := &http.Transport{DialContext: dial, DisableKeepAlives: true, MaxResponseHeaderBytes: maxHeader}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://localhost"+probePath, nil)
	if err != nil {
		return holderSilent
	}
	resp, err := transport.RoundTrip(req)
	if err != nil {
		return holderSilent
	}
	_ = resp.Body.Close()
	if resp.Header.Get(probeHeader) == "" {
		return holderOther
	}
	return holderNfcert
}
