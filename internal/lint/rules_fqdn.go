package lint

import (
	"net/netip"
	"strings"

	"github.com/nfcert/nfcert/internal/inspect"
	"github.com/nfcert/nfcert/internal/nf"
)

// fqdnRules judge the syntax of dNSNames. A name breaks at most one of them.
func fqdnRules() []Rule {
	return []Rule{{
		ID: "san-dns-syntax", Field: nf.FieldDNS, scope: onBoth, Level: nf.Shall, Clause: "TS 29.571 Fqdn",
		Title: "a dNSName is no FQDN",
		Why:   "Nothing can be called by it, and decoders of NF profiles refuse it.",
		Fix:   "nfcert csr --fqdn NAME, with two labels or more, of letters, digits and inner hyphens; in openssl.cnf DNS:NAME",
		Good:  "amf1.amf.5gc.mnc001.mcc001.3gppnetwork.org", Bad: "amf, amf..example.org, https://amf1.example.org",
		check: dnsRule(mistakeSyntax, "an FQDN"),
	}, {
		ID: "san-dns-underscore", Field: nf.FieldDNS, scope: onBoth, Level: nf.Shall, Clause: "TS 29.571 Fqdn",
		Title: "a dNSName has an underscore",
		Why:   "Host names have none (RFC 1123 2.1). NF types such as 5G_EIR have, which is where they come from.",
		Fix:   "write a hyphen in its place: nfcert csr --fqdn 5g-eir1.5g-eir.5gc...; in openssl.cnf DNS:NAME",
		Good:  "eir1.5g-eir.5gc.mnc001.mcc001.3gppnetwork.org", Bad: "eir1.5g_eir.5gc.mnc001.mcc001.3gppnetwork.org",
		check: dnsRule(mistakeUnderscore, "hyphens"),
	}, {
		ID: "san-dns-trailing-dot", Field: nf.FieldDNS, scope: onBoth, Level: nf.Should, Clause: "RFC 5280 4.2.1.6",
		Title: "a dNSName ends in a dot",
		Why:   "TS 29.571 tolerates the dot in an Fqdn; certificates do not have it, and Go and others then find no name that matches.",
		Fix:   "leave the dot away: nfcert csr --fqdn; in openssl.cnf DNS:NAME",
		Good:  "amf1.amf.5gc.mnc001.mcc001.3gppnetwork.org", Bad: "amf1.amf.5gc.mnc001.mcc001.3gppnetwork.org.",
		check: dnsRule(mistakeDot, "no dot at the end"),
	}, {
		ID: "san-dns-address", Field: nf.FieldDNS, scope: onBoth, Level: nf.Shall, Clause: "RFC 5280 4.2.1.6",
		Title: "a dNSName is an IP address",
		Why:   "Clients that call an address look among the iPAddress names alone, so this one is never found.",
		Fix:   "name the FQDN: nfcert csr --fqdn NAME; an address in openssl.cnf is IP:192.0.2.1, not DNS:192.0.2.1",
		Good:  "DNS:amf1.amf.5gc.mnc001.mcc001.3gppnetwork.org", Bad: "DNS:192.0.2.1",
		check: dnsRule(mistakeAddress, "an FQDN"),
	}, {
		ID: "san-dns-wildcard-form", Field: nf.FieldDNS, scope: onBoth, Level: nf.Shall, Clause: "RFC 9525 section 6.3",
		most: warning, Lenience: "the clause has peers ignore the name; the certificate's other names still count",
		Title: "a wildcard that is not the whole first label",
		Why:   "Clients match * only as the whole leftmost label; elsewhere it matches nothing.",
		Fix:   "write *. and the SEPP's FQDN: nfcert csr --profile sepp-tls; in openssl.cnf DNS:*.sepp1.sepp.5gc...",
		Good:  "*.sepp1.sepp.5gc.mnc001.mcc001.3gppnetwork.org", Bad: "amf*.5gc.mnc001.mcc001.3gppnetwork.org, *.*.example.org",
		check: dnsRule(mistakeWildcard, "* as the whole first label, or none"),
	}, {
		ID: "san-dns-wildcard", Field: nf.FieldDNS, scope: onBoth, Level: nf.Shall, Clause: "TS 29.571 Fqdn",
		most: warning, Lenience: "the type is of NF profiles; no clause forbids the certificate",
		Title: "a wildcard in a certificate whose profile has none",
		Why:   "Fqdn has no wildcard; only a SEPP needs one, for telescopic FQDNs (TS 33.501 13.1.1.1). Whoever has the key passes for every NF under the name.",
		Fix:   "name the FQDNs one by one: nfcert csr --fqdn A --fqdn B",
		Good:  "amf1.amf.5gc..., amf2.amf.5gc...", Bad: "*.amf.5gc.mnc001.mcc001.3gppnetwork.org",
		check: func(s *Subject, r *report) {
			for i := range s.places {
				if s.places[i].wildcard && s.mistakes[i] == mistakeNone && !s.Profile.Wildcard {
					r.hit(s.dnsNames()[i], "an FQDN", "%.80q is a wildcard, and %s has none", s.dnsNames()[i], s.Profile.Name)
				}
			}
		},
	}, {
		ID: "san-dns-wildcard-broad", Field: nf.FieldDNS, scope: onBoth, Level: nf.Should, Clause: "TS 33.501 13.1.1.1",
		Title: "a wildcard over the whole network",
		Why:   "A SEPP's wildcard is for its own domain name. One over the home network domain passes for the NRF too.",
		Fix:   "write *. and the SEPP's FQDN: nfcert csr --profile sepp-tls; in openssl.cnf DNS:*.sepp1.sepp.5gc...",
		Good:  "*.sepp1.sepp.5gc.mnc001.mcc001.3gppnetwork.org", Bad: "*.5gc.mnc001.mcc001.3gppnetwork.org",
		check: func(s *Subject, r *report) {
			for i := range s.places {
				p := &s.places[i]
				if p.wildcard && s.Profile.Wildcard && !s.free && (p.name == p.home || p.name == "3gppnetwork.org") {
					r.hit("*."+p.name, "*.<SEPP FQDN>", "%.80q covers the whole network", "*."+p.name)
				}
			}
		},
	}, {
		ID: "san-dns-case", Field: nf.FieldDNS, scope: onBoth, Level: nf.Advice, Clause: "ours",
		Title: "a dNSName has capital letters",
		Why:   "DNS compares without case, and scripts and logs do not.",
		Fix:   "nfcert csr --fqdn lowers it; in openssl.cnf write names in lower case",
		Good:  "amf1.amf.5gc.mnc001.mcc001.3gppnetwork.org", Bad: "AMF1.amf.5gc.mnc001.mcc001.3gppnetwork.org",
		check: func(s *Subject, r *report) {
			for _, name := range s.dnsNames() {
				if l := lower(name); l != name {
					r.hit(name, l, "%.80q has capital letters", name)
				}
			}
		},
	}}
}

