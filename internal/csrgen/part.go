package csrgen

import (
	"fmt"
	"slices"
	"strings"
)

// Part is a part of the profile that a request can omit, for a CA that refuses
// it.
type Part string

// The parts that can be omitted.
const (
	PartDNS      Part = "dns"
	PartURI      Part = "uri"
	PartNFTypes  Part = "nf-types"
	PartEKU      Part = "eku"
	PartKeyUsage Part = "key-usage"
	PartSubject  Part = "subject"
	PartWildcard Part = "wildcard"
)

// Parts lists the parts that can be omitted.
func Parts() []Part {
	return []Part{PartDNS, PartURI, PartNFTypes, PartEKU, PartKeyUsage, PartSubject, PartWildcard}
}

// Title describes the part in a few words, for shell completion.
func (p Part) Title() string {
	switch p {
	case PartDNS:
		return "dNSNames of subjectAltName"
	case PartURI:
		return "URI names of subjectAltName, with the NF instance ID"
	case PartNFTypes:
		return "extension nfTypes"
	case PartEKU:
		return "extension extKeyUsage"
	case PartKeyUsage:
		return "extension keyUsage"
	case PartSubject:
		return "all attributes of the subject"
	case PartWildcard:
		return "wildcards below the dNSNames"
	}
	return ""
}

// ParseParts reads names of parts. Each string may hold several, separated by
// commas. It drops repetitions and keeps the order.
func ParseParts(names []string) ([]Part, error) {
	var parts []Part
	for _, list := range names {
		for name := range strings.SplitSeq(list, ",") {
			p := Part(strings.ToLower(strings.TrimSpace(name)))
			if !slices.Contains(Parts(), p) {
				return nil, fmt.Errorf("part %q: want one of %s", clip(name), joinNames(Parts()))
			}
			if !slices.Contains(parts, p) {
				parts = append(parts, p)
			}
		}
	}
	return parts, nil
}
