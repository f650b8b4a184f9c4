package lint

import (
	"slices"
	"strings"

	"github.com/nfcert/nfcert/internal/nf"
)

// extKeyUsageRules check extKeyUsage against the profile.
func extKeyUsageRules() []Rule {
	return []Rule{{
		ID: "eku-missing", Field: nf.FieldExtKeyUsage, scope: onBoth, Level: nf.Shall, Clause: "TS 33.310 6.1.3c.3",
		Title: "extKeyUsage is missing",
		Why:   "The clause's table requires it. Without it a certificate can be used for purposes that it was not issued for.",
		Fix:   "use nfcert csr --profile NAME, which requests the right purposes; in openssl.cnf extendedKeyUsage = clientAuth, serverAuth",
		Good:  "extendedKeyUsage = clientAuth, serverAuth", Bad: "no extKeyUsage",
		check: func(s *Subject, r *report) {
			r.fix = s.fixExtKeyUsage()
			missing(nf.FieldExtKeyUsage, s.wantedUsages())(s, r)
		},
	}, {
		ID: "eku-critical", Field: nf.FieldExtKeyUsage, scope: onBoth, Level: nf.Shall, Clause: "TS 33.310 6.1.3c.3",
		Title: "extKeyUsage is not marked as the profile requires",
		Why:   "SBA TLS certificates have it non-critical. (RFC 9509 section 4 leaves the choice to the issuer for its own purposes.)",
		Fix:   "use nfcert csr, which marks it correctly; in openssl.cnf delete the word critical from extendedKeyUsage",
		Good:  "extendedKeyUsage = clientAuth", Bad: "extendedKeyUsage = critical, clientAuth",
		check: criticality(nf.FieldExtKeyUsage),
	}, {
		ID: "eku-role", Field: nf.FieldExtKeyUsage, scope: onBoth, Level: nf.Shall, Clause: "TS 33.310 6.1.3c.3",
		Title: "extKeyUsage lacks a purpose that the profile requires",
		Why:   "An NF that is both client and server shall have both clientAuth and serverAuth. A peer refuses a certificate in a role that it lacks.",
		Fix:   "use nfcert csr --profile nf-tls for both, or nf-tls-client or nf-tls-server for one; in openssl.cnf extendedKeyUsage = clientAuth, serverAuth",
		Good:  "extendedKeyUsage = clientAuth, serverAuth", Bad: "extendedKeyUsage = serverAuth for an NF that also calls others",
		check: checkExtKeyUsageRole,
	}, {
		ID: "eku-any", Field: nf.FieldExtKeyUsage, scope: onBoth, Level: nf.Should, Clause: "RFC 9509 section 1",
		Title: "extKeyUsage has anyExtendedKeyUsage",
		Why:   "It removes the separation of purposes: the key of a TLS client could sign a CCA. Relying parties may refuse it (RFC 9509 section 6).",
		Fix:   "list each purpose: use nfcert csr --profile NAME; in openssl.cnf delete anyExtendedKeyUsage",
		Good:  "extendedKeyUsage = clientAuth", Bad: "extendedKeyUsage = clientAuth, anyExtendedKeyUsage",
		check: func(s *Subject, r *report) {
			if hasUsage(s.Contents, nf.UsageAnyExtendedKeyUsage) {
				r.hit(s.usageNames(), s.wantedUsages(), "extKeyUsage has anyExtendedKeyUsage, want each purpose listed")
			}
		},
	}, {
		ID: "eku-unexpected", Field: nf.FieldExtKeyUsage, scope: onBoth, Level: nf.Advice, grave: true, Clause: "TS 33.310 6.1.3c.3",
		Title: "extKeyUsage has a purpose that no NF needs",
		Why:   "A certificate that can also sign code or mail is worth more to an attacker. The CA should not have issued it.",
		Fix:   "omit the purpose: use nfcert csr --profile NAME; in openssl.cnf delete it from extendedKeyUsage",
		Good:  "extendedKeyUsage = clientAuth, serverAuth", Bad: "extendedKeyUsage = serverAuth, codeSigning",
		check: func(s *Subject, r *report) {
			if s.ExtKeyUsage == nil || s.free {
				return
			}
			for _, u := range s.ExtKeyUsage.Usages {
				switch u.OID {
				case nf.UsageServerAuth, nf.UsageClientAuth, nf.UsageAnyExtendedKeyUsage,
					nf.UsageJWT, nf.UsageHTTPContentEncrypt, nf.UsageOAuthAccessTokenSigning:
				default:
					r.hit(u.Name, s.wantedUsages(), "extKeyUsage has %s, which no NF needs", u.Name)
				}
			}
		},
	}}
}

