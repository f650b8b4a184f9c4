package lint

import (
	"strings"

	"github.com/nfcert/nfcert/internal/inspect"
	"github.com/nfcert/nfcert/internal/nf"
)

// What to put into the names, for those who know certificates and not the 5G
// core.
const (
	whatFQDN     = "NAME is by what peers call the NF, as in amf1.amf.5gc.mnc001.mcc001.3gppnetwork.org for MCC 001 and MNC 01"
	whatInstance = "UUID is the one under which the NF registers at the NRF; a new NF takes a random one (uuidgen -r) and keeps it"
	whatNames    = whatFQDN + "; " + whatInstance
)

// altNameRules judge subjectAltName as an extension, and the kinds of name in
// it.
func altNameRules() []Rule {
	return []Rule{{
		ID: "san-missing", Field: nf.FieldSubjectAltName, scope: onBoth, Level: nf.Shall, Clause: "TS 33.310 6.1.3c.3",
		Title: "subjectAltName is missing",
		Why:   "It names the NF instance and its FQDN. Nothing in the SBA reads names from the subject.",
		Fix:   "nfcert csr --fqdn NAME --nf-instance-id UUID; in openssl.cnf subjectAltName = critical, DNS:NAME, URI:urn:uuid:UUID. " + whatNames,
		Good:  "subjectAltName = critical, DNS:amf1.amf.5gc.mnc001.mcc001.3gppnetwork.org, URI:urn:uuid:...", Bad: "CN=amf.localdomain alone",
		check: func(s *Subject, r *report) {
			if row, ok := s.requires(nf.FieldSubjectAltName); ok && s.SubjectAltName == nil && !s.unread(nf.FieldSubjectAltName) {
				r.hitRow(row, "", "FQDN and NF instance id", "subjectAltName is missing")
			}
		},
	}, {
		ID: "san-critical", Field: nf.FieldSubjectAltName, scope: onBoth, Level: nf.Shall, Clause: "TS 33.310 6.1.3c.3",
		Title: "subjectAltName is not marked critical",
		Why:   "The table has it critical. Go and openssl write it non-critical unless told, so this is the most frequent fault of all.",
		Fix:   "nfcert csr marks it; in openssl.cnf subjectAltName = critical, DNS:...; with openssl x509 -req also -copy_extensions copyall",
		Good:  "subjectAltName = critical, DNS:...", Bad: "subjectAltName = DNS:...",
		check: func(s *Subject, r *report) {
			if s.SubjectAltName != nil {
				s.mark(r, nf.FieldSubjectAltName, s.SubjectAltName.Critical)
			}
		},
	}, {
		ID: "san-dns-missing", Field: nf.FieldDNS, scope: onBoth, Level: nf.Should, Clause: "RFC 9310 Appendix B", Confidence: nf.Secondary,
		Title: "a server's certificate has no dNSName",
		Why:   "Clients compare the host name of the URI with the dNSNames (RFC 9110 4.3.4); without one every call by FQDN fails.",
		Fix:   "name the FQDN: nfcert csr --fqdn NAME; in openssl.cnf subjectAltName = critical, DNS:NAME, URI:urn:uuid:UUID. " + whatFQDN,
		Good:  "DNS:amf1.amf.5gc.mnc001.mcc001.3gppnetwork.org", Bad: "URI:urn:uuid:... alone, with serverAuth",
		check: func(s *Subject, r *report) {
			if s.SubjectAltName == nil || len(s.SubjectAltName.Names) == 0 || len(s.SubjectAltName.DNSNames) > 0 {
				return
			}
			if row, ok := s.requires(nf.FieldDNS); ok {
				r.hitRow(row, "", "the FQDN of the NF", "the certificate has no dNSName")
			} else if hasUsage(s.Contents, nf.UsageServerAuth) {
				r.hit("", "the FQDN of the NF", "the certificate is for a TLS server and has no dNSName")
			}
		},
	}, {
		ID: "san-repeated", Field: nf.FieldSubjectAltName, scope: onBoth, Level: nf.Advice, grave: true, Clause: "ours",
		Title: "a name stands twice",
		Why:   "It does no harm by itself, and shows that the names were put together by hand.",
		Fix:   "give each name once: nfcert csr --fqdn; check openssl.cnf for both alt_names and -addext",
		Good:  "each name once", Bad: "DNS:amf1.example.org, DNS:AMF1.example.org",
		check: func(s *Subject, r *report) {
			if s.SubjectAltName == nil {
				return
			}
			names := s.SubjectAltName.Names
			for i := range names[:min(len(names), 1000)] {
				for j := range i {
					if names[i].Kind == names[j].Kind && strings.EqualFold(names[i].Value, names[j].Value) {
						r.hit(names[i].Value, "once", "%s name %.80q stands twice", names[i].Kind, names[i].Value)
						break
					}
				}
			}
		},
	}, {
		ID: "san-ip", Field: nf.FieldIP, scope: onBoth, Level: nf.Advice, Clause: "TS 33.310 6.1.3c.3",
		Title: "an IP address among the names",
		Why:   "No profile of the SBA lists addresses; NFs register and are called by FQDN. With an address the certificate dies when the NF moves.",
		Fix:   "name the FQDN: nfcert csr --fqdn; delete IP:... from subjectAltName in openssl.cnf",
		Good:  "DNS:amf1.amf.5gc.mnc001.mcc001.3gppnetwork.org", Bad: "IP:192.0.2.1",
		check: func(s *Subject, r *report) {
			if s.SubjectAltName == nil || len(s.SubjectAltName.IPs) == 0 || s.free {
				return
			}
			r.hit(strings.Join(s.SubjectAltName.IPs, ", "), "FQDNs", "subjectAltName has %d IP addresses", len(s.SubjectAltName.IPs))
		},
	}, {
		ID: "san-kind", Field: nf.FieldOtherName, scope: onBoth, Level: nf.Advice, Clause: "TS 33.310 6.1.3c.3",
		Title: "a kind of name that NFs do not have",
		Why:   "Mail addresses and other names mean nothing in the SBA, and strict receivers stop at a critical extension that they do not wholly understand.",
		Fix:   "keep to FQDNs and URIs: nfcert csr --fqdn --uri; delete email: and otherName: from openssl.cnf",
		Good:  "DNS:..., URI:...", Bad: "email:admin@example.org",
		check: func(s *Subject, r *report) {
			if s.SubjectAltName == nil || s.free {
				return
			}
			for _, n := range s.SubjectAltName.Names {
				if n.Kind == inspect.NameEmail || n.Kind == inspect.NameOther {
					r.hit(n.Value, "dns and uri names", "subjectAltName has a name of kind %s", n.Kind)
				}
			}
		},
	}, {
		ID: "san-uri-form", Field: nf.FieldURI, scope: onBoth, Level: nf.Shall, Clause: "RFC 5280 4.2.1.6",
		Title: "a URI name is no absolute URI",
		Why:   "A URI name needs a scheme and what follows it, and a host that is an FQDN or an address. Go refuses the whole certificate otherwise.",
		Fix:   "write it whole: nfcert csr --uri https://amf1.example.org/; in openssl.cnf URI:https://...",
		Good:  "URI:https://amf1.amf.5gc.mnc001.mcc001.3gppnetwork.org/", Bad: "URI:amf1.example.org",
		check: func(s *Subject, r *report) {
			if s.SubjectAltName == nil {
				return
			}
			for _, uri := range s.SubjectAltName.URIs {
				if nf.IsURN(uri) {
					continue
				}
				if err := nf.CheckURI(uri); err != nil && !s.faulty(nf.FieldURI, inspect.FaultCharacters) {
					r.hit(uri, "an absolute URI", "%v", err)
				}
			}
		},
	}, {
		ID: "san-uri-http", Field: nf.FieldURI, scope: onBoth, Level: nf.Should, Clause: "TS 33.501 13.1.0",
		Title: "a URI name with http",
		Why:   "NFs offer their services over HTTPS. An http URI in a certificate matches no service.",
		Fix:   "nfcert csr --uri https://...; in openssl.cnf URI:https://...",
		Good:  "URI:https://amf1.amf.5gc.mnc001.mcc001.3gppnetwork.org/", Bad: "URI:http://amf1.amf.5gc.mnc001.mcc001.3gppnetwork.org/",
		check: func(s *Subject, r *report) {
			if s.SubjectAltName == nil {
				return
			}
			for _, uri := range s.SubjectAltName.URIs {
				if len(uri) > 7 && strings.EqualFold(uri[:7], "http://") {
					r.hit(uri, "https://", "URI %.80q is plain http", uri)
				}
			}
		},
	}}
}
