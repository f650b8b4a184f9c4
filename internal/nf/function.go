package nf

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Function describes one network function, not how it enrols. Every field may be
// empty; the profile says which ones a certificate needs.
type Function struct {
	Type       string     `json:"type,omitempty" yaml:"type,omitempty"`             // NFType of TS 29.510 6.1.6.3.3, or a type of the operator
	InstanceID InstanceID `json:"instanceId,omitempty" yaml:"instanceId,omitempty"` // TS 29.571 5.3.2
	PLMN       *PLMN      `json:"plmn,omitempty" yaml:"plmn,omitempty,flow"`        // nil: unknown
	NID        string     `json:"nid,omitempty" yaml:"nid,omitempty"`               // makes the network an SNPN; needs a PLMN
	Country    string     `json:"country,omitempty" yaml:"country,omitempty"`       // ISO 3166-1 alpha-2, upper case
	FQDNs      []string   `json:"fqdns,omitempty" yaml:"fqdns,omitempty,flow"`      // in the order of the certificate
	URIs       []string   `json:"uris,omitempty" yaml:"uris,omitempty,flow"`        // without the URN of InstanceID
}

// SampleAMF returns an AMF for practice, in the test network 001-01, with a new
// instance ID.
func SampleAMF() Function {
	return Function{
		Type:       "AMF",
		InstanceID: NewInstanceID(),
		PLMN:       &PLMN{MCC: "001", MNC: "01"},
		Country:    "SE",
		FQDNs:      []string{"amf1.amf.5gc.mnc001.mcc001.3gppnetwork.org"},
	}
}

// HomeDomain returns the home network domain (TS 23.003 28.2); empty without a
// PLMN.
func (f Function) HomeDomain() string {
	if f.PLMN == nil {
		return ""
	}
	return Network{PLMN: *f.PLMN, NID: f.NID}.HomeDomain()
}

// URINames returns the URI names of the function's certificate: first the URN of
// the instance ID, then URIs.
func (f Function) URINames() []string {
	var names []string
	if f.InstanceID != "" {
		names = append(names, f.InstanceID.URN())
	}
	for _, uri := range f.URIs {
		if !slices.Contains(names, uri) {
			names = append(names, uri)
		}
	}
	return names
}

// Normalize converts the fields that are not case-sensitive: instance ID, NID and
// FQDNs to lower case, country to upper case. It replaces the slices with copies,
// so the caller's slices do not change.
func (f *Function) Normalize() {
	f.InstanceID = InstanceID(lowerASCII(string(f.InstanceID)))
	f.NID = lowerASCII(f.NID)
	f.Country = upperASCII(f.Country)
	f.FQDNs = slices.Clone(f.FQDNs)
	for i, name := range f.FQDNs {
		f.FQDNs[i] = NormalizeFQDN(name)
	}
	f.URIs = slices.Clone(f.URIs)
	for i, uri := range f.URIs {
		if IsURN(uri) {
			f.URIs[i] = lowerASCII(uri)
		}
	}
}

// Validate checks the fields that are set and reports all errors at once, as
// FieldErrors. An empty field is not an error. Warnings are about what is allowed
// but is usually a mistake: an NF type outside the common set, a name outside the
// home network domain, the URN of another instance.
func (f *Function) Validate() (warnings []string, err error) {
	var errs FieldErrors
	warnings = f.checkIdentity(&errs)
	warnings = append(warnings, f.checkFQDNs(&errs)...)
	warnings = append(warnings, f.checkURIs(&errs)...)
	return warnings, errs.err()
}

func (f *Function) checkIdentity(errs *FieldErrors) (warnings []string) {
	if f.Type != "" {
		err := CheckType(f.Type)
		errs.Add("type", err)
		if _, known := LookupType(f.Type); err == nil && !known {
			warnings = append(warnings, unknownType(f.Type))
		}
	}
	if f.InstanceID != "" {
		_, err := ParseInstanceID(string(f.InstanceID))
		errs.Add("instanceId", err)
	}
	if f.PLMN != nil {
		errs.Add("plmn", f.PLMN.Validate())
	}
	if f.NID != "" {
		errs.Add("nid", CheckNID(f.NID))
	}
	if f.Country != "" {
		errs.Add("country", checkCountry(f.Country))
	}
	return warnings
}

// unknownType returns the warning about a type outside the common set, and
// suggests a similar type.
func unknownType(name string) string {
	meant := ""
	if t, ok := NearestType(name); ok {
		meant = fmt.Sprintf("; did you mean %s?", t.Name)
	}
	return fmt.Sprintf("nf type %q is not one of TS 29.510 6.1.6.3.3 (Release 19); operators may define their own (RFC 9310 section 5)%s", name, meant)
}

