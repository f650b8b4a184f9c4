package lint

import (
	"strconv"

	"github.com/nfcert/nfcert/internal/inspect"
	"github.com/nfcert/nfcert/internal/nf"
)

// caRules check the certificates of CAs: RFC 5280, and TS 33.310 6.1.4a as far
// as it is known.
func caRules() []Rule {
	const fix = "issue the CA's certificate with basicConstraints = critical, CA:TRUE, pathlen:0 and keyUsage = critical, keyCertSign, cRLSign"
	return []Rule{{
		ID: "issuer-is-ca", Field: inspect.FieldBasicConstraints, scope: onIssuer, Level: nf.Shall, Clause: "RFC 5280 4.2.1.9",
		Title: "the issuer's certificate is not marked as a CA",
		Why:   "Peers refuse every certificate that it issued.",
		Fix:   fix,
		Good:  "basicConstraints = critical, CA:TRUE", Bad: "no basicConstraints, or CA:FALSE",
		check: when(func(s *Subject) bool {
			return (s.BasicConstraints == nil || !s.BasicConstraints.CA) && s.Version == 3 && !s.unread(inspect.FieldBasicConstraints)
		},
			nothing, "CA:TRUE", "basicConstraints of an issuer is not CA:TRUE"),
	}, {
		ID: "issuer-constraints-critical", Field: inspect.FieldBasicConstraints, scope: onIssuer, Level: nf.Shall, Clause: "RFC 5280 4.2.1.9",
		Title: "basicConstraints of a CA is not marked critical",
		Why:   "A peer that does not know the extension would take any certificate for a CA's.",
		Fix:   fix,
		Good:  "basicConstraints = critical, CA:TRUE", Bad: "basicConstraints = CA:TRUE",
		check: when(func(s *Subject) bool {
			return s.BasicConstraints != nil && s.BasicConstraints.CA && !s.BasicConstraints.Critical
		},
			text("non-critical"), "critical", "basicConstraints of a CA is marked non-critical, want critical"),
	}, {
		ID: "issuer-key-cert-sign", Field: nf.FieldKeyUsage, scope: onIssuer, Level: nf.Shall, Clause: "RFC 5280 4.2.1.3",
		Title: "keyUsage of a CA lacks keyCertSign",
		Why:   "With keyUsage but without keyCertSign, its signatures on certificates are not valid. Without keyUsage the key is not restricted at all.",
		Fix:   fix,
		Good:  "keyUsage = critical, keyCertSign, cRLSign", Bad: "keyUsage = digitalSignature",
		check: when(func(s *Subject) bool {
			return !hasKeyUsage(s.Contents, "keyCertSign") && s.Version == 3 && !s.unread(nf.FieldKeyUsage)
		},
			(*Subject).keyUsageNames, "keyCertSign", "keyUsage of a CA lacks keyCertSign"),
	}, {
		ID: "issuer-key-usage-critical", Field: nf.FieldKeyUsage, scope: onIssuer, Level: nf.Shall, Clause: "TS 33.310 6.1.4a", Confidence: nf.Secondary,
		Title: "keyUsage of a CA is not marked critical",
		Why:   "A peer that does not know the extension would accept the CA's key for anything.",
		Fix:   fix,
		Good:  "keyUsage = critical, keyCertSign, cRLSign", Bad: "keyUsage = keyCertSign, cRLSign",
		check: when(func(s *Subject) bool { return s.KeyUsage != nil && !s.KeyUsage.Critical },
			text("non-critical"), "critical", "keyUsage of a CA is marked non-critical, want critical"),
	}, {
		ID: "issuer-crl-sign", Field: nf.FieldKeyUsage, scope: onIssuer, Level: nf.Should, Clause: "TS 33.310 6.1.4a", Confidence: nf.Secondary,
		Title: "keyUsage of a CA lacks cRLSign",
		Why:   "Leaf certificates point to a CRL, and this CA's signature on it is not valid.",
		Fix:   fix,
		Good:  "keyUsage = critical, keyCertSign, cRLSign", Bad: "keyUsage = critical, keyCertSign",
		check: when(func(s *Subject) bool {
			return hasKeyUsage(s.Contents, "keyCertSign") && !hasKeyUsage(s.Contents, "cRLSign")
		},
			(*Subject).keyUsageNames, "cRLSign too", "keyUsage of a CA lacks cRLSign"),
	}, {
		ID: "issuer-path-length", Field: inspect.FieldBasicConstraints, scope: onIssuer, Level: nf.Shall, Clause: "RFC 5280 4.2.1.9",
		Title: "the path length allows fewer CAs below this one",
		Why:   "Peers refuse every chain through this CA.",
		Fix:   "have this CA issue the leaf directly, or issue this CA's certificate with a greater pathlen",
		Good:  "pathlen:0 and a leaf below", Bad: "pathlen:0 and a CA below",
		check: func(s *Subject, r *report) {
			if b := s.BasicConstraints; b != nil && b.MaxPathLen != nil {
				if n := s.casBelow(); n > *b.MaxPathLen {
					r.hit(strconv.Itoa(n), strconv.Itoa(*b.MaxPathLen), "the path length is %d, but the file has %d CAs below this one", *b.MaxPathLen, n)
				}
			}
		},
	}, {
		ID: "issuer-path-zero", Field: inspect.FieldBasicConstraints, scope: onIssuer, Level: nf.Shall, Clause: "TS 33.310 6.1.4a", Confidence: nf.Secondary,
		most: info, Lenience: "a root in the file may have CAs below it that are not in the file",
		Title: "a CA that issues leaf certificates has no path length of 0",
		Why:   "A CA that issues TLS certificates directly has pathlen 0, so that no other CA can be created below it.",
		Fix:   fix,
		Good:  "basicConstraints = critical, CA:TRUE, pathlen:0", Bad: "basicConstraints = critical, CA:TRUE",
		check: func(s *Subject, r *report) {
			if b := s.BasicConstraints; b != nil && b.CA && b.MaxPathLen == nil && s.casBelow() == 0 {
				r.hit("", "pathlen:0", "basicConstraints has no path length, want pathlen:0")
			}
		},
	}, {
		ID: "issuer-ski-missing", Field: nf.FieldSubjectKeyID, scope: onIssuer, Level: nf.Shall, Clause: "RFC 5280 4.2.1.2",
		Title: "subjectKeyIdentifier of a CA is missing",
		Why:   "The leaf's authorityKeyIdentifier shall equal it (TS 33.310 6.1.3c.3).",
		Fix:   "issue the CA's certificate with subjectKeyIdentifier = hash",
		Good:  "subjectKeyIdentifier = hash", Bad: "no subjectKeyIdentifier",
		check: when(func(s *Subject) bool {
			return s.SubjectKeyID == nil && s.Version == 3 && !s.unread(nf.FieldSubjectKeyID)
		},
			nothing, "the SHA-1 of the public key", "subjectKeyIdentifier of a CA is missing"),
	}, {
		ID: "issuer-expired", Field: nf.FieldValidity, scope: onIssuer, Level: nf.Shall, Clause: "RFC 5280 6.1.3",
		Title: "the issuer's certificate has expired",
		Why:   "Peers refuse every certificate that it issued.",
		Fix:   "install the CA's new certificate; if the CA's key has changed, renew the certificates that it issued",
		Good:  "notAfter in the future", Bad: "notAfter in the past",
		check: expired("the CA's certificate"),
	}}
}

// casBelow counts the CAs of the file between this one and a leaf, on the
// longest path.
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
