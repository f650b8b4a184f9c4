package lint

import (
	"strings"

	"github.com/nfcert/nfcert/internal/nf"
)

// instanceRules judge the NF instance id among the URI names.
func instanceRules() []Rule {
	return []Rule{{
		ID: "san-nf-instance-id", Field: nf.FieldInstanceURI, scope: onBoth, Level: nf.Shall, Clause: "TS 33.501 13.4.1.1.2",
		Title: "no URI name holds the NF instance id",
		Why:   "A producer checks the subject of an access token against this name of the consumer's certificate (TS 33.501 13.4.1.1.2), and the NRF checks token requests against it.",
		Fix:   "nfcert csr --nf-instance-id UUID; in openssl.cnf subjectAltName = critical, DNS:NAME, URI:urn:uuid:UUID. " + whatInstance,
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
		Fix:   "nfcert csr --nf-instance-id UUID; in openssl.cnf URI:urn:uuid: and 8-4-4-4-12 hex digits. " + whatInstance,
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
		Fix:   "nfcert csr --nf-instance-id new makes one, as uuidgen -r does; the NF must then register under it",
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
