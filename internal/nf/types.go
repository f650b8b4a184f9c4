package nf

import "slices"

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
