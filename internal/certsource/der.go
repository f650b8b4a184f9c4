package certsource

import (
	"bytes"
	"fmt"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// shape is what DER holds, judged by its outermost elements.
type shape string

// The shapes that classify distinguishes. The first two have the names of the
// kinds.
const (
	shapeCSR               = shape(CSR)
	shapeCertificate       = shape(Certificate)
	shapePKCS12      shape = "pkcs12"
	shapePKCS7       shape = "pkcs7"
	shapeKey         shape = "private key"
	shapePublicKey   shape = "public key"
	shapeCRL         shape = "crl"
	shapeUnknown     shape = ""
)

func (s shape) describe() string {
	return map[shape]string{
		shapeCSR:         "a certificate request",
		shapeCertificate: "a certificate",
		shapePKCS12:      "PKCS#12",
		shapePKCS7:       "PKCS#7",
		shapeKey:         "a private key",
		shapePublicKey:   "a public key",
		shapeCRL:         "a certificate revocation list",
		shapeUnknown:     "DER that is neither a certificate request nor a certificate",
	}[s]
}

// explicit0 is the tag of an explicit [0].
func explicit0() cbasn1.Tag { return cbasn1.Tag(0).Constructed().ContextSpecific() }

// isDER reports whether data is DER rather than text. A SEQUENCE starts with
// "0", as text can. But requests and certificates are longer than 127 bytes, so
// the first byte of their length never occurs in ASCII text.
func isDER(data []byte) bool {
	return len(data) > 1 && data[0] == 0x30 &&
		(data[1] >= 0x80 || !bytes.Contains(data, []byte(beginMark)))
}

// der reads a file of exactly one element. Bytes after it are a fault.
func (p *parser) der(data []byte) error {
	shape, whole, rest := classify(data)
	if len(bytes.Trim(rest, "\r\n")) > 0 { // editors add a final line break
		p.fault(&Fault{Name: p.Name, Offset: len(whole), Detail: fmt.Sprintf("%d bytes after the DER", len(rest))})
	}
	switch shape {
	case shapeCSR, shapeCertificate:
		p.item(Item{Kind: Kind(shape), DER: whole})
		return nil
	case shapePKCS12, shapePKCS7:
		return p.container(whole, &Fault{Name: p.Name})
	}
	found := shape.describe()
	if shape == shapeUnknown && len(whole) == len(data) && !isWhole(data) {
		found = "DER that is truncated or damaged"
	}
	return &ContentError{Name: p.Name, Found: found}
}

// container opens PKCS#12 or PKCS#7. Damage in a PEM block is a fault of that
// block. Damage in a file that is nothing else is an error, and so is a wrong
// passphrase anywhere.
func (p *parser) container(der []byte, at *Fault) error {
	var certs [][]byte
	var err error
	switch shape, _, _ := classify(der); shape {
	case shapePKCS12:
		certs, err = p.pkcs12(der)
	case shapePKCS7:
		certs, err = pkcs7(p.Name, der)
	default:
		err = &ContentError{Name: p.Name, Found: shape.describe()}
	}
	if content, ok := err.(*ContentError); ok && at.Line > 0 {
		at.Detail = "holds " + content.Found
		p.fault(at)
		return nil
	}
	if err != nil {
		return err
	}
	for _, der := range certs {
		p.item(Item{Kind: Certificate, DER: der, Offset: at.Offset, Line: at.Line})
	}
	return nil
}

// isWhole reports whether data starts with a complete element.
func isWhole(data []byte) bool {
	input := cryptobyte.String(data)
	var element cryptobyte.String
	return input.ReadASN1Element(&element, cbasn1.SEQUENCE)
}

// classify returns what der is by its outermost elements, its bytes, and the
// bytes after it. DER that is truncated, or whose length is malformed, is
// classified by what is left, and whole is all of it: a lenient reader may still
// show part of it. It never descends more than three levels.
func classify(der []byte) (s shape, whole, rest []byte) {
	input := cryptobyte.String(der)
	var element, body cryptobyte.String
	if input.ReadASN1Element(&element, cbasn1.SEQUENCE) {
		whole, rest = element, input
		if !element.ReadASN1(&body, cbasn1.SEQUENCE) {
			return shapeUnknown, whole, rest
		}
		return shapeOf(body), whole, rest
	}
	whole = der
	if body, _, ok := header(der, byte(cbasn1.SEQUENCE)); ok {
		return shapeOf(body), whole, nil
	}
	return shapeUnknown, whole, nil
}

// header reads the tag and length of an element that may be truncated. It returns
// the part of the content that exists, and the bytes after it.
func header(der []byte, tag byte) (content, rest cryptobyte.String, ok bool) {
	if len(der) < 2 || der[0] != tag {
		return nil, nil, false
	}
	length, at := int(der[1]), 2
	if der[1] >= 0x80 {
		count := int(der[1] & 0x7f)
		if count == 0 || count > 4 || len(der) < 2+count {
			return nil, nil, false
		}
		length = 0
		for _, b := range der[2 : 2+count] {
			length = length<<8 | int(b)
		}
		at += count
	}
	end := min(uint64(at)+uint64(uint32(length)), uint64(len(der)))
	return der[at:end], der[end:], true
}

// shapeOf classifies the content of an outermost SEQUENCE.
func shapeOf(body cryptobyte.String) shape {
	switch {
	case body.PeekASN1Tag(cbasn1.SEQUENCE):
		return signedShape(body)
	case body.PeekASN1Tag(cbasn1.OBJECT_IDENTIFIER):
		return shapePKCS7
	case body.PeekASN1Tag(cbasn1.INTEGER):
		var version int
		if !body.ReadASN1Integer(&version) {
			return shapeUnknown
		}
		if version == 3 && body.PeekASN1Tag(cbasn1.SEQUENCE) {
			return shapePKCS12 // PFX, RFC 7292 section 4
		}
		// PKCS#1, SEC 1 or PKCS#8, whose content is not read.
		if body.PeekASN1Tag(cbasn1.INTEGER) || body.PeekASN1Tag(cbasn1.OCTET_STRING) || body.PeekASN1Tag(cbasn1.SEQUENCE) {
			return shapeKey
		}
	}
	return shapeUnknown
}

// signedShape classifies content that starts with two SEQUENCEs: the signed part
// of a certificate, a request or a CRL, or the algorithm of a key.
func signedShape(body cryptobyte.String) shape {
	var signed cryptobyte.String
	whole := body
	if whole.ReadASN1(&signed, cbasn1.SEQUENCE) {
		switch {
		case whole.PeekASN1Tag(cbasn1.OCTET_STRING) && signed.PeekASN1Tag(cbasn1.OBJECT_IDENTIFIER):
			return shapeKey // EncryptedPrivateKeyInfo, RFC 5958 section 3
		case whole.PeekASN1Tag(cbasn1.BIT_STRING) && signed.PeekASN1Tag(cbasn1.OBJECT_IDENTIFIER):
			return shapePublicKey // SubjectPublicKeyInfo, RFC 5280 4.1
		}
	} else if content, _, ok := header(body, byte(cbasn1.SEQUENCE)); ok {
		signed = content
	}
	if signed.PeekASN1Tag(explicit0()) {
		return shapeCertificate // the version of a TBSCertificate, RFC 5280 4.1
	}
	return unversionedShape(signed)
}

// unversionedShape classifies signed parts that start with an INTEGER or an
// algorithm: CertificationRequestInfo (version, subject, key, [0] attributes;
// RFC 2986 4.1), TBSCertificate of version 1 (serial, algorithm, issuer,
// validity, …) and TBSCertList (RFC 5280 5.1).
func unversionedShape(signed cryptobyte.String) shape {
	if signed.PeekASN1Tag(cbasn1.SEQUENCE) {
		var algorithm cryptobyte.String
		if signed.ReadASN1(&algorithm, cbasn1.SEQUENCE) && algorithm.PeekASN1Tag(cbasn1.OBJECT_IDENTIFIER) {
			return shapeCRL
		}
		return shapeUnknown
	}
	var second cryptobyte.String
	if !signed.SkipASN1(cbasn1.INTEGER) || !signed.ReadASN1(&second, cbasn1.SEQUENCE) {
		return shapeUnknown
	}
	if !second.PeekASN1Tag(cbasn1.OBJECT_IDENTIFIER) {
		return shapeCSR // a Name holds SETs, or nothing
	}
	var issuer cryptobyte.String
	if !signed.ReadASN1(&issuer, cbasn1.SEQUENCE) {
		return shapeUnknown
	}
	if signed.PeekASN1Tag(cbasn1.UTCTime) || signed.PeekASN1Tag(cbasn1.GeneralizedTime) {
		return shapeCRL
	}
	return shapeCertificate
}