// purposeRules check the purposes of RFC 9509: which keyUsage they need, which
// NFs have them, and which other purposes they must not be combined with.
func purposeRules() []Rule {
	return []Rule{{
		ID: "eku-jwt-key-usage", Field: nf.FieldKeyUsage, scope: onBoth, Level: nf.Shall, Clause: "RFC 9509 section 3",
		Title: "id-kp-jwt without a keyUsage for signing",
		Why:   "A CCA is a JWS, so the key needs digitalSignature or nonRepudiation. Issuers must ensure this.",
		Fix:   "use nfcert csr --profile cca-signing; in openssl.cnf keyUsage = critical, digitalSignature",
		Good:  "keyUsage digitalSignature, extKeyUsage 1.3.6.1.5.5.7.3.37", Bad: "keyUsage keyAgreement, extKeyUsage 1.3.6.1.5.5.7.3.37",
		check: needsKeyUsage(nf.UsageJWT, "digitalSignature", "nonRepudiation"),
	}, {
		ID: "eku-token-key-usage", Field: nf.FieldKeyUsage, scope: onBoth, Level: nf.Shall, Clause: "RFC 9509 section 3",
		Title: "id-kp-oauthAccessTokenSigning without a keyUsage for signing",
		Why:   "An access token is a JWS, so the key needs digitalSignature or nonRepudiation. Issuers must ensure this.",
		Fix:   "use nfcert csr --profile nrf-token-signing; in openssl.cnf keyUsage = critical, digitalSignature",
		Good:  "keyUsage digitalSignature, extKeyUsage 1.3.6.1.5.5.7.3.39", Bad: "keyUsage keyEncipherment, extKeyUsage 1.3.6.1.5.5.7.3.39",
		check: needsKeyUsage(nf.UsageOAuthAccessTokenSigning, "digitalSignature", "nonRepudiation"),
	}, {
		ID: "eku-encrypt-key-usage", Field: nf.FieldKeyUsage, scope: onBoth, Level: nf.Shall, Clause: "RFC 9509 section 3",
		Title: "id-kp-httpContentEncrypt without keyEncipherment",
		Why:   "The key enciphers the keys of a JWE, so it needs keyEncipherment. Issuers must ensure this.",
		Fix:   "use nfcert csr --profile n32-encryption; in openssl.cnf keyUsage = critical, keyEncipherment",
		Good:  "keyUsage keyEncipherment, extKeyUsage 1.3.6.1.5.5.7.3.38", Bad: "keyUsage digitalSignature, extKeyUsage 1.3.6.1.5.5.7.3.38",
		check: needsKeyUsage(nf.UsageHTTPContentEncrypt, "keyEncipherment"),
	}, {
		ID: "eku-jwt-encipherment", Field: nf.FieldKeyUsage, scope: onBoth, Level: nf.Should, Clause: "RFC 9509 section 3",
		Title: "a signing purpose together with keyEncipherment",
		Why:   "With keyEncipherment a JWT key could be used for JWE. CCAs and access tokens are signed, not enciphered.",
		Fix:   "omit keyEncipherment from keyUsage: use nfcert csr --profile cca-signing",
		Good:  "keyUsage digitalSignature", Bad: "keyUsage digitalSignature, keyEncipherment with id-kp-jwt",
		check: func(s *Subject, r *report) {
			signs := hasUsage(s.Contents, nf.UsageJWT) || hasUsage(s.Contents, nf.UsageOAuthAccessTokenSigning)
			if signs && hasKeyUsage(s.Contents, "keyEncipherment") && !hasUsage(s.Contents, nf.UsageHTTPContentEncrypt) {
				r.hit(s.keyUsageNames(), "digitalSignature", "keyUsage has keyEncipherment for a key that signs JWTs, want digitalSignature")
			}
		},
	}, {
		ID: "eku-tls-mixed", Field: nf.FieldExtKeyUsage, scope: onBoth, Level: nf.Should, Clause: "RFC 9509 section 6", Confidence: nf.Secondary,
		Title: "a purpose of RFC 9509 together with TLS",
		Why:   "The key of a TLS client must not be usable to sign a CCA, so each purpose needs its own certificate. Section 5 does not forbid the combination, so this is a warning.",
		Fix:   "create two certificates: nfcert csr --profile nf-tls, and nfcert csr --profile cca-signing with another key",
		Good:  "one certificate with clientAuth, one with id-kp-jwt", Bad: "one certificate with clientAuth and id-kp-jwt",
		check: when(func(s *Subject) bool { return s.hasPurpose() && hasTLSUsage(s.Contents) },
			(*Subject).usageNames, "one certificate for each purpose", "extKeyUsage has a purpose of RFC 9509 together with TLS, want one certificate for each purpose"),
	}, {
		ID: "eku-purposes-mixed", Field: nf.FieldExtKeyUsage, scope: onBoth, Level: nf.Should, Clause: "RFC 9509 section 6", Confidence: nf.Secondary,
		Title: "two purposes of RFC 9509 in one certificate",
		Why:   "A key that signs access tokens must not sign CCAs too: anyone with the key could create both.",
		Fix:   "create one certificate for each purpose: nfcert csr --profile cca-signing, nrf-token-signing, n32-encryption",
		Good:  "only id-kp-jwt", Bad: "id-kp-jwt and id-kp-oauthAccessTokenSigning",
		check: func(s *Subject, r *report) {
			n := 0
			for _, oid := range purposes {
				if hasUsage(s.Contents, oid) {
					n++
				}
			}
			if n > 1 {
				r.hit(s.usageNames(), "one certificate for each purpose", "extKeyUsage has %d purposes of RFC 9509, want one certificate for each purpose", n)
			}
		},
	}, {
		ID: "eku-token-not-nrf", Field: nf.FieldExtKeyUsage, scope: onBoth, Level: nf.Should, Clause: "TS 33.501 13.4.1",
		Title: "oauthAccessTokenSigning for an NF that is not an NRF",
		Why:   "The NRF issues access tokens. Another NF with this purpose could grant itself access to any service.",
		Fix:   "omit the purpose (nfcert csr --profile nf-tls), or correct the NF type: nfcert csr --nf-type NRF",
		Good:  "oauthAccessTokenSigning with nfTypes NRF", Bad: "oauthAccessTokenSigning with nfTypes AMF",
		check: needsType(nf.UsageOAuthAccessTokenSigning, "NRF"),
	}, {
		ID: "eku-encrypt-not-sepp", Field: nf.FieldExtKeyUsage, scope: onBoth, Level: nf.Should, Clause: "RFC 9509 section 3",
		Title: "httpContentEncrypt for an NF that is not a SEPP",
		Why:   "The purpose is for JSON between SEPPs.",
		Fix:   "omit the purpose (nfcert csr --profile nf-tls), or correct the NF type: nfcert csr --nf-type SEPP",
		Good:  "httpContentEncrypt with nfTypes SEPP", Bad: "httpContentEncrypt with nfTypes AMF",
		check: needsType(nf.UsageHTTPContentEncrypt, "SEPP"),
	}}
}

