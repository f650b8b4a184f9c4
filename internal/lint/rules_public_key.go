package lint

import (
	"crypto/ecdh"
	"slices"
	"strings"

	"github.com/nfcert/nfcert/internal/nf"
)

// publicKeyRules check the public key.
func publicKeyRules() []Rule {
	return []Rule{{
		ID: "key-rsa", Field: nf.FieldPublicKey, scope: onBoth, Level: nf.Should, Clause: "TS 33.310 6.1.3c.2",
		Title: "an RSA key",
		Why:   "ECDSA is recommended for SBA TLS certificates, and a peer need not support RSA.",
		Fix:   "create the key with nfcert csr --key P256 (openssl ecparam -name prime256v1 -genkey). free5GC with OAuth is the exception: it gives tokens only to NFs with RSA keys",
		Good:  "P256", Bad: "RSA2048",
		check: func(s *Subject, r *report) {
			if s.isRSA() && len(s.Profile.Keys) == 0 && !s.free {
				r.hitProfile(s, nf.FieldPublicKey, s.PublicKey.Type, "P256 or P384", "publicKey is %s, which peers need not support; want P256 or P384", s.PublicKey.Type)
			}
		},
	}, {
		ID: "key-of-profile", Field: nf.FieldPublicKey, scope: onBoth, Level: nf.Shall, Clause: "TS 33.501 13.2.4.9",
		Title: "a key type that the profile does not allow",
		Why:   "N32 signing uses only ES256, and so P-256. Key encipherment needs RSA. With another key the signature or the JWE cannot be created.",
		Fix:   "create the key with nfcert csr --profile NAME --key TYPE; nfcert csr profiles NAME lists the types",
		Good:  "P256 with ri-signing", Bad: "P384 with ri-signing",
		check: func(s *Subject, r *report) {
			if keys := s.Profile.Keys; len(keys) > 0 && s.PublicKey.Type != "" && !slices.Contains(keys, s.PublicKey.Type) {
				want := strings.Join(keys, " or ")
				r.hitProfile(s, nf.FieldPublicKey, s.PublicKey.Type, want, "publicKey is %s, want %s for profile %s", s.PublicKey.Type, want, s.Profile.Name)
			}
		},
	}, {
		ID: "key-rsa-size", Field: nf.FieldPublicKey, scope: onAll, Level: nf.Shall, Clause: "NIST SP 800-131A",
		Title: "an RSA key shorter than 2048 bits",
		Why:   "Such keys can be factored with existing means, and the TLS stacks and CAs of today refuse them. We have not read which minimum TS 33.310 6.1.1 has.",
		Fix:   "create the key with nfcert csr --key P256, or --key RSA3072 where RSA is required",
		Good:  "RSA3072", Bad: "RSA1024",
		check: func(s *Subject, r *report) {
			if s.isRSA() && s.PublicKey.Bits < 2048 {
				r.hit(s.PublicKey.Type, "2048 bits or more", "publicKey is RSA with %d bits, want 2048 or more", s.PublicKey.Bits)
			}
		},
	}, {
		ID: "key-rsa-short", Field: nf.FieldPublicKey, scope: onAll, Level: nf.Advice, Clause: "ours",
		Title: "an RSA key shorter than 3072 bits",
		Why:   "3072 bits match the strength of P-256. RSA with 2048 bits is being phased out.",
		Fix:   "create the key with nfcert csr --key RSA3072 where RSA is required, else with --key P256",
		Good:  "RSA3072", Bad: "RSA2048",
		check: func(s *Subject, r *report) {
			if n := s.PublicKey.Bits; s.isRSA() && n >= 2048 && n < 3072 {
				r.hit(s.PublicKey.Type, "3072 bits or more", "publicKey is RSA with %d bits, want 3072 or more, which match the strength of P-256", n)
			}
		},
	}, {
		ID: "key-curve", Field: nf.FieldPublicKey, scope: onAll, Level: nf.Advice, grave: true, Clause: "ours",
		Title: "an EC key on a curve other than P-256 and P-384",
		Why:   "Every TLS library supports these two curves. With another curve the handshake fails at the first peer that does not support it. We have not read which curves TS 33.310 6.1.1 has.",
		Fix:   "create the key with nfcert csr --key P256 or --key P384",
		Good:  "P256", Bad: "P521, P224, brainpoolP256r1",
		check: func(s *Subject, r *report) {
			if k := &s.PublicKey; k.Curve != "" && len(s.Profile.Keys) == 0 && k.Type != "P256" && k.Type != "P384" {
				name := k.Type
				if name == "EC" {
					name = "curve " + string(k.Curve)
				}
				r.hit(name, "P256 or P384", "publicKey is on %s, want P256 or P384", name)
			}
		},
	}, {
		ID: "key-algorithm", Field: nf.FieldPublicKey, scope: onAll, Level: nf.Shall, Clause: "TS 33.310 6.1.1",
		most: warning, Lenience: "the clause lists what must be supported; it does not forbid other algorithms, but no NF must accept them",
		Title: "neither an EC nor an RSA key",
		Why:   "NFs must support only id-ecPublicKey and rsaEncryption.",
		Fix:   "create the key with nfcert csr --key P256",
		Good:  "P256", Bad: "Ed25519, DSA",
		check: func(s *Subject, r *report) {
			got := s.PublicKey.Type
			switch got {
			case "", "EC", "P224", "P256", "P384", "P521":
				return
			case "unknown":
				got = string(s.PublicKey.Algorithm)
			}
			if got != "" && !s.isRSA() {
				r.hit(got, "an EC key", "publicKey is %s, which NFs need not support; want an EC key", got)
			}
		},
	}, {
		ID: "key-point", Field: nf.FieldPublicKey, scope: onAll, Level: nf.Shall, Clause: "RFC 5280 4.1.2.7",
		Title: "the public key is not a point on its curve",
		Why:   "It belongs to no private key, and a peer that computes with it can leak secrets.",
		Fix:   "create a new key and CSR with nfcert csr; the file is damaged or forged",
		Good:  "a point with y² = x³ - 3x + b", Bad: "04 and 64 arbitrary octets",
		check: func(s *Subject, r *report) {
			curve := s.curve()
			bits := s.Raw.PublicKeyBits
			if curve == nil || len(bits) == 0 || bits[0] != 4 || len(bits) != 1+2*((s.PublicKey.Bits+7)/8) {
				return
			}
			if _, err := curve.NewPublicKey(bits); err != nil {
				r.hit("", "a point on "+s.PublicKey.Type, "publicKey is not a point on %s", s.PublicKey.Type)
			}
		},
	}, {
		ID: "key-of-issuer", Field: nf.FieldPublicKey, scope: onLeaf, Level: nf.Advice, grave: true, Clause: "ours",
		Title: "the certificate has the key of its own CA",
		Why:   "Anyone with the NF's key can issue certificates for every other NF.",
		Fix:   "create a separate key for the NF: use nfcert csr without --key-in",
		Good:  "two keys", Bad: "one key for CA and NF",
		check: func(s *Subject, r *report) {
			if s.Issuer != nil && s.PublicKey.SHA256 != "" && s.PublicKey.SHA256 == s.Issuer.PublicKey.SHA256 {
				r.hit("sha256:"+s.PublicKey.SHA256, "another key", "publicKey is the issuer's key, want a separate key")
			}
		},
	}}
}

func (s *Subject) isRSA() bool { return strings.HasPrefix(s.PublicKey.Type, "RSA") }

// curve gives the key's curve; nil where points on it cannot be checked.
func (s *Subject) curve() ecdh.Curve {
	switch s.PublicKey.Type {
	case "P256":
		return ecdh.P256()
	case "P384":
		return ecdh.P384()
	case "P521":
		return ecdh.P521()
	}
	return nil
}
