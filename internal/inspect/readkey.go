package inspect

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"math/bits"
	"strconv"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"

	"github.com/nfcert/nfcert/internal/nf"
)

// Algorithms of public keys that are read further (RFC 3279 2.3, RFC 5480 2.1,
// RFC 8410 3).
const (
	oidRSA         nf.OID = "1.2.840.113549.1.1.1"
	oidECPublicKey nf.OID = "1.2.840.10045.2.1"
	oidEd25519     nf.OID = "1.3.101.112"
	oidEd448       nf.OID = "1.3.101.113"
)

// A keyKind is an algorithm or a curve: the type of its keys and their size.
type keyKind struct {
	name string
	bits int // zero: depends on the key
}

var keyAlgorithms = map[nf.OID]keyKind{
	oidRSA:              {"RSA", 0},
	oidECPublicKey:      {"EC", 0},
	oidEd25519:          {"Ed25519", 256},
	oidEd448:            {"Ed448", 456},
	"1.3.101.110":       {"X25519", 256},
	"1.3.101.111":       {"X448", 448},
	"1.2.840.10040.4.1": {"DSA", 0},
}

var curves = map[nf.OID]keyKind{
	"1.3.132.0.33":        {"P224", 224},
	"1.2.840.10045.3.1.7": {"P256", 256},
	"1.3.132.0.34":        {"P384", 384},
	"1.3.132.0.35":        {"P521", 521},
}

// publicKey reads SubjectPublicKeyInfo (RFC 5280 4.1.2.7).
func (r *reader) publicKey(in *cryptobyte.String) bool {
	var whole, info, algorithm, id, key cryptobyte.String
	if !in.ReadASN1Element(&whole, cbasn1.SEQUENCE) {
		r.fault(nf.FieldPublicKey, FaultMalformed, "not a SubjectPublicKeyInfo")
		return false
	}
	r.c.Raw.PublicKeyInfo = whole
	digest := sha256.Sum256(whole)
	k := &r.c.PublicKey
	k.Type, k.SHA256 = "unknown", hex.EncodeToString(digest[:])
	if !whole.ReadASN1(&info, cbasn1.SEQUENCE) || !info.ReadASN1(&algorithm, cbasn1.SEQUENCE) ||
		!algorithm.ReadASN1(&id, cbasn1.OBJECT_IDENTIFIER) || !info.ReadASN1(&key, cbasn1.BIT_STRING) || len(key) == 0 {
		r.fault(nf.FieldPublicKey, FaultMalformed, "not a SubjectPublicKeyInfo")
		return true
	}
	if !info.Empty() {
		r.fault(nf.FieldPublicKey, FaultTrailing, "%d bytes after the key", len(info))
	}
	if key[0] != 0 {
		r.fault(nf.FieldPublicKey, FaultMalformed, "a bit string that does not end with a whole octet")
	}
	r.c.Raw.PublicKeyBits = key[1:]
	k.Algorithm, _ = decodeOID(id)
	kind := keyAlgorithms[k.Algorithm]
	k.Type, k.Bits = cmp.Or(kind.name, k.Type), kind.bits
	switch k.Algorithm {
	case oidRSA:
		r.rsaKey(algorithm, key[1:])
	case oidECPublicKey:
		r.ecKey(algorithm, key[1:])
	case oidEd25519, oidEd448:
		if want := (k.Bits + 7) / 8; len(key)-1 != want {
			r.fault(nf.FieldPublicKey, FaultMalformed, "%s key of %d octets, want %d", k.Type, len(key)-1, want)
		}
	}
	return true
}

// rsaKey reads RSAPublicKey (RFC 3279 2.3.1).
func (r *reader) rsaKey(parameters, key cryptobyte.String) {
	if len(parameters) != 2 || parameters[0] != uint8(cbasn1.NULL) || parameters[1] != 0 {
		r.fault(nf.FieldPublicKey, FaultEncoding, "RSA parameters other than NULL (RFC 3279 2.3.1)")
	}
	var seq, modulus, exponent cryptobyte.String
	if !key.ReadASN1(&seq, cbasn1.SEQUENCE) || !key.Empty() || !seq.ReadASN1(&modulus, cbasn1.INTEGER) ||
		!seq.ReadASN1(&exponent, cbasn1.INTEGER) || !seq.Empty() || len(modulus) == 0 || len(exponent) == 0 {
		r.fault(nf.FieldPublicKey, FaultMalformed, "not an RSA public key")
		return
	}
	if modulus[0] >= 0x80 || exponent[0] >= 0x80 {
		r.fault(nf.FieldPublicKey, FaultMalformed, "an RSA key with a negative number")
		return
	}
	for len(modulus) > 1 && modulus[0] == 0 {
		modulus = modulus[1:]
	}
	k := &r.c.PublicKey
	k.Bits = 8*(len(modulus)-1) + bits.Len8(modulus[0])
	k.Type = "RSA" + strconv.Itoa(k.Bits)
	if last := exponent[len(exponent)-1]; last&1 == 0 || len(exponent) == 1 && last == 1 {
		r.fault(nf.FieldPublicKey, FaultValue, "an RSA exponent that is even or 1")
	}
}

