package lint

import (
	"bytes"
	"slices"
	"strings"
	"time"

	"github.com/nfcert/nfcert/internal/inspect"
	"github.com/nfcert/nfcert/internal/nf"
)

// Role says what part a certificate plays.
type Role string

// The roles.
const (
	RoleRequest Role = "request" // a CSR
	RoleLeaf    Role = "leaf"    // an end entity
	RoleIssuer  Role = "issuer"  // a CA
)

func (r Role) scope() scope {
	switch r {
	case RoleRequest:
		return onRequest
	case RoleIssuer:
		return onIssuer
	}
	return onLeaf
}

// Subject is one request or certificate with all that it is judged by.
type Subject struct {
	*inspect.Contents
	Role     Role
	Profile  nf.Profile // zero for an issuer
	Function *nf.Function
	Request  *inspect.Contents
	TLS      *TLS // of the first certificate of a server
	Now      time.Time

	Issuer   *Subject // its issuer in the same file; nil: not there, or the subject itself
	file     []Subject
	position int
	places   []place   // of the dNSNames, in their order
	mistakes []mistake // in the syntax of the dNSNames, in their order
	networks []string  // that the dNSNames are of
	home     place     // of the subject's organization
	free     bool      // the profile demands nothing: all is the user's to say

	differences []inspect.Difference // from Request; nil: not compared yet
}

// subjects gives every item its role and its issuer.
func subjects(in Input, now time.Time) []Subject {
	list := make([]Subject, len(in.Items))
	for i, c := range in.Items {
		list[i] = Subject{Contents: c, Now: now, file: list, position: i}
	}
	if len(list) > 0 {
		list[0].TLS = in.TLS
	}
	linkIssuers(list)
	issues := make(map[*Subject]bool)
	for i := range list {
		if list[i].Issuer != nil {
			issues[list[i].Issuer] = true
		}
	}
	for i := range list {
		list[i].Role = role(list[i].Contents, issues[&list[i]])
	}
	return list
}

// linkIssuers finds each certificate's issuer by name, and by key identifier
// where several have the name.
func linkIssuers(list []Subject) {
	if len(list) < 2 {
		return
	}
	byName := make(map[string][]*Subject, len(list))
	for i := range list {
		if c := list[i].Contents; c.Kind == inspect.KindCertificate && len(c.Raw.Subject) > 2 {
			byName[string(c.Raw.Subject)] = append(byName[string(c.Raw.Subject)], &list[i])
		}
	}
	for i := range list {
		s := &list[i]
		if s.Kind != inspect.KindCertificate || s.selfIssued() {
			continue
		}
		candidates := byName[string(s.Raw.Issuer)]
		for _, c := range candidates[:min(len(candidates), 50)] {
			if s.Issuer == nil || keyIDsAgree(s.Contents, c.Contents) && !keyIDsAgree(s.Contents, s.Issuer.Contents) {
				s.Issuer = c
			}
		}
	}
}

// keyIDsAgree reports whether both identifiers are there and the same.
func keyIDsAgree(child, issuer *inspect.Contents) bool {
	return child.AuthorityKeyID != nil && issuer.SubjectKeyID != nil && child.AuthorityKeyID.ID != "" &&
		child.AuthorityKeyID.ID == issuer.SubjectKeyID.ID
}

// role tells a CA from an end entity. What names an NF is an end entity,
// whatever else it claims.
func role(c *inspect.Contents, issues bool) Role {
	switch {
	case c.Kind == inspect.KindCSR:
		return RoleRequest
	case c.NFTypes != nil || c.SubjectAltName != nil && slices.ContainsFunc(c.SubjectAltName.URIs, nf.IsURN):
		return RoleLeaf
	case issues, c.BasicConstraints != nil && c.BasicConstraints.CA && !hasTLSUsage(c):
		return RoleIssuer
	}
	return RoleLeaf
}

func hasTLSUsage(c *inspect.Contents) bool {
	return hasUsage(c, nf.UsageServerAuth) || hasUsage(c, nf.UsageClientAuth)
}

