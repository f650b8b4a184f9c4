package csrgen

import (
	"errors"
	"fmt"
	"slices"

	"github.com/nfcert/nfcert/internal/nf"
)

// Request is what a CSR asks for: one NF's certificate of one profile.
type Request struct {
	Function nf.Function
	Profile  nf.Profile // one of package nf's; the zero value is refused
	Omit     []Part     // parts of the profile left out; none: all is asked for
	Extras   Extras     // beside the profile, or in place of it; zero: nothing
}

// Validate checks the function's fields and that those which the profile needs
// and Omit does not leave out are there. Its error is nf.FieldErrors, all
// faults at once, with paths from the function.
func (r Request) Validate() (warnings []string, err error) {
	if r.Profile.Name == "" {
		return nil, errors.New("no certificate profile given")
	}
	f := r.Function
	f.Normalize()
	var errs nf.FieldErrors
	if f.PLMN != nil && !r.Profile.Requests(nf.FieldOrganization) {
		// Without a network in the subject, the names need not be of one.
		errs.Add("plmn", f.PLMN.Validate())
		f.PLMN = nil
	}
	warnings, err = f.Validate()
	errs.Add("", err)
	errs.Add("", f.Require(r.needs()...))
	r.Extras.check(&errs)
	r.checkNames(&errs)
	if r.Profile.NFType != "" && f.Type != "" && f.Type != r.Profile.NFType {
		warnings = append(warnings, fmt.Sprintf("nf type %s with profile %s, which is that of an %s", f.Type, r.Profile.Name, r.Profile.NFType))
	}
	if r.asks(nf.FieldDNS) && len(f.FQDNs) == 0 && slices.Contains(r.Profile.ExtKeyUsages, nf.UsageServerAuth) {
		warnings = append(warnings, "no FQDN: a TLS server's certificate without one fails its clients' host name check (RFC 9110 4.3.4)")
	}
	if len(errs) > 0 {
		return warnings, errs
	}
	return warnings, nil
}

// needs lists what the request asks for and cannot do without.
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

// checkNames checks what the profile has to say of the names: wildcards, and
// FQDNs and a subject that it cannot do without.
func (r *Request) checkNames(errs *nf.FieldErrors) {
	for i, name := range r.Function.FQDNs {
		if nf.IsWildcard(name) && !r.Profile.Wildcard {
			errs.Add(fmt.Sprintf("fqdns[%d]", i), fmt.Errorf("%q is a wildcard, which profile %s has none of; sepp-tls has (TS 33.501 13.1.1.1)", clip(name), r.Profile.Name))
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

// DNSNames lists the dNSNames that the request asks for: those of the function,
// and where the profile wants them the wildcards of the names below each.
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

// asks reports whether the profile's request has the field and Omit leaves it
// in.
func (r *Request) asks(field nf.FieldName) bool {
	return r.Profile.Requests(field) && !slices.Contains(r.Omit, partOf(field))
}

// partOf gives the part that a field belongs to; none for a field that cannot
// be left out.
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
