// Package inspect reads a certificate request or a certificate into one common
// form, and lists how two of them differ.
//
// It reads whatever is in the file, even where that breaks a profile: package
// lint judges it. Text is returned as it is in the file, including control
// characters; the caller must strip those before it writes to a terminal.
package inspect

import (
	"slices"
	"time"

	"github.com/nfcert/nfcert/internal/nf"
)

// Contents is the content of a request or a certificate. An absent extension is
// nil. A field that requests do not have, such as the serial number, is zero.
type Contents struct {
	Kind Kind `json:"-"`
	// Version is the number that people use: 3 for a v3 certificate, 1 for a
	// request. Zero means that it could not be read.
	Version int `json:"version,omitempty"`
	// SerialNumber is in the form of [Serial].
	SerialNumber string      `json:"serialNumber,omitempty"`
	Issuer       []Attribute `json:"issuer,omitempty"` // in the order of the DER
	NotBefore    time.Time   `json:"notBefore,omitzero"`
	NotAfter     time.Time   `json:"notAfter,omitzero"` // zero: absent or unreadable

	Subject        []Attribute     `json:"subject,omitempty"` // in the order of the DER
	SubjectAltName *SubjectAltName `json:"subjectAltName,omitempty"`
	KeyUsage       *KeyUsage       `json:"keyUsage,omitempty"`
	ExtKeyUsage    *ExtKeyUsage    `json:"extKeyUsage,omitempty"`
	NFTypes        *NFTypes        `json:"nfTypes,omitempty"`

	BasicConstraints *BasicConstraints `json:"basicConstraints,omitempty"`
	SubjectKeyID     *KeyID            `json:"subjectKeyIdentifier,omitempty"`
	AuthorityKeyID   *KeyID            `json:"authorityKeyIdentifier,omitempty"`
	CRL              *CRLDistribution  `json:"cRLDistributionPoints,omitempty"`
	AIA              *AuthorityInfo    `json:"authorityInfoAccess,omitempty"`

	Extensions    []Extension `json:"extensions,omitempty"` // all of them, in the order of the DER
	PublicKey     PublicKey   `json:"publicKey"`
	Signature     string      `json:"signature"`               // algorithm, for example ECDSA-SHA256, or its OID
	SignatureHash string      `json:"signatureHash,omitempty"` // for example SHA256; empty: unknown, or the algorithm has none
	SignatureOID  nf.OID      `json:"signatureOid,omitempty"`  // of signatureAlgorithm
	// Attributes are the attributes of a request, in the order of the DER.
	Attributes []RequestAttribute `json:"attributes,omitempty"`
	// Faults are the parts that are malformed or break DER or RFC 5280. The
	// other fields hold everything that could be read.
	Faults []Fault `json:"faults,omitempty"`

	Raw Raw `json:"-"`
}

// Kind says whether a request or a certificate was read.
type Kind string

// The kinds of contents.
const (
	KindCSR         Kind = "csr"
	KindCertificate Kind = "certificate"
)

// Raw holds pieces of the DER, which signatures and comparisons need. They share
// memory with the input, and are nil when the input ends before them.
type Raw struct {
	Whole              []byte // the certificate or request, without any bytes after it
	Signed             []byte // TBSCertificate or CertificationRequestInfo
	Subject            []byte
	Issuer             []byte
	PublicKeyInfo      []byte // SubjectPublicKeyInfo
	PublicKeyBits      []byte // content of its subjectPublicKey, without the count of unused bits
	SignatureAlgorithm []byte // AlgorithmIdentifier next to the signature
	SignedAlgorithm    []byte // AlgorithmIdentifier inside the signed part; nil for a request
	Signature          []byte // the signature's octets
}

// Fault is one part that is malformed or wrongly encoded.
type Fault struct {
	Field  nf.FieldName `json:"field"`
	Kind   FaultKind    `json:"fault"`
	Detail string       `json:"detail"` // may quote text of the file
}

// FaultKind says what is wrong with a part.
type FaultKind string

// The kinds of fault.
const (
	FaultMalformed  FaultKind = "malformed"   // it could not be read, or not to its end
	FaultTrailing   FaultKind = "trailing"    // bytes after its end
	FaultEncoding   FaultKind = "encoding"    // it could be read, but it is not DER
	FaultDuplicate  FaultKind = "duplicate"   // it appears twice
	FaultStringType FaultKind = "string-type" // a string of the wrong ASN.1 type
	FaultCharacters FaultKind = "characters"  // characters that its string type, or any name, must not have
	FaultValue      FaultKind = "value"       // a forbidden value, such as a negative serial number
	FaultTooMany    FaultKind = "too-many"    // more entries than this package reads
)

// RequestAttribute is one attribute of a request (RFC 2986 4.1).
type RequestAttribute struct {
	OID  nf.OID `json:"oid"`
	Name string `json:"name,omitempty"` // for example extensionRequest
	// Values is the number of values. The values are not kept, because a
	// challengePassword is a secret.
	Values int `json:"values"`
}

// Attribute is one attribute of a distinguished name.
type Attribute struct {
	Type       string `json:"type"` // short name such as CN, or the OID
	OID        nf.OID `json:"oid"`
	Value      string `json:"value"`
	StringType string `json:"stringType"` // ASN.1 type, for example PrintableString
	// Joined means that it is in the same RDN as the attribute before it.
	Joined bool `json:"joined,omitempty"`
}

// PublicKey is the key that the certificate is for.
type PublicKey struct {
	Type      string `json:"type"`                // for example P256, RSA3072, Ed25519; else "unknown"
	SHA256    string `json:"sha256,omitempty"`    // of SubjectPublicKeyInfo, hex
	Algorithm nf.OID `json:"algorithm,omitempty"` // for example 1.2.840.10045.2.1
	Bits      int    `json:"bits,omitempty"`      // of the modulus, or of the curve's field; zero: unknown
	Curve     nf.OID `json:"curve,omitempty"`     // of an EC key
}

// SubjectString returns the subject in the form of [DistinguishedName].
func (c *Contents) SubjectString() string { return DistinguishedName(c.Raw.Subject) }

// IssuerString returns the issuer in the form of [DistinguishedName].
func (c *Contents) IssuerString() string { return DistinguishedName(c.Raw.Issuer) }

// Extension finds an extension by its OID. If there are several it returns the
// first.
func (c *Contents) Extension(oid nf.OID) (Extension, bool) {
	i := slices.IndexFunc(c.Extensions, func(e Extension) bool { return e.OID == oid })
	if i < 0 {
		return Extension{}, false
	}
	return c.Extensions[i], true
}
