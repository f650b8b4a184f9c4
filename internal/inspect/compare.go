package inspect

import (
	"bytes"
	"cmp"
	"slices"
	"strings"

	"github.com/nfcert/nfcert/internal/nf"
)

// Severity is how much a difference matters.
type Severity string

// The severities. A "shall" of the clause gives an error, a "should" a warning.
// A clause whose wording is not known gives a warning at most.
const (
	Error   Severity = "error"
	Warning Severity = "warning"
	Info    Severity = "info"
)

// Difference is one difference between the request and the certificate. Without
// Issued the CA dropped something, without Requested it added something.
type Difference struct {
	Field     string   `json:"field"` // as in subjectAltName.uri
	Requested string   `json:"requested,omitempty"`
	Issued    string   `json:"issued,omitempty"`
	Severity  Severity `json:"severity"`
	Clause    string   `json:"clause,omitempty"`
}

// Compare lists everything that was requested and then dropped or changed, and
// everything that was added. Levels and clauses come from the profile. The order
// is always the same: key, subject, names, usages, NF types, other extensions.
// Extensions that every CA adds, such as key identifiers and revocation
// pointers, do not count as differences. The list is empty when the certificate
// is what was requested. The contents must not be nil.
func Compare(profile nf.Profile, requested, issued *Contents) []Difference {
	c := comparison{profile: profile, requested: requested, issued: issued}
	c.publicKey()
	c.subject()
	c.names()
	c.usages()
	c.nfTypes()
	c.extensions()
	return c.found
}

// comparison collects the differences of one pair.
type comparison struct {
	profile           nf.Profile
	requested, issued *Contents
	found             []Difference
}

// report adds a difference in a field of the profile: the field's row gives
// clause and severity. An addition is a warning at most, because the clause only
// requires presence.
func (c *comparison) report(rule nf.FieldName, field, requested, issued string) {
	d := Difference{Field: field, Requested: requested, Issued: issued, Severity: Warning}
	if row, ok := c.profile.Field(rule); ok {
		d.Clause = row.Clause
		d.Severity = severityOf(row)
	}
	switch {
	case requested == "" && d.Severity == Error:
		d.Severity = Warning
	case issued == "" && (rule == nf.FieldDNS || rule == nf.FieldIP):
		// It is an identifier of the order, whatever the profile says about it.
		d.Severity, d.Clause = Error, "RFC 8555 7.4"
	}
	c.found = append(c.found, d)
}

// severityOf converts the level of a clause into the severity of breaking it.
func severityOf(row nf.Field) Severity {
	switch {
	case row.Level == nf.Advice:
		return Info
	case row.Level == nf.Shall && row.Confidence.Binds():
		return Error
	}
	return Warning
}

func (c *comparison) publicKey() {
	want, got := c.requested.PublicKey, c.issued.PublicKey
	if want.SHA256 == got.SHA256 {
		return
	}
	// Always an error: the NF cannot use a certificate for another key.
	c.found = append(c.found, Difference{
		Field:     string(nf.FieldPublicKey),
		Requested: want.Type + " sha256:" + want.SHA256,
		Issued:    got.Type + " sha256:" + got.SHA256,
		Severity:  Error,
		Clause:    "RFC 8555 7.4",
	})
}

// subject compares the subject as a whole. String types do not matter
// (RFC 5280 7.1). Additions are only informational, because the profile does not
// forbid them.
func (c *comparison) subject() {
	same := func(a, b Attribute) bool { return a.OID == b.OID && a.Value == b.Value && a.Joined == b.Joined }
	if slices.EqualFunc(c.requested.Subject, c.issued.Subject, same) {
		return
	}
	c.report(nf.FieldSubject, string(nf.FieldSubject), c.requested.SubjectString(), c.issued.SubjectString())
	if containsAttributes(c.issued.Subject, c.requested.Subject) {
		c.found[len(c.found)-1].Severity = Info
	}
}

// containsAttributes reports whether all has the attributes of part in the same
// order, with or without others between them.
func containsAttributes(all, part []Attribute) bool {
	for _, a := range all {
		if len(part) > 0 && a.OID == part[0].OID && a.Value == part[0].Value {
			part = part[1:]
		}
	}
	return len(part) == 0
}

func (c *comparison) names() {
	c.critical(nf.FieldSubjectAltName, nf.OIDSubjectAltName)
	none := &SubjectAltName{}
	want, got := cmp.Or(c.requested.SubjectAltName, none), cmp.Or(c.issued.SubjectAltName, none)
	c.set(nf.FieldDNS, want.DNSNames, got.DNSNames, nf.NormalizeFQDN)
	c.set(nf.FieldURI, want.URIs, got.URIs, normalizeURI)
	c.set(nf.FieldIP, want.IPs, got.IPs, unchanged)
	c.set(nf.FieldEmail, want.Emails, got.Emails, unchanged)
	c.set(nf.FieldOtherName, want.Others, got.Others, unchanged)
}

// normalizeURI returns the form in which URI names are compared: instance IDs in
// lower case (TS 33.310 Annex J), others unchanged.
func normalizeURI(uri string) string {
	if nf.IsURN(uri) {
		return strings.ToLower(uri)
	}
	return uri
}

