package lint

import (
	"crypto/x509"
	"strings"

	"github.com/nfcert/nfcert/internal/inspect"
	"github.com/nfcert/nfcert/internal/nf"
)

// keyUsageRules check keyUsage, and basicConstraints of an end entity.
func keyUsageRules() []Rule {
	return []Rule{{
		ID: "key-usage-missing", Field: nf.FieldKeyUsage, scope: onBoth, Level: nf.Shall, Clause: "TS 33.310 6.1.3c.3",
		Title: "keyUsage is missing",
		Why:   "The clause's table requires it. Without it the key can be used for anything.",
		Fix:   "use nfcert csr, which requests it; in openssl.cnf keyUsage = critical, digitalSignature",
		Good:  "keyUsage = critical, digitalSignature", Bad: "no keyUsage",
		check: func(s *Subject, r *report) {
			r.fix = s.fixKeyUsage()
			missing(nf.FieldKeyUsage, s.wantedKeyUsages())(s, r)
		},
	}, {
		ID: "key-usage-critical", Field: nf.FieldKeyUsage, scope: onBoth, Level: nf.Shall, Clause: "TS 33.310 6.1.3c.3",
		Title: "keyUsage is not marked critical",
		Why:   "A peer that does not know the extension can then use the key for anything.",
		Fix:   "use nfcert csr, which marks it; in openssl.cnf keyUsage = critical, digitalSignature",
		Good:  "keyUsage = critical, digitalSignature", Bad: "keyUsage = digitalSignature",
		check: func(s *Subject, r *report) {
			r.fix = s.fixKeyUsage()
			criticality(nf.FieldKeyUsage)(s, r)
		},
	}, {
		ID: "key-usage-bits", Field: nf.FieldKeyUsage, scope: onBoth, Level: nf.Shall, Clause: "TS 33.310 6.1.3c.3",
		Title: "keyUsage lacks a bit that the profile requires",
		Why:   "A peer that checks keyUsage refuses the key for that use. TLS with ECDHE signs, and so needs digitalSignature.",
		Fix:   "use nfcert csr, which requests it; in openssl.cnf keyUsage = critical, digitalSignature",
		Good:  "keyUsage = critical, digitalSignature", Bad: "keyUsage = critical, keyEncipherment",
		check: checkKeyUsageBits,
	}, {
		ID: "key-usage-of-ca", Field: nf.FieldKeyUsage, scope: onBoth, Level: nf.Shall, Clause: "RFC 5280 4.2.1.3",
		Title: "an end entity has keyCertSign",
		Why:   "keyCertSign is for CAs. A peer that does not check basicConstraints takes the NF for a CA.",
		Fix:   "request only digitalSignature, as nfcert csr does; in openssl.cnf do not use the section v3_ca for an NF",
		Good:  "keyUsage = critical, digitalSignature", Bad: "keyUsage = critical, digitalSignature, keyCertSign",
		check: when(func(s *Subject) bool {
			return hasKeyUsage(s.Contents, "keyCertSign") && (s.BasicConstraints == nil || !s.BasicConstraints.CA)
		},
			(*Subject).keyUsageNames, "no keyCertSign", "keyUsage has keyCertSign, which only a CA may have"),
	}, {
		ID: "key-usage-ec-encipherment", Field: nf.FieldKeyUsage, scope: onBoth, Level: nf.Shall, Clause: "RFC 8813 section 3",
		Title: "keyUsage has encipherment for an EC key",
		Why:   "EC keys of this kind sign or agree on keys; they cannot encipher. Strict CAs refuse the CSR.",
		Fix:   "request only digitalSignature, as nfcert csr does; keyEncipherment is for RSA keys",
		Good:  "keyUsage = critical, digitalSignature with P256", Bad: "keyUsage = critical, digitalSignature, keyEncipherment with P256",
		check: func(s *Subject, r *report) {
			if s.PublicKey.Curve != "" && (hasKeyUsage(s.Contents, "keyEncipherment") || hasKeyUsage(s.Contents, "dataEncipherment")) {
				r.hit(s.keyUsageNames(), "digitalSignature", "keyUsage has encipherment, which an EC key cannot do; want digitalSignature")
			}
		},
	}, {
		ID: "leaf-is-ca", Field: inspect.FieldBasicConstraints, scope: onBoth, Level: nf.Shall, Clause: "RFC 5280 4.2.1.9",
		Title: "an end entity is marked as a CA",
		Why:   "Anyone with the NF's key can then issue certificates for every other NF, and peers accept them.",
		Fix:   "write basicConstraints = CA:FALSE, or omit it as nfcert csr does; in openssl.cnf do not use the section v3_ca for an NF",
		Good:  "basicConstraints = CA:FALSE", Bad: "basicConstraints = critical, CA:TRUE",
		check: when(func(s *Subject) bool { return s.BasicConstraints != nil && s.BasicConstraints.CA },
			text("CA:TRUE"), "CA:FALSE", "basicConstraints is CA:TRUE, want CA:FALSE for an NF"),
	}}
}

func checkKeyUsageBits(s *Subject, r *report) {
	row, ok := s.Profile.Field(nf.FieldKeyUsage)
	if !ok || s.keyUsageNames() == "" || s.hasPurpose() {
		return // the purposes of RFC 9509 have their own rules
	}
	for bit, name := range keyUsageBits {
		if s.Profile.EitherKeyUsage&(1<<bit) != 0 && hasKeyUsage(s.Contents, name) {
			return
		}
	}
	r.fix = s.fixKeyUsage()
	for bit, name := range keyUsageBits {
		if s.Profile.KeyUsage&(1<<bit) != 0 && !hasKeyUsage(s.Contents, name) {
			r.hitRow(row, s.keyUsageNames(), s.wantedKeyUsages(), "keyUsage lacks %s", name)
		}
	}
}

// keyUsageBits names the bits of x509.KeyUsage, starting with the lowest.
var keyUsageBits = [...]string{
	"digitalSignature", "nonRepudiation", "keyEncipherment", "dataEncipherment",
	"keyAgreement", "keyCertSign", "cRLSign", "encipherOnly", "decipherOnly",
}

// wantedKeyUsages lists the profile's keyUsage for a message.
func (s *Subject) wantedKeyUsages() string {
	var names []string
	for bit, name := range keyUsageBits {
		if s.Profile.KeyUsage&x509.KeyUsage(1<<bit) != 0 {
			names = append(names, name)
		}
	}
	return strings.Join(names, ", ")
}

// fixKeyUsage says how to request the profile's keyUsage; empty when the profile
// has none.
func (s *Subject) fixKeyUsage() string {
	if s.Profile.KeyUsage == 0 {
		return ""
	}
	return "use nfcert csr --profile " + s.Profile.Name + ", which requests it; in openssl.cnf keyUsage = critical, " + s.wantedKeyUsages()
}