func checkExtKeyUsageRole(s *Subject, r *report) {
	row, ok := s.Profile.Field(nf.FieldExtKeyUsage)
	if !ok || s.usageNames() == "" {
		return
	}
	wantsTLS := slices.Contains(s.Profile.ExtKeyUsages, nf.UsageClientAuth) || slices.Contains(s.Profile.ExtKeyUsages, nf.UsageServerAuth)
	if !wantsTLS {
		r.fix = s.fixExtKeyUsage() // the rule's own fix is for the TLS roles
	}
	for _, oid := range s.Profile.ExtKeyUsages {
		if !hasUsage(s.Contents, oid) {
			r.hitRow(row, s.usageNames(), s.wantedUsages(), "extKeyUsage lacks %s, which profile %s requires", nf.UsageName(oid), s.Profile.Name)
		}
	}
}

// wantedUsages lists the profile's purposes for a message.
func (s *Subject) wantedUsages() string {
	names := make([]string, len(s.Profile.ExtKeyUsages))
	for i, oid := range s.Profile.ExtKeyUsages {
		names[i] = nf.UsageName(oid)
	}
	return strings.Join(names, ", ")
}

// fixExtKeyUsage says how to request the profile's purposes; empty when the
// profile has none. openssl has no names for the purposes of RFC 9509.
func (s *Subject) fixExtKeyUsage() string {
	if len(s.Profile.ExtKeyUsages) == 0 {
		return ""
	}
	names := make([]string, len(s.Profile.ExtKeyUsages))
	for i, oid := range s.Profile.ExtKeyUsages {
		if names[i] = string(oid); oid == nf.UsageClientAuth || oid == nf.UsageServerAuth {
			names[i] = nf.UsageName(oid)
		}
	}
	return "use nfcert csr --profile " + s.Profile.Name + ", which requests the right purposes; in openssl.cnf extendedKeyUsage = " + strings.Join(names, ", ")
}

