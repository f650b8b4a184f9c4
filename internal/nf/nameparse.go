package nf

import "strings"

const (
	domain3GPP = "3gppnetwork.org"
	domainIPX  = "ipxnetwork.org"
)

// ParseName splits a domain name of the 5G core into its parts. ok is false for a
// name outside the domains of 3GPP networks. A name inside them that has no known
// form has a Problem.
func ParseName(fqdn string) (n Name, ok bool) {
	name := lowerASCII(fqdn)
	if rest, wild := strings.CutPrefix(name, "*."); wild {
		name, n.Wildcard = rest, true
	}
	rest, in := cutDomain(name, domain3GPP)
	if !in {
		if rest, in = cutDomain(name, domainIPX); !in {
			return Name{}, false
		}
		n.Host = "."
	}
	before, after, found := cutLabel(rest, "5gc")
	switch {
	case !found && n.Host != "":
		return Name{}, false // a name of the IPX provider itself
	case !found:
		n.Problem = "the label 5gc is missing"
		return n, true
	}
	if n.network(after); n.Problem == "" {
		n.form(before)
	}
	return n, true
}

// PLMNs returns the codes that the network's domain can mean: two when the
// leading zero of the MNC may be padding.
func (n Network) PLMNs() []PLMN {
	short, padded := strings.CutPrefix(n.PLMN.MNC, "0")
	if !padded || len(n.PLMN.MNC) != 3 {
		return []PLMN{n.PLMN}
	}
	return []PLMN{{n.PLMN.MCC, short}, n.PLMN}
}

// cutDomain returns the part of a name before a domain.
func cutDomain(name, domain string) (before string, ok bool) {
	rest, ok := strings.CutSuffix(name, domain)
	if !ok || rest != "" && !strings.HasSuffix(rest, ".") {
		return "", false
	}
	return strings.TrimSuffix(rest, "."), true
}

// cutLabel splits a name around the last label with this value.
func cutLabel(name, label string) (before, after string, found bool) {
	at := strings.LastIndex("."+name+".", "."+label+".")
	if at < 0 {
		return "", "", false
	}
	before = strings.TrimSuffix(name[:at], ".")
	return before, strings.TrimPrefix(name[at+len(label):], "."), true
}

// network reads the labels between 5gc and the domain.
func (n *Name) network(labels string) {
	rest := labels
	next := func(prefix string) (string, bool) {
		label, after, _ := strings.Cut(rest, ".")
		value, ok := strings.CutPrefix(label, prefix)
		if !ok {
			return "", false
		}
		rest = after
		return value, true
	}
	nid, snpn := next("nid")
	if snpn && CheckNID(nid) != nil {
		n.Problem = "the network ID " + quoted(nid) + " does not have 11 hex digits"
		return
	}
	mnc, hasMNC := next("mnc")
	mcc, hasMCC := next("mcc")
	switch {
	case hasMNC && strings.Contains(mnc, "mcc"):
		n.Problem = "a dot is missing between mnc and mcc"
	case hasMNC && (len(mnc) != 3 || !isDigits(mnc)):
		n.Problem = "the MNC " + quoted(mnc) + " does not have three digits (an MNC of two digits gets a leading zero)"
	case !hasMCC:
		n.Problem = "the label mcc is missing"
	case len(mcc) != 3 || !isDigits(mcc):
		n.Problem = "the MCC " + quoted(mcc) + " does not have three digits"
	}
	if n.Problem != "" {
		return
	}
	n.Network = Network{PLMN: PLMN{MCC: mcc, MNC: mnc}, NID: nid}
	switch {
	case n.Host != "" && hasMNC:
		n.Host = rest
	case n.Host != "":
		n.Host, n.Problem = "", "the label mnc is missing"
	case rest == "", rest == "pub":
	case !hasMNC && (rest == "visited-country" || rest == "visited-country.pub"):
	default:
		n.Problem = quoted(rest) + " follows the network"
	}
	if !hasMNC && n.Problem == "" && n.Host == "" {
		n.Kind = NameN3IWFCountry
	}
}

