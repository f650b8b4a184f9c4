package csrgen

import (
	"errors"
	"fmt"
	"slices"

	"github.com/nfcert/nfcert/internal/nf"
)

// Request is the content of a CSR: the certificate of one profile for one NF.
type Request struct {
	Function nf.Function
	Profile  nf.Profile // a profile of package nf; the zero value is refused
	Omit     []Part     // parts of the profile to omit; empty: none
	Extras   Extras     // additions and replacements; zero: none
}

// Validate checks the fields of the function, and that all fields are set that the
// profile needs and Omit does not omit. Its error is nf.FieldErrors with all
// errors, with paths from the function.
func (r Request) Validate() (warnings []string, err error) {
	if r.Profile.Name == "" {
		return nil, errors.New("no certificate profile given")
	}
	f := r.Function
	f.Normalize()
	var errs nf.FieldErrors
	if f.PLMN != nil && !r.Profile.Requests(nf.FieldOrganization) {
		// Without a network in the subject, the names may be of any network.
		errs.Add("plmn", f.PLMN.Validate())
		f.PLMN = nil
	}
	warnings, err = f.Validate()
	errs.Add("", err)
	errs.Add("", f.Require(r.needs()...))
	r.Extras.check(&errs)
	r.checkNames(&errs)
	if r.Profile.NFType != "" && f.Type != "" && f.Type != r.Profile.NFType {
		warnings = append(warnings, fmt.Sprintf("nf type %s with profile %s, which is for the NF type %s", f.Type, r.Profile.Name, r.Profile.NFType))
	}
	if r.asks(nf.FieldDNS) && len(f.FQDNs) == 0 && slices.Contains(r.Profile.ExtKeyUsages, nf.UsageServerAuth) {
		warnings = append(warnings, "no FQDN: clients of a TLS server check the host name and refuse a certificate without one (RFC 9110 4.3.4)")
	}
	if len(errs) > 0 {
		return warnings, errs
	}
	return warnings, nil
}

// needs lists the requested fields that are mandatory.
func (r *Request) needs() []nf.FieldName {
	var names []nf.FieldName
	for i := range r.Profile.Fields {
		f := &r.Profile.Fields[i]
		if f.Presence == nf.Mandatory && r.asks(f.Name) && !(partOf(f.Name) == PartSubject && len(r.Extras.Subject) > 0) {
			names = append(names, f.Name)
		}
	}
	return names
}

// checkNames checks the rules of the profile about names: whether wildcards are
// allowed, and whether FQDNs and a subject are mandatory.
func (r *Request) checkNames(errs *nf.FieldErrors) {
	for i, name := range r.Function.FQDNs {
		if nf.IsWildcard(name) && !r.Profile.Wildcard {
			errs.Add(fmt.Sprintf("fqdns[%d]", i), fmt.Errorf("%q is a wildcard, which profile %s does not allow; sepp-tls does (TS 33.501 13.1.1.1)", clip(name), r.Profile.Name))
		}
	}
	if f, ok := r.Profile.Field(nf.FieldDNS); ok && f.Presence == nf.Mandatory && r.asks(nf.FieldDNS) && len(r.Function.FQDNs) == 0 {
		errs.Add("fqdns", fmt.Errorf("missing: profile %s needs %s (%s)", r.Profile.Name, f.Rule, f.Clause))
	}
	f, ok := r.Profile.Field(nf.FieldSubject)
	if own := r.Profile.Requests(nf.FieldOrganization); ok && !own && f.Presence == nf.Mandatory && r.asks(nf.FieldSubject) && len(r.Extras.Subject) == 0 {
		errs.Add("subject", fmt.Errorf("missing: profile %s needs %s", r.Profile.Name, f.Rule))
	}
}

// DNSNames lists the requested dNSNames: those of the function and, if the profile
// wants wildcards, the wildcard below each of them.
func (r *Request) DNSNames() []string {
	if !r.asks(nf.FieldDNS) {
		return nil
	}
	names := slices.Clone(r.Function.FQDNs)
	if !r.Profile.Wildcard || r.Profile.NFType == "" || slices.Contains(r.Omit, PartWildcard) {
		return names
	}
	for _, name := range r.Function.FQDNs {
		if wild := "*." + name; !nf.IsWildcard(name) && !slices.Contains(names, wild) {
			names = append(names, wild)
		}
	}
	return names
}

// asks reports whether the profile requests the field and Omit does not omit it.
func (r *Request) asks(field nf.FieldName) bool {
	return r.Profile.Requests(field) && !slices.Contains(r.Omit, partOf(field))
}

// partOf returns the part that a field belongs to; empty for a field that cannot
// be omitted.
func partOf(field nf.FieldName) Part {
	switch field {
	case nf.FieldSubject, nf.FieldCountry, nf.FieldOrganization:
		return PartSubject
	case nf.FieldDNS:
		return PartDNS
	case nf.FieldURI, nf.FieldInstanceURI:
		return PartURI
	case nf.FieldNFTypes:
		return PartNFTypes
	case nf.FieldExtKeyUsage:
		return PartEKU
	case nf.FieldKeyUsage:
		return PartKeyUsage
	}
	return ""
}
