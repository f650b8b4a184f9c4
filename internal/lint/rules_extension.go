package lint

import (
	"github.com/nfcert/nfcert/internal/inspect"
	"github.com/nfcert/nfcert/internal/nf"
)

// extensionRules judge the extensions that have no field of their own.
func extensionRules() []Rule {
	return []Rule{{
		ID: "extension-critical", Field: inspect.FieldExtensions, scope: onBoth, Level: nf.Shall, Clause: "TS 33.310 6.1.1", Confidence: nf.Secondary,
		Title: "an extension that the profile does not list is marked critical",
		Why:   "NFs need to understand the critical extensions of the profile alone, and refuse a certificate with another.",
		Fix:   "have it non-critical: drop the word critical in openssl.cnf, or the critical of nfcert csr's further extensions",
		Good:  "certificatePolicies = 2.16.840.1.101.3.2.1.48.48", Bad: "certificatePolicies = critical, 2.16.840.1.101.3.2.1.48.48",
		check: func(s *Subject, r *report) {
			if s.free {
				return
			}
			for i := range s.Extensions {
				e := &s.Extensions[i]
				if !e.Critical || e.OID == nf.OIDBasicConstraints || e.OID == nf.OIDNFTypes {
					continue
				}
				name := e.Name
				if name == "" {
					name = string(e.OID)
				} else if _, ok := s.Profile.Field(nf.FieldName(name)); ok {
					continue
				}
				r.hitField(nf.FieldName(name), "critical", "non-critical", "extension %s is marked critical, and the profile does not list it", name)
			}
		},
	}, {
		ID: "extension-unknown", Field: inspect.FieldExtensions, scope: onBoth, Level: nf.Advice, Clause: "ours",
		Title: "an extension that nfcert does not know",
		Why:   "It was not judged. Vendors' own extensions do no harm while they are non-critical.",
		Fix:   "nothing, where you know it; else ask who made the file what it is for",
		Good:  "extensions of RFC 5280 and RFC 9310", Bad: "1.3.6.1.4.1.99999.1",
		check: func(s *Subject, r *report) {
			for i := range s.Extensions {
				if e := &s.Extensions[i]; e.Name == "" && !e.Critical {
					r.hitField(nf.FieldName(e.OID), string(e.OID), "", "extension %s is not known here", e.OID)
				}
			}
		},
	}}
}