// form reads the labels before 5gc.
func (n *Name) form(before string) {
	head, last := "", before
	if at := strings.LastIndexByte(before, '.'); at >= 0 {
		head, last = before[:at], before[at+1:]
	}
	switch {
	case n.Kind == NameN3IWFCountry:
		if before != "n3iwf" {
			n.Kind, n.Problem = "", "the label mnc is missing"
			return
		}
		n.Type = "N3IWF"
	case n.Host != "":
		if last != "sepp" || n.Host == "" {
			n.Problem = "the label sepp is missing"
			return
		}
		n.Kind, n.Type, n.Labels = NameHostedSEPP, "SEPP", head
	case before == "":
		n.Kind = NameHomeDomain
	case before == "nrf", before == "nssf":
		n.Kind, n.Type = NameKind(before), upperASCII(before)
	case last == "amfset", last == "amfi", last == "smfset", last == "5gstac", last == "n3iwf":
		n.numbered(head, last)
	default:
		n.common(head, last)
	}
}

// common reads <labels>.<type>.
func (n *Name) common(head, last string) {
	n.Labels, n.Type, n.Kind = head, labelType(last), NameNF
	switch {
	case n.Type == "":
		n.Kind, n.Problem, n.Labels = "", quoted(last)+" is not an NF type", ""
	case n.Type == "AMF" && head != "":
		n.Kind = NameAMF
	case n.Type == "SEPP" && strings.Contains(head, "."):
		n.Kind = NameTelescopic
	case n.Type == "SEPP":
		n.Kind = NameSEPP
	}
}

// numbered reads the forms that contain a set, region, pointer or tracking area.
func (n *Name) numbered(head, last string) {
	rest := head
	next := func(prefix string) string {
		label, after, _ := strings.Cut(rest, ".")
		value, ok := strings.CutPrefix(label, prefix)
		if n.Problem != "" {
			return ""
		}
		if !ok || value == "" {
			n.Problem = "the label " + prefix + " is missing"
			return ""
		}
		rest = after
		return value
	}
	switch last {
	case "amfset":
		n.Kind, n.Type = NameAMFSet, "AMF"
		n.Set, n.Region = next("set"), next("region")
	case "amfi":
		n.Kind, n.Type = NameAMFInstance, "AMF"
		n.Pointer, n.Set, n.Region = next("pt"), next("set"), next("region")
	case "smfset":
		n.Kind, n.Type = NameSMFSet, "SMF"
		n.Set = next("set")
	case "n3iwf":
		n.Type = "N3IWF"
		if n.Kind = NameN3IWF; head == "" {
			return
		}
		area, ok := strings.CutSuffix(head, ".5gstac")
		if !ok {
			n.Kind, n.Labels = NameNF, head
			return
		}
		n.Kind, rest = NameN3IWFTAI, area
		n.area(next)
	case "5gstac":
		n.Kind = NameTAI
		n.area(next)
	}
	if rest != "" && n.Problem == "" {
		n.Problem = "unexpected " + quoted(rest)
	}
	if n.Problem != "" {
		n.Kind, n.Set, n.Region, n.Pointer, n.TAC = "", "", "", "", ""
	}
}

// area reads the octets of a tracking area code, the low octet first.
func (n *Name) area(next func(string) string) {
	low, middle, high := next("tac-lb"), next("tac-mb"), next("tac-hb")
	n.TAC = high + middle + low
	for i := range len(n.TAC) {
		if len(n.TAC) != 6 || !isHex(n.TAC[i]) {
			n.Problem = "the tracking area code " + quoted(n.TAC) + " does not have three octets of two hex digits"
			n.TAC = ""
			return
		}
	}
}

func quoted(s string) string { return `"` + clip(s) + `"` }
