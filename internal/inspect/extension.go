package inspect

import "github.com/nfcert/nfcert/internal/nf"

// Name is one entry of subjectAltName.
type Name struct {
	Kind  NameKind `json:"kind"`
	Value string   `json:"value"`
}

// NameKind says which choice of GeneralName a name is.
type NameKind string

// The kinds of name. Every other choice of GeneralName is NameOther.
const (
	NameDNS   NameKind = "dns"
	NameURI   NameKind = "uri"
	NameIP    NameKind = "ip"
	NameEmail NameKind = "email"
	NameOther NameKind = "other" // choice and bytes in hex, for example otherName:3003…
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

// InstanceID returns the first URI name that is an NF instance ID (TS 33.310
// Annex J); empty when no URI name is one.
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
	Usages   []string `json:"usages,omitempty"` // names of bits, for example digitalSignature
}

// ExtKeyUsage is the extension of RFC 5280 4.2.1.12.
type ExtKeyUsage struct {
	Critical bool    `json:"critical"`
	Usages   []Usage `json:"usages,omitempty"`
}

// Usage is one purpose of extKeyUsage.
type Usage struct {
	OID  nf.OID `json:"oid"`
	Name string `json:"name"` // for example serverAuth; the OID when it has no name
}

// NFTypes is the extension of RFC 9310.
type NFTypes struct {
	Critical bool                `json:"critical"`
	Types    []string            `json:"types,omitempty"`    // unchanged, in the order of the DER
	Problems []nf.NFTypesProblem `json:"problems,omitempty"` // breaches of RFC 9310 section 3
}

// Extension is one extension, known or unknown.
type Extension struct {
	OID      nf.OID `json:"oid"`
	Name     string `json:"name,omitempty"` // for example subjectAltName
	Critical bool   `json:"critical"`
	Value    []byte `json:"-"` // DER
}

// BasicConstraints is the extension of RFC 5280 4.2.1.9.
type BasicConstraints struct {
	Critical bool `json:"critical"`
	CA       bool `json:"ca"`
	// MaxPathLen is nil when the extension sets no limit.
	MaxPathLen *int `json:"maxPathLen,omitempty"`
}

// KeyID is the subjectKeyIdentifier or the authorityKeyIdentifier (RFC 5280
// 4.2.1.1 and 4.2.1.2).
type KeyID struct {
	Critical bool   `json:"critical"`
	ID       string `json:"id,omitempty"` // lower-case hex; empty when the extension has no identifier
	// Issuer means that an authorityKeyIdentifier also names issuer and serial
	// number.
	Issuer bool `json:"issuer,omitempty"`
}

// CRLDistribution is the extension of RFC 5280 4.2.1.13.
type CRLDistribution struct {
	Critical bool     `json:"critical"`
	URIs     []string `json:"uris,omitempty"`   // of every distributionPoint, in the order of the DER
	Others   []string `json:"others,omitempty"` // names that are not URIs, for example directoryName:3003…
}

// AuthorityInfo is the extension of RFC 5280 4.2.2.1.
type AuthorityInfo struct {
	Critical  bool     `json:"critical"`
	CAIssuers []string `json:"caIssuers,omitempty"` // URIs of id-ad-caIssuers
	OCSP      []string `json:"ocsp,omitempty"`      // URIs of id-ad-ocsp
	Others    []string `json:"others,omitempty"`    // the rest, as METHOD-OID:NAME
}
