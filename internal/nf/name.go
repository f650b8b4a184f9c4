package nf

import (
	"strconv"
	"strings"
)

// NameKind is a form of domain name of the 5G core (TS 23.003 clause 28).
type NameKind string

// The forms of names.
const (
	NameHomeDomain   NameKind = "home-domain"
	NameNRF          NameKind = "nrf"
	NameNSSF         NameKind = "nssf"
	NameAMF          NameKind = "amf"
	NameTAI          NameKind = "tai"
	NameAMFSet       NameKind = "amf-set"
	NameAMFInstance  NameKind = "amf-instance"
	NameSMFSet       NameKind = "smf-set"
	NameN3IWF        NameKind = "n3iwf"
	NameN3IWFTAI     NameKind = "n3iwf-tai"
	NameN3IWFCountry NameKind = "n3iwf-country"
	NameSEPP         NameKind = "sepp"
	NameTelescopic   NameKind = "sepp-telescopic"
	NameHostedSEPP   NameKind = "sepp-hosted"
	NameNF           NameKind = "nf" // the general form, for any other NF
)

// Name is a domain name of the 5G core, split into its parts. Its kind decides
// which fields have a value; the others are empty.
type Name struct {
	Kind     NameKind `json:"kind,omitempty"` // empty: in a 3GPP domain, but of no known form
	Network  Network  `json:"network"`        // the MNC has three digits, as in the name; only the MCC for a country
	Type     string   `json:"type,omitempty"` // NF type
	Labels   string   `json:"labels,omitempty"`
	Wildcard bool     `json:"wildcard,omitempty"`
	Set      string   `json:"set,omitempty"`     // of an AMF or SMF
	Region   string   `json:"region,omitempty"`  // of an AMF
	Pointer  string   `json:"pointer,omitempty"` // of an AMF
	TAC      string   `json:"tac,omitempty"`     // six hex digits
	Host     string   `json:"host,omitempty"`    // domain of the IPX provider that hosts a SEPP
	// Problem says why a name in a 3GPP domain has no known form.
	Problem string `json:"problem,omitempty"`
}

// NameForm describes one form, for people.
type NameForm struct {
	Kind       NameKind
	Title      string
	Shape      string // with <parts>
	Example    string
	Clause     string
	Confidence Confidence
}

// NameForms lists the forms in the order of their clauses.
func NameForms() []NameForm {
	return []NameForm{
		{NameHomeDomain, "home network domain", "5gc.[nid<NID>.]mnc<MNC>.mcc<MCC>.3gppnetwork.org", "5gc.mnc001.mcc001.3gppnetwork.org", "TS 23.003 28.2", Read},
		{NameN3IWF, "N3IWF of an operator", "n3iwf.5gc.mnc<MNC>.mcc<MCC>[.pub].3gppnetwork.org", "n3iwf.5gc.mnc001.mcc001.pub.3gppnetwork.org", "TS 23.003 28.3.2.2.2", Secondary},
		{NameN3IWFTAI, "N3IWF of a tracking area", "tac-lb<LB>.tac-mb<MB>.tac-hb<HB>.5gstac.n3iwf.5gc.mnc<MNC>.mcc<MCC>[.pub].3gppnetwork.org", "tac-lb0a.tac-mb0b.tac-hb0c.5gstac.n3iwf.5gc.mnc001.mcc001.pub.3gppnetwork.org", "TS 23.003 28.3.2.2.3", Secondary},
		{NameN3IWFCountry, "N3IWFs of a visited country", "n3iwf.5gc.mcc<MCC>[.visited-country][.pub].3gppnetwork.org", "n3iwf.5gc.mcc001.visited-country.pub.3gppnetwork.org", "TS 23.003 28.3.2.2.4", Unverified},
		{NameNRF, "NRF", "nrf.<home network domain>", "nrf.5gc.mnc001.mcc001.3gppnetwork.org", "TS 23.003 28.3.2.3.2", Read},
		{NameNSSF, "NSSF", "nssf.<home network domain>", "nssf.5gc.mnc001.mcc001.3gppnetwork.org", "TS 23.003 28.3.2.4.2", Secondary},
		{NameAMF, "AMF", "<AMF id>.amf.<home network domain>", "amf1.cluster1.amf.5gc.mnc001.mcc001.3gppnetwork.org", "TS 23.003 28.3.2.5", Read},
		{NameTAI, "tracking area", "tac-lb<LB>.tac-mb<MB>.tac-hb<HB>.5gstac.<home network domain>", "tac-lb0a.tac-mb0b.tac-hb0c.5gstac.5gc.mnc001.mcc001.3gppnetwork.org", "TS 23.003 28.3.2.6", Unverified},
		{NameAMFSet, "AMF set", "set<set>.region<region>.amfset.<home network domain>", "set001.region48.amfset.5gc.mnc001.mcc001.3gppnetwork.org", "TS 23.003 28.3.2.7", Unverified},
		{NameAMFInstance, "AMF instance", "pt<pointer>.set<set>.region<region>.amfi.<home network domain>", "pt12.set001.region48.amfi.5gc.mnc001.mcc001.3gppnetwork.org", "TS 23.003 28.3.2.8", Unverified},
		{NameSMFSet, "SMF set", "set<set>.smfset.<home network domain>", "set12.smfset.5gc.mnc001.mcc001.3gppnetwork.org", "TS 23.003 28.3.2.9", Unverified},
		{NameSEPP, "SEPP", "[*.][<id>.]sepp.<home network domain>", "sepp1.sepp.5gc.mnc001.mcc001.3gppnetwork.org", "TS 33.501 13.1.2", Secondary},
		{NameTelescopic, "telescopic FQDN", "<label>.<FQDN of the SEPP>", "x7.sepp1.sepp.5gc.mnc001.mcc001.3gppnetwork.org", "TS 23.003 28.5.2", Secondary},
		{NameHostedSEPP, "SEPP hosted by an IPX provider", "<id>.sepp.5gc.mnc<MNC>.mcc<MCC>.<provider>.ipxnetwork.org", "sepp1.sepp.5gc.mnc001.mcc001.provider.ipxnetwork.org", "TS 33.517", Secondary},
		{NameNF, "any other NF", "[<id>.]<type>.<home network domain>", "smf1.smf.5gc.mnc001.mcc001.3gppnetwork.org", "TS 23.003 28.2", Unverified},
	}
}

