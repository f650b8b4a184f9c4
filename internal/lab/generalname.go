package lab

import (
	"encoding/asn1"
	"encoding/hex"
	"fmt"
	"strings"
)

// Context-specific tags of GeneralName (RFC 5280 4.2.1.6).
const (
	tagEmail = 1
	tagDNS   = 2
	tagURI   = 6
	tagIP    = 7
)

// generalName is one name of a subjectAltName extension.
type generalName struct {
	tag   int
	value string // the octets, which are text in DNS names and URIs
}

// String is for messages about names that are refused: neither DNS names, URIs nor
// addresses.
func (n generalName) String() string {
	if n.tag == tagEmail {
		return fmt.Sprintf("e-mail address %q", n.value)
	}
	return fmt.Sprintf("a name with tag %d", n.tag)
}

// parseGeneralNames reads the value of a subjectAltName extension.
func parseGeneralNames(der []byte) ([]generalName, error) {
	var raw []asn1.RawValue
	if !unmarshal(der, &raw) || len(raw) == 0 {
		return nil, fmt.Errorf("not a SEQUENCE of names")
	}
	names := make([]generalName, len(raw))
	for i, v := range raw {
		if v.Class != asn1.ClassContextSpecific {
			return nil, fmt.Errorf("name %d has class %d, want a context-specific tag", i, v.Class)
		}
		names[i] = generalName{tag: v.Tag, value: string(v.Bytes)}
	}
	return names, nil
}

// marshalGeneralNames makes the value of a subjectAltName extension.
func marshalGeneralNames(names []generalName) ([]byte, error) {
	raw := make([]asn1.RawValue, len(names))
	for i, n := range names {
		raw[i] = asn1.RawValue{Class: asn1.ClassContextSpecific, Tag: n.tag, Bytes: []byte(n.value)}
	}
	return asn1.Marshal(raw)
}

// isInstanceURN reports whether a URI is an NF instance ID as a URN. Upper case
// is tolerated, and so is a version other than 4, because the sample of RFC 9310
// has one.
func isInstanceURN(uri string) bool {
	const prefix = "urn:uuid:"
	if len(uri) != len(prefix)+36 || !strings.EqualFold(uri[:len(prefix)], prefix) {
		return false
	}
	groups := strings.Split(uri[len(prefix):], "-")
	_, err := hex.DecodeString(strings.Join(groups, ""))
	return err == nil && len(groups) == 5 && len(groups[0]) == 8 && len(groups[1]) == 4 && len(groups[2]) == 4 && len(groups[3]) == 4
}
