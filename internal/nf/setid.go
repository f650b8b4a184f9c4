package nf

import "strings"

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
