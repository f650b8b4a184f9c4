package lint

import (
	"slices"
	"strings"

	"github.com/nfcert/nfcert/internal/nf"
)

// purposeRules judge the purposes of RFC 9509: which keyUsage goes with them,
// who has them, and what they must be kept apart from.
func purposeRules() []Rule {
	return []Rule{{
		ID: "eku-jwt-key-usage", Field: nf.FieldKeyUsage, scope: onBoth, Level: nf.Shall, Clause: "RFC 9509 section 3",
		Title: "id-kp-jwt without a keyUsage that signs",
		Why:   "A CCA is a JWS: the key must be one for digitalSignature or nonRepudiation. Issuers must make sure of it.",
		Fix:   "nfcert csr --profile cca-signing; in openssl.cnf keyUsage = critical, digitalSignature",
		Good:  "keyUsage digitalSignature, extKeyUsage 1.3.6.1.5.5.7.3.37", Bad: "keyUsage keyAgreement, extKeyUsage 1.3.6.1.5.5.7.3.37",
		check: needsKeyUsage(nf.UsageJWT, "digitalSignature", "nonRepudiation"),
	}, {
		ID: "eku-token-key-usage", Field: nf.FieldKeyUsage, scope: onBoth, Level: nf.Shall, Clause: "RFC 9509 section 3",
		Title: "id-kp-oauthAccessTokenSigning without a keyUsage that signs",
		Why:   "An access token is a JWS: the key must be one for digitalSignature or nonRepudiation. Issuers must make sure of it.",
		Fix:   "nfcert csr --profile nrf-token-signing; in openssl.cnf keyUsage = critical, digitalSignature",
		Good:  "keyUsage digitalSignature, extKeyUsage 1.3.6.1.5.5.7.3.39", Bad: "keyUsage keyEncipherment, extKeyUsage 1.3.6.1.5.5.7.3.39",
		check: needsKeyUsage(nf.UsageOAuthAccessTokenSigning, "digitalSignature", "nonRepudiation"),
	}, {
		ID: "eku-encrypt-key-usage", Field: nf.FieldKeyUsage, scope: onBoth, Level: nf.Shall, Clause: "RFC 9509 section 3",
		Title: "id-kp-httpContentEncrypt without keyEncipherment",
		Why:   "The key enciphers the keys of a JWE: keyUsage must say keyEncipherment. Issuers must make sure of it.",
		Fix:   "nfcert csr --profile n32-encryption; in openssl.cnf keyUsage = critical, keyEncipherment",
		Good:  "keyUsage keyEncipherment, extKeyUsage 1.3.6.1.5.5.7.3.38", Bad: "keyUsage digitalSignature, extKeyUsage 1.3.6.1.5.5.7.3.38",
		check: needsKeyUsage(nf.UsageHTTPContentEncrypt, "keyEncipherment"),
	}, {
		ID: "eku-jwt-encipherment", Field: nf.FieldKeyUsage, scope: onBoth, Level: nf.Should, Clause: "RFC 9509 section 3",
		Title: "a signing purpose with keyEncipherment",
		Why:   "With keyEncipherment a JWT key would be one for JWE; CCAs and access tokens are signed, not enciphered.",
		Fix:   "drop keyEncipherment from keyUsage: nfcert csr --profile cca-signing",
		Good:  "keyUsage digitalSignature", Bad: "keyUsage digitalSignature, keyEncipherment with id-kp-jwt",
		check: func(s *Subject, r *report) {
			signs := hasUsage(s.Contents, nf.UsageJWT) || hasUsage(s.Contents, nf.UsageOAuthAccessTokenSigning)
			if signs && hasKeyUsage(s.Contents, "keyEncipherment") && !hasUsage(s.Contents, nf.UsageHTTPContentEncrypt) {
				r.hit(strings.Join(s.KeyUsage.Usages, ", "), "digitalSignature", "a key that signs JWTs has keyEncipherment too")
			}
		},
	}, {
		ID: "eku-tls-mixed", Field: nf.FieldExtKeyUsage, scope: onBoth, Level: nf.Should, Clause: "RFC 9509 section 6", Confidence: nf.Secondary,
		Title: "a purpose of RFC 9509 together with TLS",
		Why:   "The key of a TLS client must not be usable to sign a CCA: a purpose gets a certificate of its own. Section 5 does not forbid the mix, so it is a warning.",
		Fix:   "make two: nfcert csr --profile nf-tls, and nfcert csr --profile cca-signing with another key",
		Good:  "one certificate with clientAuth, one with id-kp-jwt", Bad: "one certificate with clientAuth and id-kp-jwt",
		check: func(s *Subject, r *report) {
			if s.hasPurpose() && hasTLSUsage(s.Contents) {
				r.hit(usageNames(s.Contents), "a certificate for each purpose", "extKeyUsage has a purpose of RFC 9509 beside those of TLS")
			}
		},
	}, {
		ID: "eku-purposes-mixed", Field: nf.FieldExtKeyUsage, scope: onBoth, Level: nf.Should, Clause: "RFC 9509 section 6", Confidence: nf.Secondary,
		Title: "two purposes of RFC 9509 in one certificate",
		Why:   "A key that signs access tokens must not sign CCAs as well: who has the one could make the other.",
		Fix:   "make one certificate for each purpose: nfcert csr --profile cca-signing, nrf-token-signing, n32-encryption",
		Good:  "id-kp-jwt alone", Bad: "id-kp-jwt and id-kp-oauthAccessTokenSigning",
		check: func(s *Subject, r *report) {
			n := 0
			for _, oid := range purposes {
				if hasUsage(s.Contents, oid) {
					n++
				}
			}
			if n > 1 {
				r.hit(usageNames(s.Contents), "a certificate for each purpose", "extKeyUsage has %d purposes of RFC 9509", n)
			}
		},
	}, {
		ID: "eku-token-not-nrf", Field: nf.FieldExtKeyUsage, scope: onBoth, Level: nf.Should, Clause: "TS 33.501 13.4.1",
		Title: "access tokens signed by another than the NRF",
		Why:   "The NRF issues access tokens. Another NF with this purpose could grant itself any service.",
		Fix:   "drop the purpose (nfcert csr --profile nf-tls), or mend the NF type: nfcert csr --nf-type NRF",
		Good:  "oauthAccessTokenSigning with nfTypes NRF", Bad: "oauthAccessTokenSigning with nfTypes AMF",
		check: wantsType(nf.UsageOAuthAccessTokenSigning, "NRF", "signs access tokens"),
	}, {
		ID: "eku-encrypt-not-sepp", Field: nf.FieldExtKeyUsage, scope: onBoth, Level: nf.Should, Clause: "RFC 9509 section 3",
		Title: "N32 encryption by another than a SEPP",
		Why:   "The purpose is for JSON between SEPPs.",
		Fix:   "drop the purpose (nfcert csr --profile nf-tls), or mend the NF type: nfcert csr --nf-type SEPP",
		Good:  "httpContentEncrypt with nfTypes SEPP", Bad: "httpContentEncrypt with nfTypes AMF",
		check: wantsType(nf.UsageHTTPContentEncrypt, "SEPP", "encrypts between SEPPs"),
	}, {
		ID: "cca-instance-id", Field: nf.FieldInstanceURI, scope: onBoth, Level: nf.Shall, Clause: "TS 33.501 13.3.8.3",
		Title: "a CCA signing certificate without the NF instance id",
		Why:   "The verifier compares the instance id in the CCA with the one in the certificate that signed it; without it every CCA is refused.",
		Fix:   "nfcert csr --profile cca-signing --nf-instance-id UUID; in openssl.cnf subjectAltName = critical, URI:urn:uuid:<instance id>",
		Good:  "URI:urn:uuid:4ace9d34-2c69-4f99-92d5-a73a3fe8e23b", Bad: "dns names alone",
		check: func(s *Subject, r *report) {
			if hasUsage(s.Contents, nf.UsageJWT) && len(s.urns()) == 0 && !s.unread(nf.FieldSubjectAltName) {
				r.hit("", "urn:uuid:<NF instance id>", "the certificate signs CCAs and does not name its NF instance")
			}
		},
	}}
}

