package lint

import (
	"crypto/x509"
	"slices"
	"strings"

	"github.com/nfcert/nfcert/internal/nf"
)

// keyUsageRules judge the extension keyUsage.
func keyUsageRules() []Rule {
	return []Rule{{
		ID: "key-usage-missing", Field: nf.FieldKeyUsage, scope: onBoth, Level: nf.Shall, Clause: "TS 33.310 6.1.3c.3",
		Title: "keyUsage is missing",
		Why:   "The table demands it. Without it the key may be used for anything.",
		Fix:   "nfcert csr asks for it; in openssl.cnf keyUsage = critical, digitalSignature",
		Good:  "keyUsage = critical, digitalSignature", Bad: "no keyUsage",
		check: func(s *Subject, r *report) {
			if row, ok := s.requires(nf.FieldKeyUsage); ok && s.KeyUsage == nil && !s.unread(nf.FieldKeyUsage) {
				r.fix = s.fixKeyUsage()
				r.hitRow(row, "", keyUsageNames(s.Profile.KeyUsage), "keyUsage is missing")
			}
		},
	}, {
		ID: "key-usage-critical", Field: nf.FieldKeyUsage, scope: onBoth, Level: nf.Shall, Clause: "TS 33.310 6.1.3c.3",
		Title: "keyUsage is not marked critical",
		Why:   "A receiver that does not know the extension may then use the key for anything.",
		Fix:   "nfcert csr marks it; in openssl.cnf keyUsage = critical, digitalSignature",
		Good:  "keyUsage = critical, digitalSignature", Bad: "keyUsage = digitalSignature",
		check: func(s *Subject, r *report) {
			if s.KeyUsage != nil {
				r.fix = s.fixKeyUsage()
				s.mark(r, nf.FieldKeyUsage, s.KeyUsage.Critical)
			}
		},
	}, {
		ID: "key-usage-bits", Field: nf.FieldKeyUsage, scope: onBoth, Level: nf.Shall, Clause: "TS 33.310 6.1.3c.3",
		Title: "keyUsage lacks a bit that the profile has",
		Why:   "A peer that looks refuses the key for that use: TLS with ECDHE signs, and so needs digitalSignature.",
		Fix:   "nfcert csr asks for it; in openssl.cnf keyUsage = critical, digitalSignature",
		Good:  "keyUsage = critical, digitalSignature", Bad: "keyUsage = critical, keyEncipherment",
		check: checkKeyUsageBits,
	}, {
		ID: "key-usage-of-ca", Field: nf.FieldKeyUsage, scope: onBoth, Level: nf.Shall, Clause: "RFC 5280 4.2.1.3",
		Title: "an end entity may sign certificates",
		Why:   "keyCertSign is for CAs. A receiver that forgets to look at basicConstraints takes the NF for a CA.",
		Fix:   "ask for digitalSignature alone, as nfcert csr does; in openssl.cnf do not use the section v3_ca for an NF",
		Good:  "keyUsage = critical, digitalSignature", Bad: "keyUsage = critical, digitalSignature, keyCertSign",
		check: func(s *Subject, r *report) {
			if hasKeyUsage(s.Contents, "keyCertSign") && (s.BasicConstraints == nil || !s.BasicConstraints.CA) {
				r.hit(strings.Join(s.KeyUsage.Usages, ", "), "no keyCertSign", "keyUsage has keyCertSign, and the certificate is no CA's")
			}
		},
	}, {
		ID: "key-usage-ec-encipherment", Field: nf.FieldKeyUsage, scope: onBoth, Level: nf.Shall, Clause: "RFC 8813 section 3",
		Title: "an EC key is said to encipher keys or data",
		Why:   "EC keys of this kind sign or agree on keys; they cannot encipher. Strict CAs refuse the request.",
		Fix:   "ask for digitalSignature alone, as nfcert csr does; keyEncipherment belongs to RSA keys",
		Good:  "keyUsage = critical, digitalSignature with P256", Bad: "keyUsage = critical, digitalSignature, keyEncipherment with P256",
		check: func(s *Subject, r *report) {
			if s.PublicKey.Curve == "" {
				return
			}
			if hasKeyUsage(s.Contents, "keyEncipherment") || hasKeyUsage(s.Contents, "dataEncipherment") {
				r.hit(strings.Join(s.KeyUsage.Usages, ", "), "digitalSignature", "keyUsage has encipherment, which an EC key cannot do")
			}
		},
	}, {
		ID: "leaf-is-ca", Field: "basicConstraints", scope: onBoth, Level: nf.Shall, Clause: "RFC 5280 4.2.1.9",
		Title: "an end entity's certificate says that it is a CA's",
		Why:   "Whoever has the NF's key can then issue certificates for every other NF, and peers accept them.",
		Fix:   "basicConstraints = CA:FALSE, or leave it out as nfcert csr does; do not use the section v3_ca of openssl.cnf for an NF",
		Good:  "basicConstraints = CA:FALSE", Bad: "basicConstraints = critical, CA:TRUE",
		check: func(s *Subject, r *report) {
			if s.BasicConstraints != nil && s.BasicConstraints.CA {
				r.hit("CA:TRUE", "CA:FALSE", "basicConstraints says CA, and the certificate is for an NF")
			}
		},
	}}
}

