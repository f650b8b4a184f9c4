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

// Extras is what a request asks for in addition to its profile, or in place of
// it. The zero value adds nothing.
type Extras struct {
	Subject    []Attribute `json:"subject,omitempty"`    // in place of the profile's
	KeyUsages  []string    `json:"keyUsages,omitempty"`  // in place of the profile's; for example digitalSignature
	Usages     []nf.OID    `json:"usages,omitempty"`     // in place of the profile's extKeyUsage
	IPs        []string    `json:"ips,omitempty"`        // added to subjectAltName, like the next two
	Emails     []string    `json:"emails,omitempty"`     // ASCII
	OtherNames []OtherName `json:"otherNames,omitempty"` //
	Extensions []Extension `json:"extensions,omitempty"` // added after the profile's
}

// Attribute is one attribute of a subject, in its own RDN.
type Attribute struct {
	Type  nf.OID `json:"type"`
	Value string `json:"value"`
}

// OtherName is an otherName of subjectAltName (RFC 5280 4.2.1.6).
type OtherName struct {
	Type  nf.OID `json:"type"`
	Value []byte `json:"value"` // DER
}

// Extension is an extension that is copied into the request unchanged.
type Extension struct {
	OID      nf.OID `json:"oid"`
	Critical bool   `json:"critical,omitempty"`
	Value    []byte `json:"value"` // DER
}

// Limits of a request. Servers have lower ones.
const (
	maxAttributeLength = 1 << 10
	maxExtensionLength = 1 << 16
	maxExtras          = 100 // of each kind
)

// IsZero reports whether nothing is added or replaced.
func (e Extras) IsZero() bool {
	return len(e.Subject)+len(e.KeyUsages)+len(e.Usages)+len(e.IPs)+len(e.Emails)+len(e.OtherNames)+len(e.Extensions) == 0
}

// ParseSubject reads a subject such as "C=SE, O=Example AB, CN=af.example.com".
// The attributes are in the order of the encoding, which is the reverse of
// [inspect.DistinguishedName]. A type is a short name or an OID. A backslash
// escapes the next character.
func ParseSubject(s string) ([]Attribute, error) {
	var attributes []Attribute
	for _, part := range splitUnescaped(s) {
		name, value, ok := strings.Cut(part, "=")
		name, value = strings.TrimSpace(name), strings.TrimSpace(value)
		if !ok || name == "" || value == "" {
			return nil, fmt.Errorf("subject %q: found %q, want TYPE=VALUE, for example C=SE, O=Example AB, CN=af.example.com", clip(s), clip(part))
		}
		oid, err := attributeType(name)
		if err != nil {
			return nil, fmt.Errorf("subject %q: %w", clip(s), err)
		}
		attributes = append(attributes, Attribute{oid, value})
	}
	return attributes, nil
}

// splitUnescaped splits at the commas without a backslash in front of them, and
// removes the backslashes.
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
	var names []string
	for _, t := range nf.AttributeTypes() {
		if strings.EqualFold(t.Name, name) {
			return t.OID, nil
		}
		names = append(names, t.Name)
	}
	oid := nf.OID(name)
	if _, err := oid.ASN1(); err != nil {
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
		return OtherName{}, fmt.Errorf("otherName %q: want OID:TEXT or OID:der:HEX, for example 1.3.6.1.4.1.311.20.2.3:amf@example.org", clip(s))
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

// ParseExtensionHead reads OID[,critical]. The caller sets the value.
func ParseExtensionHead(s string) (Extension, error) {
	name, mark, marked := strings.Cut(s, ",")
	e := Extension{OID: nf.OID(strings.TrimSpace(name)), Critical: marked}
	if _, err := e.OID.ASN1(); err != nil || marked && strings.TrimSpace(mark) != "critical" {
		return e, fmt.Errorf("extension %q: want OID or OID,critical, for example 1.3.6.1.5.5.7.1.24,critical", clip(s))
	}
	return e, nil
}

// parseDER reads one DER value in hex, with or without colons.
func parseDER(text string) ([]byte, error) {
	der, err := hex.DecodeString(strings.NewReplacer(":", "", " ", "").Replace(text))
	if err != nil {
		return nil, fmt.Errorf("value %q is not hex", clip(text))
	}
	return der, checkDER(der)
}

// checkDER checks that a value is exactly one DER element.
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

// check adds every error to errs.
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
			errs.Add(fmt.Sprintf("emails[%d]", i), fmt.Errorf("%q is not an email address such as pki@example.org", clip(email)))
		}
	}
	if _, err := keyUsageBits(e.KeyUsages); err != nil {
		errs.Add("keyUsages", err)
	}
	e.checkExtensions(errs)
}

// checkExtensions refuses extensions that are repeated or that are made from
// other fields.
func (e Extras) checkExtensions(errs *nf.FieldErrors) {
	seen := []nf.OID{nf.OIDSubjectAltName, nf.OIDKeyUsage, nf.OIDExtKeyUsage, nf.OIDNFTypes}
	own := len(seen)
	for i, x := range e.Extensions {
		field := fmt.Sprintf("extensions[%d]", i)
		switch at := slices.Index(seen, x.OID); {
		case at >= own:
			errs.Add(field, fmt.Errorf("extension %s is given twice (RFC 5280 4.2)", x.OID))
		case at >= 0:
			errs.Add(field, fmt.Errorf("extension %s (%s) is made from names, usages and NF types", x.OID, x.OID.ExtensionName()))
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

func keyUsageBits(names []string) (x509.KeyUsage, error) {
	var usage x509.KeyUsage
	known := nf.KeyUsageNames()
	for _, name := range names {
		bit := slices.IndexFunc(known, func(n string) bool { return strings.EqualFold(n, name) })
		if strings.EqualFold(name, "contentCommitment") { // the later name of nonRepudiation (X.509)
			bit = 1
		}
		if bit < 0 {
			return 0, fmt.Errorf("key usage %q: want one of %s", clip(name), strings.Join(known, ", "))
		}
		usage |= 1 << bit
	}
	return usage, nil
}