func (c *comparison) usages() {
	c.critical(nf.FieldKeyUsage, nf.OIDKeyUsage)
	none := &KeyUsage{}
	want, got := cmp.Or(c.requested.KeyUsage, none), cmp.Or(c.issued.KeyUsage, none)
	c.set(nf.FieldKeyUsage, want.Usages, got.Usages, unchanged)
	c.critical(nf.FieldExtKeyUsage, nf.OIDExtKeyUsage)
	c.set(nf.FieldExtKeyUsage, c.requested.ExtKeyUsage.names(), c.issued.ExtKeyUsage.names(), unchanged)
}

func (e *ExtKeyUsage) names() (names []string) {
	if e == nil {
		return nil
	}
	for _, u := range e.Usages {
		names = append(names, u.Name)
	}
	return names
}

func (c *comparison) nfTypes() {
	c.critical(nf.FieldNFTypes, nf.OIDNFTypes)
	none := &NFTypes{}
	want, got := cmp.Or(c.requested.NFTypes, none), cmp.Or(c.issued.NFTypes, none)
	before := len(c.found)
	c.set(nf.FieldNFTypes, want.Types, got.Types, unchanged)
	inCSR, inCertificate, both := c.extension(nf.OIDNFTypes)
	if len(c.found) == before && both && !bytes.Equal(inCSR.Value, inCertificate.Value) {
		// The same types in other bytes: the order or the string type differs.
		c.report(nf.FieldNFTypes, string(nf.FieldNFTypes), "the types in the encoding of RFC 9310", "the same types in another encoding")
	}
}

// extension finds an extension that the request and the certificate have.
func (c *comparison) extension(oid nf.OID) (requested, issued Extension, both bool) {
	requested, asked := c.requested.Extension(oid)
	issued, there := c.issued.Extension(oid)
	return requested, issued, asked && there
}

// critical compares the criticality of an extension that both have.
func (c *comparison) critical(rule nf.FieldName, oid nf.OID) {
	if want, got, both := c.extension(oid); both && want.Critical != got.Critical {
		c.report(rule, string(rule)+".critical", criticality(want.Critical), criticality(got.Critical))
	}
}

func criticality(critical bool) string {
	if critical {
		return string(nf.Critical)
	}
	return string(nf.NonCritical)
}

// set compares two lists and ignores their order. The URI of the instance has a
// rule other than that of its field.
func (c *comparison) set(field nf.FieldName, want, got []string, normalize func(string) string) {
	rule := func(value string) nf.FieldName {
		if field == nf.FieldURI && nf.IsURN(value) {
			return nf.FieldInstanceURI
		}
		return field
	}
	dropped, added := difference(want, got, normalize)
	for _, s := range dropped {
		c.report(rule(s), string(field), visible(s), "")
	}
	for _, s := range added {
		c.report(rule(s), string(field), "", visible(s))
	}
}

// visible makes an empty value look different from an absent one.
func visible(s string) string {
	if s == "" {
		return `""`
	}
	return s
}

// difference returns what only want has and what only got has, each in its
// original order and without repetitions.
func difference(want, got []string, normalize func(string) string) (dropped, added []string) {
	only := func(these, those []string) (rest []string) {
		seen := map[string]bool{}
		for _, s := range those {
			seen[normalize(s)] = true
		}
		for _, s := range these {
			if n := normalize(s); !seen[n] {
				seen[n] = true
				rest = append(rest, s)
			}
		}
		return rest
	}
	return only(want, got), only(got, want)
}

func unchanged(s string) string { return s }

// extensions compares the extensions that no field of Contents represents.
func (c *comparison) extensions() {
	compared := []nf.OID{nf.OIDSubjectAltName, nf.OIDKeyUsage, nf.OIDExtKeyUsage, nf.OIDNFTypes}
	report := func(e Extension, requested, issued string, severity Severity) {
		c.found = append(c.found, Difference{Field: "extensions." + cmp.Or(e.Name, string(e.OID)), Requested: requested, Issued: issued, Severity: severity})
	}
	for _, e := range c.requested.Extensions {
		if slices.Contains(compared, e.OID) {
			continue
		}
		got, there := c.issued.Extension(e.OID)
		switch {
		case !there:
			report(e, criticality(e.Critical), "", Warning)
		case got.Critical != e.Critical:
			report(e, criticality(e.Critical), criticality(got.Critical), Warning)
		case !bytes.Equal(got.Value, e.Value):
			report(e, "as in the request", "another value", Warning)
		}
	}
	for _, e := range c.issued.Extensions {
		if _, asked := c.requested.Extension(e.OID); asked || slices.Contains(compared, e.OID) || addedByCAs(e) {
			continue
		}
		report(e, "", criticality(e.Critical), Info)
	}
}

// addedByCAs reports whether an extension is one that CAs add without a request.
// When it is marked critical it is still reported, except for basicConstraints.
func addedByCAs(e Extension) bool {
	switch e.OID {
	case nf.OIDBasicConstraints:
		return true
	case nf.OIDAuthorityKeyID, nf.OIDSubjectKeyID, nf.OIDCRLDistribution, nf.OIDFreshestCRL,
		nf.OIDAuthorityInfoAccess, nf.OIDCertificatePolicies, nf.OIDIssuerAltName, nf.OIDSCTList:
		return !e.Critical
	}
	return false
}
