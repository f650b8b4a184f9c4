package lint

import (
	"cmp"

	"github.com/nfcert/nfcert/internal/inspect"
	"github.com/nfcert/nfcert/internal/nf"
)

// otherExtensionRules check the extensions that have no rules of their own.
func otherExtensionRules() []Rule {
	return []Rule{{
		ID: "extension-critical", Field: inspect.FieldExtensions, scope: onBoth, Level: nf.Shall, Clause: "TS 33.310 6.1.1", Confidence: nf.Secondary,
		Title: "an extension that the profile does not list is marked critical",
		Why:   "NFs need to understand only the critical extensions of the profile, and refuse a certificate with another one.",
		Fix:   "make it non-critical: delete the word critical in openssl.cnf, or in the further extensions of nfcert csr",
		Good:  "certificatePolicies = 2.16.840.1.101.3.2.1.48.48", Bad: "certificatePolicies = critical, 2.16.840.1.101.3.2.1.48.48",
		check: func(s *Subject, r *report) {
			if s.free {
				return
			}
			for _, e := range s.Extensions {
				if _, ok := s.Profile.Field(nf.FieldName(e.Name)); ok || !e.Critical || e.OID == nf.OIDBasicConstraints || e.OID == nf.OIDNFTypes {
					continue
				}
				name := cmp.Or(e.Name, string(e.OID))
				r.hitField(nf.FieldName(name), "critical", "non-critical", "extension %s is marked critical, but the profile does not list it; want non-critical", name)
			}
		},
	}, {
		ID: "extension-unknown", Field: inspect.FieldExtensions, scope: onBoth, Level: nf.Advice, Clause: "ours",
		Title: "an extension that nfcert does not know",
		Why:   "It was not checked. A vendor's own extension does no harm while it is non-critical.",
		Fix:   "ignore this if you know the extension; if not, ask the creator of the file for its purpose",
		Good:  "extensions of RFC 5280 and RFC 9310", Bad: "1.3.6.1.4.1.99999.1",
		check: func(s *Subject, r *report) {
			for _, e := range s.Extensions {
				if e.Name == "" && !e.Critical {
					r.hitField(nf.FieldName(e.OID), string(e.OID), "", "extension %s is unknown and was not checked", e.OID)
				}
			}
		},
	}}
}
