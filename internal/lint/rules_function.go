package lint

import (
	"slices"
	"strings"

	"github.com/nfcert/nfcert/internal/nf"
)

// functionRules compare with the NF that the certificate should be of. They
// say nothing where no NF was given, and of fields that it does not have.
func functionRules() []Rule {
	return []Rule{{
		ID: "function-instance-id", Field: nf.FieldInstanceURI, scope: onBoth, Level: nf.Shall, Clause: "TS 33.501 13.4.1.1.2",
		Title: "the certificate is of another NF instance",
		Why:   "The NRF checks the instance id of a token request against the certificate, and refuses.",
		Fix:   "nfcert csr --nf FILE takes the id from the NF file; or mend instanceId there",
		Good:  "the instanceId of the NF file", Bad: "another UUID",
		check: func(s *Subject, r *report) {
			f := s.Function
			if f == nil || f.InstanceID == "" {
				return
			}
			if urns := s.urns(); len(urns) > 0 && !slices.ContainsFunc(urns, func(u string) bool { return strings.EqualFold(u, f.InstanceID.URN()) }) {
				r.hit(strings.Join(urns, ", "), f.InstanceID.URN(), "the certificate is of another instance than the NF file's %s", f.InstanceID)
			}
		},
	}, {
		ID: "function-type", Field: nf.FieldNFTypes, scope: onBoth, Level: nf.Shall, Clause: "TS 33.501 13.4.1.1.2",
		Title: "nfTypes lacks the type of the NF",
		Why:   "The NRF checks the NF type of a token request against the certificate, and refuses.",
		Fix:   "nfcert csr --nf FILE takes the type from the NF file; or mend type there",
		Good:  "nfTypes AMF, NF file AMF", Bad: "nfTypes SMF, NF file AMF",
		check: func(s *Subject, r *report) {
			if f := s.Function; f != nil && f.Type != "" && s.NFTypes != nil && !hasType(s.Contents, f.Type) {
				r.hit(strings.Join(s.NFTypes.Types, ", "), f.Type, "nfTypes lacks %s, the type of the NF file", f.Type)
			}
		},
	}, {
		ID: "function-fqdn-missing", Field: nf.FieldDNS, scope: onBoth, Level: nf.Shall, Clause: "RFC 9110 4.3.4",
		Title: "an FQDN of the NF is not among the names",
		Why:   "Clients that call the NF by it refuse the certificate.",
		Fix:   "nfcert csr --nf FILE names all; or take the FQDN out of the NF file",
		Good:  "every fqdns of the NF file", Bad: "one of two",
		check: func(s *Subject, r *report) {
			if s.Function == nil || s.SubjectAltName == nil {
				return
			}
			for _, fqdn := range s.Function.FQDNs {
				if !s.covers(fqdn) {
					r.hit(strings.Join(s.dnsNames(), ", "), fqdn, "FQDN %.80q of the NF file is not among the names", fqdn)
				}
			}
		},
	}, {
		ID: "function-fqdn-extra", Field: nf.FieldDNS, scope: onBoth, Level: nf.Advice, grave: true, Clause: "TS 33.501 5.9.2.2",
		Title: "a name that the NF does not have",
		Why:   "Whoever has the key passes for that name too. The NRF may check that certificate and NF profile agree.",
		Fix:   "nfcert csr --nf FILE names those of the NF file alone; or add the FQDN there",
		Good:  "the fqdns of the NF file", Bad: "one more",
		check: func(s *Subject, r *report) {
			if s.Function == nil || len(s.Function.FQDNs) == 0 {
				return
			}
			for i, name := range s.dnsNames() {
				p := &s.places[i]
				own := slices.ContainsFunc(s.Function.FQDNs, func(f string) bool { f = lower(f); return f == p.name || f == "*."+p.name })
				if !own {
					r.hit(name, strings.Join(s.Function.FQDNs, ", "), "%.80q is not an FQDN of the NF file", name)
				}
			}
		},
	}, {
		ID: "function-network", Field: nf.FieldOrganization, scope: onBoth, Level: nf.Shall, Clause: "TS 33.501 13.4.1.1.2",
		Title: "the certificate is of another network",
		Why:   "The NRF checks the PLMN of a token request against the certificate, and refuses.",
		Fix:   "nfcert csr --nf FILE builds the domain from plmn and nid; or mend these there",
		Good:  "O=5gc.mnc001.mcc001.3gppnetwork.org, NF file 001-01", Bad: "O=5gc.mnc002.mcc001.3gppnetwork.org, NF file 001-01",
		check: func(s *Subject, r *report) {
			if s.Function == nil || s.home.home == "" || s.home.plmn() == "" {
				return
			}
			if want := s.Function.HomeDomain(); want != "" && s.home.home != want {
				r.hit(s.home.home, want, "the subject is of %.80s, the NF of %s", s.home.home, want)
			}
		},
	}, {
		ID: "function-country", Field: nf.FieldCountry, scope: onBoth, Level: nf.Advice, grave: true, Clause: "TS 33.310 6.1.3c.3",
		Title: "the country is not the NF's",
		Why:   "A CA that checks subjects against its own domain may refuse.",
		Fix:   "nfcert csr --nf FILE takes the country from the NF file; or mend country there",
		Good:  "C=SE, NF file SE", Bad: "C=NO, NF file SE",
		check: func(s *Subject, r *report) {
			c := s.attribute(nf.OIDCountry)
			if s.Function != nil && s.Function.Country != "" && c != nil && !strings.EqualFold(c.Value, s.Function.Country) {
				r.hit(c.Value, s.Function.Country, "country %.40q, and the NF file has %s", c.Value, s.Function.Country)
			}
		},
	}, {
		ID: "function-uri-missing", Field: nf.FieldURI, scope: onBoth, Level: nf.Advice, grave: true, Clause: "ours",
		Title: "a URI of the NF is not among the names",
		Why:   "The NF file asks for it, so somebody checks it.",
		Fix:   "nfcert csr --nf FILE names all; or take the URI out of the NF file",
		Good:  "every uris of the NF file", Bad: "none",
		check: func(s *Subject, r *report) {
			if s.Function == nil || s.SubjectAltName == nil {
				return
			}
			for _, uri := range s.Function.URIs {
				if !slices.Contains(s.SubjectAltName.URIs, uri) {
					r.hit(strings.Join(s.SubjectAltName.URIs, ", "), uri, "URI %.80q of the NF file is not among the names", uri)
				}
			}
		},
	}}
}
