package lint

import (
	"slices"
	"strings"

	"github.com/nfcert/nfcert/internal/nf"
)

// nfFileRules compare with the NF that the certificate should belong to, as in
// --nf FILE. They report nothing when no NF was given, and skip the fields that
// it does not set.
func nfFileRules() []Rule {
	return []Rule{{
		ID: "function-instance-id", Field: nf.FieldInstanceURI, scope: onBoth, Level: nf.Shall, Clause: "TS 33.501 13.4.1.1.2",
		Title: "the certificate belongs to another NF instance",
		Why:   "The NRF compares the instance id of a token request with the certificate, and refuses the request.",
		Fix:   "use nfcert csr --nf FILE, which takes the id from the NF file; or correct instanceId there",
		Good:  "the instanceId of the NF file", Bad: "another UUID",
		check: function(func(f *nf.Function, s *Subject, r *report) {
			want, urns := f.InstanceID.URN(), s.urns()
			if f.InstanceID != "" && len(urns) > 0 && !slices.ContainsFunc(urns, func(u string) bool { return strings.EqualFold(u, want) }) {
				r.hit(strings.Join(urns, ", "), want, "subjectAltName has another NF instance id, want %s as in the NF file", f.InstanceID)
			}
		}),
	}, {
		ID: "function-type", Field: nf.FieldNFTypes, scope: onBoth, Level: nf.Shall, Clause: "TS 33.501 13.4.1.1.2",
		Title: "nfTypes lacks the type of the NF",
		Why:   "The NRF compares the NF type of a token request with the certificate, and refuses the request.",
		Fix:   "use nfcert csr --nf FILE, which takes the type from the NF file; or correct type there",
		Good:  "nfTypes AMF, NF file AMF", Bad: "nfTypes SMF, NF file AMF",
		check: function(func(f *nf.Function, s *Subject, r *report) {
			if f.Type != "" && s.NFTypes != nil && !s.hasType(f.Type) {
				r.hit(strings.Join(s.nfTypes(), ", "), f.Type, "nfTypes lacks %s, the type in the NF file", f.Type)
			}
		}),
	}, {
		ID: "function-fqdn-missing", Field: nf.FieldDNS, scope: onBoth, Level: nf.Shall, Clause: "RFC 9110 4.3.4",
		Title: "an FQDN of the NF is missing from the names",
		Why:   "Clients that call the NF by this name refuse the certificate.",
		Fix:   "use nfcert csr --nf FILE, which includes all names; or delete the FQDN from the NF file",
		Good:  "every fqdns of the NF file", Bad: "one of two",
		check: function(func(f *nf.Function, s *Subject, r *report) {
			for _, fqdn := range f.FQDNs {
				if s.SubjectAltName != nil && !s.covers(fqdn) {
					r.hit(strings.Join(s.dnsNames(), ", "), fqdn, "subjectAltName lacks the FQDN %.80q of the NF file", fqdn)
				}
			}
		}),
	}, {
		ID: "function-fqdn-extra", Field: nf.FieldDNS, scope: onBoth, Level: nf.Advice, grave: true, Clause: "TS 33.501 5.9.2.2",
		Title: "a name that the NF does not have",
		Why:   "Anyone with the key can use that name too. The NRF may check that the certificate agrees with the NF profile.",
		Fix:   "use nfcert csr --nf FILE, which includes only the names in the NF file; or add the FQDN there",
		Good:  "the fqdns of the NF file", Bad: "one more",
		check: function(func(f *nf.Function, s *Subject, r *report) {
			if len(f.FQDNs) == 0 {
				return
			}
			for i, name := range s.dnsNames() {
				d := &s.domains[i]
				own := slices.ContainsFunc(f.FQDNs, func(f string) bool { f = nf.NormalizeFQDN(f); return f == d.name || f == "*."+d.name })
				if !own {
					r.hit(name, strings.Join(f.FQDNs, ", "), "dNSName %.80q is not an FQDN of the NF file", name)
				}
			}
		}),
	}, {
		ID: "function-network", Field: nf.FieldOrganization, scope: onBoth, Level: nf.Shall, Clause: "TS 33.501 13.4.1.1.2",
		Title: "the certificate belongs to another network",
		Why:   "The NRF compares the PLMN of a token request with the certificate, and refuses the request.",
		Fix:   "use nfcert csr --nf FILE, which builds the domain from plmn and nid; or correct these there",
		Good:  "O=5gc.mnc001.mcc001.3gppnetwork.org, NF file 001-01", Bad: "O=5gc.mnc002.mcc001.3gppnetwork.org, NF file 001-01",
		check: function(func(f *nf.Function, s *Subject, r *report) {
			if want := f.HomeDomain(); want != "" && s.home.home != "" && s.home.plmn() != "" && s.home.home != want {
				r.hit(s.home.home, want, "organization is %.80s, want %s as in the NF file", s.home.home, want)
			}
		}),
	}, {
		ID: "function-country", Field: nf.FieldCountry, scope: onBoth, Level: nf.Advice, grave: true, Clause: "TS 33.310 6.1.3c.3",
		Title: "the country is not the NF's",
		Why:   "A CA that checks subjects against its own domain may refuse the CSR.",
		Fix:   "use nfcert csr --nf FILE, which takes the country from the NF file; or correct country there",
		Good:  "C=SE, NF file SE", Bad: "C=NO, NF file SE",
		check: function(func(f *nf.Function, s *Subject, r *report) {
			if c := s.attribute(nf.OIDCountry); f.Country != "" && c != nil && !strings.EqualFold(c.Value, f.Country) {
				r.hit(c.Value, f.Country, "country is %.40q, want %s as in the NF file", c.Value, f.Country)
			}
		}),
	}, {
		ID: "function-uri-missing", Field: nf.FieldURI, scope: onBoth, Level: nf.Advice, grave: true, Clause: "ours",
		Title: "a URI of the NF is missing from the names",
		Why:   "The NF file asks for it, so a peer probably checks it.",
		Fix:   "use nfcert csr --nf FILE, which includes all names; or delete the URI from the NF file",
		Good:  "every uris of the NF file", Bad: "no URI",
		check: function(func(f *nf.Function, s *Subject, r *report) {
			for _, uri := range f.URIs {
				if s.SubjectAltName != nil && !slices.Contains(s.uris(), uri) {
					r.hit(strings.Join(s.uris(), ", "), uri, "subjectAltName lacks the URI %.80q of the NF file", uri)
				}
			}
		}),
	}}
}

// function runs a check where an NF was given.
func function(check func(*nf.Function, *Subject, *report)) func(*Subject, *report) {
	return func(s *Subject, r *report) {
		if s.Function != nil {
			check(s.Function, s, r)
		}
	}
}
