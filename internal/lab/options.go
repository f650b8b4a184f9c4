package lab

import (
	"cmp"
	"crypto/x509"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"strconv"
	"time"
)

// Options are the settings of a lab. The zero value is a correct CA on a free
// port of 127.0.0.1 that validates http-01 on port 80.
type Options struct {
	// Listen is the address of the ACME server. Empty means "127.0.0.1:0".
	// It must be a loopback address, unless AllowPublic is set.
	Listen string
	// AllowPublic allows Listen to be an address that other machines can reach.
	AllowPublic bool
	// Host is the name or address in every URL and in the TLS certificate.
	// Empty means the listener's address, or this machine's name when that
	// address is unspecified (0.0.0.0).
	Host string

	// HTTP01Addr returns the "host:port" to which http-01 validation of host
	// connects, or "" when the name does not resolve. Nil means 127.0.0.1 and
	// HTTPPort for every host.
	HTTP01Addr func(host string) string
	// HTTPPort is the port of http-01 validation when HTTP01Addr is nil.
	// 0 means 80.
	HTTPPort int

	// EAB holds the keys of external accounts by key identifier (RFC 8555 7.3.4).
	EAB map[string][]byte
	// EABAlgorithm is the MAC algorithm of bindings: HS256, HS384 or HS512.
	// Empty means any of them.
	EABAlgorithm string
	// RequireEAB refuses new accounts without a binding.
	RequireEAB bool
	// TermsOfService is the URL of terms that newAccount must agree to. Empty
	// means no terms.
	TermsOfService string
	// ClientCAs are the roots of the client certificates that every connection
	// to the ACME server must have. Nil means that none is needed.
	ClientCAs *x509.CertPool
	// RequireClient requires a client certificate on every connection to the
	// ACME server. Certificates of IssueClient are accepted in addition to
	// those of ClientCAs.
	RequireClient bool

	// Roster lists the NF instance IDs for which the Token Authority issues
	// tokens. Nil means all.
	Roster []string
	// Authority is how clients without a client certificate authenticate to the
	// Token Authority.
	Authority Authority

	// Misbehave lists what the lab does wrong. Empty means a correct server.
	Misbehave []Misbehaviour

	// Validity is the validity of issued certificates. 0 means 90 days. More
	// than 3 years is an error (TS 33.310 6.1.3c.3).
	Validity time.Duration
	// OrderLifetime is the lifetime of orders and authorizations. 0 means 24
	// hours.
	OrderLifetime time.Duration
	// OrdersPerPage is the page size of the orders list. 0 means 50.
	OrdersPerPage int
	// RetryAfter is sent with pending and processing objects, rounded up to
	// seconds. 0 sends none.
	RetryAfter time.Duration

	// Clock returns the time. Nil means time.Now.
	Clock func() time.Time
	// Logger receives requests and decisions. Nil means no log.
	Logger *slog.Logger
	// Dir is where the lab saves its roots, its issuing CA and their keys (mode
	// 0600), so that the next lab with the same Dir has the same roots. Empty
	// saves nothing. Accounts and orders are never saved.
	Dir string
}

// complete returns the options with defaults instead of zero values, or what is
// wrong with them.
func (o Options) complete() (Options, error) {
	o.Listen = cmp.Or(o.Listen, "127.0.0.1:0")
	o.HTTPPort = cmp.Or(o.HTTPPort, 80)
	o.Validity = cmp.Or(o.Validity, 90*24*time.Hour)
	o.OrderLifetime = cmp.Or(o.OrderLifetime, 24*time.Hour)
	o.OrdersPerPage = cmp.Or(o.OrdersPerPage, 50)
	o.Logger = cmp.Or(o.Logger, slog.New(slog.DiscardHandler))
	if o.Clock == nil {
		o.Clock = time.Now
	}
	if o.HTTP01Addr == nil {
		addr := net.JoinHostPort("127.0.0.1", strconv.Itoa(o.HTTPPort))
		o.HTTP01Addr = func(string) string { return addr }
	}
	switch {
	case o.HTTPPort < 1 || o.HTTPPort > 65535:
		return o, fmt.Errorf("http-01 port %d, want 1 to 65535", o.HTTPPort)
	case o.Validity < time.Minute || o.Validity > maxValidity(o.Clock()):
		return o, fmt.Errorf("certificate validity %v, want a minute to 3 years (TS 33.310 6.1.3c.3)", o.Validity)
	case o.OrderLifetime < 0 || o.OrdersPerPage < 0 || o.RetryAfter < 0:
		return o, fmt.Errorf("order lifetime %v, orders per page %d, retry after %v: must not be negative", o.OrderLifetime, o.OrdersPerPage, o.RetryAfter)
	case o.RequireEAB && len(o.EAB) == 0:
		return o, fmt.Errorf("external account binding is required, but there is no key")
	case o.EABAlgorithm != "" && macHash(o.EABAlgorithm) == nil:
		return o, fmt.Errorf("external account binding algorithm %q, want HS256, HS384 or HS512", o.EABAlgorithm)
	}
	return o.resolveHost()
}

// resolveHost checks that Listen is loopback, and sets Host.
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
			return o, fmt.Errorf("getting the name of this machine: %w", err)
		}
	}
	return o, nil
}

// maxValidity is 3 calendar years from now.
func maxValidity(now time.Time) time.Duration { return now.AddDate(3, 0, 0).Sub(now) }

// hostPort joins host and the port of a listener, for a URL.
func hostPort(host string, listener net.Addr) string {
	_, port, _ := net.SplitHostPort(listener.String())
	return net.JoinHostPort(host, port)
}

// serverNames lists the names of the server's TLS certificate: the host of its
// URLs, the address on which it listens, and the names of loopback.
func serverNames(host string, listener net.Addr) []string {
	address, _, _ := net.SplitHostPort(listener.String())
	return unique([]string{"localhost", "127.0.0.1", "::1", host, address})
}