// purposes are the key purposes that RFC 9509 defines.
var purposes = [...]nf.OID{nf.UsageJWT, nf.UsageHTTPContentEncrypt, nf.UsageOAuthAccessTokenSigning}

// hasPurpose reports whether extKeyUsage has a purpose of RFC 9509.
func (s *Subject) hasPurpose() bool {
	return slices.ContainsFunc(purposes[:], func(oid nf.OID) bool { return hasUsage(s.Contents, oid) })
}

// needsKeyUsage checks that keyUsage has one of these bits where extKeyUsage has
// the purpose. A missing keyUsage restricts nothing, and has its own rule.
func needsKeyUsage(purpose nf.OID, anyOf ...string) func(*Subject, *report) {
	return func(s *Subject, r *report) {
		if s.KeyUsage == nil || !hasUsage(s.Contents, purpose) || s.unread(nf.FieldKeyUsage) {
			return
		}
		if !slices.ContainsFunc(anyOf, func(bit string) bool { return hasKeyUsage(s.Contents, bit) }) {
			want := strings.Join(anyOf, " or ")
			r.hit(s.keyUsageNames(), want, "keyUsage lacks %s, which extKeyUsage %s needs", want, nf.UsageName(purpose))
		}
	}
}

// needsType checks that nfTypes, where present, has the type that the purpose is
// for.
func needsType(purpose nf.OID, nfType string) func(*Subject, *report) {
	return func(s *Subject, r *report) {
		if len(s.nfTypes()) > 0 && hasUsage(s.Contents, purpose) && !s.hasType(nfType) {
			r.hit(strings.Join(s.nfTypes(), ", "), nfType, "extKeyUsage has %s, and nfTypes lacks %s", nf.UsageName(purpose), nfType)
		}
	}
}
