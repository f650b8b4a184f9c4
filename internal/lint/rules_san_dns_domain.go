package lint

import (
	"fmt"
	"slices"
	"strings"

	"github.com/nfcert/nfcert/internal/nf"
)

// dnsDomainRules check names by TS 23.003 clause 28: the home network domain,
// and what the label before it says.
func dnsDomainRules() []Rule {
	return []Rule{{
		ID: "domain-form", Field: nf.FieldDNS, scope: onBoth, Level: nf.Shall, Clause: "TS 23.003 28.2",
		Title: "a name in the 5G core without mnc and mcc",
		Why:   "Routing, SEPP and NRF read the network from these labels. Without them they find nothing.",
		Fix:   "use nfcert csr --plmn 001-01, which builds the domain; in openssl.cnf write 5gc.mnc001.mcc001.3gppnetwork.org, with mnc and mcc as separate labels",
		Good:  "sepp1.sepp.5gc.mnc002.mcc262.3gppnetwork.org", Bad: "sepp1.sepp.5gc.mnc02mcc262.3gppnetwork.org",
		check: eachDomain("5gc.mnc<MNC>.mcc<MCC>.3gppnetwork.org", func(d *domainName) string {
			if d.core && !d.wellFormed() && d.function != "n3iwf" {
				return "has no labels mnc<MNC> and mcc<MCC>"
			}
			return ""
		}),
	}, {
		ID: "domain-digits", Field: nf.FieldDNS, scope: onBoth, Level: nf.Shall, Clause: "TS 23.003 28.2",
		Title: "MNC or MCC without three digits",
		Why:   "In a domain both have three digits; a two-digit MNC gets a leading zero. mnc01 and mnc001 are different names, and peers look up only one of them.",
		Fix:   "use nfcert csr --plmn 001-01, which adds the zero; in openssl.cnf write mnc001",
		Good:  "5gc.mnc001.mcc001.3gppnetwork.org", Bad: "5gc.mnc01.mcc001.3gppnetwork.org",
		check: eachDomain("three digits each", func(d *domainName) string {
			if d.wellFormed() && (len(d.mnc) != 3 || len(d.mcc) != 3) {
				return fmt.Sprintf("has MNC %.10s and MCC %.10s, want three digits each", d.mnc, d.mcc)
			}
			return ""
		}),
	}, {
		ID: "domain-nid", Field: nf.FieldDNS, scope: onBoth, Level: nf.Shall, Clause: "TS 23.003 28.2",
		Title: "the NID of an SNPN without 11 hex digits",
		Why:   "The NID is part of the domain of an SNPN (TS 23.003 12.7). A NID of another length identifies no network.",
		Fix:   "use nfcert csr --nid 000007ed9d5, which builds the label",
		Good:  "5gc.nid000007ed9d5.mnc012.mcc345.3gppnetwork.org", Bad: "5gc.nid7ed9d5.mnc012.mcc345.3gppnetwork.org",
		check: eachDomain("nid and 11 hex digits", func(d *domainName) string {
			if d.nid != "" {
				if err := nf.CheckNID(d.nid); err != nil {
					return "has an invalid NID: " + err.Error()
				}
			}
			return ""
		}),
	}, {
		ID: "domain-suffix", Field: nf.FieldDNS, scope: onBoth, Level: nf.Shall, Clause: "TS 23.003 28.2",
		most: warning, Lenience: "hosted SEPPs have names outside 3gppnetwork.org, and operators may choose the names of their NFs",
		Title: "a home network domain that does not end in 3gppnetwork.org",
		Why:   "Other networks look up the name under 3gppnetwork.org (for a hosted SEPP, under ipxnetwork.org).",
		Fix:   "use nfcert csr --plmn 001-01, which builds the domain; in openssl.cnf write 5gc.mnc001.mcc001.3gppnetwork.org",
		Good:  "amf1.amf.5gc.mnc001.mcc001.3gppnetwork.org", Bad: "amf1.amf.5gc.mnc001.mcc001.example.org",
		check: eachDomain("...3gppnetwork.org", func(d *domainName) string {
			if d.home != "" && d.wellFormed() && !d.under("3gppnetwork.org") && !d.under("ipxnetwork.org") {
				return "does not end in 3gppnetwork.org"
			}
			return ""
		}),
	}, {
		ID: "san-home-domain", Field: nf.FieldDNS, scope: onBoth, Level: nf.Should, Clause: "TS 33.310 6.1", Confidence: nf.Secondary,
		Title: "the names are in another network than the subject",
		Why:   "A CA checks that the subject is in its own domain. For names in another domain this check proves nothing.",
		Fix:   "use nfcert csr --plmn and --fqdn of the same network (TS 23.003 28.2); in openssl.cnf write DNS: names that end in the O of the [dn] section, or correct O",
		Good:  "O=5gc.mnc001.mcc001.3gppnetwork.org, DNS:amf1.amf.5gc.mnc001.mcc001.3gppnetwork.org", Bad: "O=5gc.mnc001.mcc001.3gppnetwork.org, DNS:amf1.amf.5gc.mnc002.mcc001.3gppnetwork.org",
		check: func(s *Subject, r *report) {
			if s.home.home == "" || s.home.plmn() == "" || len(s.networks) > 1 {
				return // san-networks reports names in several networks
			}
			for i, name := range s.dnsNames() {
				d := &s.domains[i]
				if s.mistakes[i] == mistakeNone && !d.under(s.home.home) && !d.under("ipxnetwork.org") && !d.sameNetwork(&s.home) {
					r.hit(name, "a name in "+s.home.home, "dNSName %.100q is outside the subject's domain, want a name in %.80s", name, s.home.home)
				}
			}
		},
	}, {
		ID: "san-networks", Field: nf.FieldDNS, scope: onBoth, Level: nf.Advice, grave: true, Clause: "TS 33.310 6.1.3c.3",
		Title: "names in several networks in one certificate",
		Why:   "O names one home network domain. An NF that serves several PLMNs has names in one of them.",
		Fix:   "create one certificate for each network: nfcert csr -n NAME --plmn",
		Good:  "names only in 5gc.mnc001.mcc001", Bad: "names in 5gc.mnc001.mcc001 and 5gc.mnc002.mcc001",
		check: func(s *Subject, r *report) {
			if n := s.networks; len(n) > 1 && !s.isSEPP() {
				r.hit(strings.Join(n, ", "), "one network", "dNSNames are in %d networks, want one", len(n))
			}
		},
	}, {
		ID: "san-type-label", Field: nf.FieldDNS, scope: onBoth, Level: nf.Advice, grave: true, Clause: "TS 23.003 28.3.2.5",
		Title: "a name has the label of another NF type",
		Why:   "The label before 5gc says what the NF is, as in the AMF Name. Peers refuse a certificate of another type or, worse, accept it.",
		Fix:   "use nfcert csr --nf-type and --fqdn of the same NF; in openssl.cnf correct the DNS: name or the section [types]",
		Good:  "amf1.amf.5gc... with nfTypes AMF", Bad: "smf1.smf.5gc... with nfTypes AMF",
		check: checkTypeLabel,
	}, {
		ID: "san-well-known-fqdn", Field: nf.FieldDNS, scope: onBoth, Level: nf.Advice, Clause: "TS 23.003 28.3.2.3.2",
		Title: "an NRF or NSSF without its well-known name",
		Why:   "Another network finds the NRF as nrf. and the home network domain (the NSSF as nssf., 28.3.2.4.2). A local NRF that other networks do not look up needs no such name.",
		Fix:   "add the name: nfcert csr --fqdn nrf.5gc.mnc001.mcc001.3gppnetwork.org",
		Good:  "nrf.5gc.mnc001.mcc001.3gppnetwork.org", Bad: "only nrf1.nrf.5gc.mnc001.mcc001.3gppnetwork.org",
		check: checkWellKnownFQDN,
	}, {
		ID: "san-amf-set", Field: nf.FieldDNS, scope: onBoth, Level: nf.Should, Clause: "TS 23.003 28.3.2.7", Confidence: nf.Unverified,
		Title: "an AMF set or instance name without its labels",
		Why:   "An AMF set is named set<id>.region<id>.amfset, an instance pt<id>.set<id>.region<id>.amfi. Without these labels the MME and other AMFs find nothing.",
		Fix:   "use nfcert csr --fqdn set<AMF Set Id>.region<AMF Region Id>.amfset.5gc...",
		Good:  "set001.region48.amfset.5gc.mnc012.mcc345.3gppnetwork.org", Bad: "amf1.amfset.5gc.mnc012.mcc345.3gppnetwork.org",
		check: func(s *Subject, r *report) {
			labels := map[string][]string{"amfset": {"set", "region"}, "amfi": {"pt", "set", "region"}}
			for i, name := range s.dnsNames() {
				d := &s.domains[i]
				if words := labels[d.function]; words != nil && !d.startsWith(words) {
					want := strings.Join(words, "<id>.") + "<id>." + d.function
					r.hit(name, want, "dNSName %.100q lacks the labels of an AMF set or instance, want %s", name, want)
				}
			}
		},
	}}
}

