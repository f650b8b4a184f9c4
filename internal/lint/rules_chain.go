package lint

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/nfcert/nfcert/internal/inspect"
	"github.com/nfcert/nfcert/internal/nf"
)

// chainRules check how the certificates of one file form a chain.
func chainRules() []Rule {
	return []Rule{{
		ID: "chain-signature", Field: nf.FieldSignature, scope: onCert, Level: nf.Shall, Clause: "RFC 5280 6.1.3",
		Title: "the certificate is not signed by the issuer in the file",
		Why:   "The names match but the key does not: the CA has renewed its key, or the file mixes two CAs. No chain can be built.",
		Fix:   "put the CA certificate into the file whose subjectKeyIdentifier equals the leaf's authorityKeyIdentifier; download it from the CA",
		Good:  "openssl verify -CAfile ca.crt amf.crt: OK", Bad: "openssl verify: certificate signature failure",
		check: func(s *Subject, r *report) {
			if s.Issuer != nil && verify(s.Contents, s.Issuer.Contents) == forged {
				r.hit(s.Issuer.SubjectString(), "", "the signature does not match the key of the issuer %.80q in the file", s.Issuer.SubjectString())
			}
		},
	}, {
		ID: "chain-order", Field: nf.FieldIssuer, scope: onLeaf, Level: nf.Shall, Clause: "RFC 5246 7.4.2",
		most: warning, Lenience: "the clause is about what a server sends; a file may have any order",
		Title: "the file is not in the order leaf, issuer, its issuer",
		Why:   "Servers such as Open5GS send the file unchanged. TLS 1.2 requires the sender's certificate first, and each next certificate to certify the one before it.",
		Fix:   "use nfcert finalize --fullchain-out, which writes the right order; by hand: cat leaf.crt issuing-ca.crt > fullchain.pem",
		Good:  "leaf, issuing CA", Bad: "issuing CA, leaf",
		check: func(s *Subject, r *report) {
			if !s.onlyLeaf() {
				return
			}
			if got := s.orderInFile(); s.position != 0 || got != s.orderWanted() {
				r.hit(got, s.orderWanted(), "certificate %d of the file is the leaf, want the order leaf, issuer, its issuer", s.position+1)
			}
		},
	}, {
		ID: "chain-incomplete", Field: nf.FieldIssuer, scope: onLeaf, Level: nf.Advice, grave: true, Clause: "ours",
		Title: "the leaf's issuer is not in the file",
		Why:   "The CAs in the file do not help to verify the leaf. Peers that lack the right CA refuse it.",
		Fix:   "add the CA certificate whose subject is the leaf's issuer; nfcert finalize --fullchain-out writes the certificates that the CA sent",
		Good:  "leaf of Example CA, Example CA", Bad: "leaf of Example CA, Other CA",
		check: func(s *Subject, r *report) {
			if s.onlyLeaf() && s.Issuer == nil && !s.selfIssued() {
				r.hit("", s.IssuerString(), "the issuer %.80q is not in the file", s.IssuerString())
			}
		},
	}, {
		ID: "chain-stranger", Field: nf.FieldIssuer, scope: onLeaf, Level: nf.Advice, grave: true, Clause: "ours",
		Title: "a certificate in the file does not belong to the leaf's chain",
		Why:   "The server sends it with every handshake without effect. Strict TLS 1.2 clients refuse it.",
		Fix:   "remove it from the file; put trusted roots of others into the file of trust anchors (ca.crt)",
		Good:  "leaf, its issuer", Bad: "leaf, its issuer, another CA",
		check: func(s *Subject, r *report) {
			if !s.onlyLeaf() || s.Issuer == nil {
				return
			}
			chain := s.chain()
			for i := range s.file {
				if other := &s.file[i]; other.Role == RoleIssuer && !slices.Contains(chain, other) {
					r.hit(other.SubjectString(), "", "certificate %d of the file, %.80q, does not belong to the leaf's chain", i+1, other.SubjectString())
				}
			}
		},
	}, {
		ID: "chain-direct", Field: nf.FieldIssuer, scope: onLeaf, Level: nf.Shall, Clause: "TS 33.310 6.1.3c.3",
		most: info, Lenience: "the file does not show whether the intermediate is the CA of the operator's domain",
		Title: "the leaf is issued by an intermediate CA",
		Why:   "TLS certificates shall be signed directly by the CA of the operator's domain. This intermediate may be that CA; then peers must trust the intermediate itself.",
		Fix:   "make sure that the peers' trust anchor is the issuing CA, or have the operator's CA issue directly",
		Good:  "leaf, operator CA", Bad: "leaf, issuing CA of a vendor, vendor's root",
		check: func(s *Subject, r *report) {
			if s.Issuer != nil && !s.Issuer.selfIssued() {
				r.hit(s.Issuer.SubjectString(), "the operator's CA", "the issuer %.80q is itself issued by %.80q, want the operator's CA as issuer", s.Issuer.SubjectString(), s.Issuer.IssuerString())
			}
		},
	}, {
		ID: "chain-key-strength", Field: nf.FieldPublicKey, scope: onCert, Level: nf.Shall, Clause: "TS 33.310 6.1.1", Confidence: nf.Secondary,
		Title: "the issuer's key is weaker than the key that it certifies",
		Why:   "A chain is as strong as its weakest key. The issuer's key is to be at least as strong as the certified key.",
		Fix:   "use a key that is no stronger than the CA's (nfcert csr --key P256), or have the CA change to P-384",
		Good:  "CA P384, leaf P256", Bad: "CA RSA2048, leaf P384",
		check: func(s *Subject, r *report) {
			if s.Issuer == nil {
				return
			}
			if own, issuer := strength(s.Contents), strength(s.Issuer.Contents); own > 0 && issuer > 0 && issuer < own {
				want := s.PublicKey.Type + " or stronger"
				r.hit(s.Issuer.PublicKey.Type, want, "the issuer's key is %s, want %s", s.Issuer.PublicKey.Type, want)
			}
		},
	}, {
		ID: "chain-outlives", Field: nf.FieldValidity, scope: onCert, Level: nf.Advice, grave: true, Clause: "ours",
		Title: "the certificate is valid for longer than its issuer",
		Why:   "It stops working when the CA's certificate expires, whatever its own notAfter is.",
		Fix:   "renew the CA's certificate first, or have the CA issue no longer than its own validity",
		Good:  "leaf until 2027, CA until 2036", Bad: "leaf until 2027, CA until 2026",
		check: func(s *Subject, r *report) {
			if s.Issuer != nil && !s.NotAfter.IsZero() && !s.Issuer.NotAfter.IsZero() && s.NotAfter.After(s.Issuer.NotAfter) {
				r.hit(s.NotAfter.Format(time.RFC3339), "not after "+s.Issuer.NotAfter.Format(time.RFC3339),
					"the certificate expires after its issuer's, which expires on %s", s.Issuer.NotAfter.Format(time.DateOnly))
			}
		},
	}}
}

