package lint

import (
	"strings"

	"github.com/nfcert/nfcert/internal/nf"
)

// instanceIDRules check the NF instance id, which is a URI name.
func instanceIDRules() []Rule {
	return []Rule{{
		ID: "san-nf-instance-id", Field: nf.FieldInstanceURI, scope: onBoth, Level: nf.Shall, Clause: "TS 33.310 6.1.3c.3", Confidence: nf.Quoted,
		Title: "no URI name contains the NF instance id",
		Why:   "A producer compares the subject of an access token with this name in the consumer's certificate (TS 33.501 13.4.1.1.2), and the NRF compares token requests with it. A certificate that verifies access tokens or CCAs needs it too.",
		Fix:   "use nfcert csr --nf-instance-id UUID; in openssl.cnf subjectAltName = critical, DNS:NAME, URI:urn:uuid:UUID. " + whatInstance,
		Good:  "URI:urn:uuid:4ace9d34-2c69-4f99-92d5-a73a3fe8e23b", Bad: "only DNS names",
		check: func(s *Subject, r *report) {
			row, ok := s.requires(nf.FieldInstanceURI)
			if ok && s.hasNames() && len(s.urns()) == 0 && !hasUsage(s.Contents, nf.UsageJWT) && !s.unread(nf.FieldSubjectAltName) {
				r.hitRow(row, strings.Join(s.uris(), ", "), wantInstance, "subjectAltName has no NF instance id, want the URI "+wantInstance)
			}
		},
	}, {
		ID: "cca-instance-id", Field: nf.FieldInstanceURI, scope: onBoth, Level: nf.Shall, Clause: "TS 33.310 6.1.3c.3", Confidence: nf.Quoted,
		Title: "a CCA signing certificate has no NF instance id",
		Why:   "The verifier compares the instance id in the CCA with the one in the certificate that signed it (TS 33.501 13.3.8.3). Without it every CCA is refused.",
		Fix:   "use nfcert csr --profile cca-signing --nf-instance-id UUID; in openssl.cnf subjectAltName = critical, URI:urn:uuid:<instance id>",
		Good:  "URI:urn:uuid:4ace9d34-2c69-4f99-92d5-a73a3fe8e23b", Bad: "only DNS names",
		check: when(func(s *Subject) bool {
			return hasUsage(s.Contents, nf.UsageJWT) && len(s.urns()) == 0 && !s.unread(nf.FieldSubjectAltName)
		},
			nothing, wantInstance, "subjectAltName of a CCA signing certificate has no NF instance id, want the URI "+wantInstance),
	}, {
		ID: "san-nf-instance-id-form", Field: nf.FieldInstanceURI, scope: onBoth, Level: nf.Shall, Clause: "TS 29.571 5.3.2",
		Title: "the NF instance id is not a UUID",
		Why:   "It never equals the id in a token or an NF profile.",
		Fix:   "use nfcert csr --nf-instance-id UUID; in openssl.cnf write URI:urn:uuid: and 8-4-4-4-12 hex digits. " + whatInstance,
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
		most: warning, Lenience: "the sample certificate of RFC 9310 Appendix B has a version 1 UUID, and peers compare only the text",
		Title: "the NF instance id is not a version 4 UUID",
		Why:   "NfInstanceId is a version 4 UUID, a random one. Other versions can repeat, and strict decoders refuse them.",
		Fix:   "generate one with nfcert csr --nf-instance-id new, or with uuidgen -r; the NF must then register with it",
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
		Why:   "Senders should write it in lower case. Receivers are to ignore case, but not all do.",
		Fix:   "use nfcert csr --nf-instance-id UUID, which writes lower case; in openssl.cnf write the hex digits in lower case",
		Good:  "urn:uuid:4ace9d34-2c69-4f99-92d5-a73a3fe8e23b", Bad: "urn:uuid:4ACE9D34-2C69-4F99-92D5-A73A3FE8E23B",
		check: func(s *Subject, r *report) {
			for _, urn := range s.urns() {
				if lower := nf.NormalizeFQDN(urn); lower != urn {
					r.hit(urn, lower, "NF instance id %.80q has capital letters, want lower case", urn)
				}
			}
		},
	}, {
		ID: "san-nf-instance-id-one", Field: nf.FieldInstanceURI, scope: onBoth, Level: nf.Should, Clause: "TS 33.310 6.1.3c", Confidence: nf.Secondary,
		Title: "several NF instance ids in one certificate",
		Why:   "The name contains the identifier of one instance. With a certificate for two instances, each can impersonate the other.",
		Fix:   "create one certificate for each instance: nfcert csr -n NAME --nf-instance-id UUID",
		Good:  "one urn:uuid name", Bad: "two urn:uuid names",
		check: func(s *Subject, r *report) {
			urns := s.urns()
			for i := 1; i < len(urns); i++ {
				if !strings.EqualFold(urns[i], urns[0]) {
					r.hit(strings.Join(urns, ", "), "one instance", "subjectAltName has %d NF instance ids, want one", len(urns))
					return
				}
			}
		},
	}}
}

// wantInstance is the form of the name that holds the NF instance id.
const wantInstance = "urn:uuid:<NF instance id>"
