package lint

import (
	"net/netip"
	"strings"

	"github.com/nfcert/nfcert/internal/inspect"
	"github.com/nfcert/nfcert/internal/nf"
)

// dnsSyntaxRules check the syntax of dNSNames. A name has at most one syntax
// mistake.
func dnsSyntaxRules() []Rule {
	return []Rule{{
		ID: "san-dns-syntax", Field: nf.FieldDNS, scope: onBoth, Level: nf.Shall, Clause: "TS 29.571 Fqdn",
		Title: "a dNSName is not an FQDN",
		Why:   "No peer can call the NF by this name, and decoders of NF profiles refuse it.",
		Fix:   "use nfcert csr --fqdn NAME with at least two labels of letters, digits and inner hyphens; in openssl.cnf DNS:NAME",
		Good:  "amf1.amf.5gc.mnc001.mcc001.3gppnetwork.org", Bad: "amf, amf..example.org, https://amf1.example.org",
		check: dnsSyntax(mistakeSyntax, "an FQDN"),
	}, {
		ID: "san-dns-underscore", Field: nf.FieldDNS, scope: onBoth, Level: nf.Shall, Clause: "TS 29.571 Fqdn",
		Title: "a dNSName has an underscore",
		Why:   "Host names have no underscore (RFC 1123 2.1). NF types such as 5G_EIR do, which is the usual cause.",
		Fix:   "write a hyphen instead: nfcert csr --fqdn 5g-eir1.5g-eir.5gc...; in openssl.cnf DNS:NAME",
		Good:  "eir1.5g-eir.5gc.mnc001.mcc001.3gppnetwork.org", Bad: "eir1.5g_eir.5gc.mnc001.mcc001.3gppnetwork.org",
		check: dnsSyntax(mistakeUnderscore, "hyphens"),
	}, {
		ID: "san-dns-trailing-dot", Field: nf.FieldDNS, scope: onBoth, Level: nf.Should, Clause: "RFC 5280 4.2.1.6",
		Title: "a dNSName ends in a dot",
		Why:   "TS 29.571 tolerates the dot in an Fqdn. Certificates do not have it, and Go and others then find no matching name.",
		Fix:   "omit the dot: nfcert csr --fqdn NAME; in openssl.cnf DNS:NAME",
		Good:  "amf1.amf.5gc.mnc001.mcc001.3gppnetwork.org", Bad: "amf1.amf.5gc.mnc001.mcc001.3gppnetwork.org.",
		check: dnsSyntax(mistakeDot, "no dot at the end"),
	}, {
		ID: "san-dns-address", Field: nf.FieldDNS, scope: onBoth, Level: nf.Shall, Clause: "RFC 5280 4.2.1.6",
		Title: "a dNSName is an IP address",
		Why:   "Clients that call an address search only the iPAddress names, so they never find this one.",
		Fix:   "use the FQDN: nfcert csr --fqdn NAME; in openssl.cnf an address is IP:192.0.2.1, not DNS:192.0.2.1",
		Good:  "DNS:amf1.amf.5gc.mnc001.mcc001.3gppnetwork.org", Bad: "DNS:192.0.2.1",
		check: dnsSyntax(mistakeAddress, "an FQDN"),
	}, {
		ID: "san-dns-wildcard-form", Field: nf.FieldDNS, scope: onBoth, Level: nf.Shall, Clause: "RFC 9525 section 6.3",
		most: warning, Lenience: "the clause has peers ignore the name; the certificate's other names still count",
		Title: "a wildcard that is not the whole first label",
		Why:   "Clients match * only as the whole leftmost label. Elsewhere it matches nothing.",
		Fix:   "write *. and the SEPP's FQDN: nfcert csr --profile sepp-tls; in openssl.cnf DNS:*.sepp1.sepp.5gc...",
		Good:  "*.sepp1.sepp.5gc.mnc001.mcc001.3gppnetwork.org", Bad: "amf*.5gc.mnc001.mcc001.3gppnetwork.org, *.*.example.org",
		check: dnsSyntax(mistakeWildcard, "* as the whole first label, or no *"),
	}, {
		ID: "san-dns-wildcard", Field: nf.FieldDNS, scope: onBoth, Level: nf.Shall, Clause: "TS 29.571 Fqdn",
		most: warning, Lenience: "the clause is about NF profiles; no clause forbids the wildcard in a certificate",
		Title: "a wildcard that the profile does not allow",
		Why:   "Fqdn has no wildcard. Only a SEPP needs one, for telescopic FQDNs (TS 33.501 13.1.1.1). Anyone with the key can impersonate every NF below the name.",
		Fix:   "list each FQDN: nfcert csr --fqdn A --fqdn B",
		Good:  "amf1.amf.5gc..., amf2.amf.5gc...", Bad: "*.amf.5gc.mnc001.mcc001.3gppnetwork.org",
		check: func(s *Subject, r *report) {
			for i, name := range s.dnsNames() {
				if s.domains[i].wildcard && s.mistakes[i] == mistakeNone && !s.Profile.Wildcard {
					r.hit(name, "an FQDN", "dNSName %.80q is a wildcard, which profile %s does not allow; want an FQDN", name, s.Profile.Name)
				}
			}
		},
	}, {
		ID: "san-dns-wildcard-broad", Field: nf.FieldDNS, scope: onBoth, Level: nf.Should, Clause: "TS 33.501 13.1.1.1",
		Title: "a wildcard for the whole network",
		Why:   "A SEPP's wildcard is for its own domain name. A wildcard for the home network domain can impersonate the NRF too.",
		Fix:   "write *. and the SEPP's FQDN: nfcert csr --profile sepp-tls; in openssl.cnf DNS:*.sepp1.sepp.5gc...",
		Good:  "*.sepp1.sepp.5gc.mnc001.mcc001.3gppnetwork.org", Bad: "*.5gc.mnc001.mcc001.3gppnetwork.org",
		check: func(s *Subject, r *report) {
			for i := range s.domains {
				d := &s.domains[i]
				if d.wildcard && s.Profile.Wildcard && !s.free && (d.name == d.home || d.name == "3gppnetwork.org") {
					r.hit("*."+d.name, "*.<SEPP FQDN>", "dNSName %.80q covers the whole network, want *.<SEPP FQDN>", "*."+d.name)
				}
			}
		},
	}, {
		ID: "san-dns-case", Field: nf.FieldDNS, scope: onBoth, Level: nf.Advice, Clause: "ours",
		Title: "a dNSName has capital letters",
		Why:   "DNS ignores case, but scripts and logs do not.",
		Fix:   "use nfcert csr --fqdn NAME, which writes lower case; in openssl.cnf write names in lower case",
		Good:  "amf1.amf.5gc.mnc001.mcc001.3gppnetwork.org", Bad: "AMF1.amf.5gc.mnc001.mcc001.3gppnetwork.org",
		check: func(s *Subject, r *report) {
			for _, name := range s.dnsNames() {
				if lower := nf.NormalizeFQDN(name); lower != name {
					r.hit(name, lower, "dNSName %.80q has capital letters, want lower case", name)
				}
			}
		},
	}}
}