// onlyLeaf reports whether the subject is the only leaf of a file with several
// certificates, so that the file is a chain and not a bundle.
func (s *Subject) onlyLeaf() bool {
	if len(s.file) < 2 || len(s.file) > 20 {
		return false
	}
	for i := range s.file {
		if i != s.position && s.file[i].Role != RoleIssuer {
			return false
		}
	}
	return true
}

// chain lists the subject, its issuer, the issuer's issuer and so on.
func (s *Subject) chain() (list []*Subject) {
	for c := s; c != nil && !slices.Contains(list, c); c = c.Issuer {
		list = append(list, c)
	}
	return list
}

// orderInFile names the certificates of the subject's chain in the order of the
// file.
func (s *Subject) orderInFile() string {
	return titles(slices.SortedFunc(slices.Values(s.chain()), func(a, b *Subject) int { return cmp.Compare(a.position, b.position) }))
}

// orderWanted names the same certificates, leaf first.
func (s *Subject) orderWanted() string { return titles(s.chain()) }

func titles(chain []*Subject) string {
	names := make([]string, len(chain))
	for i, c := range chain {
		names[i] = c.title()
	}
	return strings.Join(names, "; ")
}

func (s *Subject) title() string {
	if s.Role == RoleLeaf {
		return "leaf"
	}
	return s.SubjectString()
}

// strength gives the bits of security of a public key (NIST SP 800-57 part 1,
// table 2); zero when they are not known.
func strength(c *inspect.Contents) int {
	n := c.PublicKey.Bits
	switch {
	case n == 0:
		return 0
	case c.PublicKey.Curve != "":
		return n / 2
	case strings.HasPrefix(c.PublicKey.Type, "RSA"):
		switch {
		case n >= 15360:
			return 256
		case n >= 7680:
			return 192
		case n >= 3072:
			return 128
		case n >= 2048:
			return 112
		}
		return 80
	case c.PublicKey.Type == "Ed25519":
		return 128
	}
	return 0
}
