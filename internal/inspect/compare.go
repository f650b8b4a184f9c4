package inspect

import (
	"bytes"
	"slices"
	"strings"

	"github.com/nfcert/nfcert/internal/nf"
)

// Severity is how much a difference matters.
type Severity string

// How much a difference matters. A shall of the clause makes an error, a should
// a warning; where the clause was not read a warning is the most.
const (
	Error   Severity = "error"
	Warning Severity = "warning"
	Info    Severity = "info"
)

// Difference is one thing that the certificate has otherwise than the request
// asked for. Without Issued it was dropped, without Requested it was added.
type Difference struct {
	Field     string   `json:"field"` // as in subjectAltName.uri
	Requested string   `json:"requested,omitempty"`
	Issued    string   `json:"issued,omitempty"`
	Severity  Severity `json:"severity"`
	Clause    string   `json:"clause,omitempty"`
}

// Compare lists everything that was asked for and dropped or changed, and
// everything that was added, judged by the profile nf-tls. The order is always
// the same: key, subject, names, usages, NF types, other extensions. What CAs
// add of their own, such as key identifiers and revocation pointers, is no
// difference. It is empty when the certificate is what was asked for. Neither
// argument may be nil.
func Compare(requested, issued *Contents) []Difference {
	profile, _ := nf.LookupProfile("nf-tls")
	return CompareAs(profile, requested, issued)
}

// CompareAs is Compare, with levels and clauses from the given profile.
func CompareAs(profile nf.Profile, requested, issued *Contents) []Difference {
	c := comparison{profile: profile, requested: requested, issued: issued}
	c.publicKey()
	c.subject()
	c.names()
	c.usages()
	c.nfTypes()
	c.extensions()
	return c.found
}

// comparison gathers the differences of one pair.
type comparison struct {
	profile           nf.Profile
	requested, issued *Contents
	found             []Difference
}

// report notes a difference of a field that the profile rules: its row gives
// clause and severity. What was added is a warning at most, as the clause asks
// for presence alone.
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
		// An identifier of the order, whatever the profile says of it.
		d.Severity, d.Clause = Error, "RFC 8555 7.4"
	}
	c.found = append(c.found, d)
}

// severityOf turns the level of a clause into the severity of breaking it.
func severityOf(row nf.Field) Severity {
	switch {
	case row.Level == nf.Advice:
		return Info
	case row.Level == nf.Shall && row.Confidence == nf.Read:
		return Error
	}
	return Warning
}

func (c *comparison) publicKey() {
	want, got := c.requested.PublicKey, c.issued.PublicKey
	if want.SHA256 == got.SHA256 {
		return
	}
	// Always an error: the NF cannot use a certificate for another's key.
	c.found = append(c.found, Difference{
		Field:     string(nf.FieldPublicKey),
		Requested: want.Type + " sha256:" + want.SHA256,
		Issued:    got.Type + " sha256:" + got.SHA256,
		Severity:  Error,
		Clause:    "RFC 8555 7.4",
	})
}

// subject compares the subject as a whole. String types do not matter
// (RFC 5280 7.1); additions to what was asked for are worth no more than a
// note, as the profile does not forbid them.
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

// containsAttributes reports whether all has the attributes of part in their
// order, others between them or not.
func containsAttributes(all, part []Attribute) bool {
	for _, a := range all {
		if len(part) > 0 && a.OID == part[0].OID && a.Value == part[0].Value {
			part = part[1:]
		}
	}
	return len(part) == 0
}

func (c *comparison) names() {
	want, got := c.requested.SubjectAltName, c.issued.SubjectAltName
	if want == nil && got == nil {
		return
	}
	if want != nil && got != nil {
		c.critical(nf.FieldSubjectAltName, want.Critical, got.Critical)
	}
	if want == nil {
		want = &SubjectAltName{}
	}
	if got == nil {
		got = &SubjectAltName{}
	}
	before := len(c.found)
	c.set(nf.FieldDNS, want.DNSNames, got.DNSNames, nf.NormalizeFQDN)
	c.uris(want.URIs, got.URIs)
	c.set(nf.FieldIP, want.IPs, got.IPs, asItIs)
	c.set(nf.FieldEmail, want.Emails, got.Emails, asItIs)
	c.set(nf.FieldOtherName, want.Others, got.Others, asItIs)
	if len(c.found) == before && len(want.URIs) > 0 && plainURI(want.URIs[0]) != plainURI(got.URIs[0]) {
		// free5GC's NRF looks for the instance id in the first URI alone.
		c.found = append(c.found, Difference{Field: string(nf.FieldURI) + ".order", Requested: want.URIs[0], Issued: got.URIs[0], Severity: Info})
	}
}

