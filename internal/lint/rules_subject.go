package lint

import (
	"strings"

	"github.com/nfcert/nfcert/internal/nf"
)

const sampleSubject = "C=SE, O=5gc.mnc001.mcc001.3gppnetwork.org"

// subjectRules check the subject's distinguished name.
func subjectRules() []Rule {
	return []Rule{{
		ID: "subject-country", Field: nf.FieldCountry, scope: onBoth, Level: nf.Shall, Clause: "TS 33.310 6.1.3c.3",
		Title: "the subject has no country",
		Why:   "The clause's table lists C and O. A CA that follows it refuses the CSR; a peer can refuse the certificate.",
		Fix:   "set the country: use nfcert csr --country SE, or C = SE in the [dn] section of openssl.cnf",
		Good:  sampleSubject, Bad: "O=5gc.mnc001.mcc001.3gppnetwork.org",
		check: hasAttribute(nf.FieldCountry, nf.OIDCountry, "C=<country>", "subject has no country (C)"),
	}, {
		ID: "subject-country-form", Field: nf.FieldCountry, scope: onBoth, Level: nf.Shall, Clause: "RFC 5280 appendix A.1",
		Title: "the country is not two letters",
		Why:   "countryName has two characters, an ISO 3166-1 code.",
		Fix:   "write the code: use nfcert csr --country SE, or C = SE in openssl.cnf",
		Good:  "C=SE", Bad: "C=Sweden",
		check: func(s *Subject, r *report) {
			if c := s.attribute(nf.OIDCountry); c != nil && !isCountry(upperCountry(c.Value)) {
				r.hit(c.Value, "two capital letters as in SE", "country is %.40q, want two letters of ISO 3166-1", c.Value)
			}
		},
	}, {
		ID: "subject-country-case", Field: nf.FieldCountry, scope: onBoth, Level: nf.Advice, grave: true, Clause: "ours",
		Title: "the country is not in capital letters",
		Why:   "ISO 3166-1 uses capital letters. A CA that compares byte by byte refuses the CSR.",
		Fix:   "write the code: use nfcert csr --country SE, or C = SE in openssl.cnf",
		Good:  "C=SE", Bad: "C=se",
		check: func(s *Subject, r *report) {
			c := s.attribute(nf.OIDCountry)
			if c == nil || isCountry(c.Value) {
				return
			}
			if want := upperCountry(c.Value); isCountry(want) {
				r.hit(c.Value, want, "country is %q, want %s", c.Value, want)
			}
		},
	}, {
		ID: "subject-organization", Field: nf.FieldOrganization, scope: onBoth, Level: nf.Shall, Clause: "TS 33.310 6.1.3c.3",
		Title: "the subject has no organization",
		Why:   "O contains the home network domain. CAs use it to check that a subject is in their own domain (TS 33.310 6.1).",
		Fix:   "set the network: use nfcert csr --plmn 001-01, which writes O; in openssl.cnf O = 5gc.mnc001.mcc001.3gppnetwork.org",
		Good:  "O=5gc.mnc001.mcc001.3gppnetwork.org", Bad: "CN=amf.localdomain",
		check: hasAttribute(nf.FieldOrganization, nf.OIDOrganization, "O=<home network domain>", "subject has no organization (O)"),
	}, {
		ID: "subject-home-domain", Field: nf.FieldOrganization, scope: onBoth, Level: nf.Should, Clause: "TS 33.310 6.1.3c.3",
		Title: "the organization is not a home network domain",
		Why:   "The clause's table has O=<Home Domain Name>, with the form of TS 23.003 28.2 as its example. Peers read the network from O.",
		Fix:   "set the network by its MCC and MNC: use nfcert csr --plmn 001-01 (and --nid for an SNPN), which writes O; in openssl.cnf O = 5gc.mnc001.mcc001.3gppnetwork.org (three digits each)",
		Good:  "O=5gc.mnc001.mcc001.3gppnetwork.org", Bad: "O=Example Telecom",
		check: func(s *Subject, r *report) {
			row, ok := s.Profile.Field(nf.FieldOrganization)
			o := s.attribute(nf.OIDOrganization)
			if !ok || o == nil || s.home.home != "" && s.home.home == s.home.name && s.home.plmn() != "" {
				return
			}
			row.Level = nf.Should
			r.hitRow(row, o.Value, "5gc.mnc<MNC>.mcc<MCC>.3gppnetwork.org", "organization is %.80q, want a home network domain", o.Value)
		},
	}, {
		ID: "subject-order", Field: nf.FieldSubject, scope: onBoth, Level: nf.Should, Clause: "TS 33.310 6.1", Confidence: nf.Secondary,
		Title: "O comes before C",
		Why:   "CAs check that the order of the subject's attributes is consistent. The table of 6.1.3c.3 has C first, then O.",
		Fix:   "use nfcert csr, which writes C first; in openssl.cnf put C before O in the [dn] section",
		Good:  sampleSubject, Bad: "O=5gc.mnc001.mcc001.3gppnetwork.org, C=SE",
		check: func(s *Subject, r *report) {
			seenO := false
			for i := range s.Subject {
				switch s.Subject[i].OID {
				case nf.OIDOrganization:
					seenO = true
				case nf.OIDCountry:
					if seenO {
						r.hit("O, then C", "C, then O", "subject has O before C, want C, then O")
					}
					return
				}
			}
		},
	}, {
		ID: "subject-common-name", Field: nf.FieldSubject, scope: onBoth, Level: nf.Advice, Clause: "TS 33.310 6.1.3c.3",
		Title: "the subject has a common name",
		Why:   "The clause's table lists only C and O. CN does no harm, but names belong in subjectAltName: nothing in the SBA reads them from CN.",
		Fix:   "omit CN, as nfcert csr does, or delete it from the [dn] section of openssl.cnf; give the name as --fqdn, or as DNS:NAME in subjectAltName",
		Good:  sampleSubject, Bad: sampleSubject + ", CN=amf1",
		check: func(s *Subject, r *report) {
			if cn := s.attribute(nf.OIDCommonName); cn != nil && s.wantsCAndO() {
				r.hit("CN="+cn.Value, "C and O", "subject has a common name (CN), want only C and O")
			}
		},
	}, {
		ID: "subject-attributes", Field: nf.FieldSubject, scope: onBoth, Level: nf.Advice, Clause: "TS 33.310 6.1.1", Confidence: nf.Secondary,
		Title: "the subject has attributes other than C, O and CN",
		Why:   "6.1.1 has two forms of name: (C), O, CN, or CN, (OU), DC, DC. A CA that checks the form refuses other names.",
		Fix:   "omit them, as nfcert csr does; in openssl.cnf delete L, ST, OU from the [dn] section",
		Good:  sampleSubject, Bad: "C=SE, ST=Stockholm, O=5gc.mnc001.mcc001.3gppnetwork.org",
		check: func(s *Subject, r *report) {
			if !s.wantsCAndO() {
				return
			}
			var others []string
			for _, a := range s.Subject {
				switch a.OID {
				case nf.OIDCountry, nf.OIDOrganization, nf.OIDCommonName:
				default:
					others = append(others, a.Type+"="+a.Value)
				}
			}
			if len(others) > 0 {
				r.hit(strings.Join(others, ", "), "C and O", "subject has %d attributes other than C, O and CN, want only C and O", len(others))
			}
		},
	}, {
		ID: "subject-repeated", Field: nf.FieldSubject, scope: onBoth, Level: nf.Advice, grave: true, Clause: "TS 33.310 6.1.3c.3",
		Title: "the subject has C or O more than once",
		Why:   "Some peers read the first and others the last, so the certificate belongs to two networks.",
		Fix:   "set each once: use nfcert csr --country and --plmn; in openssl.cnf delete the others from the [dn] section",
		Good:  sampleSubject, Bad: sampleSubject + ", O=Example Telecom",
		check: func(s *Subject, r *report) {
			count := map[nf.OID]int{}
			for _, a := range s.Subject {
				count[a.OID]++
			}
			if c, o := count[nf.OIDCountry], count[nf.OIDOrganization]; c > 1 || o > 1 {
				r.hit(s.SubjectString(), "C and O once each", "subject has %d C and %d O, want one each", c, o)
			}
		},
	}, {
		ID: "subject-joined", Field: nf.FieldSubject, scope: onBoth, Level: nf.Advice, grave: true, Clause: "TS 33.310 6.1.1",
		Title: "two attributes share one RDN",
		Why:   "C+O in one RDN is a different name from C, then O, and few tools show the difference.",
		Fix:   "use nfcert csr, which writes each attribute in its own RDN; with openssl remove -multivalue-rdn and the + in -subj",
		Good:  sampleSubject, Bad: "C=SE+O=5gc.mnc001.mcc001.3gppnetwork.org",
		check: func(s *Subject, r *report) {
			for _, a := range s.Subject {
				if a.Joined {
					r.hit(s.SubjectString(), "one attribute in each RDN", "%s shares its RDN with the attribute before it, want its own RDN", a.Type)
				}
			}
		},
	}}
}

// hasAttribute checks that the subject has an attribute that the profile
// requires.
func hasAttribute(field nf.FieldName, oid nf.OID, want, message string) func(*Subject, *report) {
	return func(s *Subject, r *report) {
		if row, ok := s.requires(field); ok && s.attribute(oid) == nil && !s.unread(nf.FieldSubject) {
			r.hitRow(row, s.SubjectString(), want, "%s", message)
		}
	}
}

// wantsCAndO reports whether the profile's subject is C and O as in the SBA, and
// not a name that the user chooses.
func (s *Subject) wantsCAndO() bool {
	_, ok := s.Profile.Field(nf.FieldOrganization)
	return ok
}

// isCountry reports whether s has the form of a country code.
func isCountry(s string) bool {
	return len(s) == 2 && strings.Trim(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") == ""
}

// upperCountry raises a text of a code's length to capital letters.
func upperCountry(s string) string {
	if len(s) != 2 {
		return s
	}
	return strings.ToUpper(s)
}
