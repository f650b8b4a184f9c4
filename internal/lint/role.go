package lint

import (
	"bytes"
	"slices"
	"time"

	"github.com/nfcert/nfcert/internal/inspect"
	"github.com/nfcert/nfcert/internal/nf"
)

// Role is the part that a request or certificate plays.
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

// subjects gives every item of an input its role and its issuer.
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

// linkIssuers finds each certificate's issuer by name. Where several
// certificates have that name, the key identifier decides.
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

// keyIDsAgree reports whether both key identifiers are present and equal.
func keyIDsAgree(child, issuer *inspect.Contents) bool {
	return child.AuthorityKeyID != nil && issuer.SubjectKeyID != nil && child.AuthorityKeyID.ID != "" &&
		child.AuthorityKeyID.ID == issuer.SubjectKeyID.ID
}

// role tells a CA from an end entity. A certificate that names an NF is an end
// entity, whatever else it claims.
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

// selfIssued reports whether issuer and subject are the same name.
func (s *Subject) selfIssued() bool {
	return len(s.Raw.Issuer) > 2 && bytes.Equal(s.Raw.Issuer, s.Raw.Subject)
}