// dnsMistake is the first mistake in the syntax of a dNSName.
type dnsMistake uint8

const (
	mistakeNone dnsMistake = iota
	mistakeAddress
	mistakeWildcard
	mistakeUnderscore
	mistakeDot
	mistakeSyntax
)

func findDNSMistake(name string) dnsMistake {
	if nf.CheckDNSName(name) == nil {
		return mistakeNone
	}
	if _, err := netip.ParseAddr(name); err == nil {
		return mistakeAddress
	}
	rest := strings.TrimPrefix(name, "*.")
	switch {
	case strings.Contains(rest, "*"):
		return mistakeWildcard
	case strings.Contains(rest, "_") && nf.CheckFQDN(strings.ReplaceAll(rest, "_", "-")) == nil:
		return mistakeUnderscore
	case strings.HasSuffix(rest, ".") && nf.CheckFQDN(rest[:len(rest)-1]) == nil:
		return mistakeDot
	}
	return mistakeSyntax
}

// dnsSyntax reports the names with that mistake.
func dnsSyntax(mistake dnsMistake, want string) func(*Subject, *report) {
	return func(s *Subject, r *report) {
		for i, m := range s.mistakes {
			if m != mistake || s.faulty(nf.FieldDNS, inspect.FaultCharacters) {
				continue
			}
			name := s.dnsNames()[i]
			if err := nf.CheckFQDN(name); err != nil {
				r.hit(name, want, "%v", err)
			}
		}
	}
}