func checkKeyUsageBits(s *Subject, r *report) {
	row, ok := s.Profile.Field(nf.FieldKeyUsage)
	if !ok || s.KeyUsage == nil || len(s.KeyUsage.Usages) == 0 || s.hasPurpose() {
		return // the purposes of RFC 9509 have rules of their own
	}
	for bit, name := range keyUsageBits {
		if s.Profile.EitherKeyUsage&(1<<bit) != 0 && hasKeyUsage(s.Contents, name) {
			return
		}
	}
	r.fix = s.fixKeyUsage()
	for bit, name := range keyUsageBits {
		if s.Profile.KeyUsage&(1<<bit) != 0 && !hasKeyUsage(s.Contents, name) {
			r.hitRow(row, strings.Join(s.KeyUsage.Usages, ", "), keyUsageNames(s.Profile.KeyUsage), "keyUsage lacks %s", name)
		}
	}
}

// keyUsageBits are the bits of x509.KeyUsage from the lowest on.
var keyUsageBits = [...]string{
	"digitalSignature", "nonRepudiation", "keyEncipherment", "dataEncipherment",
	"keyAgreement", "keyCertSign", "cRLSign", "encipherOnly", "decipherOnly",
}

func keyUsageNames(usage x509.KeyUsage) string {
	var names []string
	for bit, name := range keyUsageBits {
		if usage&(1<<bit) != 0 {
			names = append(names, name)
		}
	}
	return strings.Join(names, ", ")
}

// fixKeyUsage says how to ask for the profile's keyUsage.
func (s *Subject) fixKeyUsage() string {
	if s.Profile.KeyUsage == 0 {
		return ""
	}
	return "nfcert csr --profile " + s.Profile.Name + " asks for it; in openssl.cnf keyUsage = critical, " + keyUsageNames(s.Profile.KeyUsage)
}

// mark reports an extension that is marked otherwise than its row has it.
func (s *Subject) mark(r *report, field nf.FieldName, critical bool) {
	row, ok := s.Profile.Field(field)
	if !ok || row.Critical == "" || (row.Critical == nf.Critical) == critical {
		return
	}
	got := nf.NonCritical
	if critical {
		got = nf.Critical
	}
	r.hitRow(row, string(got), string(row.Critical), "%s is marked %s, want %s", field, got, row.Critical)
}

