package nf

import (
	"fmt"
	"strings"
)

// PLMN is the code of a public land mobile network (TS 29.571 5.4.2). The digits
// are text: 001-01 and 001-001 are different networks.
type PLMN struct {
	MCC string `json:"mcc" yaml:"mcc"` // three digits
	MNC string `json:"mnc" yaml:"mnc"` // two or three digits
}

// ParsePLMN reads MCC-MNC, for example 001-01.
func ParsePLMN(s string) (PLMN, error) {
	mcc, mnc, found := strings.Cut(s, "-")
	if !found {
		return PLMN{}, fmt.Errorf("plmn %q: want MCC-MNC, for example 001-01", clip(s))
	}
	p := PLMN{MCC: mcc, MNC: mnc}
	if err := p.Validate(); err != nil {
		return PLMN{}, fmt.Errorf("plmn %q: %w", clip(s), err)
	}
	return p, nil
}

// String returns MCC-MNC, the text form of a PLMN ID in TS 29.571.
func (p PLMN) String() string { return p.MCC + "-" + p.MNC }

// Validate checks both codes (TS 29.571 5.4.2). Its error is a FieldErrors
// with the fields mcc and mnc.
func (p PLMN) Validate() error {
	var errs FieldErrors
	if !isDigits(p.MCC) || len(p.MCC) != 3 {
		errs.add("mcc", "mcc %q: want 3 digits (TS 29.571 5.4.2)", clip(p.MCC))
	}
	if !isDigits(p.MNC) || len(p.MNC) < 2 || len(p.MNC) > 3 {
		errs.add("mnc", "mnc %q: want 2 or 3 digits (TS 29.571 5.4.2)", clip(p.MNC))
	}
	return errs.err()
}

// Network is a PLMN, or an SNPN when NID is set.
type Network struct {
	PLMN PLMN
	NID  string // 11 hex digits (TS 23.003 12.7); empty for a PLMN
}

// HomeDomain returns the home network domain (TS 23.003 28.2), for example
// 5gc.mnc001.mcc001.3gppnetwork.org. The MNC has three digits there: an MNC of
// two digits gets a leading zero. For an SNPN the NID comes first. Without a PLMN
// the domain is empty.
func (n Network) HomeDomain() string {
	if n.PLMN == (PLMN{}) {
		return ""
	}
	mnc := n.PLMN.MNC
	if len(mnc) == 2 {
		mnc = "0" + mnc
	}
	nid := ""
	if n.NID != "" {
		nid = "nid" + lowerASCII(n.NID) + "."
	}
	return "5gc." + nid + "mnc" + mnc + ".mcc" + n.PLMN.MCC + "." + domain3GPP
}

// CheckNID checks the network identifier of an SNPN (TS 29.571 5.4.2).
func CheckNID(s string) error {
	if len(s) != 11 {
		return fmt.Errorf("nid %q: %d characters, want 11 hex digits (TS 29.571 5.4.2)", clip(s), len(s))
	}
	for i := range len(s) {
		if !isHex(s[i]) {
			return fmt.Errorf("nid %q: %q at character %d, want a hex digit", s, s[i], i+1)
		}
	}
	return nil
}

func isDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}
