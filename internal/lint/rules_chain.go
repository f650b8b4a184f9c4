package lint

import (
	"strings"
	"time"

	"github.com/nfcert/nfcert/internal/inspect"
	"github.com/nfcert/nfcert/internal/nf"
)

// chainRules judge how the certificates of one file hang together.
func chainRules() []Rule {
	return []Rule{{
		ID: "chain-signature", Field: nf.FieldSignature, scope: onCert, Level: nf.Shall, Clause: "RFC 5280 6.1.3",
		Title: "the signature is not by the issuer in the file",
		Why:   "The names fit and the key does not: the CA has renewed its key, or the file was put together from two CAs. No chain can be built.",
		Fix:   "put the CA certificate into the file whose subjectKeyIdentifier is the leaf's authorityKeyIdentifier; the CA's repository has it",
		Good:  "openssl verify -CAfile ca.crt amf.crt: OK", Bad: "openssl verify: certificate signature failure",
		check: func(s *Subject, r *report) {
			if s.Issuer != nil && verify(s.Contents, s.Issuer.Contents) == forged {
				r.hit(s.Issuer.SubjectString(), "", "the signature is not by the key of %.80q in the file", s.Issuer.SubjectString())
			}
		},
	}, {
		ID: "chain-order", Field: nf.FieldIssuer, scope: onLeaf, Level: nf.Shall, Clause: "RFC 5246 7.4.2",
		most: warning, Lenience: "the clause rules what a server sends; a file may be kept in any order",
		Title: "the file is not leaf first, each followed by its issuer",
		Why:   "Servers such as Open5GS send the file as it is; TLS 1.2 wants the sender's certificate first and each next to certify the one before.",
		Fix:   "nfcert finalize --fullchain-out writes the order; by hand: cat leaf.crt issuing-ca.crt > fullchain.pem",
		Good:  "leaf, issuing CA", Bad: "issuing CA, leaf",
		check: func(s *Subject, r *report) {
			if !s.onlyLeaf() {
				return
			}
			if got := s.orderInFile(); s.position != 0 || got != s.orderWanted() {
				r.hit(got, s.orderWanted(), "certificate %d of the file is the leaf, and the order is not leaf, issuer, its issuer", s.position+1)
			}
		},
	}, {
		ID: "chain-incomplete", Field: nf.FieldIssuer, scope: onLeaf, Level: nf.Advice, grave: true, Clause: "ours",
		Title: "the leaf's issuer is not among the certificates of the file",
		Why:   "The CAs in the file do not help to verify the leaf; peers that lack the right one refuse it.",
		Fix:   "add the CA certificate whose subject is the leaf's issuer; nfcert finalize --fullchain-out writes what the CA sent",
		Good:  "leaf of Example CA, Example CA", Bad: "leaf of Example CA, Other CA",
		check: func(s *Subject, r *report) {
			if s.onlyLeaf() && s.Issuer == nil && !s.selfIssued() {
				r.hit("", s.IssuerString(), "the issuer %.80q is not in the file", s.IssuerString())
			}
		},
	}, {
		ID: "chain-stranger", Field: nf.FieldIssuer, scope: onLeaf, Level: nf.Advice, grave: true, Clause: "ours",
		Title: "a certificate in the file does not belong to the leaf's chain",
		Why:   "It is sent with every handshake and helps nobody; strict TLS 1.2 clients refuse it.",
		Fix:   "take it out of the file; trusted roots of others go into the file of trust anchors (ca.crt)",
		Good:  "leaf, its issuer", Bad: "leaf, its issuer, another CA",
		check: func(s *Subject, r *report) {
			if !s.onlyLeaf() || s.Issuer == nil {
				return
			}
			chain := s.chain()
			for i := range s.file {
				if other := &s.file[i]; other.Role == RoleIssuer && !chain[i] {
					r.hit(other.SubjectString(), "", "certificate %d of the file, %.80q, is not of the leaf's chain", i+1, other.SubjectString())
				}
			}
		},
	}, {
		ID: "chain-direct", Field: nf.FieldIssuer, scope: onLeaf, Level: nf.Shall, Clause: "TS 33.310 6.1.3c.3",
		most: info, Lenience: "whether the intermediate is the CA of the operator's domain cannot be seen from the file",
		Title: "the leaf is issued by an intermediate CA",
		Why:   "TLS certificates shall be signed directly by the CA of the operator's domain. That may be this intermediate; it must then be what peers trust.",
		Fix:   "make sure that the peers' trust anchor is the CA that issues, or have the operator's CA issue directly",
		Good:  "leaf, operator CA", Bad: "leaf, issuing CA of a vendor, vendor's root",
		check: func(s *Subject, r *report) {
			if s.Issuer != nil && !s.Issuer.selfIssued() {
				r.hit(s.Issuer.SubjectString(), "the operator's CA", "the issuer %.80q is itself issued by %.80q", s.Issuer.SubjectString(), s.Issuer.IssuerString())
			}
		},
	}, {
		ID: "chain-key-strength", Field: nf.FieldPublicKey, scope: onCert, Level: nf.Shall, Clause: "TS 33.310 6.1.1", Confidence: nf.Secondary,
		Title: "the issuer's key is weaker than the key that it signs for",
		Why:   "A chain is as strong as its weakest key: the signer's key is to be at least as strong as the child's.",
		Fix:   "use a key no stronger than the CA's (nfcert csr --key P256), or have the CA move to P-384",
		Good:  "CA P384, leaf P256", Bad: "CA RSA2048, leaf P384",
		check: func(s *Subject, r *report) {
			if s.Issuer == nil {
				return
			}
			if mine, its := strength(s.Contents), strength(s.Issuer.Contents); mine > 0 && its > 0 && its < mine {
				r.hit(s.Issuer.PublicKey.Type, s.PublicKey.Type+" or stronger", "the issuer has %s, the certificate %s", s.Issuer.PublicKey.Type, s.PublicKey.Type)
			}
		},
	}, {
		ID: "chain-outlives", Field: nf.FieldValidity, scope: onCert, Level: nf.Advice, grave: true, Clause: "ours",
		Title: "the certificate is valid for longer than its issuer",
		Why:   "It stops working the day the CA's certificate ends, whatever it says itself.",
		Fix:   "renew the CA's certificate first, or have the CA issue until its own end at most",
		Good:  "leaf until 2027, CA until 2036", Bad: "leaf until 2027, CA until 2026",
		check: func(s *Subject, r *report) {
			if s.Issuer != nil && !s.NotAfter.IsZero() && !s.Issuer.NotAfter.IsZero() && s.NotAfter.After(s.Issuer.NotAfter) {
				r.hit(s.NotAfter.Format(time.RFC3339), "not after "+s.Issuer.NotAfter.Format(time.RFC3339), "the certificate ends after its issuer's, which ends %s", s.Issuer.NotAfter.Format(time.DateOnly))
			}
		},
	}}
}

// onlyLeaf reports whether the subject is the one leaf of a file that holds
// more than it, so that the file is a chain and no bundle.
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

// chain tells which of the file's certificates are of the subject's chain.
func (s *Subject) chain() map[int]bool {
	in := map[int]bool{}
	for c := s; c != nil && !in[c.position]; c = c.Issuer {
		in[c.position] = true
	}
	return in
}

// orderInFile names the certificates of the subject's chain as they stand.
func (s *Subject) orderInFile() string {
	in := s.chain()
	var names []string
	for i := range s.file {
		if in[i] {
			names = append(names, s.file[i].title())
		}
	}
	return strings.Join(names, "; ")
}

// orderWanted names the same, leaf first.
func (s *Subject) orderWanted() string {
	seen := map[int]bool{}
	var names []string
	for c := s; c != nil && !seen[c.position]; c = c.Issuer {
		seen[c.position] = true
		names = append(names, c.title())
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
