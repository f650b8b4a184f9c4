package lint

import (
	"bytes"
	"strings"

	"github.com/nfcert/nfcert/internal/nf"
)

// signatureRules judge how a certificate or request is signed.
func signatureRules() []Rule {
	return []Rule{{
		ID: "signature-hash", Field: nf.FieldSignature, scope: onAll, Level: nf.Shall, Clause: "TS 33.310 6.1.1",
		Title: "signed with MD2, MD5 or SHA-1",
		Why:   "These hashes are broken: who finds a collision has a second certificate under the same signature. They shall not be supported.",
		Fix:   "sign with SHA-256 or SHA-384: openssl ... -sha256, default_md = sha256 in openssl.cnf",
		Good:  "ECDSA-SHA256", Bad: "SHA1-RSA",
		check: func(s *Subject, r *report) {
			switch s.SignatureHash {
			case "MD2", "MD5", "SHA1":
				if s.Role == RoleIssuer && s.selfIssued() {
					return // a root is trusted for its key, not for its signature
				}
				r.hit(s.Signature, "SHA-256 or SHA-384", "signed with %s, want SHA-256 or SHA-384", s.SignatureHash)
			}
		},
	}, {
		ID: "signature-algorithm", Field: nf.FieldSignature, scope: onAll, Level: nf.Shall, Clause: "TS 33.310 6.1.1",
		most: warning, Lenience: "the clause lists what must be supported; others are not forbidden, but nobody has to read them",
		Title: "signed with an algorithm outside the list",
		Why:   "NFs need to support ECDSA and RSA with SHA-256 and SHA-384 alone. Another algorithm works until the first peer that has not got it.",
		Fix:   "sign with ECDSA and SHA-256 or SHA-384 (nfcert csr --key P256 for the request; the CA's key decides for the certificate)",
		Good:  "ECDSA-SHA384", Bad: "Ed25519, DSA-SHA256",
		check: func(s *Subject, r *report) {
			switch s.SignatureHash {
			case "SHA256", "SHA384", "SHA512", "MD2", "MD5", "SHA1":
				if strings.Contains(s.Signature, "RSA") || strings.HasPrefix(s.Signature, "ECDSA") {
					return
				}
			}
			if s.Signature != "" {
				r.hit(s.Signature, "ECDSA or RSA with SHA-256 or SHA-384", "signed with %s, which NFs need not support", s.Signature)
			}
		},
	}, {
		ID: "signature-rsa", Field: nf.FieldSignature, scope: onCert, Level: nf.Should, Clause: "TS 33.310 6.1.3c.2",
		Title: "signed with RSA in PKCS#1 v1.5",
		Why:   "RSAEncryption is not recommended (6.1.1), and entities of the SBA need not support it. ECDSA is recommended.",
		Fix:   "issue from a CA with an EC key (P-256 or P-384). free5GC with OAuth is the exception: it needs RSA",
		Good:  "ECDSA-SHA256", Bad: "SHA256-RSA",
		check: func(s *Subject, r *report) {
			if strings.HasSuffix(s.Signature, "-RSA") {
				r.hit(s.Signature, "ECDSA-SHA256 or ECDSA-SHA384", "signed with %s, which entities of the SBA need not support", s.Signature)
			}
		},
	}, {
		ID: "signature-algorithms-differ", Field: nf.FieldSignature, scope: onCert, Level: nf.Shall, Clause: "RFC 5280 4.1.1.2",
		Title: "two signature algorithms in one certificate",
		Why:   "The algorithm stands within what is signed and beside it; where they differ, receivers refuse the certificate.",
		Fix:   "issue it anew: a tool has changed one of the two after signing",
		Good:  "ecdsa-with-SHA256 in both places", Bad: "ecdsa-with-SHA384 within, ecdsa-with-SHA256 outside",
		check: func(s *Subject, r *report) {
			if len(s.Raw.SignedAlgorithm) > 0 && len(s.Raw.SignatureAlgorithm) > 0 && !bytes.Equal(s.Raw.SignedAlgorithm, s.Raw.SignatureAlgorithm) {
				r.hit("", "the same twice", "the signature algorithm within the certificate is not the one beside the signature (%s)", s.Signature)
			}
		},
	}, {
		ID: "self-signed", Field: nf.FieldIssuer, scope: onLeaf, Level: nf.Shall, Clause: "TS 33.310 6.1.3c.3",
		Title: "the certificate is signed by itself",
		Why:   "TLS certificates of the SBA shall be signed directly by the CA of the operator's domain. Nobody can revoke a certificate that signs itself.",
		Fix:   "order it from the operator's CA: nfcert enroll, or nfcert csr and the CA's own procedure",
		Good:  "issuer: O=Example CA", Bad: "issuer and subject the same",
		check: func(s *Subject, r *report) {
			if row, ok := s.Profile.Field(nf.FieldIssuer); ok && s.selfIssued() {
				r.hitRow(row, s.IssuerString(), "the operator's CA", "issuer and subject are the same: it is not signed by a CA")
			}
		},
	}}
}
