package inspect

import (
	"crypto"
	"crypto/dsa" //lint:ignore SA1019 a certificate may still hold such a key, and it must be named
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"encoding/asn1"
	"encoding/hex"
	"errors"
	"fmt"
	"net/netip"
	"strings"
	"unicode/utf16"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"

	"github.com/nfcert/nfcert/internal/nf"
)

// parseName reads a distinguished name (RFC 5280 4.1.2.4). crypto/x509 parses
// it too, and forgets order within an RDN and string types.
func parseName(der []byte) ([]Attribute, error) {
	input := cryptobyte.String(der)
	var rdns cryptobyte.String
	if !input.ReadASN1(&rdns, cbasn1.SEQUENCE) || !input.Empty() {
		return nil, errors.New("not a sequence of RDNs")
	}
	var attributes []Attribute
	for !rdns.Empty() {
		var rdn cryptobyte.String
		if !rdns.ReadASN1(&rdn, cbasn1.SET) {
			return nil, errors.New("an RDN is malformed")
		}
		for joined := false; !rdn.Empty(); joined = true {
			a, err := parseAttribute(&rdn)
			if err != nil {
				return nil, err
			}
			a.Joined = joined
			attributes = append(attributes, a)
		}
	}
	return attributes, nil
}

func parseAttribute(rdn *cryptobyte.String) (Attribute, error) {
	var pair, value cryptobyte.String
	var id asn1.ObjectIdentifier
	var tag cbasn1.Tag
	if !rdn.ReadASN1(&pair, cbasn1.SEQUENCE) || !pair.ReadASN1ObjectIdentifier(&id) ||
		!pair.ReadAnyASN1(&value, &tag) || !pair.Empty() {
		return Attribute{}, errors.New("an attribute is malformed")
	}
	oid := nf.OID(id.String())
	a := Attribute{Type: oid.AttributeName(), OID: oid, Value: string(value), StringType: nf.StringTypeName(tag)}
	if a.Type == "" {
		a.Type = string(oid)
	}
	if a.StringType == "BMPString" && len(value)%2 == 0 {
		units := make([]uint16, 0, len(value)/2)
		for i := 0; i < len(value); i += 2 {
			units = append(units, uint16(value[i])<<8|uint16(value[i+1]))
		}
		a.Value = string(utf16.Decode(units))
	}
	return a, nil
}

// otherNameKinds names the choices of GeneralName that have no field of their
// own, by tag (RFC 5280 4.2.1.6).
var otherNameKinds = [...]string{0: "otherName", 3: "x400Address", 4: "directoryName", 5: "ediPartyName", 8: "registeredID"}

// parseSubjectAltName reads GeneralNames in their order.
func parseSubjectAltName(der []byte) (*SubjectAltName, error) {
	input := cryptobyte.String(der)
	var names cryptobyte.String
	if !input.ReadASN1(&names, cbasn1.SEQUENCE) || !input.Empty() {
		return nil, errors.New("not a sequence of names")
	}
	san := &SubjectAltName{}
	for !names.Empty() {
		var value cryptobyte.String
		var tag cbasn1.Tag
		if !names.ReadAnyASN1(&value, &tag) {
			return nil, errors.New("a name is malformed")
		}
		if err := san.add(int(tag&0x1f), value); err != nil {
			return nil, err
		}
	}
	return san, nil
}

func (s *SubjectAltName) add(tag int, value []byte) error {
	text, kind := string(value), NameOther
	switch tag {
	case 1:
		kind = NameEmail
		s.Emails = append(s.Emails, text)
	case 2:
		kind = NameDNS
		s.DNSNames = append(s.DNSNames, text)
	case 6:
		kind = NameURI
		s.URIs = append(s.URIs, text)
	case 7:
		ip, ok := netip.AddrFromSlice(value)
		if !ok {
			return fmt.Errorf("an iPAddress of %d bytes, want 4 or 16", len(value))
		}
		kind, text = NameIP, ip.String()
		s.IPs = append(s.IPs, text)
	default:
		choice := fmt.Sprintf("[%d]", tag)
		if tag < len(otherNameKinds) && otherNameKinds[tag] != "" {
			choice = otherNameKinds[tag]
		}
		text = choice + ":" + hex.EncodeToString(value)
		s.Others = append(s.Others, text)
	}
	s.Names = append(s.Names, Name{Kind: kind, Value: text})
	return nil
}

// keyUsageNames are the bits of KeyUsage from 0 on (RFC 5280 4.2.1.3).
const keyUsageNames = "digitalSignature nonRepudiation keyEncipherment dataEncipherment keyAgreement keyCertSign cRLSign encipherOnly decipherOnly"

func parseKeyUsage(der []byte) ([]string, error) {
	input := cryptobyte.String(der)
	var bits asn1.BitString
	if !input.ReadASN1BitString(&bits) || !input.Empty() {
		return nil, errors.New("not a bit string")
	}
	var usages []string
	names := strings.Fields(keyUsageNames)
	for i := range min(bits.BitLength, 64) {
		if bits.At(i) == 0 {
			continue
		}
		if i < len(names) {
			usages = append(usages, names[i])
		} else {
			usages = append(usages, fmt.Sprintf("bit %d", i))
		}
	}
	return usages, nil
}

func parseExtKeyUsage(der []byte) ([]Usage, error) {
	input := cryptobyte.String(der)
	var seq cryptobyte.String
	if !input.ReadASN1(&seq, cbasn1.SEQUENCE) || !input.Empty() {
		return nil, errors.New("not a sequence of object identifiers")
	}
	var usages []Usage
	for !seq.Empty() {
		var id asn1.ObjectIdentifier
		if !seq.ReadASN1ObjectIdentifier(&id) {
			return nil, errors.New("an object identifier is malformed")
		}
		oid := nf.OID(id.String())
		usages = append(usages, Usage{OID: oid, Name: nf.UsageName(oid)})
	}
	return usages, nil
}

// KeyType names the type and size of a public key, as in P256, RSA2048 or
// Ed25519. A key that crypto/x509 could not read is unknown.
func KeyType(pub crypto.PublicKey) string {
	switch k := pub.(type) {
	case *ecdsa.PublicKey:
		if k.Curve == nil {
			return "EC"
		}
		return strings.ReplaceAll(k.Curve.Params().Name, "-", "")
	case *rsa.PublicKey:
		if k.N == nil {
			return "RSA"
		}
		return fmt.Sprintf("RSA%d", k.N.BitLen())
	case ed25519.PublicKey:
		return "Ed25519"
	case *dsa.PublicKey:
		return "DSA"
	case *ecdh.PublicKey:
		return "X25519"
	}
	return "unknown"
}
