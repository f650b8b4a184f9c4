package lab

import (
	"crypto/x509"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"strconv"
	"time"
)

const (
	defaultListen        = "127.0.0.1:0"
	defaultHTTPPort      = 80
	defaultValidity      = 90 * 24 * time.Hour
	defaultOrderLifetime = 24 * time.Hour
	defaultOrdersPerPage = 50
)

// Options are the settings of a lab. The zero value is a well-behaved CA on a
// free port of 127.0.0.1 that validates http-01 at port 80.
type Options struct {
	// Listen is the address of the ACME server, "127.0.0.1:0" when empty.
	// One that is not loopback is an error unless AllowPublic.
	Listen string
	// AllowPublic lets Listen be an address that other machines reach.
	AllowPublic bool
	// Host is the name or address in every URL and in the TLS certificate.
	// Empty means the listener's address, or this machine's name when that
	// address is unspecified (0.0.0.0).
	Host string
	// PlainPort is the port, on Listen's host, of the CRL and the issuer
	// certificate that issued certificates point to. 0 means a free one.
	PlainPort int

	// HTTP01Addr tells the "host:port" that http-01 validation of host
	// connects to; an empty answer means that the name does not resolve.
	// Nil means 127.0.0.1 and HTTPPort for every host.
	HTTP01Addr func(host string) string
	// HTTPPort is the port of http-01 validation when HTTP01Addr is nil.
	// 0 means 80.
	HTTPPort int

	// EAB holds the keys of external accounts by key identifier (RFC 8555 7.3.4).
	EAB map[string][]byte
	// EABAlgorithm is the one MAC algorithm that bindings may have, HS256, HS384
	// or HS512. Empty means any of them.
	EABAlgorithm string
	// RequireEAB refuses new accounts without a binding.
	RequireEAB bool
	// TermsOfService is advertised when not empty; then newAccount must agree.
	TermsOfService string
	// ClientCAs, when not nil, are the roots of the client certificates that
	// every connection must present.
	ClientCAs *x509.CertPool
	// RequireClient demands a client certificate of every connection to the
	// ACME server, those of IssueClient being taken beside those of ClientCAs.
	RequireClient bool

	// Roster lists the NF instance IDs that the Token Authority gives tokens
	// for. Nil means every one.
	Roster []string
	// Authority is how the Token Authority knows its clients, beside client
	// certificates.
	Authority Authority

	// Misbehave lists what the lab does wrong. None means a correct server.
	Misbehave []Knob

	// Validity is that of issued certificates, 0 means 90 days. More than
	// 3 years is an error (TS 33.310 6.1.3c.3).
	Validity time.Duration
	// OrderLifetime is that of orders and authorizations, 0 means 24 hours.
	OrderLifetime time.Duration
	// OrdersPerPage is the page size of the orders list, 0 means 50.
	OrdersPerPage int
	// RetryAfter is sent on pending and processing objects, in whole seconds
	// rounded up. 0 sends none.
	RetryAfter time.Duration

	// Clock tells the time. Nil means time.Now.
	Clock func() time.Time
	// Logger receives requests and decisions. Nil means silence.
	Logger *slog.Logger
	// Dir keeps the roots, the issuing CA and their keys (mode 0600), so that
	// the next lab on the same directory has the same roots. Empty means
	// that everything is in memory. Accounts and orders are never kept.
	Dir string
}

// complete returns the options with defaults in place of zero values, or what
// is wrong with them.
func (o Options) complete() (Options, error) {
	setDefault(&o.Listen, defaultListen)
	setDefault(&o.HTTPPort, defaultHTTPPort)
	setDefault(&o.Validity, defaultValidity)
	setDefault(&o.OrderLifetime, defaultOrderLifetime)
	setDefault(&o.OrdersPerPage, defaultOrdersPerPage)
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	if o.HTTP01Addr == nil {
		addr := net.JoinHostPort("127.0.0.1", strconv.Itoa(o.HTTPPort))
		o.HTTP01Addr = func(string) string { return addr }
	}
	switch {
	case o.HTTPPort < 1 || o.HTTPPort > 65535:
		return o, fmt.Errorf("http-01 port %d, want 1 to 65535", o.HTTPPort)
	case o.PlainPort < 0 || o.PlainPort > 65535:
		return o, fmt.Errorf("plain HTTP port %d, want 0 to 65535", o.PlainPort)
	case o.Validity < time.Minute || o.Validity > maxValidity(o.Clock()):
		return o, fmt.Errorf("certificate validity %v, want a minute to 3 years (TS 33.310 6.1.3c.3)", o.Validity)
	case o.OrderLifetime < 0 || o.OrdersPerPage < 0 || o.RetryAfter < 0:
		return o, fmt.Errorf("order lifetime %v, orders per page %d, retry after %v: none may be negative", o.OrderLifetime, o.OrdersPerPage, o.RetryAfter)
	case o.RequireEAB && len(o.EAB) == 0:
		return o, fmt.Errorf("external account binding is required but no key is given")
	case o.EABAlgorithm != "" && macHash(o.EABAlgorithm) == nil:
		return o, fmt.Errorf("external account binding algorithm %q, want HS256, HS384 or HS512", o.EABAlgorithm)
	}
	return o.resolveHost()
}

// resolveHost checks that Listen stays on this machine and fills Host.
func (o Options) resolveHost() (Options, error) {
	host, _, err := net.SplitHostPort(o.Listen)
	if err != nil {
		return o, fmt.Errorf("listen address %q: %w", o.Listen, err)
	}
	ip, err := netip.ParseAddr(host)
	loopback := host == "localhost" || err == nil && ip.IsLoopback()
	if !loopback && !o.AllowPublic {
		return o, fmt.Errorf("listen address %q is not loopback, want 127.0.0.1, ::1 or localhost: the lab is for practice only", o.Listen)
	}
	if o.Host != "" {
		return o, nil
	}
	o.Host = host
	if host == "" || err == nil && ip.IsUnspecified() {
		if o.Host, err = os.Hostname(); err != nil {
			return o, fmt.Errorf("naming this machine: %w", err)
		}
	}
	return o, nil
}

// maxValidity is 3 calendar years from now.
func maxValidity(now time.Time) time.Duration { return now.AddDate(3, 0, 0).Sub(now) }

func setDefault[T comparable](v *T, def T) {
	var zero T
	if *v == zero {
		*v = def
	}
}

// hostPort joins host and the port of addr, for a URL.
func hostPort(host string, addr net.Addr) string {
	_, port, err := net.SplitHostPort(addr.String())
	if err != nil {
		return host
	}
	return net.JoinHostPort(host, port)
}

// serverNames lists the names of the server's TLS certificate: the host of its
// URLs, the address it listens on, and loopback under each of its names.
func serverNames(host string, addr net.Addr) []string {
	names := []string{"localhost", "127.0.0.1", "::1"}
	listener, _, err := net.SplitHostPort(addr.String())
	if err != nil {
		listener = host
	}
	for _, name := range []string{host, listener} {
		known := false
		for _, n := range names {
			known = known || n == name
		}
		if !known {
			names = append(names, name)
		}
	}
	return names
}
