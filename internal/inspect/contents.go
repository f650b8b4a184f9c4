// Package inspect says what a certificate request or a certificate holds, in
// one shape for both, and how two of them differ.
//
// It reads what is there, also where that breaks a profile: judging is for
// others. Names come as they stand in the file, control characters included;
// who shows them on a terminal must strip those.
package inspect

import (
	"strings"
	"time"

	"github.com/nfcert/nfcert/internal/nf"
)

// Contents is what a request asks for, or what a certificate says. An
// extension that is absent is nil; what a request does not have, such as a
// serial number, is zero.
type Contents struct {
	Kind Kind `json:"-"`
	// Version is the number that people use: 3 for a v3 certificate, 1 for a
	// request. Zero: it could not be read.
	Version int `json:"version,omitempty"`
	// SerialNumber is in lower-case hex without leading zeros, with a minus sign
	// before a negative one.
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
	Signature     string      `json:"signature"`               // algorithm, as in ECDSA-SHA256; its OID when it has no name
	SignatureHash string      `json:"signatureHash,omitempty"` // as in SHA256; empty: the algorithm names none, or is not known
	SignatureOID  nf.OID      `json:"signatureOid,omitempty"`  // of signatureAlgorithm
	// Attributes are those of a request, in the order of the DER.
	Attributes []RequestAttribute `json:"attributes,omitempty"`
	// Faults are the parts that are malformed, or otherwise than DER and
	// RFC 5280 have them. The other fields hold what could be read all the same.
	Faults []Fault `json:"faults,omitempty"`

	Raw Raw `json:"-"`
}

// Kind says what was read.
type Kind string

// The kinds of thing that are read.
const (
	KindCSR         Kind = "csr"
	KindCertificate Kind = "certificate"
)

// Raw holds pieces of the DER as they stand in it, which signatures and
// comparisons need. They share memory with what was read, and are nil where it
// broke off before.
type Raw struct {
	Whole              []byte // the certificate or request, without what follows it
	Signed             []byte // TBSCertificate or CertificationRequestInfo
	Subject            []byte
	Issuer             []byte
	PublicKeyInfo      []byte // SubjectPublicKeyInfo
	PublicKeyBits      []byte // content of its subjectPublicKey, without the count of unused bits
	SignatureAlgorithm []byte // AlgorithmIdentifier beside the signature
	SignedAlgorithm    []byte // AlgorithmIdentifier within the signed part; nil for a request
	Signature          []byte // the signature's octets
}

// Fault is one part that is malformed or not as it should be encoded.
type Fault struct {
	Field  nf.FieldName `json:"field"`
	Kind   FaultKind    `json:"fault"`
	Detail string       `json:"detail"` // may hold text of the file, quoted
}

// FaultKind says in which way a part is at fault.
type FaultKind string

// The ways in which a part can be at fault.
const (
	FaultMalformed  FaultKind = "malformed"   // it could not be read, or not to its end
	FaultTrailing   FaultKind = "trailing"    // bytes after its end
	FaultEncoding   FaultKind = "encoding"    // it could be read, and is not DER
	FaultDuplicate  FaultKind = "duplicate"   // it stands twice
	FaultStringType FaultKind = "string-type" // a string of the wrong ASN.1 type
	FaultCharacters FaultKind = "characters"  // characters that its string type, or any name, does not have
	FaultValue      FaultKind = "value"       // a value that it must not have, such as a negative serial number
	FaultTooMany    FaultKind = "too-many"    // more entries than are read
)

// RequestAttribute is one attribute of a request (RFC 2986 4.1).
type RequestAttribute struct {
	OID  nf.OID `json:"oid"`
	Name string `json:"name,omitempty"` // as in extensionRequest
	// Values counts the values, which are not kept: a challengePassword is a
	// secret.
	Values int `json:"values"`
}

// Attribute is one attribute of a distinguished name.
type Attribute struct {
	Type       string `json:"type"` // short name as in CN, else the OID
	OID        nf.OID `json:"oid"`
	Value      string `json:"value"`
	StringType string `json:"stringType"` // ASN.1 type, as in PrintableString
	// Joined says that it is in one RDN with the attribute before it.
	Joined bool `json:"joined,omitempty"`
}

// PublicKey is the key that the certificate is for.
type PublicKey struct {
	Type      string `json:"type"`                // as in P256, RSA3072, Ed25519; unknown
	SHA256    string `json:"sha256,omitempty"`    // of SubjectPublicKeyInfo, hex
	Algorithm nf.OID `json:"algorithm,omitempty"` // as in 1.2.840.10045.2.1
	Bits      int    `json:"bits,omitempty"`      // of the modulus, or of the curve's field; zero: not known
	Curve     nf.OID `json:"curve,omitempty"`     // of an EC key
}

// SubjectString gives the subject on one line in the order of the DER, as in
// "C=SE, O=5gc.mnc001.mcc001.3gppnetwork.org".
func (c *Contents) SubjectString() string { return nameString(c.Subject) }

// IssuerString gives the issuer as SubjectString gives the subject.
func (c *Contents) IssuerString() string { return nameString(c.Issuer) }

func nameString(name []Attribute) string {
	var b strings.Builder
	for i, a := range name {
		switch {
		case a.Joined:
			b.WriteString("+")
		case i > 0:
			b.WriteString(", ")
		}
		b.WriteString(a.Type + "=" + a.Value)
	}
	return b.String()
}

// Extension finds an extension by its OID: the first, where it stands twice.
func (c *Contents) Extension(oid nf.OID) (Extension, bool) {
	for i := range c.Extensions {
		if c.Extensions[i].OID == oid {
			return c.Extensions[i], true
		}
	}
	return Extension{}, false
}
