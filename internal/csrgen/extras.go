package csrgen

import (
	"crypto/x509"
	"encoding/asn1"
	"encoding/hex"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/nfcert/nfcert/internal/nf"
)

// Extras are what a request asks for beside its profile, or in place of it. The
// zero value asks for nothing more.
type Extras struct {
	Subject    []Attribute `json:"subject,omitempty"`    // in place of the profile's
	KeyUsages  []string    `json:"keyUsages,omitempty"`  // in place of the profile's; as in digitalSignature
	Usages     []nf.OID    `json:"usages,omitempty"`     // in place of the profile's extKeyUsage
	IPs        []string    `json:"ips,omitempty"`        // of subjectAltName, as are the next two
	Emails     []string    `json:"emails,omitempty"`     // ASCII
	OtherNames []OtherName `json:"otherNames,omitempty"` //
	Extensions []Extension `json:"extensions,omitempty"` // further ones, after the profile's
}

// Attribute is one attribute of a subject, a relative name by itself.
type Attribute struct {
	Type  nf.OID `json:"type"`
	Value string `json:"value"`
}

// OtherName is an otherName of subjectAltName (RFC 5280 4.2.1.6).
type OtherName struct {
	Type  nf.OID `json:"type"`
	Value []byte `json:"value"` // DER
}

// Extension is an extension that this package knows nothing of.
type Extension struct {
	OID      nf.OID `json:"oid"`
	Critical bool   `json:"critical,omitempty"`
	Value    []byte `json:"value"` // DER
}

// Bounds of what a person can mean; servers have lower ones.
const (
	maxAttributeLength = 1 << 10
	maxExtensionLength = 1 << 16
	maxExtras          = 100 // of each kind
)

// IsZero reports whether nothing more is asked for.
func (e Extras) IsZero() bool {
	return len(e.Subject)+len(e.KeyUsages)+len(e.Usages)+len(e.IPs)+len(e.Emails)+len(e.OtherNames)+len(e.Extensions) == 0
}

// ParseSubject reads a subject as in "C=SE, O=Example AB, CN=af.example.com",
// its attributes in the order in which they shall stand. A type is a short name
// or an OID; a backslash takes the meaning from a comma or another backslash.
func ParseSubject(s string) ([]Attribute, error) {
	var attributes []Attribute
	for _, part := range splitUnescaped(s) {
		name, value, ok := strings.Cut(part, "=")
		name, value = strings.TrimSpace(name), strings.TrimSpace(value)
		if !ok || name == "" || value == "" {
			return nil, fmt.Errorf("subject %q: found %q, want TYPE=VALUE as in C=SE, O=Example AB, CN=af.example.com", clip(s), clip(part))
		}
		oid, err := attributeType(name)
		if err != nil {
			return nil, fmt.Errorf("subject %q: %w", clip(s), err)
		}
		attributes = append(attributes, Attribute{oid, value})
	}
	return attributes, nil
}

// splitUnescaped splits at commas that no backslash is in front of, and takes
// the backslashes out.
func splitUnescaped(s string) []string {
	var parts []string
	var part strings.Builder
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '\\' && i+1 < len(s):
			i++
			part.WriteByte(s[i])
		case s[i] == ',':
			parts = append(parts, part.String())
			part.Reset()
		default:
			part.WriteByte(s[i])
		}
	}
	return append(parts, part.String())
}

func attributeType(name string) (nf.OID, error) {
	types := nf.AttributeTypes()
	for _, t := range types {
		if strings.EqualFold(t.Name, name) {
			return t.OID, nil
		}
	}
	oid := nf.OID(name)
	if _, err := oid.ASN1(); err != nil {
		names := make([]string, len(types))
		for i, t := range types {
			names[i] = t.Name
		}
		return "", fmt.Errorf("attribute %q: want %s, or an OID", clip(name), strings.Join(names, ", "))
	}
	return oid, nil
}

// ParseOtherName reads OID:TEXT, whose value becomes a UTF8String, or
// OID:der:HEX.
func ParseOtherName(s string) (OtherName, error) {
	name, value, ok := strings.Cut(s, ":")
	oid := nf.OID(strings.TrimSpace(name))
	if _, err := oid.ASN1(); err != nil || !ok || value == "" {
		return OtherName{}, fmt.Errorf("otherName %q: want OID:TEXT or OID:der:HEX as in 1.3.6.1.4.1.311.20.2.3:amf@example.org", clip(s))
	}
	if text, isDER := strings.CutPrefix(value, "der:"); isDER {
		der, err := parseDER(text)
		if err != nil {
			return OtherName{}, fmt.Errorf("otherName %s: %w", oid, err)
		}
		return OtherName{oid, der}, nil
	}
	if !utf8.ValidString(value) {
		return OtherName{}, fmt.Errorf("otherName %s: the text is not UTF-8", oid)
	}
	der, err := asn1.MarshalWithParams(value, "utf8")
	return OtherName{oid, der}, err
}

// ParseExtension reads OID[,critical]:HEX, the DER of the extension's value.
func ParseExtension(s string) (Extension, error) {
	head, value, ok := strings.Cut(s, ":")
	e, err := ParseExtensionHead(head)
	if err != nil {
		return e, err
	}
	if !ok {
		return e, fmt.Errorf("extension %s: no value, want OID[,critical]:HEX", e.OID)
	}
	if e.Value, err = parseDER(value); err != nil {
		return e, fmt.Errorf("extension %s: %w", e.OID, err)
	}
	return e, nil
}

