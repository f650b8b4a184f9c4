package enroll

import (
	"crypto/x509"
	"net"
	"slices"

	"github.com/nfcert/nfcert/internal/acmewire"
	"github.com/nfcert/nfcert/internal/nf"
)

// Identifier types of RFC 8555 section 9.7.7 and RFC 8738.
const (
	typeDNS = "dns"
	typeIP  = "ip"
)

// identifiersOf lists the names that ACME has identifiers for, without
// repetition.
func identifiersOf(dns []string, ips []net.IP) []acmewire.Identifier {
	var ids []acmewire.Identifier
	add := func(kind, value string) {
		id := acmewire.Identifier{Type: kind, Value: value}
		if !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	for _, name := range dns {
		add(typeDNS, nf.NormalizeFQDN(name))
	}
	for _, ip := range ips {
		add(typeIP, ip.String())
	}
	return ids
}

// compareNames finds what a CSR's identifiers lack of the order's and have
// beyond them. Only kinds that the order has are compared: a CA judges the
// rest by its own policy.
func compareNames(csr, order []acmewire.Identifier) (missing, extra []acmewire.Identifier) {
	kinds := map[string]bool{}
	for _, id := range order {
		if id.Type != typeDNS && id.Type != typeIP {
			continue
		}
		kinds[id.Type] = true
		if !slices.Contains(csr, normal(id)) {
			missing = append(missing, id)
		}
	}
	for _, id := range csr {
		if kinds[id.Type] && !slices.ContainsFunc(order, func(o acmewire.Identifier) bool { return normal(o) == id }) {
			extra = append(extra, id)
		}
	}
	return missing, extra
}

// normal is an identifier in the form in which identifiers are compared.
func normal(id acmewire.Identifier) acmewire.Identifier {
	switch id.Type {
	case typeDNS:
		id.Value = nf.NormalizeFQDN(id.Value)
	case typeIP:
		if ip := net.ParseIP(id.Value); ip != nil {
			id.Value = ip.String()
		}
	}
	return id
}

// sameIdentifiers reports whether two lists name the same, in any order.
func sameIdentifiers(a, b []acmewire.Identifier) bool {
	if len(a) != len(b) {
		return false
	}
	for _, id := range a {
		if !slices.ContainsFunc(b, func(o acmewire.Identifier) bool { return normal(o) == normal(id) }) {
			return false
		}
	}
	return true
}

// uncarried lists the CSR's URI names, which no identifier of the order stands
// for: some CAs drop them, some refuse the CSR.
func uncarried(csr *x509.CertificateRequest) []string {
	var uris []string
	for _, u := range csr.URIs {
		uris = append(uris, u.String())
	}
	return uris
}