// hasName reports whether a name belongs to the function's network: below its
// home network domain, or of a form for other domains, such as the name of an
// N3IWF in public DNS or of a hosted SEPP. The N3IWF of a country has no MNC.
func (f *Function) hasName(name, home string) bool {
	if name == home || strings.HasSuffix(name, "."+home) {
		return true
	}
	n, ok := ParseName(name)
	if !ok || n.Problem != "" {
		return false
	}
	switch n.Kind {
	case NameN3IWFCountry:
		return n.Network.PLMN.MCC == f.PLMN.MCC
	case NameN3IWF, NameN3IWFTAI, NameHostedSEPP:
		return n.Network.HomeDomain() == home
	}
	return false
}

func (f *Function) checkFQDNs(errs *FieldErrors) (warnings []string) {
	home := f.HomeDomain()
	if f.PLMN != nil && f.PLMN.Validate() != nil {
		home = ""
	}
	seen := map[string]int{}
	for i, name := range f.FQDNs {
		field := fmt.Sprintf("fqdns[%d]", i)
		if err := CheckDNSName(name); err != nil {
			errs.Add(field, err)
			continue
		}
		plain := NormalizeFQDN(name)
		if first, twice := seen[plain]; twice {
			errs.add(field, "fqdn %q: already given as fqdns[%d]", name, first)
			continue
		}
		seen[plain] = i
		if home != "" && !f.hasName(plain, home) {
			warnings = append(warnings, fmt.Sprintf("fqdn %q is outside the home network domain %s (TS 23.003 28.2)", name, home))
		}
	}
	return warnings
}

func (f *Function) checkURIs(errs *FieldErrors) (warnings []string) {
	seen := map[string]int{}
	for i, uri := range f.URIs {
		field := fmt.Sprintf("uris[%d]", i)
		if err := CheckURI(uri); err != nil {
			errs.Add(field, err)
			continue
		}
		if first, twice := seen[uri]; twice {
			errs.add(field, "uri %q: already given as uris[%d]", clip(uri), first)
			continue
		}
		seen[uri] = i
		if IsURN(uri) && f.InstanceID != "" && lowerASCII(uri) != lowerASCII(f.InstanceID.URN()) {
			warnings = append(warnings, fmt.Sprintf("uri %q is for another instance than instanceId %s (TS 33.310 6.1.3c)", uri, f.InstanceID))
		}
	}
	return warnings
}

// checkCountry checks a countryName (RFC 5280 appendix A.1, X.520: two
// PrintableString characters of ISO 3166-1).
func checkCountry(s string) error {
	if len(s) != 2 || !isUpper(s[0]) || !isUpper(s[1]) {
		return fmt.Errorf("country %q: want 2 upper-case letters of ISO 3166-1, for example SE", clip(s))
	}
	return nil
}

func isUpper(c byte) bool { return 'A' <= c && c <= 'Z' }

func upperASCII(s string) string {
	return strings.Map(func(r rune) rune {
		if 'a' <= r && r <= 'z' {
			return r + 'A' - 'a'
		}
		return r
	}, s)
}

// errNIDAlone is the error of a NID without the PLMN that its domain needs.
var errNIDAlone = errors.New("missing: a NID needs a PLMN, because the domain of an SNPN has both (TS 23.003 28.2)")

// Require reports, as FieldErrors, which of the given fields of a profile cannot
// be made because the function does not have the value.
func (f *Function) Require(fields ...FieldName) error {
	var errs FieldErrors
	for _, name := range fields {
		switch {
		case name == FieldCountry && f.Country == "":
			errs.add("country", "missing: the subject needs a country of 2 letters, for example SE (TS 33.310 6.1.3c.3)")
		case name == FieldOrganization && f.PLMN == nil && f.NID != "":
			errs.Add("plmn", errNIDAlone)
		case name == FieldOrganization && f.PLMN == nil:
			errs.add("plmn", "missing: the subject needs the home network domain, which contains the PLMN (TS 33.310 6.1.3c.3)")
		case name == FieldNFTypes && f.Type == "":
			errs.add("type", "missing: the extension nfTypes needs the NF type (TS 33.310 6.1.3c.3)")
		case name == FieldInstanceURI && f.InstanceID == "":
			errs.add("instanceId", "missing: subjectAltName needs urn:uuid: and the instance ID (TS 33.310 6.1.3c)")
		}
	}
	return errs.err()
}
