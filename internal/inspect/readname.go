package inspect

import (
	"bytes"
	"encoding/binary"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"

	"github.com/nfcert/nfcert/internal/nf"
)

// name reads a distinguished name (RFC 5280 4.1.2.4), and gives its DER beside.
// It keeps what crypto/x509 forgets: order within an RDN, and string types.
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
	a := Attribute{Type: oid.AttributeName(), OID: oid, Value: string(value), StringType: nf.StringTypeName(tag)}
	if a.Type == "" {
		a.Type = string(oid)
	}
	if tag == bmpString && len(value)%2 == 0 {
		units := make([]uint16, 0, len(value)/2)
		for ; len(value) > 0; value = value[2:] {
			units = append(units, binary.BigEndian.Uint16(value))
		}
		a.Value = string(utf16.Decode(units))
	}
	r.attributeString(&a, tag, field)
	return a
}

// bmpString is a universal tag that cryptobyte does not name (X.680 8.4).
const bmpString = cbasn1.Tag(30)

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
		// TeletexString and its like were for names that already were in them;
		// BMPString is one of those, and still read by all.
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

// badCharacters words what a text has that its string type does not, or that no
// name should have; empty when there is nothing.
func badCharacters(s string, tag cbasn1.Tag) string {
	for i := range len(s) {
		switch c := s[i]; {
		case c < ' ' || c == 0x7f:
			return "control characters"
		case tag == cbasn1.PrintableString && !isPrintable(c):
			return "characters that PrintableString does not have"
		case tag == cbasn1.IA5String && c >= 0x80:
			return "characters that IA5String does not have"
		case c >= 0x80:
			return badRunes(s, tag)
		}
	}
	return ""
}

func badRunes(s string, tag cbasn1.Tag) string {
	if tag != cbasn1.UTF8String && tag != bmpString {
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
			return "marks that turn the direction of writing"
		case c >= 0x200b && c <= 0x200d || c == 0x2060 || c == 0xfeff:
			return "characters without width"
		}
	}
	return ""
}

// isPrintable reports whether PrintableString has the character (X.680 41.4).
func isPrintable(c byte) bool {
	switch {
	case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		return true
	}
	switch c {
	case ' ', '\'', '(', ')', '+', ',', '-', '.', '/', ':', '=', '?':
		return true
	}
	return false
}