// eachDomain checks the dNSNames, and the subject's organization where it is a
// name in the 5G core. The function says what is wrong with a name; empty:
// nothing.
func eachDomain(want string, wrong func(*domainName) string) func(*Subject, *report) {
	return func(s *Subject, r *report) {
		for i, name := range s.dnsNames() {
			if what := wrong(&s.domains[i]); what != "" {
				r.hit(name, want, "dNSName %.100q %s", name, what)
			}
		}
		if !s.home.core {
			return
		}
		if what := wrong(&s.home); what != "" {
			o := s.attribute(nf.OIDOrganization).Value
			r.hitField(nf.FieldOrganization, o, want, "organization %.100q %s", o, what)
		}
	}
}

// checkTypeLabel compares the label before 5gc with nfTypes. It ignores a label
// that is not an NF type.
func checkTypeLabel(s *Subject, r *report) {
	types := s.nfTypes()
	if len(types) == 0 {
		return
	}
	for i, name := range s.dnsNames() {
		is := func(nfType string) bool { return labelsType(s.domains[i].function, nfType) }
		if slices.ContainsFunc(types, is) {
			continue
		}
		known := nf.Types()
		if j := slices.IndexFunc(known, func(t nf.Type) bool { return is(t.Name) }); j >= 0 {
			want := strings.Join(types, ", ")
			r.hit(name, "a label of "+want, "dNSName %.100q has the label of type %s, want a label of %s as in nfTypes", name, known[j].Name, want)
		}
	}
}

// labelsType reports whether a label is the type's, or the label of its set or
// instance (TS 23.003 28.3.2.7 and 28.3.2.8).
func labelsType(label, nfType string) bool {
	plain := func(s string) string { return strings.ReplaceAll(nf.NormalizeFQDN(s), "_", "-") }
	rest, ok := strings.CutPrefix(plain(label), plain(nfType))
	return ok && (rest == "" || rest == "set" || rest == "i" && nfType == "AMF")
}

func checkWellKnownFQDN(s *Subject, r *report) {
	for _, function := range []string{"NRF", "NSSF"} {
		if !s.hasType(function) || !hasUsage(s.Contents, nf.UsageServerAuth) {
			continue
		}
		want := ""
		for i := range s.domains {
			d := &s.domains[i]
			if d.home == "" {
				continue
			}
			name := nf.NormalizeFQDN(function) + "." + d.home
			if d.name == name {
				return
			}
			want = name
		}
		if want != "" {
			r.hit(strings.Join(s.dnsNames(), ", "), want, "subjectAltName lacks %s, the name by which other networks look up the %s", want, function)
		}
	}
}
