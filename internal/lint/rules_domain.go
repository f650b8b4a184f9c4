package lint

import (
	"slices"
	"strings"

	"github.com/nfcert/nfcert/internal/nf"
)

// domainRules judge names by TS 23.003 clause 28: the home network domain, and
// what the label before it says.
func domainRules() []Rule {
	return []Rule{{
		ID: "domain-form", Field: nf.FieldDNS, scope: onBoth, Level: nf.Shall, Clause: "TS 23.003 28.2",
		Title: "a name of the 5G core without mnc and mcc",
		Why:   "The network is read from these labels: routing, SEPP and NRF find nothing in a name without them.",
		Fix:   "nfcert csr --plmn 001-01 builds the domain; in openssl.cnf write 5gc.mnc001.mcc001.3gppnetwork.org, each of mnc and mcc a label of its own",
		Good:  "sepp1.sepp.5gc.mnc002.mcc262.3gppnetwork.org", Bad: "sepp1.sepp.5gc.mnc02mcc262.3gppnetwork.org",
		check: func(s *Subject, r *report) {
			s.eachPlace(func(field nf.FieldName, value string, p *place) {
				if p.core && !p.formed() && p.function != "n3iwf" {
					r.hitField(field, value, "5gc.mnc<MNC>.mcc<MCC>.3gppnetwork.org", "%.100q has no labels mnc<MNC> and mcc<MCC>", value)
				}
			})
		},
	}, {
		ID: "domain-digits", Field: nf.FieldDNS, scope: onBoth, Level: nf.Shall, Clause: "TS 23.003 28.2",
		Title: "MNC or MCC without three digits",
		Why:   "In a domain both have three digits; an MNC of two gets a leading zero. mnc01 and mnc001 are different names, and only one is looked up.",
		Fix:   "nfcert csr --plmn 001-01 pads it; in openssl.cnf write mnc001",
		Good:  "5gc.mnc001.mcc001.3gppnetwork.org", Bad: "5gc.mnc01.mcc001.3gppnetwork.org",
		check: func(s *Subject, r *report) {
			s.eachPlace(func(field nf.FieldName, value string, p *place) {
				if p.formed() && (len(p.mnc) != 3 || len(p.mcc) != 3) {
					r.hitField(field, value, "three digits each", "%.100q has MNC %.10q and MCC %.10q, want three digits each", value, p.mnc, p.mcc)
				}
			})
		},
	}, {
		ID: "domain-nid", Field: nf.FieldDNS, scope: onBoth, Level: nf.Shall, Clause: "TS 23.003 28.2",
		Title: "the NID of an SNPN without 11 hex digits",
		Why:   "The NID is part of the domain of an SNPN (TS 23.003 12.7); another length names no network.",
		Fix:   "nfcert csr --nid 000007ed9d5 builds the label",
		Good:  "5gc.nid000007ed9d5.mnc012.mcc345.3gppnetwork.org", Bad: "5gc.nid7ed9d5.mnc012.mcc345.3gppnetwork.org",
		check: func(s *Subject, r *report) {
			s.eachPlace(func(field nf.FieldName, value string, p *place) {
				if p.nid == "" {
					return
				}
				if err := nf.CheckNID(p.nid); err != nil {
					r.hitField(field, value, "nid and 11 hex digits", "%.100q: %v", value, err)
				}
			})
		},
	}, {
		ID: "domain-suffix", Field: nf.FieldDNS, scope: onBoth, Level: nf.Shall, Clause: "TS 23.003 28.2",
		most: warning, Lenience: "hosted SEPPs have names outside 3gppnetwork.org, and operators may name NFs as they like",
		Title: "a home network domain that does not end in 3gppnetwork.org",
		Why:   "Other networks look the name up under 3gppnetwork.org (a hosted SEPP's under ipxnetwork.org).",
		Fix:   "nfcert csr --plmn 001-01 builds the domain; in openssl.cnf write 5gc.mnc001.mcc001.3gppnetwork.org",
		Good:  "amf1.amf.5gc.mnc001.mcc001.3gppnetwork.org", Bad: "amf1.amf.5gc.mnc001.mcc001.example.org",
		check: func(s *Subject, r *report) {
			s.eachPlace(func(field nf.FieldName, value string, p *place) {
				if p.home != "" && p.formed() && !strings.HasSuffix(p.name, ".3gppnetwork.org") && !strings.HasSuffix(p.name, ".ipxnetwork.org") {
					r.hitField(field, value, "...3gppnetwork.org", "%.100q does not end in 3gppnetwork.org", value)
				}
			})
		},
	}, {
		ID: "san-home-domain", Field: nf.FieldDNS, scope: onBoth, Level: nf.Should, Clause: "TS 33.310 6.1", Confidence: nf.Secondary,
		Title: "the names are of another network than the subject",
		Why:   "A CA checks that the subject is of its own domain; with names of another the check says nothing.",
		Fix:   "nfcert csr --plmn and --fqdn of the same network (TS 23.003 28.2); in openssl.cnf write DNS: names that end in the O of the [dn] section, or mend O",
		Good:  "O=5gc.mnc001.mcc001.3gppnetwork.org, DNS:amf1.amf.5gc.mnc001.mcc001.3gppnetwork.org", Bad: "O=5gc.mnc001.mcc001.3gppnetwork.org, DNS:amf1.amf.5gc.mnc002.mcc001.3gppnetwork.org",
		check: func(s *Subject, r *report) {
			if s.home.home == "" || s.home.plmn() == "" || len(s.networks) > 1 {
				return // several networks among the names are another rule's
			}
			for i := range s.places {
				p := &s.places[i]
				if s.mistakes[i] == mistakeNone && !p.under(s.home.home) && !strings.HasSuffix(p.name, ".ipxnetwork.org") && !p.sameNetwork(&s.home) {
					r.hit(s.dnsNames()[i], "a name in "+s.home.home, "%.100q is outside %.80s, the subject's domain", s.dnsNames()[i], s.home.home)
				}
			}
		},
	}, {
		ID: "san-networks", Field: nf.FieldDNS, scope: onBoth, Level: nf.Advice, grave: true, Clause: "TS 33.310 6.1.3c.3",
		Title: "names of several networks in one certificate",
		Why:   "O names one home network domain. An NF that serves several PLMNs has names in one of them.",
		Fix:   "make one certificate for each network: nfcert csr -n NAME --plmn",
		Good:  "names in 5gc.mnc001.mcc001 alone", Bad: "names in 5gc.mnc001.mcc001 and 5gc.mnc002.mcc001",
		check: func(s *Subject, r *report) {
			if n := s.networks; len(n) > 1 && !s.isSEPP() {
				r.hit(strings.Join(n, ", "), "one network", "the names are of %d networks", len(n))
			}
		},
	}, {
		ID: "san-type-label", Field: nf.FieldDNS, scope: onBoth, Level: nf.Advice, grave: true, Clause: "TS 23.003 28.3.2.5",
		Title: "a name has the label of another NF type",
		Why:   "The label before 5gc says what the NF is, as in the AMF Name. A certificate of another type is refused, or worse, believed.",
		Fix:   "nfcert csr --nf-type and --fqdn of the same NF; in openssl.cnf mend the DNS: name or the section [types]",
		Good:  "amf1.amf.5gc... with nfTypes AMF", Bad: "smf1.smf.5gc... with nfTypes AMF",
		check: checkTypeLabel,
	}, {
		ID: "san-well-known-fqdn", Field: nf.FieldDNS, scope: onBoth, Level: nf.Advice, Clause: "TS 23.003 28.3.2.3.2",
		Title: "an NRF or NSSF without the name that others look up",
		Why:   "Another network finds the NRF as nrf. and the home network domain (the NSSF as nssf., 28.3.2.4.2). A local one that nobody looks up needs no such name.",
		Fix:   "name it too: nfcert csr --fqdn nrf.5gc.mnc001.mcc001.3gppnetwork.org",
		Good:  "nrf.5gc.mnc001.mcc001.3gppnetwork.org", Bad: "nrf1.nrf.5gc.mnc001.mcc001.3gppnetwork.org alone",
		check: checkWellKnown,
	}, {
		ID: "san-amf-set", Field: nf.FieldDNS, scope: onBoth, Level: nf.Shall, Clause: "TS 23.003 28.3.2.7", Confidence: nf.Unverified,
		Title: "an AMF set or instance name without its labels",
		Why:   "An AMF set is named set<id>.region<id>.amfset, an instance pt<id>.set<id>.region<id>.amfi; without these the MME and other AMFs find nothing.",
		Fix:   "nfcert csr --fqdn set<AMF Set Id>.region<AMF Region Id>.amfset.5gc...",
		Good:  "set001.region48.amfset.5gc.mnc012.mcc345.3gppnetwork.org", Bad: "amf1.amfset.5gc.mnc012.mcc345.3gppnetwork.org",
		check: func(s *Subject, r *report) {
			for i := range s.places {
				p := &s.places[i]
				want := ""
				switch p.function {
				case "amfset":
					want = "set region"
				case "amfi":
					want = "pt set region"
				}
				if want != "" && !p.startsWith(strings.Fields(want)) {
					r.hit(s.dnsNames()[i], strings.ReplaceAll(want, " ", "<id>.")+"<id>."+p.function, "%.100q lacks the labels of an AMF set or instance", s.dnsNames()[i])
				}
			}
		},
	}}
}

