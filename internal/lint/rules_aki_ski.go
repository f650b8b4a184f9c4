package lint

import (
	"crypto/sha1"
	"encoding/hex"

	"github.com/nfcert/nfcert/internal/inspect"
	"github.com/nfcert/nfcert/internal/nf"
)

// keyIdentifierRules check authorityKeyIdentifier and subjectKeyIdentifier.
func keyIdentifierRules() []Rule {
	return []Rule{{
		ID: "aki-missing", Field: nf.FieldAuthorityKeyID, scope: onLeaf, Level: nf.Shall, Clause: "TS 33.310 6.1.3c.3",
		Title: "authorityKeyIdentifier is missing",
		Why:   "It identifies the issuer where a CA has changed its key and kept its name.",
		Fix:   "have the CA add it: openssl x509 -req -extfile with authorityKeyIdentifier = keyid:always",
		Good:  "authorityKeyIdentifier = keyid of the CA", Bad: "no authorityKeyIdentifier",
		check: missing(nf.FieldAuthorityKeyID, wantIssuerSKI),
	}, {
		ID: "aki-critical", Field: nf.FieldAuthorityKeyID, scope: onLeaf, Level: nf.Shall, Clause: "TS 33.310 6.1.3c.3",
		Title: "authorityKeyIdentifier is marked critical",
		Why:   "It must not be critical (RFC 5280 4.2.1.1 too): peers that do not use it refuse the certificate.",
		Fix:   "have the CA delete the word critical from authorityKeyIdentifier",
		Good:  "authorityKeyIdentifier = keyid", Bad: "authorityKeyIdentifier = critical, keyid",
		check: criticality(nf.FieldAuthorityKeyID),
	}, {
		ID: "aki-key-id", Field: nf.FieldAuthorityKeyID, scope: onLeaf, Level: nf.Shall, Clause: "TS 33.310 6.1.3c.3",
		Title: "authorityKeyIdentifier has no key identifier",
		Why:   "It shall equal the issuer's subjectKeyIdentifier. Issuer name and serial number alone do not.",
		Fix:   "have the CA write keyid: authorityKeyIdentifier = keyid:always in openssl's extension file",
		Good:  "keyid:887fa204...", Bad: "only issuer name and serial number",
		check: func(s *Subject, r *report) {
			if a := s.AuthorityKeyID; a != nil && a.ID == "" && !s.faulty(nf.FieldAuthorityKeyID, inspect.FaultMalformed) {
				r.hitProfile(s, nf.FieldAuthorityKeyID, "", wantIssuerSKI, "authorityKeyIdentifier has no key identifier, want "+wantIssuerSKI)
			}
		},
	}, {
		ID: "aki-of-issuer", Field: nf.FieldAuthorityKeyID, scope: onLeaf, Level: nf.Shall, Clause: "TS 33.310 6.1.3c.3",
		Title: "authorityKeyIdentifier is not the issuer's subjectKeyIdentifier",
		Why:   "Peers that build the chain by key identifiers do not find the issuer.",
		Fix:   "issue the certificate again with the CA's own subjectKeyIdentifier (openssl: authorityKeyIdentifier = keyid:always), or put the right CA into the file",
		Good:  "both 887fa204...", Bad: "887fa204... and 1122...",
		check: func(s *Subject, r *report) {
			a := s.AuthorityKeyID
			if a == nil || a.ID == "" || s.Issuer == nil || s.Issuer.SubjectKeyID == nil || s.Issuer.SubjectKeyID.ID == "" {
				return
			}
			if want := s.Issuer.SubjectKeyID.ID; a.ID != want {
				r.hitProfile(s, nf.FieldAuthorityKeyID, a.ID, want, "authorityKeyIdentifier is not the subjectKeyIdentifier of the issuer in the file")
			}
		},
	}, {
		ID: "ski-critical", Field: nf.FieldSubjectKeyID, scope: onLeaf, Level: nf.Shall, Clause: "TS 33.310 6.1.3c.3",
		Title: "subjectKeyIdentifier is marked critical",
		Why:   "It must not be critical (RFC 5280 4.2.1.2 too).",
		Fix:   "have the CA delete the word critical from subjectKeyIdentifier",
		Good:  "subjectKeyIdentifier = hash", Bad: "subjectKeyIdentifier = critical, hash",
		check: criticality(nf.FieldSubjectKeyID),
	}, {
		ID: "ski-method", Field: nf.FieldSubjectKeyID, scope: onCert, Level: nf.Shall, Clause: "TS 33.310 6.1.3c.3",
		most: warning, Lenience: "peers compare identifiers and do not compute them, so nothing fails",
		Title: "subjectKeyIdentifier is not the SHA-1 of the public key",
		Why:   "The CA shall use method 1 of RFC 5280 4.2.1.2: 160 bits, the SHA-1 of the key's bits. Newer libraries (Go since 1.25) use other methods by default.",
		Fix:   "have the CA use method 1: subjectKeyIdentifier = hash in openssl's extension file; in Go set SubjectKeyId",
		Good:  "the 20 octets of SHA-1", Bad: "20 octets of SHA-256, or a random number",
		check: checkKeyIDMethod,
	}}
}

const wantIssuerSKI = "the issuer's subjectKeyIdentifier"

// checkKeyIDMethod computes method 1 of RFC 5280 4.2.1.2.
func checkKeyIDMethod(s *Subject, r *report) {
	k := s.SubjectKeyID
	if k == nil || len(k.ID) == 0 || len(s.Raw.PublicKeyBits) == 0 || s.faulty(nf.FieldSubjectKeyID, inspect.FaultMalformed) {
		return
	}
	sum := sha1.Sum(s.Raw.PublicKeyBits)
	if want := hex.EncodeToString(sum[:]); k.ID != want {
		r.hit(k.ID, want, "subjectKeyIdentifier is not the SHA-1 of the public key")
	}
}