// purposes are the key purposes that RFC 9509 defines.
var purposes = [...]nf.OID{nf.UsageJWT, nf.UsageHTTPContentEncrypt, nf.UsageOAuthAccessTokenSigning}

// hasPurpose reports whether extKeyUsage has a purpose of RFC 9509.
func (s *Subject) hasPurpose() bool {
	return slices.ContainsFunc(purposes[:], func(oid nf.OID) bool { return hasUsage(s.Contents, oid) })
}

// needsKeyUsage reports a purpose whose keyUsage has none of these bits. An
// absent keyUsage restricts nothing, and has a rule of its own.
func needsKeyUsage(purpose nf.OID, anyOf ...string) func(*Subject, *report) {
	return func(s *Subject, r *report) {
		if s.KeyUsage == nil || !hasUsage(s.Contents, purpose) || s.unread(nf.FieldKeyUsage) {
			return
		}
		if !slices.ContainsFunc(anyOf, func(bit string) bool { return hasKeyUsage(s.Contents, bit) }) {
			r.hit(strings.Join(s.KeyUsage.Usages, ", "), strings.Join(anyOf, " or "),
				"extKeyUsage has %s, and keyUsage lacks %s", nf.UsageName(purpose), strings.Join(anyOf, " or "))
		}
	}
}

// wantsType reports a purpose in a certificate whose NF types are others.
func wantsType(purpose nf.OID, nfType, does string) func(*Subject, *report) {
	return func(s *Subject, r *report) {
		if s.NFTypes != nil && len(s.NFTypes.Types) > 0 && hasUsage(s.Contents, purpose) && !hasType(s.Contents, nfType) {
			r.hit(strings.Join(s.NFTypes.Types, ", "), nfType, "the certificate %s, and nfTypes lacks %s", does, nfType)
		}
	}
}