// formed reports whether the name has both codes, in digits.
func (p *place) formed() bool {
	return p.mnc != "" && p.mcc != "" && allDigits(p.mnc, len(p.mnc)) && allDigits(p.mcc, len(p.mcc))
}

// sameNetwork reports whether both names have the same PLMN and NID.
func (p *place) sameNetwork(q *place) bool {
	return p.home != "" && p.plmn() == q.plmn() && p.nid == q.nid
}

// startsWith reports whether the first labels are these words with something
// after each, and the function's label follows.
func (p *place) startsWith(words []string) bool {
	rest := p.name
	for _, word := range words {
		var label string
		label, rest, _ = strings.Cut(rest, ".")
		if !strings.HasPrefix(label, word) || len(label) == len(word) {
			return false
		}
	}
	label, _, _ := strings.Cut(rest, ".")
	return label == p.function
}

// eachPlace visits the dNSNames and the subject's organization.
func (s *Subject) eachPlace(visit func(field nf.FieldName, value string, p *place)) {
	for i := range s.places {
		visit(nf.FieldDNS, s.dnsNames()[i], &s.places[i])
	}
	if s.home.core {
		visit(nf.FieldOrganization, s.attribute(nf.OIDOrganization).Value, &s.home)
	}
}

// maxNetworks bounds how many networks are told apart in one certificate.
const maxNetworks = 50

