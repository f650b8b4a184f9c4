package lint

import (
	"bytes"
	"strings"

	"github.com/nfcert/nfcert/internal/nf"
)

// signatureRules check how a certificate or request is signed.
func signatureRules() []Rule {
	return []Rule{{
		ID: "signature-hash", Field: nf.FieldSignature, scope: onAll, Level: nf.Shall, Clause: "TS 33.310 6.1.1",
		Title: "signed with MD2, MD5 or SHA-1",
		Why:   "These hashes are broken: an attacker who finds a collision has a second certificate with the same signature. They shall not be supported.",
		Fix:   "sign with SHA-256 or SHA-384: openssl ... -sha256, or default_md = sha256 in openssl.cnf",
		Good:  "ECDSA-SHA256", Bad: "SHA1-RSA",
		check: func(s *Subject, r *report) {
			switch s.SignatureHash {
			case "MD2", "MD5", "SHA1":
				if s.Role == RoleIssuer && s.selfIssued() {
					return // a root is trusted for its key, not for its signature
				}
				r.hit(s.Signature, "SHA-256 or SHA-384", "signature uses %s, want SHA-256 or SHA-384", s.SignatureHash)
			}
		},
	}, {
		ID: "signature-algorithm", Field: nf.FieldSignature, scope: onAll, Level: nf.Shall, Clause: "TS 33.310 6.1.1",
		most: warning, Lenience: "the clause lists what must be supported; it does not forbid other algorithms, but no NF must accept them",
		Title: "signed with an algorithm outside the list",
		Why:   "NFs must support only ECDSA and RSA with SHA-256 and SHA-384. Another algorithm works until the first peer that does not support it.",
		Fix:   "sign with ECDSA and SHA-256 or SHA-384: use nfcert csr --key P256 for the CSR; for the certificate the CA's key decides",
		Good:  "ECDSA-SHA384", Bad: "Ed25519, DSA-SHA256",
		check: func(s *Subject, r *report) {
			switch s.SignatureHash {
			case "SHA256", "SHA384", "SHA512", "MD2", "MD5", "SHA1":
				if strings.Contains(s.Signature, "RSA") || strings.HasPrefix(s.Signature, "ECDSA") {
					return
				}
			}
			if s.Signature != "" {
				const want = "ECDSA or RSA with SHA-256 or SHA-384"
				r.hit(s.Signature, want, "signature is %s, which NFs need not support; want "+want, s.Signature)
			}
		},
	}, {
		ID: "signature-rsa", Field: nf.FieldSignature, scope: onCert, Level: nf.Should, Clause: "TS 33.310 6.1.3c.2",
		Title: "signed with RSA PKCS#1 v1.5",
		Why:   "ECDSA is recommended. RSAEncryption is not recommended (6.1.1), and SBA entities need not support it.",
		Fix:   "have a CA with an EC key (P-256 or P-384) issue the certificate",
		Good:  "ECDSA-SHA256", Bad: "SHA256-RSA",
		check: func(s *Subject, r *report) {
			if strings.HasSuffix(s.Signature, "-RSA") {
				const want = "ECDSA-SHA256 or ECDSA-SHA384"
				r.hit(s.Signature, want, "signature is %s, which SBA entities need not support; want "+want, s.Signature)
			}
		},
	}, {
		ID: "signature-algorithms-differ", Field: nf.FieldSignature, scope: onCert, Level: nf.Shall, Clause: "RFC 5280 4.1.1.2",
		Title: "two different signature algorithms in one certificate",
		Why:   "The certificate names the algorithm twice, inside and outside the signed part. Peers refuse it when the two differ.",
		Fix:   "issue the certificate again: a tool changed one of the two after signing",
		Good:  "ecdsa-with-SHA256 in both places", Bad: "ecdsa-with-SHA384 inside, ecdsa-with-SHA256 outside",
		check: func(s *Subject, r *report) {
			if len(s.Raw.SignedAlgorithm) > 0 && len(s.Raw.SignatureAlgorithm) > 0 && !bytes.Equal(s.Raw.SignedAlgorithm, s.Raw.SignatureAlgorithm) {
				r.hit("", "the same algorithm twice", "the signature algorithm inside the signed part differs from the one outside it (%s), want the same", s.Signature)
			}
		},
	}, {
		ID: "self-signed", Field: nf.FieldIssuer, scope: onLeaf, Level: nf.Shall, Clause: "TS 33.310 6.1.3c.3",
		Title: "the certificate is self-signed",
		Why:   "SBA TLS certificates shall be signed directly by the CA of the operator's domain. No CA can revoke a self-signed certificate.",
		Fix:   "order it from the operator's CA: use nfcert enroll, or nfcert csr and the CA's own procedure",
		Good:  "issuer: O=Example CA", Bad: "issuer and subject the same",
		check: func(s *Subject, r *report) {
			if row, ok := s.Profile.Field(nf.FieldIssuer); ok && s.selfIssued() {
				r.hitRow(row, s.IssuerString(), "the operator's CA", "issuer and subject are the same, want the operator's CA as issuer")
			}
		},
	}}
}
