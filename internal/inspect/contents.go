// Package inspect says what a certificate request or a certificate holds, in
// one shape for both, and how two of them differ.
//
// It reads what is there, also where that breaks a profile: judging is for
// others. Names come as they stand in the file, control characters included;
// who shows them on a terminal must strip those.
package inspect

import (
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"errors"
	"fmt"
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

	Extensions   []Extension `json:"extensions,omitempty"` // all of them, in the order of the DER
	PublicKey    PublicKey   `json:"publicKey"`
	Signature    string      `json:"signature"`              // algorithm, as in ECDSA-SHA256; its OID when it has no name
	SignatureOID nf.OID      `json:"signatureOid,omitempty"` // of signatureAlgorithm
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

// BasicConstraints is the extension of RFC 5280 4.2.1.9.
type BasicConstraints struct {
	Critical bool `json:"critical"`
	CA       bool `json:"ca"`
	// MaxPathLen is nil when the extension sets none.
	MaxPathLen *int `json:"maxPathLen,omitempty"`
}

// KeyID is the subjectKeyIdentifier or the authorityKeyIdentifier (RFC 5280
// 4.2.1.1 and 4.2.1.2).
type KeyID struct {
	Critical bool   `json:"critical"`
	ID       string `json:"id,omitempty"` // lower-case hex; empty when the extension names none
	// Issuer says that an authorityKeyIdentifier also names issuer and serial
	// number.
	Issuer bool `json:"issuer,omitempty"`
}

// CRLDistribution is the extension of RFC 5280 4.2.1.13.
type CRLDistribution struct {
	Critical bool     `json:"critical"`
	URIs     []string `json:"uris,omitempty"`   // of every distributionPoint, in their order
	Others   []string `json:"others,omitempty"` // names that are no URI, as in directoryName:3003…
}

// AuthorityInfo is the extension of RFC 5280 4.2.2.1.
type AuthorityInfo struct {
	Critical  bool     `json:"critical"`
	CAIssuers []string `json:"caIssuers,omitempty"` // URIs of id-ad-caIssuers
	OCSP      []string `json:"ocsp,omitempty"`      // URIs of id-ad-ocsp
	Others    []string `json:"others,omitempty"`    // the rest, as METHOD-OID:NAME
}

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

// Name is one entry of subjectAltName.
type Name struct {
	Kind  NameKind `json:"kind"`
	Value string   `json:"value"`
}

// NameKind says which choice of GeneralName a name is.
type NameKind string

// The kinds of name. All that is not one of the first four is NameOther.
const (
	NameDNS   NameKind = "dns"
	NameURI   NameKind = "uri"
	NameIP    NameKind = "ip"
	NameEmail NameKind = "email"
	NameOther NameKind = "other" // its choice and bytes in hex, as in otherName:3003…
)

// SubjectAltName is the extension of RFC 5280 4.2.1.6.
type SubjectAltName struct {
	Critical bool     `json:"critical"`
	DNSNames []string `json:"dnsNames,omitempty"`
	URIs     []string `json:"uris,omitempty"`
	IPs      []string `json:"ips,omitempty"`
	Emails   []string `json:"emails,omitempty"`
	Others   []string `json:"others,omitempty"`
	// Names is all of them in the order of the DER.
	Names []Name `json:"names,omitempty"`
}

// InstanceID gives the NF instance id of the first URI name that is one
// (TS 33.310 Annex J); empty when there is none.
func (s *SubjectAltName) InstanceID() nf.InstanceID {
	if s == nil {
		return ""
	}
	for _, uri := range s.URIs {
		if id, err := nf.ParseURN(uri); err == nil {
			return id
		}
	}
	return ""
}

// KeyUsage is the extension of RFC 5280 4.2.1.3.
type KeyUsage struct {
	Critical bool     `json:"critical"`
	Usages   []string `json:"usages,omitempty"` // bit names as in digitalSignature
}

// ExtKeyUsage is the extension of RFC 5280 4.2.1.12.
type ExtKeyUsage struct {
	Critical bool    `json:"critical"`
	Usages   []Usage `json:"usages,omitempty"`
}

// Usage is one purpose of extKeyUsage.
type Usage struct {
	OID  nf.OID `json:"oid"`
	Name string `json:"name"` // as in serverAuth; the OID when it has none
}

// NFTypes is the extension of RFC 9310.
type NFTypes struct {
	Critical bool                `json:"critical"`
	Types    []string            `json:"types,omitempty"`    // as they stand, in their order
	Problems []nf.NFTypesProblem `json:"problems,omitempty"` // breaches of RFC 9310 section 3
}

// Extension is one extension, known or not.
type Extension struct {
	OID      nf.OID `json:"oid"`
	Name     string `json:"name,omitempty"` // as in subjectAltName
	Critical bool   `json:"critical"`
	Value    []byte `json:"-"` // DER
}

// PublicKey is the key that the certificate is for.
type PublicKey struct {
	Type      string `json:"type"`                // as in P256, RSA3072, Ed25519; unknown
	SHA256    string `json:"sha256"`              // of SubjectPublicKeyInfo, hex
	Algorithm nf.OID `json:"algorithm,omitempty"` // as in 1.2.840.10045.2.1
	Bits      int    `json:"bits,omitempty"`      // of the modulus, or of the curve's field; zero: not known
	Curve     nf.OID `json:"curve,omitempty"`     // of an EC key
}

// CSR reads a PKCS#10 request (RFC 2986) in DER, with the extensions of its
// extensionRequest. It does not check the signature.
func CSR(der []byte) (*Contents, error) {
	csr, err := x509.ParseCertificateRequest(der)
	if err != nil {
		return nil, fmt.Errorf("reading a certificate request: %w", err)
	}
	c, err := contents(csr.RawSubject, csr.RawSubjectPublicKeyInfo, csr.Extensions)
	if err != nil {
		return nil, fmt.Errorf("reading a certificate request: %w", err)
	}
	c.PublicKey.Type = KeyType(csr.PublicKey)
	c.Signature = csr.SignatureAlgorithm.String()
	return c, nil
}

// Certificate reads a certificate that crypto/x509 has parsed.
func Certificate(cert *x509.Certificate) (*Contents, error) {
	if cert == nil || len(cert.Raw) == 0 {
		return nil, errors.New("reading a certificate: none given")
	}
	c, err := contents(cert.RawSubject, cert.RawSubjectPublicKeyInfo, cert.Extensions)
	if err != nil {
		return nil, fmt.Errorf("reading a certificate: %w", err)
	}
	c.PublicKey.Type = KeyType(cert.PublicKey)
	c.Signature = cert.SignatureAlgorithm.String()
	return c, nil
}

func contents(subject, spki []byte, extensions []pkix.Extension) (*Contents, error) {
	c := &Contents{}
	var err error
	if c.Subject, err = parseName(subject); err != nil {
		return nil, fmt.Errorf("subject: %w", err)
	}
	digest := sha256.Sum256(spki)
	c.PublicKey.SHA256 = hex.EncodeToString(digest[:])
	for _, e := range extensions {
		oid := nf.OID(e.Id.String())
		c.Extensions = append(c.Extensions, Extension{OID: oid, Name: oid.ExtensionName(), Critical: e.Critical, Value: e.Value})
		if err := c.read(oid, e); err != nil {
			return nil, fmt.Errorf("%s: %w", oid.ExtensionName(), err)
		}
	}
	return c, nil
}

// read fills in the field of an extension that has one.
func (c *Contents) read(oid nf.OID, e pkix.Extension) (err error) {
	switch oid {
	case nf.OIDSubjectAltName:
		c.SubjectAltName, err = parseSubjectAltName(e.Value)
		if err == nil {
			c.SubjectAltName.Critical = e.Critical
		}
	case nf.OIDKeyUsage:
		usages, bad := parseKeyUsage(e.Value)
		c.KeyUsage, err = &KeyUsage{Critical: e.Critical, Usages: usages}, bad
	case nf.OIDExtKeyUsage:
		usages, bad := parseExtKeyUsage(e.Value)
		c.ExtKeyUsage, err = &ExtKeyUsage{Critical: e.Critical, Usages: usages}, bad
	case nf.OIDNFTypes:
		types, problems := nf.ParseNFTypes(e.Value)
		c.NFTypes = &NFTypes{Critical: e.Critical, Types: types, Problems: problems}
	}
	return err
}

// SubjectString gives the subject on one line in the order of the DER, as in
// "C=SE, O=5gc.mnc001.mcc001.3gppnetwork.org".
func (c *Contents) SubjectString() string {
	var b strings.Builder
	for i, a := range c.Subject {
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

// extension finds an extension by its OID.
func (c *Contents) extension(oid nf.OID) (Extension, bool) {
	for _, e := range c.Extensions {
		if e.OID == oid {
			return e, true
		}
	}
	return Extension{}, false
}
