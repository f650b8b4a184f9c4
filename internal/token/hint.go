package token

import (
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// AuthorityURLError refuses the URL of a Token Authority.
type AuthorityURLError struct {
	URL    string // without user name and query
	Reason string
	// Unlisted says that the host is not among those that are allowed.
	Unlisted bool
}

func (e *AuthorityURLError) Error() string {
	return fmt.Sprintf("token authority %.200q: %s", e.URL, e.Reason)
}

// CheckURL refuses a URL that no secret may be sent to.
func CheckURL(raw string) error {
	refused := &AuthorityURLError{URL: shown(raw)}
	u, err := url.Parse(raw)
	switch {
	case err != nil || u.Hostname() == "":
		refused.Reason = "it is no URL"
	case u.Scheme != "https":
		refused.Reason = "want https"
	case u.User != nil:
		refused.Reason = "it holds a user name"
	default:
		return nil
	}
	return refused
}

// CheckHint judges the token-authority that a challenge names, which is but a
// hint of the CA's: nothing is sent to a host that is not among allowed (HOST,
// which stands for all its ports, or HOST:PORT), nor, listed or not, to an
// address where machines of a cloud ask for their own secrets.
func CheckHint(raw string, allowed []string) error {
	if err := CheckURL(raw); err != nil {
		return err
	}
	u, err := url.Parse(raw)
	if err != nil {
		return &AuthorityURLError{URL: shown(raw), Reason: "it is no URL"}
	}
	host, port := plainHost(u.Hostname()), u.Port()
	if port == "" {
		port = "443"
	}
	switch ip, err := netip.ParseAddr(host); {
	case err == nil && forbidden(ip):
		return &AuthorityURLError{URL: shown(raw), Reason: "it is a link-local or metadata address, where no Token Authority is"}
	case err != nil && endsInNumber(host):
		return &AuthorityURLError{URL: shown(raw), Reason: "its host is an address in an odd spelling"}
	}
	if !slices.ContainsFunc(allowed, func(a string) bool { return allows(a, host, port) }) {
		return &AuthorityURLError{URL: shown(raw), Reason: "its host is not among those that are allowed", Unlisted: true}
	}
	return nil
}

// allows reports whether an entry of a list of hosts stands for host and port.
func allows(entry, host, port string) bool {
	if h, p, err := net.SplitHostPort(entry); err == nil {
		return plainHost(h) == host && p == port
	}
	if h, ok := strings.CutPrefix(entry, "["); ok {
		entry = strings.TrimSuffix(h, "]")
	}
	return plainHost(entry) == host
}

// plainHost is a host in the form in which hosts are compared.
func plainHost(host string) string {
	if ip, err := netip.ParseAddr(host); err == nil {
		return ip.Unmap().String()
	}
	return strings.TrimSuffix(strings.ToLower(host), ".")
}

// Addresses that hold an IPv4 address in their last octets, and 6to4 (RFC 6052,
// RFC 4291 2.5.5.1, RFC 3056).
var (
	nat64      = netip.MustParsePrefix("64:ff9b::/96")
	compatible = netip.MustParsePrefix("::/96")
	sixToFour  = netip.MustParsePrefix("2002::/16")
)

// metadata are the addresses of clouds' metadata services that are not
// link-local.
var metadata = []netip.Addr{
	netip.MustParseAddr("fd00:ec2::254"), netip.MustParseAddr("100.100.100.200"),
}

// forbidden reports whether an address only means this machine's own network.
// Loopback is not among them: it is said when it is meant.
func forbidden(ip netip.Addr) bool {
	ip = ip.Unmap().WithZone("")
	if ip.IsLinkLocalUnicast() || ip.IsMulticast() || ip.IsUnspecified() || slices.Contains(metadata, ip) {
		return true
	}
	octets := ip.As16()
	switch {
	case !ip.Is6() || ip.IsLoopback():
		return false
	case nat64.Contains(ip) || compatible.Contains(ip):
		return forbidden(netip.AddrFrom4([4]byte(octets[12:])))
	case sixToFour.Contains(ip):
		return forbidden(netip.AddrFrom4([4]byte(octets[2:6])))
	}
	return false
}

// endsInNumber reports whether resolvers may take a host for an IPv4 address,
// as in 0xa9fea9fe and 169.254.43518: its last label is a number.
func endsInNumber(host string) bool {
	label := strings.TrimRight(host, ".")
	label = label[strings.LastIndex(label, ".")+1:]
	_, err := strconv.ParseUint(label, 0, 64)
	if err != nil {
		_, err = strconv.ParseUint(label, 10, 64) // as 089, which is no octal
	}
	return err == nil || label == "0x"
}
