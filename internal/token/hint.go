package token

import (
	"cmp"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// AuthorityURLError says why no request is sent to the URL of a Token Authority.
type AuthorityURLError struct {
	URL    string // without user name and query
	Reason string
	// Unlisted says that the host is not in the list of allowed hosts.
	Unlisted bool
}

func (e *AuthorityURLError) Error() string {
	return fmt.Sprintf("token authority %.200q: %s", e.URL, e.Reason)
}

// CheckURL returns an error for a URL to which no secret may be sent.
func CheckURL(raw string) error {
	_, err := parseURL(raw)
	return err
}

func parseURL(raw string) (*url.URL, error) {
	refused := &AuthorityURLError{URL: shown(raw)}
	u, err := url.Parse(raw)
	switch {
	case err != nil || u.Hostname() == "":
		refused.Reason = "not a URL"
	case u.Scheme != "https":
		refused.Reason = "want https"
	case u.User != nil:
		refused.Reason = "contains a user name"
	default:
		return u, nil
	}
	return nil, refused
}

// CheckHint checks the token-authority of a challenge, which is only a hint by the
// CA. It returns an error unless the host is in allowed, as HOST for all its ports
// or as HOST:PORT. Link-local and metadata addresses, from which cloud machines
// get their own secrets, are never allowed.
func CheckHint(raw string, allowed []string) error {
	u, err := parseURL(raw)
	if err != nil {
		return err
	}
	host, port := plainHost(u.Hostname()), cmp.Or(u.Port(), "443")
	switch ip, err := netip.ParseAddr(host); {
	case err == nil && forbidden(ip):
		return &AuthorityURLError{URL: shown(raw), Reason: "a link-local or metadata address, which is never a Token Authority"}
	case err != nil && endsInNumber(host):
		return &AuthorityURLError{URL: shown(raw), Reason: "the host is an IP address in an unusual form"}
	}
	if !slices.ContainsFunc(allowed, func(a string) bool { return allows(a, host, port) }) {
		return &AuthorityURLError{URL: shown(raw), Reason: "the host is not in the list of allowed hosts", Unlisted: true}
	}
	return nil
}

// allows reports whether an entry of the list includes host and port.
func allows(entry, host, port string) bool {
	if h, p, err := net.SplitHostPort(entry); err == nil {
		return plainHost(h) == host && p == port
	}
	if h, ok := strings.CutPrefix(entry, "["); ok {
		entry = strings.TrimSuffix(h, "]")
	}
	return plainHost(entry) == host
}

// plainHost returns a host in the form for comparison.
func plainHost(host string) string {
	if ip, err := netip.ParseAddr(host); err == nil {
		return ip.Unmap().String()
	}
	return strings.TrimSuffix(strings.ToLower(host), ".")
}

// Prefixes of IPv6 addresses that contain an IPv4 address: in the last octets (RFC
// 6052, RFC 4291 2.5.5.1), and 6to4 (RFC 3056).
var (
	nat64      = netip.MustParsePrefix("64:ff9b::/96")
	compatible = netip.MustParsePrefix("::/96")
	sixToFour  = netip.MustParsePrefix("2002::/16")
)

// metadata are the addresses of cloud metadata services that are not link-local.
var metadata = []netip.Addr{
	netip.MustParseAddr("fd00:ec2::254"), netip.MustParseAddr("100.100.100.200"),
}

// forbidden reports whether an address is link-local, multicast, unspecified or a
// metadata service. Loopback is not: nobody lists it by accident.
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

// endsInNumber reports whether the last label of a host is a number, as in
// 0xa9fea9fe and 169.254.43518. Resolvers may read such a host as IPv4 address.
func endsInNumber(host string) bool {
	label := strings.TrimRight(host, ".")
	label = label[strings.LastIndex(label, ".")+1:]
	_, err := strconv.ParseUint(label, 0, 64)
	if err != nil {
		_, err = strconv.ParseUint(label, 10, 64) // such as 089, which is not octal
	}
	return err == nil || label == "0x"
}