// ecKey reads the named curve and the size of the point (RFC 5480 2). It does not
// check that the point is on the curve.
func (r *reader) ecKey(parameters, point cryptobyte.String) {
	k := &r.c.PublicKey
	var id cryptobyte.String
	if !parameters.ReadASN1(&id, cbasn1.OBJECT_IDENTIFIER) {
		r.fault(nf.FieldPublicKey, FaultMalformed, "an EC key without a named curve (RFC 5480 2.1.1)")
		return
	}
	k.Curve, _ = decodeOID(id)
	curve, known := curves[k.Curve]
	if !known {
		return
	}
	k.Type, k.Bits = curve.name, curve.bits
	size := (k.Bits + 7) / 8
	switch {
	case len(point) == 1+2*size && point[0] == 4:
	case len(point) == 1+size && (point[0] == 2 || point[0] == 3):
	default:
		r.fault(nf.FieldPublicKey, FaultMalformed, "%d octets, which is not the size of a point on %s", len(point), k.Type)
	}
}

// oidRSAPSS is the signature algorithm whose parameters name the hash.
const oidRSAPSS nf.OID = "1.2.840.113549.1.1.10"

// signature reads signatureAlgorithm and the signature's octets.
func (r *reader) signature(outer *cryptobyte.String) {
	var whole, algorithm, id, value cryptobyte.String
	if !outer.ReadASN1Element(&whole, cbasn1.SEQUENCE) {
		r.fault(nf.FieldSignature, FaultMalformed, "not an algorithm identifier")
		return
	}
	r.c.Raw.SignatureAlgorithm = whole
	if !whole.ReadASN1(&algorithm, cbasn1.SEQUENCE) || !algorithm.ReadASN1(&id, cbasn1.OBJECT_IDENTIFIER) {
		r.fault(nf.FieldSignature, FaultMalformed, "not an algorithm identifier")
	} else {
		r.c.SignatureOID, _ = decodeOID(id)
		r.c.Signature, r.c.SignatureHash = signatureName(r.c.SignatureOID, algorithm)
	}
	if !outer.ReadASN1(&value, cbasn1.BIT_STRING) || len(value) == 0 {
		r.fault(nf.FieldSignature, FaultMalformed, "not a bit string")
		return
	}
	if value[0] != 0 {
		r.fault(nf.FieldSignature, FaultMalformed, "a bit string that does not end with a whole octet")
	}
	r.c.Raw.Signature = value[1:]
	if !outer.Empty() {
		r.fault(FieldDER, FaultTrailing, "%d bytes after the signature", len(*outer))
	}
}

// signatureNames are the other signature algorithms with their hashes, in the words
// of crypto/x509 where it knows them.
var signatureNames = map[nf.OID]struct{ name, hash string }{
	"1.2.840.10045.4.1":      {"ECDSA-SHA1", "SHA1"},
	"1.2.840.10045.4.3.1":    {"ECDSA-SHA224", "SHA224"},
	"1.2.840.10045.4.3.2":    {"ECDSA-SHA256", "SHA256"},
	"1.2.840.10045.4.3.3":    {"ECDSA-SHA384", "SHA384"},
	"1.2.840.10045.4.3.4":    {"ECDSA-SHA512", "SHA512"},
	"1.2.840.113549.1.1.2":   {"MD2-RSA", "MD2"},
	"1.2.840.113549.1.1.4":   {"MD5-RSA", "MD5"},
	"1.2.840.113549.1.1.5":   {"SHA1-RSA", "SHA1"},
	"1.3.14.3.2.29":          {"SHA1-RSA", "SHA1"},
	"1.2.840.113549.1.1.14":  {"SHA224-RSA", "SHA224"},
	"1.2.840.113549.1.1.11":  {"SHA256-RSA", "SHA256"},
	"1.2.840.113549.1.1.12":  {"SHA384-RSA", "SHA384"},
	"1.2.840.113549.1.1.13":  {"SHA512-RSA", "SHA512"},
	"1.2.840.10040.4.3":      {"DSA-SHA1", "SHA1"},
	"2.16.840.1.101.3.4.3.2": {"DSA-SHA256", "SHA256"},
	oidEd25519:               {"Ed25519", ""},
	oidEd448:                 {"Ed448", ""},
}

// signatureName names an algorithm and its hash.
func signatureName(oid nf.OID, parameters cryptobyte.String) (name, hash string) {
	if oid == oidRSAPSS {
		hash = pssHash(parameters)
		return hash + "-RSAPSS", hash
	}
	known := signatureNames[oid]
	return cmp.Or(known.name, string(oid)), known.hash
}

// pssHashes are the hashes of RSASSA-PSS.
var pssHashes = map[nf.OID]string{
	"1.3.14.3.2.26":          "SHA1",
	"2.16.840.1.101.3.4.2.1": "SHA256",
	"2.16.840.1.101.3.4.2.2": "SHA384",
	"2.16.840.1.101.3.4.2.3": "SHA512",
}

// pssHash returns the hash of RSASSA-PSS-params (RFC 4055 3.1); the default is
// SHA-1, and an unknown hash is empty.
func pssHash(parameters cryptobyte.String) string {
	var seq, tagged, algorithm, id cryptobyte.String
	var there bool
	if !parameters.ReadASN1(&seq, cbasn1.SEQUENCE) ||
		!seq.ReadOptionalASN1(&tagged, &there, cbasn1.Tag(0).Constructed().ContextSpecific()) {
		return ""
	}
	if !there {
		return "SHA1"
	}
	if !tagged.ReadASN1(&algorithm, cbasn1.SEQUENCE) || !algorithm.ReadASN1(&id, cbasn1.OBJECT_IDENTIFIER) {
		return ""
	}
	oid, _ := decodeOID(id)
	return pssHashes[oid]
}
