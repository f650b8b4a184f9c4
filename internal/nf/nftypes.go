package nf

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// MarshalNFTypes returns the DER of the extension's value (RFC 9310 section 3):
//
//	NFTypes ::= SEQUENCE SIZE (1..MAX) OF NFType
//	NFType  ::= IA5String (SIZE (1..32))
//
// It sorts the types in ascending ASCII order, as the section requires, and
// refuses a malformed or repeated type. encoding/asn1 is not used, because it
// would write PrintableString or UTF8String.
func MarshalNFTypes(types []string) ([]byte, error) {
	if len(types) == 0 {
		return nil, errors.New("no nf type, want at least one (RFC 9310 section 3)")
	}
	sorted := slices.Sorted(slices.Values(types))
	var b cryptobyte.Builder
	var bad error
	b.AddASN1(cbasn1.SEQUENCE, func(seq *cryptobyte.Builder) {
		for i, name := range sorted {
			if err := CheckType(name); err != nil && bad == nil {
				bad = err
			}
			if i > 0 && name == sorted[i-1] && bad == nil {
				bad = fmt.Errorf("nf type %q is given twice (RFC 9310 section 3)", name)
			}
			seq.AddASN1(cbasn1.IA5String, func(s *cryptobyte.Builder) { s.AddBytes([]byte(name)) })
		}
	})
	if bad != nil {
		return nil, bad
	}
	return b.Bytes()
}

// NFTypeFault is the kind of a breach of RFC 9310 section 3 in an NFTypes
// extension.
type NFTypeFault string

// The faults of an NFTypes value.
const (
	NFTypesMalformed NFTypeFault = "malformed" // not a SEQUENCE of strings, or bytes after it
	NFTypesEmpty     NFTypeFault = "empty"
	NFTypesString    NFTypeFault = "string-type" // a string that is not an IA5String
	NFTypesValue     NFTypeFault = "value"       // length or characters
	NFTypesRepeated  NFTypeFault = "repeated"
	NFTypesUnsorted  NFTypeFault = "unsorted"
)

// NFTypesProblem is one breach and its details.
type NFTypesProblem struct {
	Fault  NFTypeFault `json:"fault"`
	Detail string      `json:"detail"`
}

func (p NFTypesProblem) Error() string { return p.Detail }

// maxNFTypes is how many types are read from one extension. The common set has
// 67.
const maxNFTypes = 1000

// ParseNFTypes reads the extension's value. It returns every type, even one that
// breaks RFC 9310 section 3, and every breach: a linter needs both.
func ParseNFTypes(der []byte) (types []string, problems []NFTypesProblem) {
	report := func(fault NFTypeFault, format string, args ...any) {
		problems = append(problems, NFTypesProblem{fault, fmt.Sprintf(format, args...)})
	}
	input := cryptobyte.String(der)
	var seq cryptobyte.String
	if !input.ReadASN1(&seq, cbasn1.SEQUENCE) {
		report(NFTypesMalformed, "not a SEQUENCE of strings")
		return nil, problems
	}
	if !input.Empty() {
		report(NFTypesMalformed, "%d bytes after the SEQUENCE", len(input))
	}
	if seq.Empty() {
		report(NFTypesEmpty, "no nf type, want at least one")
	}
	for !seq.Empty() && len(types) < maxNFTypes {
		var value cryptobyte.String
		var tag cbasn1.Tag
		if !seq.ReadAnyASN1(&value, &tag) {
			report(NFTypesMalformed, "element %d is malformed", len(types)+1)
			return types, problems
		}
		name := string(value)
		if tag != cbasn1.IA5String {
			report(NFTypesString, "nf type %q is %s, want IA5String", clip(name), StringTypeName(tag))
		}
		if err := CheckType(name); err != nil {
			report(NFTypesValue, "%v", err)
		}
		types = append(types, name)
	}
	if !seq.Empty() {
		report(NFTypesMalformed, "more than %d nf types", maxNFTypes)
	}
	return types, append(problems, orderProblems(types)...)
}

func orderProblems(types []string) (problems []NFTypesProblem) {
	seen := make(map[string]bool, len(types))
	for _, name := range types {
		if seen[name] {
			problems = append(problems, NFTypesProblem{NFTypesRepeated, fmt.Sprintf("nf type %q appears more than once", clip(name))})
		}
		seen[name] = true
	}
	if !slices.IsSorted(types) {
		sorted := slices.Sorted(slices.Values(types))
		problems = append(problems, NFTypesProblem{NFTypesUnsorted,
			fmt.Sprintf("order %s, want %s", clip(strings.Join(types, " ")), clip(strings.Join(sorted, " ")))})
	}
	return problems
}

// StringTypeName returns the name of an ASN.1 string type, for example
// PrintableString. Another tag is written as a number.
func StringTypeName(tag cbasn1.Tag) string {
	if name := stringType(tag); name != "" {
		return name
	}
	return fmt.Sprintf("ASN.1 tag 0x%02x", uint8(tag))
}

// IsStringTag reports whether a tag is that of an ASN.1 string type.
func IsStringTag(tag cbasn1.Tag) bool { return stringType(tag) != "" }

func stringType(tag cbasn1.Tag) string {
	switch tag {
	case cbasn1.UTF8String:
		return "UTF8String"
	case cbasn1.PrintableString:
		return "PrintableString"
	case cbasn1.IA5String:
		return "IA5String"
	case cbasn1.T61String:
		return "TeletexString"
	case cbasn1.GeneralString:
		return "GeneralString"
	case numericString:
		return "NumericString"
	case visibleString:
		return "VisibleString"
	case universalString:
		return "UniversalString"
	case TagBMPString:
		return "BMPString"
	}
	return ""
}

// TagBMPString is the tag of a BMPString, which holds UTF-16 (X.680 8.4).
const TagBMPString = cbasn1.Tag(30)

// Other universal tags for which cryptobyte has no name (X.680 8.4).
const (
	numericString   = cbasn1.Tag(18)
	visibleString   = cbasn1.Tag(26)
	universalString = cbasn1.Tag(28)
)
