package inspect

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"

	"github.com/nfcert/nfcert/internal/nf"
)

// name reads a distinguished name (RFC 5280 4.1.2.4) and returns its DER too. It
// keeps what crypto/x509 drops: the order within an RDN, and string types.
func (r *reader) name(in *cryptobyte.String, field nf.FieldName) (attributes []Attribute, whole []byte, ok bool) {
	var element, rdns cryptobyte.String
	if !in.ReadASN1Element(&element, cbasn1.SEQUENCE) {
		r.fault(field, FaultMalformed, "not a sequence of RDNs")
		return nil, nil, false
	}
	whole = element
	element.ReadASN1(&rdns, cbasn1.SEQUENCE)
	for !rdns.Empty() {
		var rdn cryptobyte.String
		if !rdns.ReadASN1(&rdn, cbasn1.SET) || rdn.Empty() {
			r.fault(field, FaultMalformed, "an RDN is malformed")
			return attributes, whole, true
		}
		if len(attributes) > maxEntries {
			r.fault(field, FaultTooMany, "more than %d attributes", maxEntries)
			return attributes, whole, true
		}
		attributes = r.rdn(rdn, field, attributes)
	}
	return attributes, whole, true
}

// rdn reads the attributes of one RDN.
func (r *reader) rdn(rdn cryptobyte.String, field nf.FieldName, attributes []Attribute) []Attribute {
	var before cryptobyte.String
	for joined := false; !rdn.Empty(); joined = true {
		var whole, pair, id, value cryptobyte.String
		var tag cbasn1.Tag
		if !rdn.ReadASN1Element(&whole, cbasn1.SEQUENCE) {
			r.fault(field, FaultMalformed, "an attribute is malformed")
			return attributes
		}
		element := whole
		if !whole.ReadASN1(&pair, cbasn1.SEQUENCE) || !pair.ReadASN1(&id, cbasn1.OBJECT_IDENTIFIER) ||
			!pair.ReadAnyASN1(&value, &tag) || !pair.Empty() {
			r.fault(field, FaultMalformed, "an attribute is malformed")
			continue
		}
		if joined && bytes.Compare(before, element) > 0 {
			r.fault(field, FaultEncoding, "the attributes of one RDN are not in the order of DER")
		}
		before = element
		a := r.attribute(id, value, tag, field)
		a.Joined = joined
		if attributes = append(attributes, a); len(attributes) > maxEntries {
			return attributes
		}
	}
	return attributes
}

func (r *reader) attribute(id, value []byte, tag cbasn1.Tag, field nf.FieldName) Attribute {
	oid, valid := decodeOID(id)
	if !valid {
		r.fault(field, FaultMalformed, "an attribute's object identifier is malformed")
	}
	a := Attribute{Type: cmp.Or(oid.AttributeName(), string(oid)), OID: oid, Value: attributeText(value, tag), StringType: nf.StringTypeName(tag)}
	r.attributeString(&a, tag, field)
	return a
}

// attributeText converts the value of an attribute to text: a BMPString from
// UTF-16, every other type unchanged.
func attributeText(value []byte, tag cbasn1.Tag) string {
	if tag != nf.TagBMPString || len(value)%2 != 0 {
		return string(value)
	}
	units := make([]uint16, 0, len(value)/2)
	for ; len(value) > 0; value = value[2:] {
		units = append(units, binary.BigEndian.Uint16(value))
	}
	return string(utf16.Decode(units))
}

// attributeString checks string type and characters of an attribute (RFC 5280
// 4.1.2.4 and appendix A.1).
func (r *reader) attributeString(a *Attribute, tag cbasn1.Tag, field nf.FieldName) {
	want := ""
	switch a.Type {
	case "C", "serialNumber":
		if tag != cbasn1.PrintableString {
			want = "PrintableString"
		}
	case "DC", "emailAddress":
		if tag != cbasn1.IA5String {
			want = "IA5String"
		}
	case "CN", "O", "OU", "L", "ST":
		// The other types, BMPString among them, are only for names that already
		// used them.
		if tag != cbasn1.PrintableString && tag != cbasn1.UTF8String {
			want = "PrintableString or UTF8String"
		}
	}
	if want != "" {
		r.fault(field, FaultStringType, "%s is %s, want %s (RFC 5280 4.1.2.4)", a.Type, a.StringType, want)
	}
	if complaint := badCharacters(a.Value, tag); complaint != "" {
		r.fault(field, FaultCharacters, "%s %.80q has %s", a.Type, a.Value, complaint)
	}
}

// badCharacters describes the characters that the string type does not allow, or
// that no name should have; empty when all are good.
func badCharacters(s string, tag cbasn1.Tag) string {
	for i := range len(s) {
		switch c := s[i]; {
		case c < ' ' || c == 0x7f:
			return "control characters"
		case tag == cbasn1.PrintableString && !isPrintable(c):
			return "characters that PrintableString does not allow"
		case tag == cbasn1.IA5String && c >= 0x80:
			return "characters that IA5String does not allow"
		case c >= 0x80:
			return badRunes(s, tag)
		}
	}
	return ""
}

func badRunes(s string, tag cbasn1.Tag) string {
	if tag != cbasn1.UTF8String && tag != nf.TagBMPString {
		return ""
	}
	if !utf8.ValidString(s) {
		return "bytes that are not UTF-8"
	}
	for _, c := range s {
		switch {
		case c < ' ' || c >= 0x7f && c < 0xa0:
			return "control characters"
		case c == 0x200e || c == 0x200f || c == 0x061c || c >= 0x202a && c <= 0x202e || c >= 0x2066 && c <= 0x2069:
			return "marks that change the writing direction"
		case c >= 0x200b && c <= 0x200d || c == 0x2060 || c == 0xfeff:
			return "zero-width characters"
		}
	}
	return ""
}

// isPrintable reports whether PrintableString allows the character (X.680 41.4).
func isPrintable(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte(" '()+,-./:=?", c) >= 0
}
