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

	"github.com/nfcert/nfcert/internal/nf"
)

// Contents is what a request asks for, or what a certificate says. An
// extension that is absent is nil.
type Contents struct {
	Subject        []Attribute     `json:"subject,omitempty"` // in the order of the DER
	SubjectAltName *SubjectAltName `json:"subjectAltName,omitempty"`
	KeyUsage       *KeyUsage       `json:"keyUsage,omitempty"`
	ExtKeyUsage    *ExtKeyUsage    `json:"extKeyUsage,omitempty"`
	NFTypes        *NFTypes        `json:"nfTypes,omitempty"`
	Extensions     []Extension     `json:"extensions,omitempty"` // all of them, in the order of the DER
	PublicKey      PublicKey       `json:"publicKey"`
	Signature      string          `json:"signature"` // algorithm, as in ECDSA-SHA256
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
	Type   string `json:"type"`   // as in P256, RSA3072
	SHA256 string `json:"sha256"` // of SubjectPublicKeyInfo, hex
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