// uris compares URI names, of which the instance's has a rule of its own.
func (c *comparison) uris(want, got []string) {
	dropped, added := difference(want, got, plainURI)
	for _, uri := range dropped {
		c.report(uriRule(uri), string(nf.FieldURI), visible(uri), "")
	}
	for _, uri := range added {
		c.report(uriRule(uri), string(nf.FieldURI), "", visible(uri))
	}
}

func uriRule(uri string) nf.FieldName {
	if nf.IsURN(uri) {
		return nf.FieldInstanceURI
	}
	return nf.FieldURI
}

// plainURI gives the form in which URI names are compared: instance ids
// without case (TS 33.310 Annex J), others as they are.
func plainURI(uri string) string {
	if nf.IsURN(uri) {
		return strings.ToLower(uri)
	}
	return uri
}

func (c *comparison) usages() {
	want, got := c.requested.KeyUsage, c.issued.KeyUsage
	if want != nil && got != nil {
		c.critical(nf.FieldKeyUsage, want.Critical, got.Critical)
	}
	c.set(nf.FieldKeyUsage, want.names(), got.names(), asItIs)

	wantExt, gotExt := c.requested.ExtKeyUsage, c.issued.ExtKeyUsage
	if wantExt != nil && gotExt != nil {
		c.critical(nf.FieldExtKeyUsage, wantExt.Critical, gotExt.Critical)
	}
	c.set(nf.FieldExtKeyUsage, wantExt.names(), gotExt.names(), asItIs)
}

func (k *KeyUsage) names() []string {
	if k == nil {
		return nil
	}
	return k.Usages
}

func (e *ExtKeyUsage) names() []string {
	if e == nil {
		return nil
	}
	names := make([]string, len(e.Usages))
	for i, u := range e.Usages {
		names[i] = u.Name
	}
	return names
}

func (c *comparison) nfTypes() {
	want, got := c.requested.NFTypes, c.issued.NFTypes
	if want == nil {
		want = &NFTypes{}
	} else if got != nil {
		c.critical(nf.FieldNFTypes, want.Critical, got.Critical)
	}
	if got == nil {
		got = &NFTypes{}
	}
	before := len(c.found)
	c.set(nf.FieldNFTypes, want.Types, got.Types, asItIs)
	if len(c.found) == before && c.changed(nf.OIDNFTypes) {
		// The same types, and yet other bytes: order or string type.
		c.report(nf.FieldNFTypes, string(nf.FieldNFTypes), "the types in the encoding of RFC 9310", "the same types encoded otherwise")
	}
}

// critical compares how an extension that both have is marked.
func (c *comparison) critical(rule nf.FieldName, want, got bool) {
	if want != got {
		c.report(rule, string(rule)+".critical", criticality(want), criticality(got))
	}
}

func criticality(critical bool) string {
	if critical {
		return string(nf.Critical)
	}
	return string(nf.NonCritical)
}

// set compares two lists without regard to order.
func (c *comparison) set(rule nf.FieldName, want, got []string, plain func(string) string) {
	dropped, added := difference(want, got, plain)
	for _, s := range dropped {
		c.report(rule, string(rule), visible(s), "")
	}
	for _, s := range added {
		c.report(rule, string(rule), "", visible(s))
	}
}

// visible keeps an empty value apart from an absent one.
func visible(s string) string {
	if s == "" {
		return `""`
	}
	return s
}

// difference gives what only want has and what only got has, each in its own
// order and once.
func difference(want, got []string, plain func(string) string) (dropped, added []string) {
	only := func(these, those []string) (rest []string) {
		seen := map[string]bool{}
		for _, s := range those {
			seen[plain(s)] = true
		}
		for _, s := range these {
			if p := plain(s); !seen[p] {
				seen[p] = true
				rest = append(rest, s)
			}
		}
		return rest
	}
	return only(want, got), only(got, want)
}

func asItIs(s string) string { return s }

// extensions compares the extensions that have no field of their own.
func (c *comparison) extensions() {
	compared := []nf.OID{nf.OIDSubjectAltName, nf.OIDKeyUsage, nf.OIDExtKeyUsage, nf.OIDNFTypes}
	report := func(e Extension, requested, issued string, severity Severity) {
		name := e.Name
		if name == "" {
			name = string(e.OID)
		}
		c.found = append(c.found, Difference{Field: "extensions." + name, Requested: requested, Issued: issued, Severity: severity})
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

// changed reports whether both have the extension, with different values.
func (c *comparison) changed(oid nf.OID) bool {
	want, asked := c.requested.Extension(oid)
	got, there := c.issued.Extension(oid)
	return asked && there && !bytes.Equal(want.Value, got.Value)
}

// addedByCAs reports whether an extension is one that CAs put in of their own.
// One that is marked critical is worth a word all the same, but for
// basicConstraints.
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
