package lint

import (
	"strings"

	"github.com/nfcert/nfcert/internal/inspect"
	"github.com/nfcert/nfcert/internal/nf"
)

// The end of a fix, for readers who know certificates but not the 5G core.
const (
	whatFQDN     = "NAME is the name by which peers call the NF, as in amf1.amf.5gc.mnc001.mcc001.3gppnetwork.org for MCC 001 and MNC 01"
	whatInstance = "UUID is the id with which the NF registers at the NRF; for a new NF generate a random one (uuidgen -r) and keep it"
	whatNames    = whatFQDN + "; " + whatInstance
)

// sanRules check subjectAltName as an extension, and which kinds of name it has.
func sanRules() []Rule {
	return []Rule{{
		ID: "san-missing", Field: nf.FieldSubjectAltName, scope: onBoth, Level: nf.Shall, Clause: "TS 33.310 6.1.3c.3",
		Title: "subjectAltName is missing",
		Why:   "It names the NF instance and its FQDN. Nothing in the SBA reads names from the subject.",
		Fix:   "use nfcert csr --fqdn NAME --nf-instance-id UUID; in openssl.cnf subjectAltName = critical, DNS:NAME, URI:urn:uuid:UUID. " + whatNames,
		Good:  "subjectAltName = critical, DNS:amf1.amf.5gc.mnc001.mcc001.3gppnetwork.org, URI:urn:uuid:...", Bad: "only CN=amf.localdomain",
		check: missing(nf.FieldSubjectAltName, "FQDN and NF instance id"),
	}, {
		ID: "san-critical", Field: nf.FieldSubjectAltName, scope: onBoth, Level: nf.Shall, Clause: "TS 33.310 6.1.3c.3",
		Title: "subjectAltName is not marked critical",
		Why:   "The clause's table has it critical. Go and openssl write it non-critical by default, so this is the most frequent fault.",
		Fix:   "use nfcert csr, which marks it; in openssl.cnf subjectAltName = critical, DNS:...; with openssl x509 -req add -copy_extensions copyall",
		Good:  "subjectAltName = critical, DNS:...", Bad: "subjectAltName = DNS:...",
		check: criticality(nf.FieldSubjectAltName),
	}, {
		ID: "san-dns-missing", Field: nf.FieldDNS, scope: onBoth, Level: nf.Should, Clause: "RFC 9310 Appendix B", Confidence: nf.Secondary,
		Title: "a server's certificate has no dNSName",
		Why:   "Clients compare the host name of the URI with the dNSNames (RFC 9110 4.3.4). Without a dNSName every call by FQDN fails.",
		Fix:   "add the FQDN: use nfcert csr --fqdn NAME; in openssl.cnf subjectAltName = critical, DNS:NAME, URI:urn:uuid:UUID. " + whatFQDN,
		Good:  "DNS:amf1.amf.5gc.mnc001.mcc001.3gppnetwork.org", Bad: "only URI:urn:uuid:..., with serverAuth",
		check: func(s *Subject, r *report) {
			if !s.hasNames() || len(s.dnsNames()) > 0 {
				return
			}
			if row, ok := s.requires(nf.FieldDNS); ok {
				r.hitRow(row, "", "the FQDN of the NF", "subjectAltName has no dNSName, want the FQDN of the NF")
			} else if hasUsage(s.Contents, nf.UsageServerAuth) {
				r.hit("", "the FQDN of the NF", "subjectAltName of a TLS server has no dNSName, want the FQDN of the NF")
			}
		},
	}, {
		ID: "san-repeated", Field: nf.FieldSubjectAltName, scope: onBoth, Level: nf.Advice, grave: true, Clause: "ours",
		Title: "a name appears twice",
		Why:   "This does no harm, but it shows that the names were assembled by hand.",
		Fix:   "write each name once: use nfcert csr --fqdn NAME; check both alt_names in openssl.cnf and -addext",
		Good:  "each name once", Bad: "DNS:amf1.example.org, DNS:AMF1.example.org",
		check: func(s *Subject, r *report) {
			if s.SubjectAltName == nil {
				return
			}
			names := s.SubjectAltName.Names
			for i := range names[:min(len(names), 1000)] {
				for j := range i {
					if names[i].Kind == names[j].Kind && strings.EqualFold(names[i].Value, names[j].Value) {
						r.hit(names[i].Value, "once", "subjectAltName has the %s name %.80q twice, want it once", names[i].Kind, names[i].Value)
						break
					}
				}
			}
		},
	}, {
		ID: "san-ip", Field: nf.FieldIP, scope: onBoth, Level: nf.Advice, Clause: "TS 33.310 6.1.3c.3",
		Title: "subjectAltName has an IP address",
		Why:   "No SBA profile lists addresses: NFs register and are called by FQDN. A certificate with an address becomes useless when the NF moves.",
		Fix:   "use the FQDN: nfcert csr --fqdn NAME; in openssl.cnf delete IP:... from subjectAltName",
		Good:  "DNS:amf1.amf.5gc.mnc001.mcc001.3gppnetwork.org", Bad: "IP:192.0.2.1",
		check: func(s *Subject, r *report) {
			if s.SubjectAltName != nil && len(s.SubjectAltName.IPs) > 0 && !s.free {
				r.hit(strings.Join(s.SubjectAltName.IPs, ", "), "FQDNs", "subjectAltName has %d IP addresses, want FQDNs", len(s.SubjectAltName.IPs))
			}
		},
	}, {
		ID: "san-kind", Field: nf.FieldOtherName, scope: onBoth, Level: nf.Advice, Clause: "TS 33.310 6.1.3c.3",
		Title: "a kind of name that NFs do not have",
		Why:   "Mail addresses and other names have no meaning in the SBA. Strict peers refuse a critical extension that they do not fully understand.",
		Fix:   "use only FQDNs and URIs: nfcert csr --fqdn --uri; in openssl.cnf delete email: and otherName:",
		Good:  "DNS:..., URI:...", Bad: "email:admin@example.org",
		check: func(s *Subject, r *report) {
			if s.SubjectAltName == nil || s.free {
				return
			}
			for _, n := range s.SubjectAltName.Names {
				if n.Kind == inspect.NameEmail || n.Kind == inspect.NameOther {
					r.hit(n.Value, "dns and uri names", "subjectAltName has a name of kind %s, want only dns and uri names", n.Kind)
				}
			}
		},
	}, {
		ID: "san-uri-form", Field: nf.FieldURI, scope: onBoth, Level: nf.Shall, Clause: "RFC 5280 4.2.1.6",
		Title: "a URI name is not an absolute URI",
		Why:   "A URI name needs a scheme and a scheme-specific part, and its host must be an FQDN or an address. Otherwise Go refuses the whole certificate.",
		Fix:   "write the complete URI: nfcert csr --uri https://amf1.example.org/; in openssl.cnf URI:https://...",
		Good:  "URI:https://amf1.amf.5gc.mnc001.mcc001.3gppnetwork.org/", Bad: "URI:amf1.example.org",
		check: func(s *Subject, r *report) {
			for _, uri := range s.uris() {
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
		Fix:   "use https: nfcert csr --uri https://...; in openssl.cnf URI:https://...",
		Good:  "URI:https://amf1.amf.5gc.mnc001.mcc001.3gppnetwork.org/", Bad: "URI:http://amf1.amf.5gc.mnc001.mcc001.3gppnetwork.org/",
		check: func(s *Subject, r *report) {
			for _, uri := range s.uris() {
				if len(uri) > 7 && strings.EqualFold(uri[:7], "http://") {
					r.hit(uri, "https://", "URI %.80q uses http, want https", uri)
				}
			}
		},
	}}
}
