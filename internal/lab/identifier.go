package lab

import (
	"net/http"
	"net/netip"
	"strings"
)

// maxIdentifiers is how many identifiers one order may have.
const maxIdentifiers = 100

// Identifier types: RFC 8555 9.7.7, RFC 8738, and TS 33.310 Annex J.2.2.
const (
	typeDNS      = "dns"
	typeIP       = "ip"
	typeInstance = "NfInstanceId"
)

// identifier is an ACME identifier (RFC 8555 7.1.3, 9.7.7).
type identifier struct {
	Type  string `json:"type"`
	Value string `json:"value"`
}

// isWildcard reports whether the identifier is a wildcard DNS name (RFC 8555 7.1.3).
func (id identifier) isWildcard() bool { return id != id.base() }

// base is the identifier without the "*." of a wildcard, as authorizations have
// it (RFC 8555 7.1.4).
func (id identifier) base() identifier {
	if id.Type == typeDNS {
		id.Value = strings.TrimPrefix(id.Value, "*.")
	}
	return id
}

// checkIdentifiers returns the identifiers in lower case and without
// duplicates, or a problem with a subproblem for each one that is refused
// (RFC 8555 6.7.1).
func (l *Lab) checkIdentifiers(ids []identifier) ([]identifier, error) {
	if len(ids) == 0 || len(ids) > maxIdentifiers {
		return nil, problemf(malformed, "%d identifiers, want 1 to %d", len(ids), maxIdentifiers)
	}
	var accepted []identifier
	var refused []*problem
	seen := make(map[identifier]bool)
	for _, id := range ids {
		if p := l.checkIdentifier(id); p != nil {
			p.identifier = &id
			refused = append(refused, p)
			continue
		}
		id.Value = strings.ToLower(id.Value)
		if !seen[id] {
			accepted = append(accepted, id)
		}
		seen[id] = true
	}
	if len(refused) == 0 {
		return accepted, nil
	}
	first := refused[0]
	p := &problem{kind: first.kind, status: http.StatusBadRequest, detail: first.detail, subproblems: refused}
	for _, sub := range refused {
		if sub.kind != p.kind {
			p.kind = malformed // as in the example of RFC 8555 6.7.1
		}
	}
	if len(refused) > 1 {
		p.detail = "several identifiers are refused, see the subproblems"
	}
	return nil, p
}

// checkIdentifier returns what is wrong with an identifier, or nil.
func (l *Lab) checkIdentifier(id identifier) *problem {
	value, fault := strings.ToLower(id.Value), ""
	switch {
	case id.Type == typeInstance && !l.faults.noInstances:
		fault = instanceFault(value)
	case id.Type == typeIP:
		if ip, err := netip.ParseAddr(id.Value); err != nil || ip.String() != value || ip.Zone() != "" {
			fault = "want an address in its canonical form (RFC 8738 3)"
		}
	case id.Type == typeDNS:
		fault = dnsNameFault(identifier{typeDNS, value}.base().Value)
	default:
		return problemf(unsupportedIdentifier, "identifier type %q of %q, want dns, ip or NfInstanceId", id.Type, id.Value)
	}
	switch {
	case fault != "":
		return problemf(malformed, "%s %q: %s", id.Type, id.Value, fault)
	case value == l.faults.rejectIdentifier:
		return problemf(rejectedIdentifier, "%q is rejected by policy", id.Value)
	case len(challengeTypesFor(id)) == 0:
		return problemf(rejectedIdentifier, "%q needs a challenge type that this server does not offer", id.Value)
	}
	return nil
}

// instanceFault returns what is wrong with an NF instance ID in lower case, or "".
func instanceFault(value string) string {
	switch {
	case !isInstanceURN("urn:uuid:" + value):
		return "want a UUID (TS 29.571 5.3.2)"
	case value[14] != '4' || !strings.ContainsRune("89ab", rune(value[19])):
		return "want a UUID of version 4 (TS 29.571 5.3.2)"
	}
	return ""
}

// dnsNameFault returns what is wrong with a host name in lower case, or ""
// (RFC 1123 2.1, in the ASCII form of RFC 8555 7.1.3).
func dnsNameFault(name string) string {
	if len(name) == 0 || len(name) > 253 {
		return "want 1 to 253 characters"
	}
	if _, err := netip.ParseAddr(name); err == nil {
		return "an IP address, want a host name"
	}
	for label := range strings.SplitSeq(name, ".") {
		switch {
		case len(label) == 0 || len(label) > 63:
			return "want labels of 1 to 63 characters and no trailing dot"
		case label[0] == '-' || label[len(label)-1] == '-':
			return "a label begins or ends with a hyphen"
		}
		if strings.Trim(label, "-0123456789abcdefghijklmnopqrstuvwxyz") != "" {
			return "want letters, digits and hyphens only"
		}
	}
	return ""
}
