package lint

import "strings"

// place is what a domain name says about network and function (TS 23.003
// clause 28). The zero value says nothing.
type place struct {
	name     string // in lower case, without a wildcard label
	wildcard bool   // the first label was *
	core     bool   // it has the label 5gc, or ends in 3gppnetwork.org
	function string // the label before 5gc, as in amf, amfset
	mcc, mnc string // digits as they stand; empty: not there
	nid      string // what follows "nid"; empty: not there
	home     string // from 5gc on, as in 5gc.mnc001.mcc001.3gppnetwork.org; empty without 5gc
}

// parsePlace reads a domain name. It never fails: what is missing stays empty.
func parsePlace(name string) place {
	var p place
	p.name = lower(name)
	if rest, ok := strings.CutPrefix(p.name, "*."); ok {
		p.name, p.wildcard = rest, true
	}
	p.name = strings.TrimSuffix(p.name, ".")
	p.core = p.name == "3gppnetwork.org" || strings.HasSuffix(p.name, ".3gppnetwork.org")
	previous, rest := "", p.name
	for rest != "" {
		label, after, _ := strings.Cut(rest, ".")
		switch {
		case label == "5gc" && p.home == "":
			p.core, p.function, p.home = true, previous, rest
		case strings.HasPrefix(label, "mnc") && len(label) > 3 && isDigit(label[3]):
			p.mnc = label[3:]
		case strings.HasPrefix(label, "mcc") && len(label) > 3 && isDigit(label[3]):
			p.mcc = label[3:]
		case strings.HasPrefix(label, "nid") && p.home != "" && p.mnc == "":
			p.nid = label[3:]
		}
		previous, rest = label, after
	}
	return p
}

// plmn gives the network as MCC-MNC, where the name has both.
func (p *place) plmn() string {
	if p.mcc == "" || p.mnc == "" {
		return ""
	}
	return p.mcc + "-" + p.mnc
}

// under reports whether the name is the domain or in it.
func (p *place) under(domain string) bool {
	rest, ok := strings.CutSuffix(p.name, domain)
	return ok && (rest == "" || strings.HasSuffix(rest, "."))
}

// lower lowers A to Z, and gives s itself where there is none.
func lower(s string) string {
	for i := range len(s) {
		if 'A' <= s[i] && s[i] <= 'Z' {
			b := []byte(s)
			for j := i; j < len(b); j++ {
				if 'A' <= b[j] && b[j] <= 'Z' {
					b[j] += 'a' - 'A'
				}
			}
			return string(b)
		}
	}
	return s
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// allDigits reports whether s is n digits.
func allDigits(s string, n int) bool {
	if len(s) != n {
		return false
	}
	for i := range n {
		if !isDigit(s[i]) {
			return false
		}
	}
	return true
}
