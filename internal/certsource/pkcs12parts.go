package certsource

import (
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// safe is one part of a PFX's AuthenticatedSafe (RFC 7292 4.1).
type safe struct {
	encrypted bool
	element   []byte // the complete ContentInfo
	content   []byte // SafeContents; nil when encrypted
}

// Object identifiers of PKCS#12 and its parts, as the content octets of their
// DER.
const (
	oidData          = "\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01"
	oidEncryptedData = "\x2a\x86\x48\x86\xf7\x0d\x01\x07\x06"
	oidKeyBag        = "\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x0a\x01\x01"
	oidShroudedKey   = "\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x0a\x01\x02"
	oidCertBag       = "\x2a\x86\x48\x86\xf7\x0d\x01\x0c\x0a\x01\x03"
	oidX509          = "\x2a\x86\x48\x86\xf7\x0d\x01\x09\x16\x01"
	oidPBMAC1        = "\x2a\x86\x48\x86\xf7\x0d\x01\x05\x0e"
	oidPBKDF2        = "\x2a\x86\x48\x86\xf7\x0d\x01\x05\x0c"
	oidHMACSHA256    = "\x2a\x86\x48\x86\xf7\x0d\x02\x09"
)

// safesOf returns the parts of a PFX; whole is false when it is damaged.
func safesOf(der []byte) (list []safe, whole bool) {
	input := cryptobyte.String(der)
	var pfx, info, explicit, octets, safes cryptobyte.String
	if !input.ReadASN1(&pfx, cbasn1.SEQUENCE) || !pfx.SkipASN1(cbasn1.INTEGER) || !pfx.ReadASN1(&info, cbasn1.SEQUENCE) ||
		!readOID(&info, oidData) || !info.ReadASN1(&explicit, explicit0()) || !explicit.ReadASN1(&octets, cbasn1.OCTET_STRING) ||
		!octets.ReadASN1(&safes, cbasn1.SEQUENCE) {
		return nil, false
	}
	for !safes.Empty() {
		var element, info, explicit, content cryptobyte.String
		if !safes.ReadASN1Element(&element, cbasn1.SEQUENCE) {
			return nil, false
		}
		s := safe{element: element}
		if !element.ReadASN1(&info, cbasn1.SEQUENCE) {
			return nil, false
		}
		if plain := info; readOID(&plain, oidData) {
			if !plain.ReadASN1(&explicit, explicit0()) || !explicit.ReadASN1(&content, cbasn1.OCTET_STRING) {
				return nil, false
			}
			s.content = content
		} else if s.encrypted = readOID(&info, oidEncryptedData); !s.encrypted {
			continue // encrypted to a public key; its private key is unknown here
		}
		list = append(list, s)
	}
	return list, true
}

// readOID reads an object identifier and reports whether it is want.
func readOID(s *cryptobyte.String, want string) bool {
	var id cryptobyte.String
	return s.ReadASN1(&id, cbasn1.OBJECT_IDENTIFIER) && string(id) == want
}

// bagsOf returns the certificates of SafeContents (RFC 7292 4.2) and the number of
// keys.
func bagsOf(content []byte) (certs [][]byte, keys int, ok bool) {
	input := cryptobyte.String(content)
	var bags cryptobyte.String
	if !input.ReadASN1(&bags, cbasn1.SEQUENCE) {
		return nil, 0, false
	}
	for !bags.Empty() {
		var bag, id, value, inner, octets, der cryptobyte.String
		if !bags.ReadASN1(&bag, cbasn1.SEQUENCE) || !bag.ReadASN1(&id, cbasn1.OBJECT_IDENTIFIER) || !bag.ReadASN1(&value, explicit0()) {
			return certs, keys, false
		}
		switch string(id) {
		case oidKeyBag, oidShroudedKey:
			keys++
		case oidCertBag:
			if !value.ReadASN1(&inner, cbasn1.SEQUENCE) {
				return certs, keys, false
			}
			if !readOID(&inner, oidX509) {
				continue // an SDSI certificate
			}
			if !inner.ReadASN1(&octets, explicit0()) || !octets.ReadASN1(&der, cbasn1.OCTET_STRING) {
				return certs, keys, false
			}
			certs = append(certs, der)
		}
	}
	return certs, keys, true
}

// singlePart makes a PFX of one encrypted part, with the same passphrase. withKey
// adds a fresh key, because go-pkcs12 requires exactly one. The MAC is our own:
// that of the file was checked before.
func singlePart(s safe, passphrase string, withKey bool) ([]byte, error) {
	parts := []asn1.RawValue{{FullBytes: s.element}}
	if withKey {
		_, made, err := ed25519.GenerateKey(rand.Reader)
		if err != nil {
			return nil, err
		}
		key, err := x509.MarshalPKCS8PrivateKey(made)
		if err != nil {
			return nil, err
		}
		value := asn1.RawValue{Class: asn1.ClassContextSpecific, IsCompound: true, Bytes: key}
		bag := struct{ ID, Value asn1.RawValue }{oid(oidKeyBag), value}
		bags := marshal([]any{bag})
		parts = append(parts, asn1.RawValue{FullBytes: marshal(contentInfo{oid(oidData), bags})})
	}
	content := marshal(parts)
	pfx := []any{3, contentInfo{oid(oidData), content}}
	if passphrase != "" { // go-pkcs12 wants no MAC with the empty one
		mac, err := macData(content, passphrase)
		if err != nil {
			return nil, err
		}
		pfx = append(pfx, mac)
	}
	return marshal(pfx), nil
}

// contentInfo is a ContentInfo of type data (RFC 5652 section 3).
type contentInfo struct {
	Type    asn1.RawValue
	Content []byte `asn1:"explicit,tag:0"`
}

// macData makes MacData with PBMAC1 (RFC 8018 section 7.1), which needs nothing
// beyond the standard library.
func macData(content []byte, passphrase string) (any, error) {
	const size = sha256.Size
	salt := make([]byte, size) // not secret: this PFX never leaves the process
	key, err := pbkdf2.Key(sha256.New, passphrase, salt, 1, size)
	if err != nil {
		return nil, err
	}
	mac := hmac.New(sha256.New, key)
	mac.Write(content)
	prf := []any{oid(oidHMACSHA256), asn1.NullRawValue}
	kdf := []any{oid(oidPBKDF2), []any{salt, 1, size, prf}}
	algorithm := []any{oid(oidPBMAC1), []any{kdf, prf}}
	return []any{[]any{algorithm, mac.Sum(nil)}, salt, 1}, nil
}

// marshal encodes a structure of this file, which never fails. A []any is a
// SEQUENCE.
func marshal(v any) []byte {
	der, _ := asn1.Marshal(v)
	return der
}

func oid(content string) asn1.RawValue {
	return asn1.RawValue{Tag: asn1.TagOID, Bytes: []byte(content)}
}