// Form returns the form of the name's kind; the zero value for a name of no known
// form.
func (n Name) Form() NameForm {
	for _, f := range NameForms() {
		if f.Kind == n.Kind {
			return f
		}
	}
	return NameForm{}
}

// String builds the name. It is empty for a name of no known form.
func (n Name) String() string {
	name := n.build()
	if n.Wildcard && name != "" {
		return "*." + name
	}
	return name
}

func (n Name) build() string {
	home := n.Network.HomeDomain()
	network := strings.TrimSuffix(home, domain3GPP)
	public := network + "pub." + domain3GPP
	tac := ""
	if len(n.TAC) == 6 { // high, middle and low octet
		tac = "tac-lb" + n.TAC[4:] + ".tac-mb" + n.TAC[2:4] + ".tac-hb" + n.TAC[:2] + ".5gstac."
	}
	switch n.Kind {
	case NameHomeDomain:
		return home
	case NameNRF, NameNSSF:
		return string(n.Kind) + "." + home
	case NameN3IWF:
		return "n3iwf." + public
	case NameN3IWFTAI:
		return tac + "n3iwf." + public
	case NameN3IWFCountry:
		return "n3iwf.5gc.mcc" + n.Network.PLMN.MCC + ".visited-country.pub." + domain3GPP
	case NameTAI:
		return tac + home
	case NameAMFSet:
		return "set" + n.Set + ".region" + n.Region + ".amfset." + home
	case NameAMFInstance:
		return "pt" + n.Pointer + ".set" + n.Set + ".region" + n.Region + ".amfi." + home
	case NameSMFSet:
		return "set" + n.Set + ".smfset." + home
	case NameHostedSEPP:
		return dotted(n.Labels) + "sepp." + network + n.Host + "." + domainIPX
	case NameAMF, NameSEPP, NameTelescopic, NameNF:
		return dotted(n.Labels) + typeLabel(n.Type) + "." + home
	}
	return ""
}

func dotted(labels string) string {
	if labels == "" {
		return ""
	}
	return labels + "."
}

// typeLabel returns the label of an NF type: lower case, with a hyphen for each
// underscore, which host names must not have. The hyphen is our choice.
func typeLabel(name string) string { return strings.ReplaceAll(lowerASCII(name), "_", "-") }

// labelType returns the NF type of a label; empty when no type has this label.
func labelType(label string) string {
	for _, t := range types {
		if label == typeLabel(t.Name) {
			return t.Name
		}
	}
	return ""
}

// ProposeNames returns the names that the function of this type with this number
// probably has in its network, the most probable first. Without type or network it
// returns none.
func (f Function) ProposeNames(number int) []Name {
	if f.Type == "" || f.PLMN == nil || checkLabel(typeLabel(f.Type)) != nil {
		return nil
	}
	n := Name{Kind: NameNF, Network: Network{PLMN: *f.PLMN, NID: f.NID}, Type: f.Type}
	first := n
	first.Labels = typeLabel(f.Type) + strconv.Itoa(number)
	switch f.Type {
	case "NRF", "NSSF":
		n.Kind = NameKind(typeLabel(f.Type))
		return []Name{n, first}
	case "N3IWF":
		n.Kind = NameN3IWF
		return []Name{n, first}
	case "AMF":
		first.Kind = NameAMF
		return []Name{first}
	case "SEPP":
		first.Kind, n.Kind = NameSEPP, NameSEPP
	}
	return []Name{first, n}
}