// extKeyUsageRules judge the extension extKeyUsage by the profile.
func extKeyUsageRules() []Rule {
	return []Rule{{
		ID: "eku-missing", Field: nf.FieldExtKeyUsage, scope: onBoth, Level: nf.Shall, Clause: "TS 33.310 6.1.3c.3",
		Title: "extKeyUsage is missing",
		Why:   "The table demands it. Without it nothing keeps a certificate to the purpose that it was issued for.",
		Fix:   "nfcert csr --profile asks for the right ones; in openssl.cnf extendedKeyUsage = clientAuth, serverAuth",
		Good:  "extendedKeyUsage = clientAuth, serverAuth", Bad: "no extKeyUsage",
		check: func(s *Subject, r *report) {
			if row, ok := s.requires(nf.FieldExtKeyUsage); ok && s.ExtKeyUsage == nil && !s.unread(nf.FieldExtKeyUsage) {
				r.fix = s.fixUsages()
				r.hitRow(row, "", s.wantedUsages(), "extKeyUsage is missing")
			}
		},
	}, {
		ID: "eku-critical", Field: nf.FieldExtKeyUsage, scope: onBoth, Level: nf.Shall, Clause: "TS 33.310 6.1.3c.3",
		Title: "extKeyUsage is marked otherwise than the profile has it",
		Why:   "TLS certificates of the SBA have it non-critical. (RFC 9509 section 4 leaves the choice to the issuer for its own purposes.)",
		Fix:   "drop the word critical from extendedKeyUsage in openssl.cnf; nfcert csr marks it right",
		Good:  "extendedKeyUsage = clientAuth", Bad: "extendedKeyUsage = critical, clientAuth",
		check: func(s *Subject, r *report) {
			if s.ExtKeyUsage != nil {
				s.mark(r, nf.FieldExtKeyUsage, s.ExtKeyUsage.Critical)
			}
		},
	}, {
		ID: "eku-role", Field: nf.FieldExtKeyUsage, scope: onBoth, Level: nf.Shall, Clause: "TS 33.310 6.1.3c.3",
		Title: "extKeyUsage lacks a purpose that the profile has",
		Why:   "An NF that is client and server shall have both clientAuth and serverAuth; a peer refuses a certificate in a role that it lacks.",
		Fix:   "nfcert csr --profile nf-tls asks for both, nf-tls-client and nf-tls-server for one; in openssl.cnf extendedKeyUsage = clientAuth, serverAuth",
		Good:  "extendedKeyUsage = clientAuth, serverAuth", Bad: "extendedKeyUsage = serverAuth for an NF that also calls others",
		check: checkRole,
	}, {
		ID: "eku-any", Field: nf.FieldExtKeyUsage, scope: onBoth, Level: nf.Should, Clause: "RFC 9509 section 1",
		Title: "extKeyUsage has anyExtendedKeyUsage",
		Why:   "It undoes the separation of purposes: the key of a TLS client could sign a CCA. Relying parties may exclude it (RFC 9509 section 6).",
		Fix:   "name the purposes one by one: nfcert csr --profile; delete anyExtendedKeyUsage from openssl.cnf",
		Good:  "extendedKeyUsage = clientAuth", Bad: "extendedKeyUsage = clientAuth, anyExtendedKeyUsage",
		check: func(s *Subject, r *report) {
			if hasUsage(s.Contents, nf.UsageAnyExtendedKeyUsage) {
				r.hit(usageNames(s.Contents), s.wantedUsages(), "extKeyUsage has anyExtendedKeyUsage, which is poor practice")
			}
		},
	}, {
		ID: "eku-unexpected", Field: nf.FieldExtKeyUsage, scope: onBoth, Level: nf.Advice, grave: true, Clause: "TS 33.310 6.1.3c.3",
		Title: "extKeyUsage has a purpose that no NF has",
		Why:   "A certificate that can also sign code or mail is worth more to a thief, and the CA should not have issued it.",
		Fix:   "leave the purpose out: nfcert csr --profile; delete it from extendedKeyUsage in openssl.cnf",
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

func checkRole(s *Subject, r *report) {
	row, ok := s.Profile.Field(nf.FieldExtKeyUsage)
	if !ok || s.ExtKeyUsage == nil || len(s.ExtKeyUsage.Usages) == 0 {
		return
	}
	if !s.wantsTLS() {
		r.fix = s.fixUsages() // the rule's own words are for the TLS roles
	}
	for _, oid := range s.Profile.ExtKeyUsages {
		if !hasUsage(s.Contents, oid) {
			r.hitRow(row, usageNames(s.Contents), s.wantedUsages(), "extKeyUsage lacks %s, which %s has", nf.UsageName(oid), s.Profile.Name)
		}
	}
}

// fixUsages says how to ask for the profile's purposes. openssl has no names
// for those of RFC 9509.
func (s *Subject) fixUsages() string {
	if len(s.Profile.ExtKeyUsages) == 0 {
		return ""
	}
	names := make([]string, len(s.Profile.ExtKeyUsages))
	for i, oid := range s.Profile.ExtKeyUsages {
		if names[i] = string(oid); oid == nf.UsageClientAuth || oid == nf.UsageServerAuth {
			names[i] = nf.UsageName(oid)
		}
	}
	return "nfcert csr --profile " + s.Profile.Name + " asks for the right ones; in openssl.cnf extendedKeyUsage = " + strings.Join(names, ", ")
}

// wantsTLS reports whether the profile is of a TLS client or server.
func (s *Subject) wantsTLS() bool {
	return slices.Contains(s.Profile.ExtKeyUsages, nf.UsageClientAuth) || slices.Contains(s.Profile.ExtKeyUsages, nf.UsageServerAuth)
}

// wantedUsages lists the profile's purposes for a message.
func (s *Subject) wantedUsages() string {
	names := make([]string, len(s.Profile.ExtKeyUsages))
	for i, oid := range s.Profile.ExtKeyUsages {
		names[i] = nf.UsageName(oid)
	}
	return strings.Join(names, ", ")
}
