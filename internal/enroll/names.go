package enroll

import (
	"crypto/x509"
	"net"
	"net/url"
	"slices"
	"strings"

	"github.com/nfcert/nfcert/internal/challenge"
	"github.com/nfcert/nfcert/internal/nf"
)

// Identifier types of RFC 8555 section 9.7.7 and RFC 8738.
const (
	typeDNS      = "dns"
	typeIP       = "ip"
	TypeInstance = "NfInstanceId" // TS 33.310 Annex J.2.2
)

// names are those of a CSR or a certificate that ACME has identifiers for.
type names struct {
	dns  []string
	ips  []net.IP
	uris []*url.URL // of which those of NF instances count
}

func csrNames(csr *x509.CertificateRequest) names {
	return names{csr.DNSNames, csr.IPAddresses, csr.URIs}
}

// identifiers lists the names as identifiers, without repetition: dns and ip
// first, as CAs check them in this order.
func (n names) identifiers() []Identifier {
	var ids []Identifier
	add := func(kind, value string) {
		id := Identifier{Type: kind, Value: value}
		if !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	for _, name := range n.dns {
		add(typeDNS, nf.NormalizeFQDN(name))
	}
	for _, ip := range n.ips {
		add(typeIP, ip.String())
	}
	for _, u := range n.uris {
		if id, err := nf.ParseURN(u.String()); err == nil {
			add(TypeInstance, string(id))
		}
	}
	return ids
}

// compareNames finds what a CSR's identifiers lack of the order's and have
// beyond them. Only kinds that the order has are compared: a CA judges the
// rest by its own policy.
func compareNames(csr, order []Identifier) (missing, extra []Identifier) {
	kinds := map[string]bool{}
	for _, id := range order {
		if id.Type != typeDNS && id.Type != typeIP && id.Type != TypeInstance {
			continue
		}
		kinds[id.Type] = true
		if !slices.Contains(csr, normal(id)) {
			missing = append(missing, id)
		}
	}
	for _, id := range csr {
		if kinds[id.Type] && !slices.ContainsFunc(order, func(o Identifier) bool { return normal(o) == id }) {
			extra = append(extra, id)
		}
	}
	return missing, extra
}

// normal is an identifier in the form in which identifiers are compared.
func normal(id Identifier) Identifier {
	switch id.Type {
	case typeDNS:
		id.Value = nf.NormalizeFQDN(id.Value)
	case TypeInstance: // compared without case (Annex J.2.2)
		id.Value = strings.ToLower(id.Value)
	case typeIP:
		if ip := net.ParseIP(id.Value); ip != nil {
			id.Value = ip.String()
		}
	}
	return id
}

// sameIdentifiers reports whether two lists name the same, in any order.
func sameIdentifiers(a, b []Identifier) bool {
	if len(a) != len(b) {
		return false
	}
	for _, id := range a {
		if !slices.ContainsFunc(b, func(o Identifier) bool { return normal(o) == normal(id) }) {
			return false
		}
	}
	return true
}

// notOrdered lists the CSR's URI names that no identifier of the order
// covers: some CAs drop them, some refuse the CSR.
func notOrdered(csr *x509.CertificateRequest, order []Identifier) []string {
	var uris []string
	for _, u := range csr.URIs {
		id, err := nf.ParseURN(u.String())
		if err != nil || !slices.ContainsFunc(order, func(o Identifier) bool {
			return normal(o) == Identifier{Type: TypeInstance, Value: string(id)}
		}) {
			uris = append(uris, u.String())
		}
	}
	return uris
}

// Kinds says which of a CSR's names an order is for.
type Kinds string

// The kinds of names. Today's CAs know dns and ip alone, and an NF instance can
// only be proven with a token, so it is ordered where there is a source of
// tokens.
const (
	KindsAuto Kinds = "auto" // dns and ip, and the NF instance where a token can prove it
	KindsDNS  Kinds = "dns"  // dns and ip
	KindsNF   Kinds = "nf"   // the NF instance alone
	KindsBoth Kinds = "both" // all of them
)

// choices selects the names of a CSR by their kinds.
func (r *run) choices(all []Identifier, want Kinds) ([]Identifier, error) {
	instance := func(id Identifier) bool { return id.Type == TypeInstance }
	tokens := slices.ContainsFunc(r.Solvers, func(s challenge.Solver) bool { return s.Type() == challenge.TKAuth01 })
	var drop func(Identifier) bool
	switch {
	case want == KindsDNS, (want == KindsAuto || want == "") && !tokens:
		drop = instance
	case want == KindsNF:
		drop = func(id Identifier) bool { return !instance(id) }
	default:
		drop = func(Identifier) bool { return false }
	}
	chosen := slices.DeleteFunc(slices.Clone(all), drop)
	hasInstance := slices.ContainsFunc(chosen, instance)
	switch {
	case (want == KindsNF || want == KindsBoth) && !hasInstance:
		return nil, &OutOfTurnError{Name: r.en.Name, Step: StepOrder, Needs: StepCSR, Found: "its CSR has no URI name of an NF instance (urn:uuid:) that could be ordered"}
	case len(chosen) == 0 && len(all) > 0:
		return nil, &OutOfTurnError{Name: r.en.Name, Step: StepOrder, Needs: StepCSR, Found: "its CSR has no DNS name that could be ordered; its NF instance id could be, with a token (TS 33.310 Annex J)"}
	case len(chosen) == 0, want == KindsBoth && !slices.ContainsFunc(chosen, func(id Identifier) bool { return !instance(id) }):
		return nil, &OutOfTurnError{Name: r.en.Name, Step: StepOrder, Needs: StepCSR, Found: "its CSR has no DNS name that could be ordered"}
	}
	return chosen, nil
}
