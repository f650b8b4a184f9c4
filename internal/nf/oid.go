package nf

import (
	"encoding/asn1"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// OID is an object identifier in dotted form. Text can be a constant and a map
// key; the slice of encoding/asn1 cannot.
type OID string

// Attribute types of distinguished names (RFC 5280 appendix A.1, RFC 4519).
const (
	OIDCommonName   OID = "2.5.4.3"
	OIDCountry      OID = "2.5.4.6"
	OIDOrganization OID = "2.5.4.10"
	OIDSerialNumber OID = "2.5.4.5"
	OIDEmailAddress OID = "1.2.840.113549.1.9.1"
	OIDDomain       OID = "0.9.2342.19200300.100.1.25" // DC
)

// Certificate extensions: RFC 5280 4.2, RFC 9310 section 3, and others that CAs
// add.
const (
	OIDSubjectKeyID        OID = "2.5.29.14"
	OIDKeyUsage            OID = "2.5.29.15"
	OIDSubjectAltName      OID = "2.5.29.17"
	OIDIssuerAltName       OID = "2.5.29.18"
	OIDBasicConstraints    OID = "2.5.29.19"
	OIDCRLDistribution     OID = "2.5.29.31"
	OIDCertificatePolicies OID = "2.5.29.32"
	OIDAuthorityKeyID      OID = "2.5.29.35"
	OIDExtKeyUsage         OID = "2.5.29.37"
	OIDFreshestCRL         OID = "2.5.29.46"
	OIDAuthorityInfoAccess OID = "1.3.6.1.5.5.7.1.1"
	OIDTLSFeature          OID = "1.3.6.1.5.5.7.1.24"
	OIDNFTypes             OID = "1.3.6.1.5.5.7.1.34"
	OIDSCTList             OID = "1.3.6.1.4.1.11129.2.4.2"
)

// extensionNames are the names of RFC 5280 and of the RFCs that define the
// others. It is an array, because a map is built at every start of the program.
var extensionNames = [...]NamedOID{
	{"subjectKeyIdentifier", OIDSubjectKeyID},
	{"keyUsage", OIDKeyUsage},
	{"subjectAltName", OIDSubjectAltName},
	{"issuerAltName", OIDIssuerAltName},
	{"basicConstraints", OIDBasicConstraints},
	{"cRLDistributionPoints", OIDCRLDistribution},
	{"certificatePolicies", OIDCertificatePolicies},
	{"authorityKeyIdentifier", OIDAuthorityKeyID},
	{"extKeyUsage", OIDExtKeyUsage},
	{"freshestCRL", OIDFreshestCRL},
	{"authorityInfoAccess", OIDAuthorityInfoAccess},
	{"tlsFeature", OIDTLSFeature},
	{"nfTypes", OIDNFTypes},
	{"signedCertificateTimestamps", OIDSCTList},
}

// NamedOID is an object identifier with its short name, for example CN.
type NamedOID struct {
	Name string
	OID  OID
}

// attributeTypes has the short names of RFC 4514 section 3 and those that
// openssl made common.
var attributeTypes = [...]NamedOID{
	{"CN", OIDCommonName},
	{"SN", "2.5.4.4"},
	{"serialNumber", OIDSerialNumber},
	{"C", OIDCountry},
	{"L", "2.5.4.7"},
	{"ST", "2.5.4.8"},
	{"street", "2.5.4.9"},
	{"O", OIDOrganization},
	{"OU", "2.5.4.11"},
	{"title", "2.5.4.12"},
	{"postalCode", "2.5.4.17"},
	{"GN", "2.5.4.42"},
	{"organizationIdentifier", "2.5.4.97"},
	{"emailAddress", OIDEmailAddress},
	{"UID", "0.9.2342.19200300.100.1.1"},
	{"DC", OIDDomain},
}

// AttributeTypes lists the attribute types that have a short name, sorted by it.
func AttributeTypes() []NamedOID {
	types := slices.Clone(attributeTypes[:])
	slices.SortFunc(types, func(a, b NamedOID) int { return strings.Compare(a.Name, b.Name) })
	return types
}

// ExtensionName returns the name of an extension, for example subjectAltName;
// empty for an unknown extension.
func (o OID) ExtensionName() string {
	return nameIn(extensionNames[:], o)
}

// AttributeName returns the short name of an attribute type, for example CN;
// empty for an unknown type.
func (o OID) AttributeName() string {
	return nameIn(attributeTypes[:], o)
}

func nameIn(types []NamedOID, o OID) string {
	for _, t := range types {
		if t.OID == o {
			return t.Name
		}
	}
	return ""
}

// ASN1 returns the form that encoding/asn1 and crypto/x509 use.
func (o OID) ASN1() (asn1.ObjectIdentifier, error) {
	oid := make(asn1.ObjectIdentifier, 0, 1+strings.Count(string(o), "."))
	for arc := range strings.SplitSeq(string(o), ".") {
		n, err := strconv.ParseUint(arc, 10, 31)
		if err != nil {
			return nil, fmt.Errorf("object identifier %q: arc %q, want numbers separated by dots", clip(string(o)), clip(arc))
		}
		oid = append(oid, int(n))
	}
	if len(oid) < 2 || oid[0] > 2 || oid[0] < 2 && oid[1] >= 40 {
		return nil, fmt.Errorf("object identifier %q: want at least two arcs that begin with 0.0 to 2.x (X.660)", clip(string(o)))
	}
	return oid, nil
}

// Usage is a purpose that extKeyUsage names.
type Usage struct {
	OID    OID    `json:"oid"`
	Name   string `json:"name"`   // the KeyPurposeId without its id-kp-
	For    string `json:"for"`    // what the key does
	Clause string `json:"clause"` // where it is defined
}

// Usages of extKeyUsage that certificates of the 5G core have.
const (
	UsageServerAuth              OID = "1.3.6.1.5.5.7.3.1"
	UsageClientAuth              OID = "1.3.6.1.5.5.7.3.2"
	UsageJWT                     OID = "1.3.6.1.5.5.7.3.37"
	UsageHTTPContentEncrypt      OID = "1.3.6.1.5.5.7.3.38"
	UsageOAuthAccessTokenSigning OID = "1.3.6.1.5.5.7.3.39"
	UsageAnyExtendedKeyUsage     OID = "2.5.29.37.0"
	usageIPsecIKE                OID = "1.3.6.1.5.5.7.3.17"
	usageCodeSigning             OID = "1.3.6.1.5.5.7.3.3"
	usageEmailProtection         OID = "1.3.6.1.5.5.7.3.4"
	usageTimeStamping            OID = "1.3.6.1.5.5.7.3.8"
	usageOCSPSigning             OID = "1.3.6.1.5.5.7.3.9"
	usageCMCRA                   OID = "1.3.6.1.5.5.7.3.28"
)

// usages are the extended key usages that have a name here.
var usages = [...]Usage{
	{UsageServerAuth, "serverAuth", "TLS server: an NF as producer", "RFC 5280 4.2.1.12"},
	{UsageClientAuth, "clientAuth", "TLS client: an NF as consumer", "RFC 5280 4.2.1.12"},
	{usageCodeSigning, "codeSigning", "signing of code", "RFC 5280 4.2.1.12"},
	{usageEmailProtection, "emailProtection", "mail", "RFC 5280 4.2.1.12"},
	{usageTimeStamping, "timeStamping", "time stamps", "RFC 5280 4.2.1.12"},
	{usageOCSPSigning, "OCSPSigning", "OCSP answers", "RFC 5280 4.2.1.12"},
	{usageIPsecIKE, "ipsecIKE", "IKE", "RFC 4945 5.1.3.12"},
	{usageCMCRA, "cmcRA", "registration authority", "RFC 6402 2.10"},
	{UsageJWT, "jwt", "signing of client credentials assertions (CCA)", "RFC 9509 section 3"},
	{UsageHTTPContentEncrypt, "httpContentEncrypt", "encryption of JSON in HTTP between SEPPs", "RFC 9509 section 3"},
	{UsageOAuthAccessTokenSigning, "oauthAccessTokenSigning", "signing of access tokens by the NRF", "RFC 9509 section 3"},
	{UsageAnyExtendedKeyUsage, "anyExtendedKeyUsage", "anything", "RFC 5280 4.2.1.12"},
}

// Usages lists the extended key usages that have a name here: those of RFC 5280,
// those of RFC 9509 for 5G network functions, and a few others.
func Usages() []Usage { return slices.Clone(usages[:]) }

// LookupUsage finds a usage by its name, with or without id-kp-, or by its OID.
func LookupUsage(s string) (Usage, bool) {
	name := strings.TrimPrefix(s, "id-kp-")
	for i := range usages {
		if strings.EqualFold(usages[i].Name, name) || string(usages[i].OID) == s {
			return usages[i], true
		}
	}
	return Usage{}, false
}

// KeyUsageNames lists the names of the bits of keyUsage, from bit 0
// (RFC 5280 4.2.1.3).
func KeyUsageNames() []string {
	return []string{
		"digitalSignature", "nonRepudiation", "keyEncipherment", "dataEncipherment", "keyAgreement",
		"keyCertSign", "cRLSign", "encipherOnly", "decipherOnly",
	}
}

// UsageName returns the name of an extended key usage; its OID when it has no
// name here.
func UsageName(oid OID) string {
	for i := range usages {
		if usages[i].OID == oid {
			return usages[i].Name
		}
	}
	return string(oid)
}