// networksOf lists the networks that names are of, each once.
func networksOf(places []place) []string {
	var list []string
	for i := range places {
		if p := &places[i]; p.formed() && len(list) < maxNetworks {
			if name := p.network(); !slices.Contains(list, name) {
				list = append(list, name)
			}
		}
	}
	return list
}

// network gives MCC-MNC with the MNC as in a domain, and the NID of an SNPN.
func (p *place) network() string {
	mnc := p.mnc
	if len(mnc) == 2 {
		mnc = "0" + mnc
	}
	if p.nid != "" {
		return p.mcc + "-" + mnc + "-" + p.nid
	}
	return p.mcc + "-" + mnc
}

// checkTypeLabel compares the label before 5gc with nfTypes. A label that is no
// NF type says nothing.
func checkTypeLabel(s *Subject, r *report) {
	if s.NFTypes == nil || len(s.NFTypes.Types) == 0 {
		return
	}
	for i := range s.places {
		label := s.places[i].function
		if label == "" || labelsAny(label, s.NFTypes.Types) {
			continue
		}
		for _, t := range nf.Types() {
			if labelsType(label, t.Name) {
				r.hit(s.dnsNames()[i], "a label of "+strings.Join(s.NFTypes.Types, ", "),
					"%.100q is a name of type %s, and nfTypes has %s", s.dnsNames()[i], t.Name, strings.Join(s.NFTypes.Types, ", "))
				break
			}
		}
	}
}

func labelsAny(label string, types []string) bool {
	for _, t := range types {
		if labelsType(label, t) {
			return true
		}
	}
	return false
}

// labelsType reports whether a label is the type's, or its set's or instance's
// (TS 23.003 28.3.2.7 and 28.3.2.8).
func labelsType(label, nfType string) bool {
	if len(label) < len(nfType) {
		return false
	}
	for i := range len(nfType) {
		a, b := label[i], nfType[i]
		if 'A' <= b && b <= 'Z' {
			b += 'a' - 'A'
		}
		if a != b && !(b == '_' && a == '-') {
			return false
		}
	}
	rest := label[len(nfType):]
	return rest == "" || rest == "set" || rest == "i" && nfType == "AMF"
}

func checkWellKnown(s *Subject, r *report) {
	for _, function := range [...]string{"NRF", "NSSF"} {
		if !hasType(s.Contents, function) || !hasUsage(s.Contents, nf.UsageServerAuth) {
			continue
		}
		want := ""
		for i := range s.places {
			p := &s.places[i]
			if p.home == "" {
				continue
			}
			name := lower(function) + "." + p.home
			if p.name == name {
				return
			}
			want = name
		}
		if want != "" {
			r.hit(strings.Join(s.dnsNames(), ", "), want, "no name is %s, by which others look the %s up", want, function)
		}
	}
}