// ParseExtensionHead reads OID[,critical], with the value to be filled in.
func ParseExtensionHead(s string) (Extension, error) {
	name, mark, marked := strings.Cut(s, ",")
	e := Extension{OID: nf.OID(strings.TrimSpace(name)), Critical: marked}
	if _, err := e.OID.ASN1(); err != nil || marked && strings.TrimSpace(mark) != "critical" {
		return e, fmt.Errorf("extension %q: want OID or OID,critical as in 1.3.6.1.5.5.7.1.24,critical", clip(s))
	}
	return e, nil
}

// parseDER reads hex, with or without colons, that is one DER value.
func parseDER(text string) ([]byte, error) {
	der, err := hex.DecodeString(strings.NewReplacer(":", "", " ", "").Replace(text))
	if err != nil {
		return nil, fmt.Errorf("value %q is not hex", clip(text))
	}
	return der, checkDER(der)
}

// checkDER makes sure that a value is one whole DER element.
func checkDER(der []byte) error {
	var raw asn1.RawValue
	switch rest, err := asn1.Unmarshal(der, &raw); {
	case len(der) == 0:
		return errors.New("the value is empty")
	case len(der) > maxExtensionLength:
		return fmt.Errorf("the value has %d bytes, want at most %d", len(der), maxExtensionLength)
	case err != nil:
		return fmt.Errorf("the value is not DER: %w", err)
	case len(rest) > 0:
		return fmt.Errorf("%d bytes follow the value", len(rest))
	}
	return nil
}

// check reports every fault, as nf.FieldErrors.
func (e Extras) check(errs *nf.FieldErrors) {
	for _, list := range []struct {
		field string
		n     int
	}{{"subject", len(e.Subject)}, {"ips", len(e.IPs)}, {"emails", len(e.Emails)}, {"otherNames", len(e.OtherNames)}, {"extensions", len(e.Extensions)}} {
		if list.n > maxExtras {
			errs.Add(list.field, fmt.Errorf("%d entries, want at most %d", list.n, maxExtras))
		}
	}
	for i, a := range e.Subject {
		if _, err := a.marshal(); err != nil {
			errs.Add(fmt.Sprintf("subject[%d]", i), err)
		}
	}
	for i, ip := range e.IPs {
		if a, err := netip.ParseAddr(ip); err != nil || a.Zone() != "" {
			errs.Add(fmt.Sprintf("ips[%d]", i), fmt.Errorf("%q is not an IP address", clip(ip)))
		}
	}
	for i, email := range e.Emails {
		local, domain, ok := strings.Cut(email, "@")
		if !ok || local == "" || !isASCII(local) || nf.CheckFQDN(domain) != nil {
			errs.Add(fmt.Sprintf("emails[%d]", i), fmt.Errorf("%q is not an address as in pki@example.org", clip(email)))
		}
	}
	if _, err := keyUsageBits(e.KeyUsages); err != nil {
		errs.Add("keyUsages", err)
	}
	e.checkExtensions(errs)
}

// checkExtensions refuses extensions that stand twice or are made of other
// fields.
func (e Extras) checkExtensions(errs *nf.FieldErrors) {
	seen := []nf.OID{nf.OIDSubjectAltName, nf.OIDKeyUsage, nf.OIDExtKeyUsage, nf.OIDNFTypes}
	own := len(seen)
	for i, x := range e.Extensions {
		field := fmt.Sprintf("extensions[%d]", i)
		switch at := slices.Index(seen, x.OID); {
		case at >= own:
			errs.Add(field, fmt.Errorf("extension %s stands twice (RFC 5280 4.2)", x.OID))
		case at >= 0:
			errs.Add(field, fmt.Errorf("extension %s (%s) is made of names, usages and NF types", x.OID, x.OID.ExtensionName()))
		}
		seen = append(seen, x.OID)
		if err := checkDER(x.Value); err != nil {
			errs.Add(field, err)
		}
	}
	for i, n := range e.OtherNames {
		if err := checkDER(n.Value); err != nil {
			errs.Add(fmt.Sprintf("otherNames[%d]", i), err)
		}
	}
}

func isASCII(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' })
}

// keyUsageNames are the bits of keyUsage in their order (RFC 5280 4.2.1.3).
var keyUsageNames = [...]string{
	"digitalSignature", "nonRepudiation", "keyEncipherment", "dataEncipherment", "keyAgreement",
	"keyCertSign", "cRLSign", "encipherOnly", "decipherOnly",
}

// KeyUsageNames lists the names that keyUsage has for its bits.
func KeyUsageNames() []string { return slices.Clone(keyUsageNames[:]) }

func keyUsageBits(names []string) (x509.KeyUsage, error) {
	var usage x509.KeyUsage
	for _, name := range names {
		bit := slices.IndexFunc(keyUsageNames[:], func(n string) bool { return strings.EqualFold(n, name) })
		if strings.EqualFold(name, "contentCommitment") { // its later name (X.509)
			bit = 1
		}
		if bit < 0 {
			return 0, fmt.Errorf("key usage %q: want one of %s", clip(name), strings.Join(keyUsageNames[:], ", "))
		}
		usage |= 1 << bit
	}
	return usage, nil
}
