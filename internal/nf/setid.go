package nf

import (
	"cmp"
	"fmt"
	"strings"
)

// SetID is the ID of a set of NFs (TS 23.003 28.12), for example
// setxyz.amfset.5gc.mnc012.mcc345. It is not an FQDN, because it does not end with
// a domain.
type SetID struct {
	Set     string // letters, digits and hyphens
	Type    string // NF type
	Network Network
}

// String returns the ID, with the NF type in lower case.
func (s SetID) String() string {
	home, _ := strings.CutSuffix(s.Network.HomeDomain(), "."+domain3GPP)
	return "set" + s.Set + "." + lowerASCII(s.Type) + "set." + home
}

// ParseSetID reads the ID of a set.
func ParseSetID(text string) (SetID, error) {
	fail := func(format string, args ...any) (SetID, error) {
		return SetID{}, fmt.Errorf("NF set ID %q: %s (TS 23.003 28.12)", clip(text), fmt.Sprintf(format, args...))
	}
	before, after, found := cutLabel(lowerASCII(text), "5gc")
	if !found {
		return fail("the label 5gc is missing, want set<id>.<type>set.5gc.mnc<MNC>.mcc<MCC>")
	}
	var n Name
	if n.network(after); n.Problem != "" || n.Kind != "" {
		return fail("%s", cmp.Or(n.Problem, "the label mnc is missing"))
	}
	set, kind, _ := strings.Cut(before, ".")
	id, isSet := strings.CutPrefix(set, "set")
	nfType, isType := strings.CutSuffix(kind, "set")
	if !isSet || !isType || checkLabel(id) != nil || nfType == "" {
		return fail("found %q, want set<id>.<type>set", before)
	}
	nfType = upperASCII(nfType)
	if err := CheckType(nfType); err != nil {
		return SetID{}, err
	}
	return SetID{Set: id, Type: nfType, Network: n.Network}, nil
}
