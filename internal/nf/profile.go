package nf

import (
	"crypto/x509"
	"sync"
)

// FieldName names one thing that a profile rules, in the words of RFC 5280.
// Differences and findings use the same names.
type FieldName string

// The fields of a certificate, and of the request for it.
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
	FieldURI            FieldName = "subjectAltName.uri" // URI names beside the instance's
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

// Presence says whether a field must be there.
type Presence string

// Whether a field must be there.
const (
	Mandatory Presence = "mandatory"
	Optional  Presence = "optional"
)

// Criticality says how an extension is marked. It is empty for what is not an
// extension.
type Criticality string

// How an extension is marked.
const (
	Critical    Criticality = "critical"
	NonCritical Criticality = "non-critical"
)

// Level is how strongly the clause words its rule.
type Level string

// How strongly a clause words its rule.
const (
	Shall  Level = "shall"
	Should Level = "should"
	Advice Level = "advice" // ours, not the standard's
)

// Confidence is how the rule is known.
type Confidence string

// How a rule is known. Only what is Read makes an error; what is Unverified must
// not be cited as fact.
const (
	Read       Confidence = "read"       // in the text of the clause
	Secondary  Confidence = "secondary"  // in a text that cites the clause
	Unverified Confidence = "unverified" // from memory or inferred
)

// Field is one row of a profile's table.
type Field struct {
	Name       FieldName   `json:"name"`
	Presence   Presence    `json:"presence"`
	Critical   Criticality `json:"critical,omitempty"`
	Rule       string      `json:"rule"`
	Clause     string      `json:"clause"`
	Level      Level       `json:"level"`
	Confidence Confidence  `json:"confidence"`
	// Requested says that the end entity asks for it in its CSR; the rest is
	// the CA's to put in.
	Requested bool `json:"requested,omitempty"`
}

// Profile is one kind of certificate, as a table. What a generator writes, a
// linter judges and a document prints comes from the same rows.
type Profile struct {
	Name   string  `json:"name"` // as in nf-tls
	Title  string  `json:"title"`
	Clause string  `json:"clause"`
	Fields []Field `json:"fields"` // in the order of the clause's table

	KeyUsage x509.KeyUsage `json:"-"` // every bit that keyUsage must have
	// EitherKeyUsage are bits of which one will do in place of KeyUsage.
	EitherKeyUsage x509.KeyUsage `json:"-"`
	ExtKeyUsages   []OID         `json:"extKeyUsages,omitempty"`
	// Keys names the kinds of key that will do, the best first, as in P256;
	// none: all will.
	Keys []string `json:"keys,omitempty"`
	// NFType is the type of every NF that has such a certificate; empty: any.
	NFType string `json:"nfType,omitempty"`
	// Wildcard says that dNSNames may begin with "*.".
	Wildcard bool `json:"wildcard,omitempty"`
	// MaxYears bounds the validity in calendar years; zero: the profile sets no
	// bound.
	MaxYears int `json:"maxYears,omitempty"`
}

// Field finds a row of the table.
func (p *Profile) Field(name FieldName) (Field, bool) {
	if f := p.row(name); f != nil {
		return *f, true
	}
	return Field{}, false
}

// row finds a row without copying the wide rows before it.
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

// IsCritical reports whether the profile wants the extension marked critical.
func (p *Profile) IsCritical(name FieldName) bool {
	f := p.row(name)
	return f != nil && f.Critical == Critical
}

// profiles are made when they are asked for, and once: a command that needs one
// makes no other.
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

// Profiles lists the certificate profiles, in the order in which they are
// shown. Their tables are everybody's and must not be changed.
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

// LookupProfile finds a profile by its name. Its tables must not be changed.
func LookupProfile(name string) (Profile, bool) {
	for _, p := range profiles {
		if p.name == name {
			return p.get(), true
		}
	}
	return Profile{}, false
}
