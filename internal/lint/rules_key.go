package lint

import (
	"crypto/ecdh"
	"slices"
	"strings"

	"github.com/nfcert/nfcert/internal/nf"
)

// keyRules judge the public key.
func keyRules() []Rule {
	return []Rule{{
		ID: "key-rsa", Field: nf.FieldPublicKey, scope: onBoth, Level: nf.Should, Clause: "TS 33.310 6.1.3c.2",
		Title: "an RSA key",
		Why:   "ECDSA is recommended for TLS certificates of the SBA, and a peer need not support RSA.",
		Fix:   "make the key with nfcert csr --key P256 (openssl ecparam -name prime256v1 -genkey). free5GC with OAuth is the exception: it needs RSA",
		Good:  "P256", Bad: "RSA2048",
		check: func(s *Subject, r *report) {
			if s.isRSA() && len(s.Profile.Keys) == 0 && !s.free {
				s.hit(r, nf.FieldPublicKey, s.PublicKey.Type, "P256 or P384", "the key is %s; ECDSA is recommended and RSA need not be supported", s.PublicKey.Type)
			}
		},
	}, {
		ID: "key-of-profile", Field: nf.FieldPublicKey, scope: onBoth, Level: nf.Shall, Clause: "TS 33.501 13.2.4.9",
		Title: "a kind of key that the profile does not have",
		Why:   "What signs for N32 uses ES256 alone, and so P-256; what enciphers keys needs RSA. With another key the signature or the JWE cannot be made.",
		Fix:   "make the key with nfcert csr --profile NAME --key, by a type that nfcert csr profiles NAME lists",
		Good:  "P256 with ri-signing", Bad: "P384 with ri-signing",
		check: func(s *Subject, r *report) {
			if keys := s.Profile.Keys; len(keys) > 0 && s.PublicKey.Type != "" && !slices.Contains(keys, s.PublicKey.Type) {
				s.hit(r, nf.FieldPublicKey, s.PublicKey.Type, strings.Join(keys, " or "), "the key is %s, and %s has %s", s.PublicKey.Type, s.Profile.Name, strings.Join(keys, " or "))
			}
		},
	}, {
		ID: "key-rsa-size", Field: nf.FieldPublicKey, scope: onAll, Level: nf.Shall, Clause: "TS 33.310 6.1.1", Confidence: nf.Unverified,
		Title: "an RSA key under 2048 bits",
		Why:   "Such keys can be factored with means that exist, and most TLS stacks refuse them.",
		Fix:   "make the key with nfcert csr --key P256, or --key RSA3072 where RSA must be",
		Good:  "RSA3072", Bad: "RSA1024",
		check: func(s *Subject, r *report) {
			if s.isRSA() && s.PublicKey.Bits < 2048 {
				r.hit(s.PublicKey.Type, "2048 bits or more", "the RSA key has %d bits, want 2048 or more", s.PublicKey.Bits)
			}
		},
	}, {
		ID: "key-rsa-short", Field: nf.FieldPublicKey, scope: onAll, Level: nf.Advice, Clause: "ours",
		Title: "an RSA key under 3072 bits",
		Why:   "3072 bits match the strength of P-256; RSA of 2048 bits is on its way out.",
		Fix:   "make the key with nfcert csr --key RSA3072 where RSA must be, else --key P256",
		Good:  "RSA3072", Bad: "RSA2048",
		check: func(s *Subject, r *report) {
			if n := s.PublicKey.Bits; s.isRSA() && n >= 2048 && n < 3072 {
				r.hit(s.PublicKey.Type, "3072 bits or more", "the RSA key has %d bits; 3072 match the strength of P-256", n)
			}
		},
	}, {
		ID: "key-curve", Field: nf.FieldPublicKey, scope: onAll, Level: nf.Shall, Clause: "TS 33.310 6.1.1", Confidence: nf.Unverified,
		Title: "an EC key on another curve than P-256 and P-384",
		Why:   "Every NF has these two curves. Others fail in the handshake with the first peer that has not.",
		Fix:   "make the key with nfcert csr --key P256 or --key P384",
		Good:  "P256", Bad: "P521, P224, brainpoolP256r1",
		check: func(s *Subject, r *report) {
			if k := &s.PublicKey; k.Curve != "" && len(s.Profile.Keys) == 0 && k.Type != "P256" && k.Type != "P384" {
				name := k.Type
				if name == "EC" {
					name = "curve " + string(k.Curve)
				}
				r.hit(name, "P256 or P384", "the key is on %s, want P-256 or P-384", name)
			}
		},
	}, {
		ID: "key-algorithm", Field: nf.FieldPublicKey, scope: onAll, Level: nf.Shall, Clause: "TS 33.310 6.1.1",
		most: warning, Lenience: "the clause lists what must be supported; others are not forbidden, but nobody has to read them",
		Title: "neither an EC nor an RSA key",
		Why:   "NFs need to support id-ecPublicKey and rsaEncryption alone.",
		Fix:   "make the key with nfcert csr --key P256",
		Good:  "P256", Bad: "Ed25519, DSA",
		check: func(s *Subject, r *report) {
			switch t := s.PublicKey.Type; t {
			case "", "EC", "P224", "P256", "P384", "P521":
			case "unknown":
				if s.PublicKey.Algorithm != "" {
					r.hit(string(s.PublicKey.Algorithm), "an EC key", "the key has algorithm %s, which NFs need not support", s.PublicKey.Algorithm)
				}
			default:
				if !s.isRSA() {
					r.hit(t, "an EC key", "the key is %s, which NFs need not support", t)
				}
			}
		},
	}, {
		ID: "key-point", Field: nf.FieldPublicKey, scope: onAll, Level: nf.Shall, Clause: "RFC 5280 4.1.2.7",
		Title: "the public key is no point of its curve",
		Why:   "It belongs to no private key, and whoever computes with it may lose secrets.",
		Fix:   "make key and request anew with nfcert csr; the file was damaged or made up",
		Good:  "a point with y² = x³ - 3x + b", Bad: "04 and 64 octets of anything",
		check: func(s *Subject, r *report) {
			curve := s.curve()
			bits := s.Raw.PublicKeyBits
			if curve == nil || len(bits) == 0 || bits[0] != 4 || len(bits) != 1+2*((s.PublicKey.Bits+7)/8) {
				return
			}
			if _, err := curve.NewPublicKey(bits); err != nil {
				r.hit("", "a point of "+s.PublicKey.Type, "the public key is no point of %s", s.PublicKey.Type)
			}
		},
	}, {
		ID: "key-of-issuer", Field: nf.FieldPublicKey, scope: onLeaf, Level: nf.Advice, grave: true, Clause: "ours",
		Title: "the certificate has the key of its own CA",
		Why:   "Who has the NF's key then issues certificates for every other NF.",
		Fix:   "give the NF a key of its own: nfcert csr without --key-in",
		Good:  "two keys", Bad: "one key for CA and NF",
		check: func(s *Subject, r *report) {
			if s.Issuer != nil && s.PublicKey.SHA256 != "" && s.PublicKey.SHA256 == s.Issuer.PublicKey.SHA256 {
				r.hit("sha256:"+s.PublicKey.SHA256, "another key", "the key is the one of its issuer")
			}
		},
	}}
}

func (s *Subject) isRSA() bool { return strings.HasPrefix(s.PublicKey.Type, "RSA") }

// curve gives the key's curve, where it can be checked; else nil.
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
