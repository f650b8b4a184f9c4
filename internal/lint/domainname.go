package lint

import (
	"slices"
	"strings"

	"github.com/nfcert/nfcert/internal/nf"
)

// domainName is what a name says about network and function (TS 23.003 clause
// 28). In the zero value nothing is known.
type domainName struct {
	name     string // in lower case, without a wildcard label
	wildcard bool   // the first label was *
	core     bool   // it has the label 5gc, or ends in 3gppnetwork.org
	function string // the label before 5gc, as in amf, amfset
	mcc, mnc string // their digits; empty: not present
	nid      string // the text after "nid"; empty: not present
	home     string // from 5gc to the end, as in 5gc.mnc001.mcc001.3gppnetwork.org; empty without 5gc
}

// parseDomainName reads a domain name. It never fails: what is missing stays
// empty.
func parseDomainName(name string) domainName {
	var d domainName
	d.name = nf.NormalizeFQDN(name)
	if rest, ok := strings.CutPrefix(d.name, "*."); ok {
		d.name, d.wildcard = rest, true
	}
	d.name = strings.TrimSuffix(d.name, ".")
	d.core = d.under("3gppnetwork.org")
	previous, rest := "", d.name
	for rest != "" {
		label, after, _ := strings.Cut(rest, ".")
		switch {
		case label == "5gc" && d.home == "":
			d.core, d.function, d.home = true, previous, rest
		case startsWithDigit(label, "mnc"):
			d.mnc = label[3:]
		case startsWithDigit(label, "mcc"):
			d.mcc = label[3:]
		case strings.HasPrefix(label, "nid") && d.home != "" && d.mnc == "":
			d.nid = label[3:]
		}
		previous, rest = label, after
	}
	return d
}

// startsWithDigit reports whether a digit follows the prefix.
func startsWithDigit(label, prefix string) bool {
	rest, ok := strings.CutPrefix(label, prefix)
	return ok && rest != "" && '0' <= rest[0] && rest[0] <= '9'
}

// plmn gives the network as MCC-MNC; empty unless the name has both.
func (d *domainName) plmn() string {
	if d.mcc == "" || d.mnc == "" {
		return ""
	}
	return d.mcc + "-" + d.mnc
}

// wellFormed reports whether the name has both codes and they are digits.
func (d *domainName) wellFormed() bool {
	return d.mnc != "" && d.mcc != "" && strings.Trim(d.mnc+d.mcc, "0123456789") == ""
}

// network gives MCC-MNC with three digits of MNC as in a domain, and the NID of
// an SNPN.
func (d *domainName) network() string {
	mnc := d.mnc
	if len(mnc) == 2 {
		mnc = "0" + mnc
	}
	if d.nid != "" {
		return d.mcc + "-" + mnc + "-" + d.nid
	}
	return d.mcc + "-" + mnc
}

// sameNetwork reports whether both names have the same PLMN and NID.
func (d *domainName) sameNetwork(other *domainName) bool {
	return d.home != "" && d.plmn() == other.plmn() && d.nid == other.nid
}

// under reports whether the name is the domain or in it.
func (d *domainName) under(domain string) bool {
	rest, ok := strings.CutSuffix(d.name, domain)
	return ok && (rest == "" || strings.HasSuffix(rest, "."))
}

// startsWith reports whether the first labels are these words with an id after
// each, and the function's label follows.
func (d *domainName) startsWith(words []string) bool {
	rest := d.name
	for _, word := range words {
		var label string
		label, rest, _ = strings.Cut(rest, ".")
		if !strings.HasPrefix(label, word) || len(label) == len(word) {
			return false
		}
	}
	label, _, _ := strings.Cut(rest, ".")
	return label == d.function
}

// maxNetworks limits the number of networks that are counted in one
// certificate.
const maxNetworks = 50

// networksOf lists the networks of the names, each once.
func networksOf(names []domainName) []string {
	var list []string
	for i := range names {
		if d := &names[i]; d.wellFormed() && len(list) < maxNetworks && !slices.Contains(list, d.network()) {
			list = append(list, d.network())
		}
	}
	return list
}
