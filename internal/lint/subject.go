package lint

import (
	"slices"
	"strings"
	"time"

	"github.com/nfcert/nfcert/internal/inspect"
	"github.com/nfcert/nfcert/internal/nf"
)

// Subject is one request or certificate with everything that the rules check it
// against.
type Subject struct {
	*inspect.Contents
	Role     Role
	Profile  nf.Profile // zero for a CA's certificate
	Function *nf.Function
	Request  *inspect.Contents
	TLS      *TLS // set for the first certificate of a server
	Now      time.Time

	Issuer   *Subject // its issuer in the same file; nil: not in the file, or the subject itself
	file     []Subject
	position int
	domains  []domainName // of the dNSNames, in their order
	mistakes []dnsMistake // in the syntax of the dNSNames, in their order
	networks []string     // that the dNSNames belong to
	home     domainName   // the subject's organization
	free     bool         // the profile demands nothing: the user decides everything

	differences []inspect.Difference // from Request; nil: not compared yet
}

// prepare computes once what several rules need.
func (s *Subject) prepare() {
	for _, name := range s.dnsNames() {
		s.domains = append(s.domains, parseDomainName(name))
		s.mistakes = append(s.mistakes, findDNSMistake(name))
	}
	s.networks = networksOf(s.domains)
	s.free = !slices.ContainsFunc(s.Profile.Fields, func(f nf.Field) bool { return f.Presence == nf.Mandatory })
	if o := s.attribute(nf.OIDOrganization); o != nil {
		s.home = parseDomainName(o.Value)
	}
}

// requires gives the profile's row of a field that must be present. For a
// request, this includes only what the end entity requests.
func (s *Subject) requires(field nf.FieldName) (nf.Field, bool) {
	row, ok := s.Profile.Field(field)
	return row, ok && row.Presence == nf.Mandatory && (row.Requested || s.Role != RoleRequest)
}

// lacks is requires for an extension that is not present.
func (s *Subject) lacks(extension nf.FieldName) (nf.Field, bool) {
	row, ok := s.requires(extension)
	return row, ok && s.extension(extension) == nil && !s.unread(extension)
}

// when reports a fixed message where the condition holds. got gives what was found.
func when(holds func(*Subject) bool, got func(*Subject) string, want, message string) func(*Subject, *report) {
	return func(s *Subject, r *report) {
		if holds(s) {
			r.hit(got(s), want, "%s", message)
		}
	}
}

// text is a got that is always the same, and nothing the one of what is missing.
func text(fixed string) func(*Subject) string { return func(*Subject) string { return fixed } }
func nothing(*Subject) string                 { return "" }

// missing checks that an extension is present where the profile requires it.
func missing(extension nf.FieldName, want string) func(*Subject, *report) {
	return func(s *Subject, r *report) {
		if row, ok := s.lacks(extension); ok {
			r.hitRow(row, "", want, "%s is missing", extension)
		}
	}
}

// criticality checks that an extension is marked as the profile's row says.
func criticality(extension nf.FieldName) func(*Subject, *report) {
	return func(s *Subject, r *report) {
		row, ok := s.Profile.Field(extension)
		e := s.extension(extension)
		if !ok || e == nil || row.Critical == "" || (row.Critical == nf.Critical) == e.Critical {
			return
		}
		got := nf.NonCritical
		if e.Critical {
			got = nf.Critical
		}
		r.hitRow(row, string(got), string(row.Critical), "%s is marked %s, want %s", extension, got, row.Critical)
	}
}

// extension finds an extension by its name; nil when it is not present.
func (s *Subject) extension(name nf.FieldName) *inspect.Extension {
	return find(s.Extensions, func(e inspect.Extension) bool { return e.Name == string(name) })
}

// find returns the first element that fits; nil if there is none.
func find[T any](list []T, fits func(T) bool) *T {
	if i := slices.IndexFunc(list, fits); i >= 0 {
		return &list[i]
	}
	return nil
}

// attribute finds the first attribute of that type in the subject; nil when it
// is not present.
func (s *Subject) attribute(oid nf.OID) *inspect.Attribute {
	return find(s.Subject, func(a inspect.Attribute) bool { return a.OID == oid })
}

func hasUsage(c *inspect.Contents, oid nf.OID) bool {
	return c.ExtKeyUsage != nil && slices.ContainsFunc(c.ExtKeyUsage.Usages, func(u inspect.Usage) bool { return u.OID == oid })
}

func hasTLSUsage(c *inspect.Contents) bool {
	return hasUsage(c, nf.UsageServerAuth) || hasUsage(c, nf.UsageClientAuth)
}

func hasKeyUsage(c *inspect.Contents, name string) bool {
	return c.KeyUsage != nil && slices.Contains(c.KeyUsage.Usages, name)
}

// usageNames lists the extended key usages for a message.
func (s *Subject) usageNames() string {
	if s.ExtKeyUsage == nil {
		return ""
	}
	var names []string
	for _, u := range s.ExtKeyUsage.Usages {
		names = append(names, u.Name)
	}
	return strings.Join(names, ", ")
}

// keyUsageNames lists the key usages for a message.
func (s *Subject) keyUsageNames() string {
	if s.KeyUsage == nil {
		return ""
	}
	return strings.Join(s.KeyUsage.Usages, ", ")
}

// nfTypes lists the NF types; none without the extension.
func (s *Subject) nfTypes() []string {
	if s.NFTypes == nil {
		return nil
	}
	return s.NFTypes.Types
}

func (s *Subject) hasType(name string) bool { return slices.Contains(s.nfTypes(), name) }

// dnsNames lists the dNSNames; none without the extension.
func (s *Subject) dnsNames() []string {
	if s.SubjectAltName == nil {
		return nil
	}
	return s.SubjectAltName.DNSNames
}

// uris lists the URI names; none without the extension.
func (s *Subject) uris() []string {
	if s.SubjectAltName == nil {
		return nil
	}
	return s.SubjectAltName.URIs
}

// urns lists the URI names in the urn:uuid namespace.
func (s *Subject) urns() []string {
	return slices.DeleteFunc(slices.Clone(s.uris()), func(uri string) bool { return !nf.IsURN(uri) })
}

// hasNames reports whether subjectAltName has any name.
func (s *Subject) hasNames() bool { return s.SubjectAltName != nil && len(s.SubjectAltName.Names) > 0 }

// faulty reports whether the reader found this kind of fault in the field.
func (s *Subject) faulty(field nf.FieldName, kind inspect.FaultKind) bool {
	return slices.ContainsFunc(s.Faults, func(f inspect.Fault) bool { return f.Field == field && f.Kind == kind })
}

// unread reports whether the field could not be read. der-malformed reports
// that fault, so no rule may then call the field missing.
func (s *Subject) unread(field nf.FieldName) bool {
	if len(s.Faults) == 0 {
		return false
	}
	// A reader that stopped before the public key has read no later field.
	if s.Raw.PublicKeyInfo == nil {
		return true
	}
	return slices.ContainsFunc([]nf.FieldName{field, inspect.FieldExtensions, inspect.FieldAttributes, inspect.FieldDER},
		func(f nf.FieldName) bool { return s.faulty(f, inspect.FaultMalformed) })
}
