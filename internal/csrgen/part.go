package csrgen

import (
	"fmt"
	"slices"
	"strings"
)

// Part is a part of the profile that a request can leave out, for a CA that
// refuses it.
type Part string

// The parts that can be left out.
const (
	PartDNS      Part = "dns"       // dNSNames of subjectAltName
	PartURI      Part = "uri"       // URI names of subjectAltName, the instance's among them
	PartNFTypes  Part = "nf-types"  // the extension nfTypes
	PartEKU      Part = "eku"       // the extension extKeyUsage
	PartKeyUsage Part = "key-usage" // the extension keyUsage
	PartSubject  Part = "subject"   // every attribute of the subject
	PartWildcard Part = "wildcard"  // the wildcard beside each dNSName, where the profile wants one
)

// Parts lists the parts that can be left out.
func Parts() []Part {
	return []Part{PartDNS, PartURI, PartNFTypes, PartEKU, PartKeyUsage, PartSubject, PartWildcard}
}

// ParseParts reads names of parts, each of which may hold several with commas
// between. Repetitions are dropped, the order is kept.
func ParseParts(names []string) ([]Part, error) {
	var parts []Part
	for _, list := range names {
		for name := range strings.SplitSeq(list, ",") {
			p := Part(strings.ToLower(strings.TrimSpace(name)))
			if !slices.Contains(Parts(), p) {
				return nil, fmt.Errorf("part %q: want one of %s", clip(name), partNames())
			}
			if !slices.Contains(parts, p) {
				parts = append(parts, p)
			}
		}
	}
	return parts, nil
}

func partNames() string {
	names := make([]string, 0, len(Parts()))
	for _, p := range Parts() {
		names = append(names, string(p))
	}
	return strings.Join(names, ", ")
}
