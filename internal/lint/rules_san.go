package lint

import (
	"strings"

	"github.com/nfcert/nfcert/internal/inspect"
	"github.com/nfcert/nfcert/internal/nf"
)

// altNameRules judge subjectAltName as an extension, and the kinds of name in
// it.
func altNameRules() []Rule {
	return []Rule{{
		ID: "san-missing", Field: nf.FieldSubjectAltName, scope: onBoth, Level: nf.Shall, Clause: "TS 33.310 6.1.3c.3",
		Title: "subjectAltName is missing",
		Why:   "It names the NF instance and its FQDN. Nothing in the SBA reads names from the subject.",
		Fix:   "nfcert csr --fqdn NAME --nf-instance-id UUID; in openssl.cnf subjectAltName = critical, DNS:..., URI:urn:uuid:...",
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
		Fix:   "name the FQDN: nfcert csr --fqdn NAME; in openssl.cnf subjectAltName = critical, DNS:NAME, URI:urn:uuid:...",
		Good:  "DNS:amf1.amf.5gc.mnc001.mcc001.3gppnetwork.org", Bad: "URI:urn:uuid:... alone, with serverAuth",
		check: func(s *Subject, r *report) {
			if hasUsage(s.Contents, nf.UsageServerAuth) && s.SubjectAltName != nil && len(s.SubjectAltName.Names) > 0 && len(s.SubjectAltName.DNSNames) == 0 {
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
			if s.SubjectAltName == nil || len(s.SubjectAltName.IPs) == 0 || len(s.Profile.Fields) == 0 {
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
			if s.SubjectAltName == nil || len(s.Profile.Fields) == 0 {
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

// instanceRules judge the NF instance id among the URI names.
func instanceRules() []Rule {
	return []Rule{{
		ID: "san-nf-instance-id", Field: nf.FieldInstanceURI, scope: onBoth, Level: nf.Shall, Clause: "TS 33.310 6.1.3c", Confidence: nf.Secondary,
		Title: "no URI name holds the NF instance id",
		Why:   "A producer checks the subject of an access token against this name of the consumer's certificate (TS 33.501 13.4.1.1.2), and the NRF checks token requests against it.",
		Fix:   "nfcert csr --nf-instance-id UUID; in openssl.cnf subjectAltName = critical, DNS:..., URI:urn:uuid:<instance id>",
		Good:  "URI:urn:uuid:4ace9d34-2c69-4f99-92d5-a73a3fe8e23b", Bad: "DNS names alone",
		check: func(s *Subject, r *report) {
			row, ok := s.requires(nf.FieldInstanceURI)
			if ok && s.SubjectAltName != nil && len(s.SubjectAltName.Names) > 0 && len(s.urns()) == 0 &&
				!hasUsage(s.Contents, nf.UsageJWT) && !s.unread(nf.FieldSubjectAltName) {
				r.hitRow(row, strings.Join(s.SubjectAltName.URIs, ", "), "urn:uuid:<NF instance id>", "no URI name holds the NF instance id")
			}
		},
	}, {
		ID: "san-nf-instance-id-form", Field: nf.FieldInstanceURI, scope: onBoth, Level: nf.Shall, Clause: "TS 29.571 5.3.2",
		Title: "the NF instance id is no UUID",
		Why:   "Nothing that compares it with a token or a profile will find it equal.",
		Fix:   "nfcert csr --nf-instance-id UUID (or new); in openssl.cnf URI:urn:uuid: and 8-4-4-4-12 hex digits",
		Good:  "urn:uuid:4ace9d34-2c69-4f99-92d5-a73a3fe8e23b", Bad: "urn:uuid:amf1",
		check: func(s *Subject, r *report) {
			for _, urn := range s.urns() {
				if err := nf.CheckURI(urn); err != nil {
					r.hit(urn, "urn:uuid: and a UUID", "%v", err)
				}
			}
		},
	}, {
		ID: "san-nf-instance-id-v4", Field: nf.FieldInstanceURI, scope: onBoth, Level: nf.Shall, Clause: "TS 29.571 5.3.2",
		most: warning, Lenience: "the sample certificate of RFC 9310 Appendix B has a version 1 UUID, and peers compare the text alone",
		Title: "the NF instance id is no version 4 UUID",
		Why:   "NfInstanceId is a version 4 UUID, a random one. Others may repeat, and strict decoders refuse them.",
		Fix:   "nfcert csr --nf-instance-id new makes one",
		Good:  "urn:uuid:4ace9d34-2c69-4f99-92d5-a73a3fe8e23b", Bad: "urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6",
		check: func(s *Subject, r *report) {
			for _, urn := range s.urns() {
				if nf.CheckURI(urn) != nil {
					continue
				}
				if _, err := nf.ParseURN(urn); err != nil {
					r.hit(urn, "a version 4 UUID", "%v", err)
				}
			}
		},
	}, {
		ID: "san-nf-instance-id-case", Field: nf.FieldInstanceURI, scope: onBoth, Level: nf.Should, Clause: "TS 33.310 Annex J",
		Title: "the NF instance id is not in lower case",
		Why:   "Senders should write it in lower case. Receivers are to compare without case, and not all do.",
		Fix:   "nfcert csr --nf-instance-id lowers it; in openssl.cnf write the hex digits in lower case",
		Good:  "urn:uuid:4ace9d34-2c69-4f99-92d5-a73a3fe8e23b", Bad: "urn:uuid:4ACE9D34-2C69-4F99-92D5-A73A3FE8E23B",
		check: func(s *Subject, r *report) {
			for _, urn := range s.urns() {
				if l := lower(urn); l != urn {
					r.hit(urn, l, "%.80q is not in lower case", urn)
				}
			}
		},
	}, {
		ID: "san-nf-instance-id-one", Field: nf.FieldInstanceURI, scope: onBoth, Level: nf.Should, Clause: "TS 33.310 6.1.3c", Confidence: nf.Secondary,
		Title: "several NF instance ids in one certificate",
		Why:   "The name holds the identifier of the instance, and no more. One certificate for two instances lets each pass for the other.",
		Fix:   "make one certificate for each instance: nfcert csr -n NAME --nf-instance-id UUID",
		Good:  "one urn:uuid name", Bad: "two urn:uuid names",
		check: func(s *Subject, r *report) {
			urns := s.urns()
			for i := 1; i < len(urns); i++ {
				if !strings.EqualFold(urns[i], urns[0]) {
					r.hit(strings.Join(urns, ", "), "one instance", "subjectAltName names %d NF instances", len(urns))
					return
				}
			}
		},
	}, {
		ID: "san-nf-instance-id-first", Field: nf.FieldInstanceURI, scope: onBoth, Level: nf.Advice, Clause: "ours",
		Title: "the NF instance id is not the first URI name",
		Why:   "The NRF of free5GC looks at the first URI name alone, and refuses tokens when that is another.",
		Fix:   "nfcert csr puts it first; in openssl.cnf put URI:urn:uuid:... before other URIs",
		Good:  "URI:urn:uuid:..., URI:https://...", Bad: "URI:https://..., URI:urn:uuid:...",
		check: func(s *Subject, r *report) {
			if s.SubjectAltName != nil && len(s.urns()) > 0 && !nf.IsURN(s.SubjectAltName.URIs[0]) {
				r.hit(s.SubjectAltName.URIs[0], "urn:uuid:<NF instance id>", "the first URI name is %.80q, not the NF instance id", s.SubjectAltName.URIs[0])
			}
		},
	}}
}
