package lint

import (
	"slices"
	"strings"

	"github.com/nfcert/nfcert/internal/inspect"
	"github.com/nfcert/nfcert/internal/nf"
)

// crlAIARules check cRLDistributionPoints and authorityInfoAccess.
func crlAIARules() []Rule {
	return []Rule{{
		ID: "crl-missing", Field: nf.FieldCRL, scope: onLeaf, Level: nf.Shall, Clause: "TS 33.310 6.1.3c.3",
		Title: "cRLDistributionPoints is missing",
		Why:   "The clause's table requires it. Without it no peer learns that a certificate was revoked.",
		Fix:   "have the CA add it: crlDistributionPoints = URI:http://ca.example/ca.crl in openssl's extension file",
		Good:  "crlDistributionPoints = URI:http://example.com/exampleca.crl", Bad: "no crlDistributionPoints",
		check: missing(nf.FieldCRL, wantCRL),
	}, {
		ID: "crl-critical", Field: nf.FieldCRL, scope: onLeaf, Level: nf.Shall, Clause: "TS 33.310 6.1.3c.3",
		Title: "cRLDistributionPoints is marked critical",
		Why:   "The clause's table has it non-critical: a peer that cannot reach the CRL refuses the certificate.",
		Fix:   "have the CA delete the word critical from crlDistributionPoints",
		Good:  "crlDistributionPoints = URI:http://...", Bad: "crlDistributionPoints = critical, URI:http://...",
		check: criticality(nf.FieldCRL),
	}, {
		ID: "crl-scheme", Field: nf.FieldCRL, scope: onLeaf, Level: nf.Shall, Clause: "TS 33.310 6.1.3c.3",
		Title: "a CRL without an LDAP or HTTP URI",
		Why:   "NFs fetch CRLs only by these two protocols.",
		Fix:   "have the CA write an http URI: crlDistributionPoints = URI:http://ca.example/ca.crl",
		Good:  "http://example.com/exampleca.crl", Bad: "file:///etc/ca.crl",
		check: func(s *Subject, r *report) {
			if s.CRL == nil || s.faulty(nf.FieldCRL, inspect.FaultMalformed) || s.faulty(nf.FieldCRL, inspect.FaultValue) {
				return
			}
			if len(s.CRL.URIs) == 0 {
				r.hitProfile(s, nf.FieldCRL, strings.Join(s.CRL.Others, ", "), wantCRL, "cRLDistributionPoints has no URI, want "+wantCRL)
			}
			for _, uri := range s.CRL.URIs {
				if !canFetch(uri) && schemeOf(uri) != "https" {
					r.hitProfile(s, nf.FieldCRL, uri, wantCRL, "cRLDistributionPoints has %.80q, want "+wantCRL, uri)
				}
			}
		},
	}, {
		ID: "crl-https", Field: nf.FieldCRL, scope: onLeaf, Level: nf.Advice, grave: true, Clause: "RFC 5280 section 8", Confidence: nf.Secondary,
		Title: "a CRL at an https URI",
		Why:   "To fetch it the peer must first check the certificate of the CRL's server, which can need the same CRL.",
		Fix:   "have the CA write an http URI; a CRL is signed and needs no TLS",
		Good:  "http://example.com/exampleca.crl", Bad: "https://example.com/exampleca.crl",
		check: func(s *Subject, r *report) {
			if s.CRL == nil {
				return
			}
			for _, uri := range s.CRL.URIs {
				if schemeOf(uri) == "https" {
					r.hit(uri, "an http URI", "cRLDistributionPoints has %.80q, want an http URI", uri)
				}
			}
		},
	}, {
		ID: "aia-critical", Field: nf.FieldAIA, scope: onLeaf, Level: nf.Shall, Clause: "TS 33.310 6.1.3c.3",
		Title: "authorityInfoAccess is marked critical",
		Why:   "It must not be critical (RFC 5280 4.2.2.1 too).",
		Fix:   "have the CA delete the word critical from authorityInfoAccess",
		Good:  "authorityInfoAccess = caIssuers;URI:http://...", Bad: "authorityInfoAccess = critical, caIssuers;URI:http://...",
		check: criticality(nf.FieldAIA),
	}, {
		ID: "aia-scheme", Field: nf.FieldAIA, scope: onLeaf, Level: nf.Should, Clause: "RFC 5280 4.2.2.1", Confidence: nf.Secondary,
		Title: "authorityInfoAccess has a URI that NFs cannot fetch",
		Why:   "NFs fetch the issuer's certificate and OCSP over HTTP or LDAP.",
		Fix:   "have the CA write an http URI: authorityInfoAccess = caIssuers;URI:http://ca.example/ca.cer",
		Good:  "http://ca.example/ca.cer", Bad: "file:///etc/ca.cer",
		check: func(s *Subject, r *report) {
			if s.AIA == nil {
				return
			}
			for _, uri := range slices.Concat(s.AIA.CAIssuers, s.AIA.OCSP) {
				if !canFetch(uri) {
					r.hit(uri, "an http URI", "authorityInfoAccess has %.80q, want an http URI", uri)
				}
			}
		},
	}, {
		ID: "aia-ca-issuers", Field: nf.FieldAIA, scope: onLeaf, Level: nf.Advice, Clause: "TS 33.310 6.1.3c.3", Confidence: nf.Unverified,
		Title: "authorityInfoAccess without id-ad-caIssuers",
		Why:   "Where the extension is present, the clause's table has caIssuers in it: the location of the issuer's certificate.",
		Fix:   "have the CA add it: authorityInfoAccess = caIssuers;URI:http://ca.example/ca.cer",
		Good:  "caIssuers;URI:http://ca.example/ca.cer", Bad: "only OCSP;URI:http://ocsp.example/",
		check: when(func(s *Subject) bool {
			return s.AIA != nil && len(s.AIA.CAIssuers) == 0 && len(s.AIA.OCSP)+len(s.AIA.Others) > 0 && !s.free
		},
			nothing, "caIssuers", "authorityInfoAccess has no caIssuers"),
	}}
}

const wantCRL = "an LDAP or HTTP URI"

// schemeOf gives a URI's scheme in lower case; empty when it has none.
func schemeOf(uri string) string {
	scheme, _, ok := strings.Cut(uri, ":")
	if !ok {
		return ""
	}
	return strings.ToLower(scheme)
}

// canFetch reports whether NFs fetch a URI of this scheme without TLS.
func canFetch(uri string) bool { return schemeOf(uri) == "http" || schemeOf(uri) == "ldap" }
