package nf

import "slices"

// Type is one NF type of the common set (TS 29.510 6.1.6.3.3).
type Type struct {
	Name string `json:"name"`
	// Release in which the value stands for the first time; 17 also for those
	// that are older.
	Release int `json:"release"`
}

// Types lists the 67 NF types of Release 19 (TS 29.510 V19.6.0, 6.1.6.3.3) in
// ASCII order, the order in which RFC 9310 section 3 wants them.
func Types() []Type {
	return slices.Clone(types[:])
}

var types = [...]Type{
	{"5G_DDNMF", 17}, {"5G_EIR", 17}, {"AANF", 17}, {"ADM", 19}, {"ADRF", 17},
	{"AF", 17}, {"AIOTF", 19}, {"AMF", 17}, {"AUSF", 17}, {"BSF", 17},
	{"CBCF", 17}, {"CEF", 17}, {"CHF", 17}, {"DCCF", 17}, {"DCSF", 18},
	{"DRA", 17}, {"EASDF", 17}, {"EIF", 19}, {"GBA_BSF", 17}, {"GMLC", 17},
	{"HSS", 17}, {"ICSCF", 17}, {"IMS_AS", 17}, {"IP_SM_GW", 19}, {"LMF", 17},
	{"MBSF", 17}, {"MBSTF", 17}, {"MB_SMF", 17}, {"MB_UPF", 17}, {"MF", 18},
	{"MFAF", 17}, {"MME", 17}, {"MNPF", 17}, {"MRF", 18}, {"MRFP", 18},
	{"N3IWF", 17}, {"NEF", 17}, {"NRF", 17}, {"NSACF", 17}, {"NSSAAF", 17},
	{"NSSF", 17}, {"NSWOF", 17}, {"NWDAF", 17}, {"PANF", 17}, {"PCF", 17},
	{"PCSCF", 17}, {"PKMF", 17}, {"RH", 19}, {"SCEF", 17}, {"SCP", 17},
	{"SCSAS", 17}, {"SCSCF", 17}, {"SEPP", 17}, {"SLPKMF", 18}, {"SMF", 17},
	{"SMSF", 17}, {"SMS_GMSC", 17}, {"SMS_IWMSC", 17}, {"SMS_ROUTER", 19}, {"SOR_AF", 17},
	{"SPAF", 17}, {"TSCTSF", 17}, {"UCMF", 17}, {"UDM", 17}, {"UDR", 17},
	{"UDSF", 17}, {"UPF", 17},
}

// LookupType finds an NF type of the common set by its exact name. An operator
// may define its own beside them (RFC 9310 section 5).
func LookupType(name string) (Type, bool) {
	i := slices.IndexFunc(types[:], func(t Type) bool { return t.Name == name })
	if i < 0 {
		return Type{}, false
	}
	return types[i], true
}
