package lab

import (
	"net/http"
	"net/netip"
	"strings"
)

// maxIdentifiers is how many names one order may have.
const maxIdentifiers = 100

// identifier is an ACME identifier (RFC 8555 7.1.3, 9.7.7).
type identifier struct {
	Type  string `json:"type"`
	Value string `json:"value"`
}

// checkIdentifiers returns the identifiers in lower case and once each, or a
// problem that has a subproblem for each one refused (RFC 8555 6.7.1).
func (l *Lab) checkIdentifiers(ids []identifier) ([]identifier, error) {
	if len(ids) == 0 || len(ids) > maxIdentifiers {
		return nil, problemf(malformed, "%d identifiers, want 1 to %d", len(ids), maxIdentifiers)
	}
	var good []identifier
	var bad []*problem
	seen := make(map[identifier]bool)
	for _, id := range ids {
		if p := l.checkIdentifier(id); p != nil {
			p.identifier = &id
			bad = append(bad, p)
			continue
		}
		id.Value = strings.ToLower(id.Value)
		if !seen[id] {
			good = append(good, id)
		}
		seen[id] = true
	}
	if len(bad) == 0 {
		return good, nil
	}
	p := &problem{kind: bad[0].kind, status: http.StatusBadRequest, detail: bad[0].detail, subproblems: bad}
	for _, sub := range bad {
		if sub.kind != p.kind {
			p.kind = malformed // a mixed compound, as in the example of RFC 8555 6.7.1
		}
	}
	if len(bad) > 1 {
		p.detail = "several identifiers are refused, see the subproblems"
	}
	return nil, p
}

func (l *Lab) checkIdentifier(id identifier) *problem {
	name := strings.ToLower(id.Value)
	switch {
	case id.Type == typeInstance && !l.wrong.noInstances:
		return l.checkInstance(id)
	case id.Type == typeIP:
		return l.checkIP(id)
	case id.Type != "dns":
		return problemf(unsupportedIdentifier, "identifier type %q of %q, want dns, ip or NfInstanceId", id.Type, id.Value)
	case strings.HasPrefix(name, "*."):
		return problemf(rejectedIdentifier, "wildcard %q needs a challenge that this server does not offer", id.Value)
	case name != "" && name == l.wrong.rejectIdentifier:
		return problemf(rejectedIdentifier, "%q is refused by policy", id.Value)
	}
	if fault := dnsNameFault(name); fault != "" {
		return problemf(malformed, "dns name %q: %s", id.Value, fault)
	}
	return nil
}

// Identifier types beside dns: RFC 8738, and TS 33.310 Annex J.2.2.
const (
	typeIP       = "ip"
	typeInstance = "NfInstanceId"
)

// checkInstance demands a version 4 UUID, compared without case.
func (l *Lab) checkInstance(id identifier) *problem {
	value := strings.ToLower(id.Value)
	switch {
	case !isInstanceURN("urn:uuid:" + value):
		return problemf(malformed, "NfInstanceId %q: want a UUID (TS 29.571 5.3.2)", id.Value)
	case value[14] != '4' || !strings.ContainsRune("89ab", rune(value[19])):
		return problemf(malformed, "NfInstanceId %q: want a UUID of version 4 (TS 29.571 5.3.2)", id.Value)
	case value == l.wrong.rejectIdentifier:
		return problemf(rejectedIdentifier, "%q is refused by policy", id.Value)
	}
	return nil
}

func (l *Lab) checkIP(id identifier) *problem {
	ip, err := netip.ParseAddr(id.Value)
	switch {
	case err != nil || ip.String() != strings.ToLower(id.Value) || ip.Zone() != "":
		return problemf(malformed, "ip %q: want an address in its canonical form (RFC 8738 3)", id.Value)
	case ip.String() == l.wrong.rejectIdentifier:
		return problemf(rejectedIdentifier, "%q is refused by policy", id.Value)
	}
	return nil
}

// dnsNameFault tells what is wrong with a host name in lower case (RFC 1123
// 2.1, in the ASCII form of RFC 8555 7.1.3), or nothing.
func dnsNameFault(name string) string {
	if len(name) == 0 || len(name) > 253 {
		return "want 1 to 253 characters"
	}
	if _, err := netip.ParseAddr(name); err == nil {
		return "is an IP address"
	}
	for label := range strings.SplitSeq(name, ".") {
		switch {
		case len(label) == 0 || len(label) > 63:
			return "want labels of 1 to 63 characters and no trailing dot"
		case label[0] == '-' || label[len(label)-1] == '-':
			return "a label begins or ends with a hyphen"
		}
		for _, c := range []byte(label) {
			if c != '-' && (c < '0' || c > '9') && (c < 'a' || c > 'z') {
				return "want letters, digits and hyphens only"
			}
		}
	}
	return ""
}
