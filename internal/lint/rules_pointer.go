package lint

import (
	"crypto/sha1"
	"encoding/hex"
	"strings"

	"github.com/nfcert/nfcert/internal/inspect"
	"github.com/nfcert/nfcert/internal/nf"
)

// pointerRules judge the extensions by which a certificate points at its issuer
// and at what revokes it: key identifiers, CRLs and authority information.
func pointerRules() []Rule {
	return []Rule{{
		ID: "aki-missing", Field: nf.FieldAuthorityKeyID, scope: onLeaf, Level: nf.Shall, Clause: "TS 33.310 6.1.3c.3",
		Title: "authorityKeyIdentifier is missing",
		Why:   "It finds the issuer where a CA has changed its key and kept its name.",
		Fix:   "have the CA put it in: openssl x509 -req -extfile with authorityKeyIdentifier = keyid:always",
		Good:  "authorityKeyIdentifier = keyid of the CA", Bad: "none",
		check: func(s *Subject, r *report) {
			if row, ok := s.requires(nf.FieldAuthorityKeyID); ok && s.AuthorityKeyID == nil && !s.unread(nf.FieldAuthorityKeyID) {
				r.hitRow(row, "", "the issuer's subjectKeyIdentifier", "authorityKeyIdentifier is missing")
			}
		},
	}, {
		ID: "aki-critical", Field: nf.FieldAuthorityKeyID, scope: onLeaf, Level: nf.Shall, Clause: "TS 33.310 6.1.3c.3",
		Title: "authorityKeyIdentifier is marked critical",
		Why:   "It must not be (RFC 5280 4.2.1.1 too): receivers that do not use it refuse the certificate.",
		Fix:   "have the CA drop the word critical from authorityKeyIdentifier",
		Good:  "authorityKeyIdentifier = keyid", Bad: "authorityKeyIdentifier = critical, keyid",
		check: func(s *Subject, r *report) {
			if s.AuthorityKeyID != nil {
				s.mark(r, nf.FieldAuthorityKeyID, s.AuthorityKeyID.Critical)
			}
		},
	}, {
		ID: "aki-key-id", Field: nf.FieldAuthorityKeyID, scope: onLeaf, Level: nf.Shall, Clause: "TS 33.310 6.1.3c.3",
		Title: "authorityKeyIdentifier names no key",
		Why:   "It shall equal the issuer's subjectKeyIdentifier; issuer and serial number alone do not.",
		Fix:   "have the CA write keyid: authorityKeyIdentifier = keyid:always in openssl's extension file",
		Good:  "keyid:887fa204...", Bad: "issuer and serial number alone",
		check: func(s *Subject, r *report) {
			if a := s.AuthorityKeyID; a != nil && a.ID == "" && !s.faulty(nf.FieldAuthorityKeyID, inspect.FaultMalformed) {
				s.hit(r, nf.FieldAuthorityKeyID, "", "the issuer's subjectKeyIdentifier", "authorityKeyIdentifier names no key")
			}
		},
	}, {
		ID: "aki-of-issuer", Field: nf.FieldAuthorityKeyID, scope: onLeaf, Level: nf.Shall, Clause: "TS 33.310 6.1.3c.3",
		Title: "authorityKeyIdentifier is not the issuer's subjectKeyIdentifier",
		Why:   "Receivers that build the chain by key identifiers do not find the issuer.",
		Fix:   "issue anew with the CA's own subjectKeyIdentifier (openssl: authorityKeyIdentifier = keyid:always), or put the right CA into the file",
		Good:  "both 887fa204...", Bad: "887fa204... and 1122...",
		check: func(s *Subject, r *report) {
			a := s.AuthorityKeyID
			if a == nil || a.ID == "" || s.Issuer == nil || s.Issuer.SubjectKeyID == nil || s.Issuer.SubjectKeyID.ID == "" {
				return
			}
			if a.ID != s.Issuer.SubjectKeyID.ID {
				s.hit(r, nf.FieldAuthorityKeyID, a.ID, s.Issuer.SubjectKeyID.ID, "authorityKeyIdentifier is not the subjectKeyIdentifier of the issuer in the file")
			}
		},
	}, {
		ID: "ski-critical", Field: nf.FieldSubjectKeyID, scope: onLeaf, Level: nf.Shall, Clause: "TS 33.310 6.1.3c.3",
		Title: "subjectKeyIdentifier is marked critical",
		Why:   "It must not be (RFC 5280 4.2.1.2 too).",
		Fix:   "have the CA drop the word critical from subjectKeyIdentifier",
		Good:  "subjectKeyIdentifier = hash", Bad: "subjectKeyIdentifier = critical, hash",
		check: func(s *Subject, r *report) {
			if s.SubjectKeyID != nil {
				s.mark(r, nf.FieldSubjectKeyID, s.SubjectKeyID.Critical)
			}
		},
	}, {
		ID: "ski-method", Field: nf.FieldSubjectKeyID, scope: onCert, Level: nf.Shall, Clause: "TS 33.310 6.1.3c.3",
		most: warning, Lenience: "receivers compare identifiers and do not compute them, so nothing fails",
		Title: "subjectKeyIdentifier is not the SHA-1 of the public key",
		Why:   "The CA shall use method 1 of RFC 5280 4.2.1.2: 160 bits, the SHA-1 of the key's bits. Newer libraries (Go from 1.25 on) use others by themselves.",
		Fix:   "have the CA use method 1: subjectKeyIdentifier = hash in openssl's extension file; in Go set SubjectKeyId",
		Good:  "the 20 octets of SHA-1", Bad: "20 octets of SHA-256, or a random number",
		check: checkKeyIDMethod,
	}, {
		ID: "crl-missing", Field: nf.FieldCRL, scope: onLeaf, Level: nf.Shall, Clause: "TS 33.310 6.1.3c.3",
		Title: "cRLDistributionPoints is missing",
		Why:   "The table demands it: without it nobody learns that a certificate was revoked.",
		Fix:   "have the CA put it in: crlDistributionPoints = URI:http://ca.example/ca.crl in openssl's extension file",
		Good:  "crlDistributionPoints = URI:http://example.com/exampleca.crl", Bad: "none",
		check: func(s *Subject, r *report) {
			if row, ok := s.requires(nf.FieldCRL); ok && s.CRL == nil && !s.unread(nf.FieldCRL) {
				r.hitRow(row, "", "an LDAP or HTTP URI", "cRLDistributionPoints is missing")
			}
		},
	}, {
		ID: "crl-critical", Field: nf.FieldCRL, scope: onLeaf, Level: nf.Shall, Clause: "TS 33.310 6.1.3c.3",
		Title: "cRLDistributionPoints is marked critical",
		Why:   "The table has it non-critical: a receiver that cannot reach the CRL refuses the certificate.",
		Fix:   "have the CA drop the word critical from crlDistributionPoints",
		Good:  "crlDistributionPoints = URI:http://...", Bad: "crlDistributionPoints = critical, URI:http://...",
		check: func(s *Subject, r *report) {
			if s.CRL != nil {
				s.mark(r, nf.FieldCRL, s.CRL.Critical)
			}
		},
	}, {
		ID: "crl-scheme", Field: nf.FieldCRL, scope: onLeaf, Level: nf.Shall, Clause: "TS 33.310 6.1.3c.3",
		Title: "a CRL that is neither at an LDAP nor at an HTTP URI",
		Why:   "NFs fetch CRLs by these two.",
		Fix:   "have the CA name an http URI: crlDistributionPoints = URI:http://ca.example/ca.crl",
		Good:  "http://example.com/exampleca.crl", Bad: "file:///etc/ca.crl",
		check: func(s *Subject, r *report) {
			if s.CRL == nil || s.faulty(nf.FieldCRL, inspect.FaultMalformed) || s.faulty(nf.FieldCRL, inspect.FaultValue) {
				return
			}
			if len(s.CRL.URIs) == 0 {
				s.hit(r, nf.FieldCRL, strings.Join(s.CRL.Others, ", "), "an LDAP or HTTP URI", "no distribution point names a URI")
			}
			for _, uri := range s.CRL.URIs {
				if scheme := schemeOf(uri); !reachable(scheme) && scheme != "https" {
					s.hit(r, nf.FieldCRL, uri, "an LDAP or HTTP URI", "CRL %.80q is neither at an LDAP nor at an HTTP URI", uri)
				}
			}
		},
	}, {
		ID: "crl-https", Field: nf.FieldCRL, scope: onLeaf, Level: nf.Advice, grave: true, Clause: "RFC 5280 section 8",
		Confidence: nf.Secondary,
		Title:      "a CRL at an https URI",
		Why:        "To fetch it the receiver must check the certificate of the CRL's server first, for which it may need the same CRL.",
		Fix:        "have the CA name an http URI; a CRL is signed, and needs no TLS",
		Good:       "http://example.com/exampleca.crl", Bad: "https://example.com/exampleca.crl",
		check: func(s *Subject, r *report) {
			if s.CRL == nil {
				return
			}
			for _, uri := range s.CRL.URIs {
				if schemeOf(uri) == "https" {
					r.hit(uri, "an http URI", "CRL %.80q is at an https URI", uri)
				}
			}
		},
	}, {
		ID: "aia-critical", Field: nf.FieldAIA, scope: onLeaf, Level: nf.Shall, Clause: "TS 33.310 6.1.3c.3",
		Title: "authorityInfoAccess is marked critical",
		Why:   "It must not be (RFC 5280 4.2.2.1 too).",
		Fix:   "have the CA drop the word critical from authorityInfoAccess",
		Good:  "authorityInfoAccess = caIssuers;URI:http://...", Bad: "authorityInfoAccess = critical, caIssuers;URI:http://...",
		check: func(s *Subject, r *report) {
			if s.AIA != nil {
				s.mark(r, nf.FieldAIA, s.AIA.Critical)
			}
		},
	}, {
		ID: "aia-scheme", Field: nf.FieldAIA, scope: onLeaf, Level: nf.Should, Clause: "RFC 5280 4.2.2.1", Confidence: nf.Secondary,
		Title: "authorityInfoAccess points at what NFs do not fetch",
		Why:   "The issuer's certificate and OCSP are fetched over HTTP or LDAP.",
		Fix:   "have the CA name an http URI: authorityInfoAccess = caIssuers;URI:http://ca.example/ca.cer",
		Good:  "http://ca.example/ca.cer", Bad: "file:///etc/ca.cer",
		check: func(s *Subject, r *report) {
			if s.AIA == nil {
				return
			}
			for _, list := range [...][]string{s.AIA.CAIssuers, s.AIA.OCSP} {
				for _, uri := range list {
					if !reachable(schemeOf(uri)) {
						r.hit(uri, "an http URI", "authorityInfoAccess points at %.80q", uri)
					}
				}
			}
		},
	}, {
		ID: "aia-ca-issuers", Field: nf.FieldAIA, scope: onLeaf, Level: nf.Advice, Clause: "TS 33.310 6.1.3c.3", Confidence: nf.Unverified,
		Title: "authorityInfoAccess without id-ad-caIssuers",
		Why:   "Where the extension is, the table has caIssuers in it: the place of the issuer's certificate.",
		Fix:   "have the CA add it: authorityInfoAccess = caIssuers;URI:http://ca.example/ca.cer",
		Good:  "caIssuers;URI:http://ca.example/ca.cer", Bad: "OCSP;URI:http://ocsp.example/ alone",
		check: func(s *Subject, r *report) {
			if s.AIA != nil && len(s.AIA.CAIssuers) == 0 && len(s.AIA.OCSP)+len(s.AIA.Others) > 0 && !s.free {
				r.hit("", "caIssuers", "authorityInfoAccess has no caIssuers")
			}
		},
	}}
}

// checkKeyIDMethod computes method 1 of RFC 5280 4.2.1.2.
func checkKeyIDMethod(s *Subject, r *report) {
	k := s.SubjectKeyID
	if k == nil || len(k.ID) == 0 || len(s.Raw.PublicKeyBits) == 0 || s.faulty(nf.FieldSubjectKeyID, inspect.FaultMalformed) {
		return
	}
	sum := sha1.Sum(s.Raw.PublicKeyBits)
	var text [2 * sha1.Size]byte
	hex.Encode(text[:], sum[:])
	if k.ID != string(text[:]) {
		r.hit(k.ID, string(text[:]), "subjectKeyIdentifier is not the SHA-1 of the public key")
	}
}

// schemeOf gives a URI's scheme in lower case; empty when it has none.
func schemeOf(uri string) string {
	scheme, _, ok := strings.Cut(uri, ":")
	if !ok {
		return ""
	}
	return lower(scheme)
}

func reachable(scheme string) bool { return scheme == "http" || scheme == "ldap" }
