package lint

import (
	"strings"

	"github.com/nfcert/nfcert/internal/nf"
)

// subjectRules judge the subject's distinguished name.
func subjectRules() []Rule {
	return []Rule{{
		ID: "subject-country", Field: nf.FieldCountry, scope: onBoth, Level: nf.Shall, Clause: "TS 33.310 6.1.3c.3",
		Title: "the subject has no country",
		Why:   "The table has C and O. A CA that follows it refuses the request; so may a peer the certificate.",
		Fix:   "give the country: nfcert csr --country SE, or C = SE in the [dn] section of openssl.cnf",
		Good:  "C=SE, O=5gc.mnc001.mcc001.3gppnetwork.org", Bad: "O=5gc.mnc001.mcc001.3gppnetwork.org",
		check: func(s *Subject, r *report) {
			if row, ok := s.requires(nf.FieldCountry); ok && s.attribute(nf.OIDCountry) == nil && !s.unread(nf.FieldSubject) {
				r.hitRow(row, s.SubjectString(), "C=<country>", "the subject has no country (C)")
			}
		},
	}, {
		ID: "subject-country-form", Field: nf.FieldCountry, scope: onBoth, Level: nf.Shall, Clause: "RFC 5280 appendix A.1",
		Title: "the country is not two letters",
		Why:   "countryName has two characters, a code of ISO 3166-1.",
		Fix:   "write the code: nfcert csr --country SE, or C = SE in openssl.cnf",
		Good:  "C=SE", Bad: "C=Sweden",
		check: func(s *Subject, r *report) {
			if c := s.attribute(nf.OIDCountry); c != nil && !isCountry(upper(c.Value)) {
				r.hit(c.Value, "two capital letters as in SE", "country %.40q, want two letters of ISO 3166-1", c.Value)
			}
		},
	}, {
		ID: "subject-country-case", Field: nf.FieldCountry, scope: onBoth, Level: nf.Advice, grave: true, Clause: "ours",
		Title: "the country is not in capital letters",
		Why:   "ISO 3166-1 has capitals, and CAs that compare byte by byte refuse the request.",
		Fix:   "write the code: nfcert csr --country SE, or C = SE in openssl.cnf",
		Good:  "C=SE", Bad: "C=se",
		check: func(s *Subject, r *report) {
			if c := s.attribute(nf.OIDCountry); c != nil && !isCountry(c.Value) && isCountry(upper(c.Value)) {
				r.hit(c.Value, upper(c.Value), "country %q is not in capital letters", c.Value)
			}
		},
	}, {
		ID: "subject-organization", Field: nf.FieldOrganization, scope: onBoth, Level: nf.Shall, Clause: "TS 33.310 6.1.3c.3",
		Title: "the subject has no organization",
		Why:   "O names the home network domain, by which CAs tell whether a subject is of their own domain (TS 33.310 6.1).",
		Fix:   "give the network: nfcert csr --plmn 001-01 writes O by itself; in openssl.cnf O = 5gc.mnc001.mcc001.3gppnetwork.org",
		Good:  "O=5gc.mnc001.mcc001.3gppnetwork.org", Bad: "CN=amf.localdomain",
		check: func(s *Subject, r *report) {
			if row, ok := s.requires(nf.FieldOrganization); ok && s.attribute(nf.OIDOrganization) == nil && !s.unread(nf.FieldSubject) {
				r.hitRow(row, s.SubjectString(), "O=<home network domain>", "the subject has no organization (O)")
			}
		},
	}, {
		ID: "subject-home-domain", Field: nf.FieldOrganization, scope: onBoth, Level: nf.Should, Clause: "TS 33.310 6.1.3c.3",
		Title: "the organization is not a home network domain",
		Why:   "The table has O=<Home Domain Name>, with the form of TS 23.003 28.2 as its example. Peers read the network from there.",
		Fix:   "give the network, by its MCC and MNC: nfcert csr --plmn 001-01 (and --nid for an SNPN) writes O by itself; in openssl.cnf O = 5gc.mnc001.mcc001.3gppnetwork.org (three digits each)",
		Good:  "O=5gc.mnc001.mcc001.3gppnetwork.org", Bad: "O=Example Telecom",
		check: func(s *Subject, r *report) {
			row, ok := s.Profile.Field(nf.FieldOrganization)
			o := s.attribute(nf.OIDOrganization)
			if !ok || o == nil || s.home.home != "" && s.home.home == s.home.name && s.home.plmn() != "" {
				return
			}
			row.Level = nf.Should
			r.hitRow(row, o.Value, "5gc.mnc<MNC>.mcc<MCC>.3gppnetwork.org", "organization %.80q is not a home network domain", o.Value)
		},
	}, {
		ID: "subject-order", Field: nf.FieldSubject, scope: onBoth, Level: nf.Should, Clause: "TS 33.310 6.1", Confidence: nf.Secondary,
		Title: "O stands before C",
		Why:   "CAs check the order of the subject's attributes for consistency; the table has C, then O.",
		Fix:   "nfcert csr writes C, then O; in openssl.cnf put C before O in the [dn] section",
		Good:  "C=SE, O=5gc.mnc001.mcc001.3gppnetwork.org", Bad: "O=5gc.mnc001.mcc001.3gppnetwork.org, C=SE",
		check: func(s *Subject, r *report) {
			seenO := false
			for i := range s.Subject {
				switch s.Subject[i].OID {
				case nf.OIDOrganization:
					seenO = true
				case nf.OIDCountry:
					if seenO {
						r.hit("O, then C", "C, then O", "the subject has O before C")
					}
					return
				}
			}
		},
	}, {
		ID: "subject-common-name", Field: nf.FieldSubject, scope: onBoth, Level: nf.Advice, Clause: "TS 33.310 6.1.3c.3",
		Title: "the subject has a common name",
		Why:   "The table lists C and O alone. CN does no harm, but names belong in subjectAltName: nothing in the SBA reads them from CN.",
		Fix:   "leave CN out (nfcert csr writes none; in openssl.cnf delete it from the [dn] section), and give the name as --fqdn, or DNS:NAME in subjectAltName",
		Good:  "C=SE, O=5gc.mnc001.mcc001.3gppnetwork.org", Bad: "C=SE, O=5gc.mnc001.mcc001.3gppnetwork.org, CN=amf1",
		check: func(s *Subject, r *report) {
			if cn := s.attribute(nf.OIDCommonName); cn != nil && s.countryAndDomain() {
				r.hit("CN="+cn.Value, "C and O", "the subject has a common name, which the table does not list")
			}
		},
	}, {
		ID: "subject-attributes", Field: nf.FieldSubject, scope: onBoth, Level: nf.Advice, Clause: "TS 33.310 6.1.1", Confidence: nf.Secondary,
		Title: "the subject has attributes beside C, O and CN",
		Why:   "6.1.1 has two forms of name: (C), O, CN, or CN, (OU), DC, DC. CAs that hold requests against the form refuse others.",
		Fix:   "leave them out: nfcert csr writes C and O alone; in openssl.cnf delete L, ST, OU from the [dn] section",
		Good:  "C=SE, O=5gc.mnc001.mcc001.3gppnetwork.org", Bad: "C=SE, ST=Stockholm, O=5gc.mnc001.mcc001.3gppnetwork.org",
		check: func(s *Subject, r *report) {
			if !s.countryAndDomain() {
				return
			}
			var others []string
			for i := range s.Subject {
				switch a := &s.Subject[i]; a.OID {
				case nf.OIDCountry, nf.OIDOrganization, nf.OIDCommonName:
				default:
					others = append(others, a.Type+"="+a.Value)
				}
			}
			if len(others) > 0 {
				r.hit(strings.Join(others, ", "), "C and O", "the subject has %d attributes beside C, O and CN", len(others))
			}
		},
	}, {
		ID: "subject-repeated", Field: nf.FieldSubject, scope: onBoth, Level: nf.Advice, grave: true, Clause: "TS 33.310 6.1.3c.3",
		Title: "C or O stands more than once in the subject",
		Why:   "One reader takes the first and another the last: the certificate is of two networks.",
		Fix:   "give each once: nfcert csr --country and --plmn; in openssl.cnf delete the other from the [dn] section",
		Good:  "C=SE, O=5gc.mnc001.mcc001.3gppnetwork.org", Bad: "C=SE, O=5gc.mnc001.mcc001.3gppnetwork.org, O=Example Telecom",
		check: func(s *Subject, r *report) {
			countries, organizations := 0, 0
			for i := range s.Subject {
				switch s.Subject[i].OID {
				case nf.OIDCountry:
					countries++
				case nf.OIDOrganization:
					organizations++
				}
			}
			if countries > 1 || organizations > 1 {
				r.hit(s.SubjectString(), "C and O once each", "the subject has %d countries and %d organizations", countries, organizations)
			}
		},
	}, {
		ID: "subject-joined", Field: nf.FieldSubject, scope: onBoth, Level: nf.Advice, grave: true, Clause: "TS 33.310 6.1.1",
		Title: "two attributes share one RDN",
		Why:   "C+O in one set is another name than C, then O, and few tools show the difference.",
		Fix:   "nfcert csr gives each attribute an RDN of its own; with openssl drop -multivalue-rdn and the + in -subj",
		Good:  "C=SE, O=5gc.mnc001.mcc001.3gppnetwork.org", Bad: "C=SE+O=5gc.mnc001.mcc001.3gppnetwork.org",
		check: func(s *Subject, r *report) {
			for i := range s.Subject {
				if s.Subject[i].Joined {
					r.hit(s.SubjectString(), "one attribute in each RDN", "%s shares its RDN with the attribute before it", s.Subject[i].Type)
				}
			}
		},
	}}
}

// countryAndDomain reports whether the profile's subject is C and O, as the SBA
// has it, and not a name of the user's choice.
func (s *Subject) countryAndDomain() bool {
	_, ok := s.Profile.Field(nf.FieldOrganization)
	return ok
}

// isCountry reports whether s has the form of a country's code.
func isCountry(s string) bool { return len(s) == 2 && isCapital(s[0]) && isCapital(s[1]) }

func isCapital(c byte) bool { return 'A' <= c && c <= 'Z' }

// upper raises a to z in a short text; a long one is no code, and stays.
func upper(s string) string {
	if len(s) > 2 {
		return s
	}
	b := []byte(s)
	for i, c := range b {
		if 'a' <= c && c <= 'z' {
			b[i] -= 'a' - 'A'
		}
	}
	return string(b)
}
