package inspect

import (
	"crypto/sha256"
	"encoding/hex"
	"math/bits"
	"strconv"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"

	"github.com/nfcert/nfcert/internal/nf"
)

// Algorithms of public keys and their curves (RFC 3279 2.3, RFC 5480 2.1,
// RFC 8410 3).
const (
	oidRSA         nf.OID = "1.2.840.113549.1.1.1"
	oidDSA         nf.OID = "1.2.840.10040.4.1"
	oidECPublicKey nf.OID = "1.2.840.10045.2.1"
	oidX25519      nf.OID = "1.3.101.110"
	oidX448        nf.OID = "1.3.101.111"
	oidEd25519     nf.OID = "1.3.101.112"
	oidEd448       nf.OID = "1.3.101.113"

	oidP224 nf.OID = "1.3.132.0.33"
	oidP256 nf.OID = "1.2.840.10045.3.1.7"
	oidP384 nf.OID = "1.3.132.0.34"
	oidP521 nf.OID = "1.3.132.0.35"
)

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
	switch k.Algorithm {
	case oidRSA:
		k.Type = "RSA"
		r.rsaKey(algorithm, key[1:])
	case oidECPublicKey:
		k.Type = "EC"
		r.ecKey(algorithm, key[1:])
	case oidEd25519:
		k.Type, k.Bits = "Ed25519", 256
		r.keyLength(key[1:], 32)
	case oidEd448:
		k.Type, k.Bits = "Ed448", 456
		r.keyLength(key[1:], 57)
	case oidX25519:
		k.Type, k.Bits = "X25519", 256
	case oidX448:
		k.Type, k.Bits = "X448", 448
	case oidDSA:
		k.Type = "DSA"
	}
	return true
}

func (r *reader) keyLength(key []byte, want int) {
	if len(key) != want {
		r.fault(nf.FieldPublicKey, FaultMalformed, "%s key of %d octets, want %d", r.c.PublicKey.Type, len(key), want)
	}
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
	switch k.Curve {
	case oidP224:
		k.Type, k.Bits = "P224", 224
	case oidP256:
		k.Type, k.Bits = "P256", 256
	case oidP384:
		k.Type, k.Bits = "P384", 384
	case oidP521:
		k.Type, k.Bits = "P521", 521
	default:
		return
	}
	size := (k.Bits + 7) / 8
	switch {
	case len(point) == 1+2*size && point[0] == 4:
	case len(point) == 1+size && (point[0] == 2 || point[0] == 3):
	default:
		r.fault(nf.FieldPublicKey, FaultMalformed, "%d octets, which is not the size of a point on %s", len(point), k.Type)
	}
}

// Signature algorithms that are used in more than one place.
const (
	oidECDSASHA256 nf.OID = "1.2.840.10045.4.3.2"
	oidECDSASHA384 nf.OID = "1.2.840.10045.4.3.3"
	oidSHA256RSA   nf.OID = "1.2.840.113549.1.1.11"
	oidRSAPSS      nf.OID = "1.2.840.113549.1.1.10"
)

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

// signatureName names an algorithm and its hash, in the words of crypto/x509
// where it knows it.
func signatureName(oid nf.OID, parameters cryptobyte.String) (name, hash string) {
	switch oid {
	case oidECDSASHA256:
		return "ECDSA-SHA256", "SHA256"
	case oidECDSASHA384:
		return "ECDSA-SHA384", "SHA384"
	case "1.2.840.10045.4.3.4":
		return "ECDSA-SHA512", "SHA512"
	case "1.2.840.10045.4.3.1":
		return "ECDSA-SHA224", "SHA224"
	case "1.2.840.10045.4.1":
		return "ECDSA-SHA1", "SHA1"
	case oidSHA256RSA:
		return "SHA256-RSA", "SHA256"
	case "1.2.840.113549.1.1.12":
		return "SHA384-RSA", "SHA384"
	case "1.2.840.113549.1.1.13":
		return "SHA512-RSA", "SHA512"
	case "1.2.840.113549.1.1.14":
		return "SHA224-RSA", "SHA224"
	case "1.2.840.113549.1.1.5", "1.3.14.3.2.29":
		return "SHA1-RSA", "SHA1"
	case "1.2.840.113549.1.1.4":
		return "MD5-RSA", "MD5"
	case "1.2.840.113549.1.1.2":
		return "MD2-RSA", "MD2"
	case oidRSAPSS:
		hash = pssHash(parameters)
		return hash + "-RSAPSS", hash
	case oidEd25519:
		return "Ed25519", ""
	case oidEd448:
		return "Ed448", ""
	case "1.2.840.10040.4.3":
		return "DSA-SHA1", "SHA1"
	case "2.16.840.1.101.3.4.3.2":
		return "DSA-SHA256", "SHA256"
	}
	return string(oid), ""
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
	switch oid, _ := decodeOID(id); oid {
	case "2.16.840.1.101.3.4.2.1":
		return "SHA256"
	case "2.16.840.1.101.3.4.2.2":
		return "SHA384"
	case "2.16.840.1.101.3.4.2.3":
		return "SHA512"
	case "1.3.14.3.2.26":
		return "SHA1"
	}
	return ""
}
