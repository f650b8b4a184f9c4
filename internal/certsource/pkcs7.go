package certsource

import (
	"encoding/asn1"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// pkcs7 returns the certificates of a SignedData (RFC 5652 section 5.1), in which
// CAs deliver chains. Its signatures are not checked.
func pkcs7(name string, der []byte) ([][]byte, error) {
	damaged := &ContentError{Name: name, Found: "PKCS#7 that is truncated or damaged"}
	input := cryptobyte.String(der)
	var info, content, signed, inner, certs cryptobyte.String
	var kind asn1.ObjectIdentifier
	if !input.ReadASN1(&info, cbasn1.SEQUENCE) || !info.ReadASN1ObjectIdentifier(&kind) {
		return nil, damaged
	}
	if !kind.Equal(asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 2}) {
		return nil, &ContentError{Name: name, Found: "PKCS#7 of type " + kind.String() + ", which holds no certificates"}
	}
	var there bool
	if !info.ReadASN1(&content, explicit0()) || !content.ReadASN1(&signed, cbasn1.SEQUENCE) ||
		!signed.SkipASN1(cbasn1.INTEGER) || !signed.SkipASN1(cbasn1.SET) || !signed.ReadASN1(&inner, cbasn1.SEQUENCE) ||
		!signed.ReadOptionalASN1(&certs, &there, explicit0()) {
		return nil, damaged
	}
	var list [][]byte
	for !certs.Empty() {
		var element cryptobyte.String
		var tag cbasn1.Tag
		if !certs.ReadAnyASN1Element(&element, &tag) {
			return nil, damaged
		}
		if tag == cbasn1.SEQUENCE { // others are attribute certificates
			list = append(list, element)
		}
	}
	if len(list) == 0 {
		return nil, &ContentError{Name: name, Found: "PKCS#7 without a certificate"}
	}
	return list, nil
}