// selfIssued reports whether the certificate names itself as its issuer.
func (s *Subject) selfIssued() bool {
	return len(s.Raw.Issuer) > 2 && bytes.Equal(s.Raw.Issuer, s.Raw.Subject)
}

// prepare reads once what several rules need.
func (s *Subject) prepare() {
	if san := s.SubjectAltName; san != nil {
		s.places, s.mistakes = make([]place, len(san.DNSNames)), make([]mistake, len(san.DNSNames))
		for i, name := range san.DNSNames {
			s.places[i], s.mistakes[i] = parsePlace(name), dnsMistake(name)
		}
	}
	s.networks = networksOf(s.places)
	s.free = !slices.ContainsFunc(s.Profile.Fields, func(f nf.Field) bool { return f.Presence == nf.Mandatory })
	if o := s.attribute(nf.OIDOrganization); o != nil {
		s.home = parsePlace(o.Value)
	}
}

// requires gives the profile's row of a field that must be there: in a request
// only what a request asks for.
func (s *Subject) requires(name nf.FieldName) (nf.Field, bool) {
	row, ok := s.Profile.Field(name)
	return row, ok && row.Presence == nf.Mandatory && (row.Requested || s.Role != RoleRequest)
}

// hit reports a breach by the profile's row of a field, which has the clause
// for this kind of certificate; without such a row by the rule's own clause.
func (s *Subject) hit(r *report, field nf.FieldName, got, want, format string, args ...any) {
	if row, ok := s.Profile.Field(field); ok {
		r.hitRow(row, got, want, format, args...)
		return
	}
	r.hitField(field, got, want, format, args...)
}

// attribute finds the first attribute of that type in the subject; nil when
// there is none.
func (s *Subject) attribute(oid nf.OID) *inspect.Attribute {
	for i := range s.Subject {
		if s.Subject[i].OID == oid {
			return &s.Subject[i]
		}
	}
	return nil
}

func hasUsage(c *inspect.Contents, oid nf.OID) bool {
	if c.ExtKeyUsage == nil {
		return false
	}
	for i := range c.ExtKeyUsage.Usages {
		if c.ExtKeyUsage.Usages[i].OID == oid {
			return true
		}
	}
	return false
}

func hasKeyUsage(c *inspect.Contents, name string) bool {
	return c.KeyUsage != nil && slices.Contains(c.KeyUsage.Usages, name)
}

func hasType(c *inspect.Contents, name string) bool {
	return c.NFTypes != nil && slices.Contains(c.NFTypes.Types, name)
}

// usageNames lists the extended key usages for a message.
func usageNames(c *inspect.Contents) string {
	if c.ExtKeyUsage == nil {
		return ""
	}
	names := make([]string, len(c.ExtKeyUsage.Usages))
	for i, u := range c.ExtKeyUsage.Usages {
		names[i] = u.Name
	}
	return strings.Join(names, ", ")
}

// urns lists the URI names in the urn:uuid namespace.
func (s *Subject) urns() []string {
	if s.SubjectAltName == nil {
		return nil
	}
	var urns []string
	for _, uri := range s.SubjectAltName.URIs {
		if nf.IsURN(uri) {
			urns = append(urns, uri)
		}
	}
	return urns
}

// dnsNames lists the dNSNames; none without the extension.
func (s *Subject) dnsNames() []string {
	if s.SubjectAltName == nil {
		return nil
	}
	return s.SubjectAltName.DNSNames
}

// unread reports whether the field could not be read, which is told by
// der-malformed: what is missing of it says nothing then.
func (s *Subject) unread(field nf.FieldName) bool {
	if len(s.Faults) == 0 {
		return false
	}
	// A walk that broke off before the public key leaves all behind it unread.
	if s.Raw.PublicKeyInfo == nil {
		return true
	}
	return s.faulty(field, inspect.FaultMalformed) || s.faulty(inspect.FieldExtensions, inspect.FaultMalformed) ||
		s.faulty(inspect.FieldAttributes, inspect.FaultMalformed) || s.faulty(inspect.FieldDER, inspect.FaultMalformed)
}
