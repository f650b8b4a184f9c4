package lint

import (
	"strconv"
	"strings"
	"time"

	"github.com/nfcert/nfcert/internal/inspect"
	"github.com/nfcert/nfcert/internal/nf"
)

// issuerRules judge the certificates of CAs: TS 33.310 6.1.4a as far as it is
// known, and RFC 5280.
func issuerRules() []Rule {
	const fix = "issue the CA's certificate with basicConstraints = critical, CA:TRUE, pathlen:0 and keyUsage = critical, keyCertSign, cRLSign"
	return []Rule{{
		ID: "issuer-is-ca", Field: inspect.FieldBasicConstraints, scope: onIssuer, Level: nf.Shall, Clause: "RFC 5280 4.2.1.9",
		Title: "the issuer's certificate does not say that it is a CA's",
		Why:   "Receivers refuse every certificate under it.",
		Fix:   fix,
		Good:  "basicConstraints = critical, CA:TRUE", Bad: "no basicConstraints, or CA:FALSE",
		check: func(s *Subject, r *report) {
			if (s.BasicConstraints == nil || !s.BasicConstraints.CA) && s.Version == 3 && !s.unread(inspect.FieldBasicConstraints) {
				r.hit("", "CA:TRUE", "it issues certificates, and basicConstraints does not say CA")
			}
		},
	}, {
		ID: "issuer-constraints-critical", Field: inspect.FieldBasicConstraints, scope: onIssuer, Level: nf.Shall, Clause: "RFC 5280 4.2.1.9",
		Title: "basicConstraints of a CA is not marked critical",
		Why:   "A receiver that does not know it would take any certificate for a CA's.",
		Fix:   fix,
		Good:  "basicConstraints = critical, CA:TRUE", Bad: "basicConstraints = CA:TRUE",
		check: func(s *Subject, r *report) {
			if s.BasicConstraints != nil && s.BasicConstraints.CA && !s.BasicConstraints.Critical {
				r.hit("non-critical", "critical", "basicConstraints of a CA is not marked critical")
			}
		},
	}, {
		ID: "issuer-key-cert-sign", Field: nf.FieldKeyUsage, scope: onIssuer, Level: nf.Shall, Clause: "RFC 5280 4.2.1.3",
		Title: "a CA may not sign certificates",
		Why:   "With keyUsage and without keyCertSign its signatures on certificates do not count; without keyUsage it is restricted to nothing.",
		Fix:   fix,
		Good:  "keyUsage = critical, keyCertSign, cRLSign", Bad: "keyUsage = digitalSignature",
		check: func(s *Subject, r *report) {
			if !hasKeyUsage(s.Contents, "keyCertSign") && s.Version == 3 && !s.unread(nf.FieldKeyUsage) {
				got := ""
				if s.KeyUsage != nil {
					got = strings.Join(s.KeyUsage.Usages, ", ")
				}
				r.hit(got, "keyCertSign", "keyUsage of a CA lacks keyCertSign")
			}
		},
	}, {
		ID: "issuer-key-usage-critical", Field: nf.FieldKeyUsage, scope: onIssuer, Level: nf.Shall, Clause: "TS 33.310 6.1.4a", Confidence: nf.Secondary,
		Title: "keyUsage of a CA is not marked critical",
		Why:   "A receiver that does not know it would use the CA's key for anything.",
		Fix:   fix,
		Good:  "keyUsage = critical, keyCertSign, cRLSign", Bad: "keyUsage = keyCertSign, cRLSign",
		check: func(s *Subject, r *report) {
			if s.KeyUsage != nil && !s.KeyUsage.Critical {
				r.hit("non-critical", "critical", "keyUsage of a CA is not marked critical")
			}
		},
	}, {
		ID: "issuer-crl-sign", Field: nf.FieldKeyUsage, scope: onIssuer, Level: nf.Should, Clause: "TS 33.310 6.1.4a", Confidence: nf.Secondary,
		Title: "a CA may not sign CRLs",
		Why:   "Leaves point at a CRL, and this CA's signature on it does not count.",
		Fix:   fix,
		Good:  "keyUsage = critical, keyCertSign, cRLSign", Bad: "keyUsage = critical, keyCertSign",
		check: func(s *Subject, r *report) {
			if hasKeyUsage(s.Contents, "keyCertSign") && !hasKeyUsage(s.Contents, "cRLSign") {
				r.hit(strings.Join(s.KeyUsage.Usages, ", "), "cRLSign too", "keyUsage of a CA lacks cRLSign")
			}
		},
	}, {
		ID: "issuer-path-length", Field: inspect.FieldBasicConstraints, scope: onIssuer, Level: nf.Shall, Clause: "RFC 5280 4.2.1.9",
		Title: "more CAs below than the path length allows",
		Why:   "Receivers refuse every chain through it.",
		Fix:   "have the leaf issued by this CA directly, or issue this CA's certificate with a greater pathlen",
		Good:  "pathlen:0 and a leaf below", Bad: "pathlen:0 and a CA below",
		check: func(s *Subject, r *report) {
			if b := s.BasicConstraints; b != nil && b.MaxPathLen != nil {
				if n := s.casBelow(); n > *b.MaxPathLen {
					r.hit(strconv.Itoa(n), strconv.Itoa(*b.MaxPathLen), "%d CAs are below it in the file, and its path length is %d", n, *b.MaxPathLen)
				}
			}
		},
	}, {
		ID: "issuer-path-zero", Field: inspect.FieldBasicConstraints, scope: onIssuer, Level: nf.Shall, Clause: "TS 33.310 6.1.4a", Confidence: nf.Secondary,
		most: info, Lenience: "a root that stands in the file may have CAs below it that do not",
		Title: "a CA that issues leaves has no path length of 0",
		Why:   "A CA that issues TLS certificates directly has pathlen 0, so that nobody can put a CA below it.",
		Fix:   fix,
		Good:  "basicConstraints = critical, CA:TRUE, pathlen:0", Bad: "basicConstraints = critical, CA:TRUE",
		check: func(s *Subject, r *report) {
			if b := s.BasicConstraints; b != nil && b.CA && b.MaxPathLen == nil && s.casBelow() == 0 {
				r.hit("", "pathlen:0", "basicConstraints sets no path length")
			}
		},
	}, {
		ID: "issuer-ski-missing", Field: nf.FieldSubjectKeyID, scope: onIssuer, Level: nf.Shall, Clause: "RFC 5280 4.2.1.2",
		Title: "a CA's certificate has no subjectKeyIdentifier",
		Why:   "The leaf's authorityKeyIdentifier shall equal it (TS 33.310 6.1.3c.3); there is nothing to equal.",
		Fix:   "issue the CA's certificate with subjectKeyIdentifier = hash",
		Good:  "subjectKeyIdentifier = hash", Bad: "none",
		check: func(s *Subject, r *report) {
			if s.SubjectKeyID == nil && s.Version == 3 && !s.unread(nf.FieldSubjectKeyID) {
				r.hit("", "the SHA-1 of the public key", "subjectKeyIdentifier of a CA is missing")
			}
		},
	}, {
		ID: "issuer-expired", Field: nf.FieldValidity, scope: onIssuer, Level: nf.Shall, Clause: "RFC 5280 6.1.3",
		Title: "the issuer's certificate has expired",
		Why:   "Every certificate under it is refused.",
		Fix:   "get the CA's new certificate, and renew what is under it where its key has changed",
		Good:  "notAfter to come", Bad: "notAfter past",
		check: func(s *Subject, r *report) {
			if s.expired() && !s.backwards() {
				r.hit(s.NotAfter.Format(time.RFC3339), "later than "+s.Now.UTC().Format(time.RFC3339), "the CA's certificate expired %d days ago", int(s.Now.Sub(s.NotAfter)/day))
			}
		},
	}}
}

// casBelow counts the CAs of the file between this one and a leaf: the longest
// way down.
func (s *Subject) casBelow() int {
	most := 0
	for i := range s.file[:min(len(s.file), 100)] {
		start := &s.file[i]
		if start.Role != RoleIssuer || start == s {
			continue
		}
		n := 0
		for c := start; c != nil && c != s && n < 100; c = c.Issuer {
			n++
			if c.Issuer == s {
				most = max(most, n)
			}
		}
	}
	return most
}