// mistake is what is wrong with the syntax of a dNSName: the first that
// applies.
type mistake uint8

const (
	mistakeNone mistake = iota
	mistakeAddress
	mistakeWildcard
	mistakeUnderscore
	mistakeDot
	mistakeSyntax
)

func dnsMistake(name string) mistake {
	rest := strings.TrimPrefix(name, "*.")
	if isHostName(rest) {
		return mistakeNone
	}
	if _, err := netip.ParseAddr(name); err == nil {
		return mistakeAddress
	}
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

// isHostName says what nf.CheckFQDN says, without a word and without memory.
func isHostName(s string) bool {
	if len(s) < 4 || len(s) > 253 {
		return false
	}
	start, labels := 0, 0
	for i := 0; i <= len(s); i++ {
		if i < len(s) && s[i] != '.' {
			if c := s[i]; !('a' <= c && c <= 'z' || isDigit(c) || 'A' <= c && c <= 'Z' || c == '-') {
				return false
			}
			continue
		}
		label := s[start:i]
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
		labels++
		if i == len(s) {
			return labels > 1 && len(label) > 1 && !strings.ContainsAny(label, "-0123456789")
		}
		start = i + 1
	}
	return false
}

// dnsRule reports the names with that mistake.
func dnsRule(of mistake, want string) func(*Subject, *report) {
	return func(s *Subject, r *report) {
		for i, m := range s.mistakes {
			if m != of || s.faulty(nf.FieldDNS, inspect.FaultCharacters) {
				continue
			}
			name := s.dnsNames()[i]
			if err := nf.CheckFQDN(name); err != nil {
				r.hit(name, want, "%v", err)
			}
		}
	}
}
