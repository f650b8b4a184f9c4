package nf

import (
	"crypto/x509"
	"sync"
)

// FieldName is the name of a field of a profile, in the terms of RFC 5280.
// Differences and findings use the same names.
type FieldName string

// The fields of a certificate and of the request for it.
const (
	FieldVersion        FieldName = "version"
	FieldSerialNumber   FieldName = "serialNumber"
	FieldSignature      FieldName = "signature"
	FieldPublicKey      FieldName = "publicKey"
	FieldIssuer         FieldName = "issuer"
	FieldValidity       FieldName = "validity"
	FieldSubject        FieldName = "subject"
	FieldCountry        FieldName = "subject.C"
	FieldOrganization   FieldName = "subject.O"
	FieldKeyUsage       FieldName = "keyUsage"
	FieldExtKeyUsage    FieldName = "extKeyUsage"
	FieldSubjectAltName FieldName = "subjectAltName"
	FieldDNS            FieldName = "subjectAltName.dns"
	FieldURI            FieldName = "subjectAltName.uri" // URI names other than the instance's
	FieldInstanceURI    FieldName = "subjectAltName.uri.instance"
	FieldIP             FieldName = "subjectAltName.ip"
	FieldEmail          FieldName = "subjectAltName.email"
	FieldOtherName      FieldName = "subjectAltName.other"
	FieldNFTypes        FieldName = "nfTypes"
	FieldAuthorityKeyID FieldName = "authorityKeyIdentifier"
	FieldSubjectKeyID   FieldName = "subjectKeyIdentifier"
	FieldCRL            FieldName = "cRLDistributionPoints"
	FieldAIA            FieldName = "authorityInfoAccess"
)

// Presence says whether a field must be present.
type Presence string

// The kinds of presence.
const (
	Mandatory Presence = "mandatory"
	Optional  Presence = "optional"
)

// Criticality says whether an extension must be critical. It is empty for a field
// that is not an extension, and for an extension that may be either.
type Criticality string

// The kinds of criticality.
const (
	Critical    Criticality = "critical"
	NonCritical Criticality = "non-critical"
)

// Level is how strict the wording of the clause is.
type Level string

// The levels.
const (
	Shall  Level = "shall"
	Should Level = "should"
	Advice Level = "advice" // ours, not the standard's
)

// Confidence says how a rule is known.
type Confidence string

// The kinds of confidence. A rule that is Unverified must not be cited as fact.
const (
	Read       Confidence = "read"       // from the text of the clause
	Quoted     Confidence = "quoted"     // from a text that quotes the clause
	Secondary  Confidence = "secondary"  // from a text that cites the clause
	Unverified Confidence = "unverified" // from memory or inferred
)

// Binds reports whether the wording of the clause is known, so that a shall gives an
// error. Other rules give at most a warning.
func (c Confidence) Binds() bool { return c == Read || c == Quoted }

// Field is one row of a profile's table.
type Field struct {
	Name       FieldName   `json:"name"`
	Presence   Presence    `json:"presence"`
	Critical   Criticality `json:"critical,omitempty"`
	Rule       string      `json:"rule"`
	Clause     string      `json:"clause"`
	Level      Level       `json:"level"`
	Confidence Confidence  `json:"confidence"`
	// Requested means that the CSR asks for the field. The CA adds the others.
	Requested bool `json:"requested,omitempty"`
}

// Profile is one kind of certificate, as a table. The CSR generator, the linter
// and the documents all use its rows.
type Profile struct {
	Name   string  `json:"name"` // for example nf-tls
	Title  string  `json:"title"`
	Clause string  `json:"clause"`
	Fields []Field `json:"fields"` // in the order of the clause's table

	KeyUsage x509.KeyUsage `json:"-"` // the bits that keyUsage must have
	// EitherKeyUsage is bits of which any one is accepted in place of KeyUsage.
	EitherKeyUsage x509.KeyUsage `json:"-"`
	ExtKeyUsages   []OID         `json:"extKeyUsages,omitempty"`
	// Keys lists the accepted key types, the best first, for example P256. None
	// means that all are accepted.
	Keys []string `json:"keys,omitempty"`
	// NFType is the type of every NF with such a certificate; empty: any type.
	NFType string `json:"nfType,omitempty"`
	// Wildcard means that dNSNames may begin with "*.".
	Wildcard bool `json:"wildcard,omitempty"`
	// MaxYears is the longest validity in calendar years; zero: the profile has no
	// limit.
	MaxYears int `json:"maxYears,omitempty"`
}

// Field finds a row of the table.
func (p *Profile) Field(name FieldName) (Field, bool) {
	if f := p.row(name); f != nil {
		return *f, true
	}
	return Field{}, false
}

// row finds a row without copying it.
func (p *Profile) row(name FieldName) *Field {
	for i := range p.Fields {
		if p.Fields[i].Name == name {
			return &p.Fields[i]
		}
	}
	return nil
}

// Requests reports whether a CSR of the profile asks for the field.
func (p *Profile) Requests(name FieldName) bool {
	f := p.row(name)
	return f != nil && f.Requested
}

// IsCritical reports whether the profile wants the extension to be critical.
func (p *Profile) IsCritical(name FieldName) bool {
	f := p.row(name)
	return f != nil && f.Critical == Critical
}

// profiles are built on first use, so that a command builds only those it needs.
var profiles = []struct {
	name string
	get  func() Profile
}{
	{"nf-tls", sync.OnceValue(nfTLS)}, {"nf-tls-client", sync.OnceValue(nfTLSClient)}, {"nf-tls-server", sync.OnceValue(nfTLSServer)},
	{"nrf-tls", sync.OnceValue(nrfTLS)}, {"scp-tls", sync.OnceValue(scpTLS)}, {"sepp-tls", sync.OnceValue(seppTLS)},
	{"sepp-n32", sync.OnceValue(seppN32)}, {"cca-signing", sync.OnceValue(ccaSigning)}, {"nrf-token-signing", sync.OnceValue(nrfTokenSigning)},
	{"n32-encryption", sync.OnceValue(n32Encryption)}, {"ri-signing", sync.OnceValue(riSigning)}, {"af-tls", sync.OnceValue(afTLS)},
	{"custom", sync.OnceValue(custom)},
}

// Profiles lists the certificate profiles in the order of display. Their tables
// are shared and must not be changed.
func Profiles() []Profile {
	list := make([]Profile, len(profiles))
	for i, p := range profiles {
		list[i] = p.get()
	}
	return list
}

// ProfileNames lists the names of [Profiles].
func ProfileNames() []string {
	names := make([]string, len(profiles))
	for i, p := range profiles {
		names[i] = p.name
	}
	return names
}

// LookupProfile finds a profile by its name. Its tables are shared and must not be
// changed.
func LookupProfile(name string) (Profile, bool) {
	for _, p := range profiles {
		if p.name == name {
			return p.get(), true
		}
	}
	return Profile{}, false
}
