package nf

import (
	"slices"
	"strings"
)

// Type is one NF type of the common set (TS 29.510 6.1.6.3.3).
type Type struct {
	Name string `json:"name"`
	// Title is the full name, for people and shell completion. It comes from
	// memory: it is not in 6.1.6.3.3 and must not be cited.
	Title string `json:"title,omitempty"`
	// Release is the first release with this type; 17 also for older ones.
	Release int `json:"release"`
}

// Types lists the 67 NF types of Release 19 (TS 29.510 V19.6.0, 6.1.6.3.3) in
// ASCII order, which RFC 9310 section 3 requires.
func Types() []Type {
	return slices.Clone(types[:])
}

var types = [...]Type{
	{"5G_DDNMF", "5G Direct Discovery Name Management Function", 17},
	{"5G_EIR", "5G Equipment Identity Register", 17},
	{"AANF", "AKMA Anchor Function", 17},
	{"ADM", "Ambient IoT Data Management", 19},
	{"ADRF", "Analytics Data Repository Function", 17},
	{"AF", "Application Function", 17},
	{"AIOTF", "Ambient IoT Function", 19},
	{"AMF", "Access and Mobility Management Function", 17},
	{"AUSF", "Authentication Server Function", 17},
	{"BSF", "Binding Support Function", 17},
	{"CBCF", "Cell Broadcast Centre Function", 17},
	{"CEF", "Charging Enablement Function", 17},
	{"CHF", "Charging Function", 17},
	{"DCCF", "Data Collection Coordination Function", 17},
	{"DCSF", "Data Channel Signalling Function", 18},
	{"DRA", "Diameter Routing Agent", 17},
	{"EASDF", "Edge Application Server Discovery Function", 17},
	{"EIF", "Energy Information Function", 19},
	{"GBA_BSF", "GBA Bootstrapping Server Function", 17},
	{"GMLC", "Gateway Mobile Location Centre", 17},
	{"HSS", "Home Subscriber Server", 17},
	{"ICSCF", "Interrogating Call Session Control Function", 17},
	{"IMS_AS", "IMS Application Server", 17},
	{"IP_SM_GW", "IP Short Message Gateway", 19},
	{"LMF", "Location Management Function", 17},
	{"MBSF", "Multicast/Broadcast Service Function", 17},
	{"MBSTF", "Multicast/Broadcast Service Transport Function", 17},
	{"MB_SMF", "Multicast/Broadcast Session Management Function", 17},
	{"MB_UPF", "Multicast/Broadcast User Plane Function", 17},
	{"MF", "Media Function", 18},
	{"MFAF", "Messaging Framework Adaptor Function", 17},
	{"MME", "Mobility Management Entity", 17},
	{"MNPF", "Mobile Number Portability Function", 17},
	{"MRF", "Multimedia Resource Function", 18},
	{"MRFP", "Multimedia Resource Function Processor", 18},
	{"N3IWF", "Non-3GPP Interworking Function", 17},
	{"NEF", "Network Exposure Function", 17},
	{"NRF", "Network Repository Function", 17},
	{"NSACF", "Network Slice Admission Control Function", 17},
	{"NSSAAF", "Network Slice-specific and SNPN Authentication and Authorization Function", 17},
	{"NSSF", "Network Slice Selection Function", 17},
	{"NSWOF", "Non-Seamless WLAN Offload Function", 17},
	{"NWDAF", "Network Data Analytics Function", 17},
	{"PANF", "5G ProSe Anchor Function", 17},
	{"PCF", "Policy Control Function", 17},
	{"PCSCF", "Proxy Call Session Control Function", 17},
	{"PKMF", "5G ProSe Key Management Function", 17},
	{"RH", "Roaming Hub", 19},
	{"SCEF", "Service Capability Exposure Function", 17},
	{"SCP", "Service Communication Proxy", 17},
	{"SCSAS", "Services Capability Server/Application Server", 17},
	{"SCSCF", "Serving Call Session Control Function", 17},
	{"SEPP", "Security Edge Protection Proxy", 17},
	{"SLPKMF", "Sidelink Positioning Key Management Function", 18},
	{"SMF", "Session Management Function", 17},
	{"SMSF", "Short Message Service Function", 17},
	{"SMS_GMSC", "Gateway MSC for SMS", 17},
	{"SMS_IWMSC", "Interworking MSC for SMS", 17},
	{"SMS_ROUTER", "SMS Router", 19},
	{"SOR_AF", "Steering of Roaming Application Function", 17},
	{"SPAF", "Secured Packet Application Function", 17},
	{"TSCTSF", "Time Sensitive Communication and Time Synchronization Function", 17},
	{"UCMF", "UE radio Capability Management Function", 17},
	{"UDM", "Unified Data Management", 17},
	{"UDR", "Unified Data Repository", 17},
	{"UDSF", "Unstructured Data Storage Function", 17},
	{"UPF", "User Plane Function", 17},
}

// LookupType finds an NF type of the common set by its exact name. Operators may
// define other types (RFC 9310 section 5).
func LookupType(name string) (Type, bool) {
	i := slices.IndexFunc(types[:], func(t Type) bool { return t.Name == name })
	if i < 0 {
		return Type{}, false
	}
	return types[i], true
}

// NearestType finds the type of the common set that a misspelt name most likely
// means. A name without regard to case and separators comes before two swapped
// letters, and that before one letter that is wrong, missing or too many. It finds
// none when several types are equally near.
func NearestType(name string) (Type, bool) {
	plain := func(s string) string {
		return strings.NewReplacer("_", "", "-", "", " ", "").Replace(upperASCII(s))
	}
	name = plain(name)
	for _, near := range []func(a, b string) bool{func(a, b string) bool { return a == b }, swapped, oneOff} {
		var found []Type
		for _, t := range types {
			if near(name, plain(t.Name)) {
				found = append(found, t)
			}
		}
		switch len(found) {
		case 0:
		case 1:
			return found[0], true
		default:
			return Type{}, false
		}
	}
	return Type{}, false
}

// swapped reports whether a and b differ by two neighbouring letters in the other
// order.
func swapped(a, b string) bool {
	i := commonPrefix(a, b)
	return len(a) == len(b) && i+1 < len(a) && a[i] == b[i+1] && a[i+1] == b[i] && a[i+2:] == b[i+2:]
}

// oneOff reports whether a and b differ by one letter.
func oneOff(a, b string) bool {
	if len(a) > len(b) {
		a, b = b, a
	}
	i := commonPrefix(a, b)
	switch len(b) - len(a) {
	case 0:
		return i < len(a) && a[i+1:] == b[i+1:]
	case 1:
		return a[i:] == b[i+1:]
	}
	return false
}

// commonPrefix returns how many bytes a and b begin with in common.
func commonPrefix(a, b string) int {
	i := 0
	for i < min(len(a), len(b)) && a[i] == b[i] {
		i++
	}
	return i
}
