package inspect

import (
	"cmp"
	"encoding/hex"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"

	"github.com/nfcert/nfcert/internal/nf"
)

// DistinguishedName writes the DER of a Name, such as RawSubject of a parsed
// certificate, as RFC 4514 prescribes: the last RDN first (2.1), the attributes
// of one RDN in the order of the DER with "+" between them (2.2), and special
// characters escaped (2.4), as in
// "O=5gc.mnc001.mcc001.3gppnetwork.org,C=SE". An attribute without a short name
// is written as its OID with its DER in hex. Characters that are not printable
// are escaped too, so that the result is safe on a terminal.
//
// It ends at the first RDN that is malformed. An empty name is "".
func DistinguishedName(der []byte) string {
	in := cryptobyte.String(der)
	var sequence, set, pair cryptobyte.String
	in.ReadASN1(&sequence, cbasn1.SEQUENCE)
	var rdns []string
	for sequence.ReadASN1(&set, cbasn1.SET) {
		var attributes []string
		for set.ReadASN1(&pair, cbasn1.SEQUENCE) {
			var id, element, value cryptobyte.String
			var tag cbasn1.Tag
			if pair.ReadASN1(&id, cbasn1.OBJECT_IDENTIFIER) && pair.ReadAnyASN1Element(&element, &tag) {
				whole := []byte(element)
				element.ReadAnyASN1(&value, &tag)
				attributes = append(attributes, attributeString(id, value, whole, tag))
			}
		}
		rdns = append(rdns, strings.Join(attributes, "+"))
	}
	slices.Reverse(rdns)
	return strings.Join(rdns, ",")
}

// attributeString writes one AttributeTypeAndValue (RFC 4514 2.3 and 2.4). The
// form with "#" is also for a value that is not text.
func attributeString(id, value, der []byte, tag cbasn1.Tag) string {
	oid, _ := decodeOID(id)
	name := oid.AttributeName()
	text := attributeText(value, tag)
	switch {
	case name == "":
		return string(oid) + "=#" + hex.EncodeToString(der)
	case !nf.IsStringTag(tag) || !utf8.ValidString(text):
		return name + "=#" + hex.EncodeToString(der)
	}
	return name + "=" + escapeValue(text)
}

// escapeValue escapes the text of an attribute (RFC 4514 2.4).
func escapeValue(text string) string {
	var b strings.Builder
	for i, r := range text {
		switch {
		case strings.ContainsRune(`"+,;<>\`, r), r == '#' && i == 0, r == ' ' && (i == 0 || i == len(text)-1):
			b.WriteRune('\\')
			b.WriteRune(r)
		case !unicode.IsPrint(r):
			for _, octet := range []byte(string(r)) {
				fmt.Fprintf(&b, `\%02X`, octet)
			}
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// Serial writes a serial number in lower-case hex, with two digits for each
// octet and without the zero octet that only carries the sign in DER: 0x0a1b is
// "0a1b", zero is "00". A negative number is "-" and its absolute value.
func Serial(n *big.Int) string {
	text := cmp.Or(hex.EncodeToString(n.Bytes()), "00")
	if n.Sign() < 0 {
		return "-" + text
	}
	return text
}
