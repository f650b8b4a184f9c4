package cli

import (
	"fmt"
	"maps"
	"net"
	"net/netip"
	"strconv"
	"strings"
)

// resolution is the address to connect to for a host and port, as in curl's
// --resolve: HOST:PORT:ADDRESS, or -HOST:PORT to remove it.
type resolution struct {
	HostPort string // in lower case, an IPv6 address in brackets
	Address  string // with a port; "": remove it
}

// parseResolve reads one --resolve. ADDRESS is an IP address, with a port if that
// differs from PORT. An IPv6 address with a port is in brackets.
func parseResolve(s string) (resolution, error) {
	fail := func(why string) (resolution, error) {
		return resolution{}, fmt.Errorf("%.200q: %s, want HOST:PORT:ADDRESS as in ca.example:443:192.0.2.1, or -HOST:PORT to remove it", s, why)
	}
	rest, remove := strings.CutPrefix(s, "-")
	host, rest, ok := cutHost(rest)
	if !ok {
		return fail("no host and port")
	}
	port, address, more := strings.Cut(rest, ":")
	number, err := strconv.ParseUint(port, 10, 16)
	if err != nil || number == 0 {
		return fail(fmt.Sprintf("%.20q is not a port", port))
	}
	port = strconv.FormatUint(number, 10) // as it is dialled, without leading zeros
	out := resolution{HostPort: strings.ToLower(net.JoinHostPort(host, port))}
	switch {
	case remove && more:
		return fail("-HOST:PORT takes no address")
	case remove:
		return out, nil
	case !more || address == "":
		return fail("no address")
	}
	if to, err := netip.ParseAddrPort(address); err == nil && to.Port() != 0 {
		out.Address = to.String()
		return out, nil
	}
	ip, err := netip.ParseAddr(strings.TrimSuffix(strings.TrimPrefix(address, "["), "]"))
	if err != nil {
		return fail(fmt.Sprintf("%.100q is not an IP address", address))
	}
	out.Address = net.JoinHostPort(ip.String(), port)
	return out, nil
}

// cutHost splits off the host. An IPv6 address is in brackets.
func cutHost(s string) (host, rest string, ok bool) {
	if inner, found := strings.CutPrefix(s, "["); found {
		if host, rest, ok = strings.Cut(inner, "]:"); !ok {
			return "", "", false
		}
		_, err := netip.ParseAddr(host)
		return host, rest, err == nil
	}
	host, rest, ok = strings.Cut(s, ":")
	return host, rest, ok && host != "" && !strings.ContainsAny(host, "/ \t\r\n[]")
}

// Resolutions merges the values of --resolve into the remembered ones.
func (call *Call) Resolutions(remembered map[string]string) map[string]string {
	all := maps.Clone(remembered)
	if all == nil {
		all = make(map[string]string)
	}
	for _, text := range call.Global.Resolve {
		r, err := parseResolve(text)
		switch {
		case err != nil: // the flags were checked before any command ran
		case r.Address == "":
			delete(all, r.HostPort)
		default:
			all[r.HostPort] = r.Address
		}
	}
	return all
}
