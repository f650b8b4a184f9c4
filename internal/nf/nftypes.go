package nf

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// MarshalNFTypes gives the DER of the extension's value (RFC 9310 section 3):
//
//	NFTypes ::= SEQUENCE SIZE (1..MAX) OF NFType
//	NFType  ::= IA5String (SIZE (1..32))
//
// It sorts ascending by ASCII value, as the section demands, and refuses a
// type that is malformed or stands twice. encoding/asn1 would choose
// PrintableString and UTF8String, both wrong here.
func MarshalNFTypes(types []string) ([]byte, error) {
	if len(types) == 0 {
		return nil, errors.New("no nf type, want at least one (RFC 9310 section 3)")
	}
	sorted := slices.Clone(types)
	slices.Sort(sorted)
	var b cryptobyte.Builder
	var bad error
	b.AddASN1(cbasn1.SEQUENCE, func(seq *cryptobyte.Builder) {
		for i, name := range sorted {
			if err := CheckType(name); err != nil && bad == nil {
				bad = err
			}
			if i > 0 && name == sorted[i-1] && bad == nil {
				bad = fmt.Errorf("nf type %q stands twice (RFC 9310 section 3)", name)
			}
			seq.AddASN1(cbasn1.IA5String, func(s *cryptobyte.Builder) { s.AddBytes([]byte(name)) })
		}
	})
	if bad != nil {
		return nil, bad
	}
	return b.Bytes()
}

// NFTypeFault is a breach of RFC 9310 section 3 in an NFTypes extension.
type NFTypeFault string

// Faults of an NFTypes value.
const (
	NFTypesMalformed NFTypeFault = "malformed" // not a SEQUENCE of strings, or bytes after it
	NFTypesEmpty     NFTypeFault = "empty"
	NFTypesString    NFTypeFault = "string-type" // another string than IA5String
	NFTypesValue     NFTypeFault = "value"       // length or characters
	NFTypesRepeated  NFTypeFault = "repeated"
	NFTypesUnsorted  NFTypeFault = "unsorted"
)

// NFTypesProblem is one breach, and what was found.
type NFTypesProblem struct {
	Fault  NFTypeFault `json:"fault"`
	Detail string      `json:"detail"`
}

func (p NFTypesProblem) Error() string { return p.Detail }

// maxNFTypes bounds how many types are read from one extension: the common set
// has 67.
const maxNFTypes = 1000

// ParseNFTypes reads the extension's value. It returns what stands there even
// where that breaks RFC 9310 section 3, and every breach beside it: a linter
// needs both.
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
			problems = append(problems, NFTypesProblem{NFTypesRepeated, fmt.Sprintf("nf type %q stands more than once", clip(name))})
		}
		seen[name] = true
	}
	if !slices.IsSorted(types) {
		sorted := slices.Clone(types)
		slices.Sort(sorted)
		problems = append(problems, NFTypesProblem{NFTypesUnsorted,
			fmt.Sprintf("order %s, want %s", clip(strings.Join(types, " ")), clip(strings.Join(sorted, " ")))})
	}
	return problems
}

// StringTypeName names the ASN.1 type of a tag where it is a string, as in
// PrintableString; another tag by its number.
func StringTypeName(tag cbasn1.Tag) string {
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
	case bmpString:
		return "BMPString"
	}
	return fmt.Sprintf("ASN.1 tag 0x%02x", uint8(tag))
}

// Universal tags that cryptobyte does not name (X.680 8.4).
const (
	numericString   = cbasn1.Tag(18)
	visibleString   = cbasn1.Tag(26)
	universalString = cbasn1.Tag(28)
	bmpString       = cbasn1.Tag(30)
)
