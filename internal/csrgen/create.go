package csrgen

import (
	"cmp"
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"fmt"
	"io"
	"math/bits"
	"net/netip"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"

	"github.com/nfcert/nfcert/internal/nf"
)

// Create makes the PKCS#10 request (RFC 2986) in DER, signed by key. The subject
// is C, then O, unless Extras replaces it. Everything else is in the attribute
// extensionRequest. The same key and request give the same bytes, except for an
// ECDSA key in a token.
//
// Create first checks the request with Validate.
func Create(key crypto.Signer, r Request) ([]byte, error) {
	if _, err := r.Validate(); err != nil {
		return nil, fmt.Errorf("making a certificate request: %w", err)
	}
	if key == nil {
		return nil, errors.New("making a certificate request: no key given")
	}
	r.Function.Normalize()
	if name := KeyTypeOf(key.Public()); len(r.Profile.Keys) > 0 && !slices.Contains(r.Profile.Keys, name) {
		return nil, &KeyTypeError{Profile: r.Profile.Name, Found: name, Wanted: r.Profile.Keys}
	}
	subject, err := r.subject()
	if err != nil {
		return nil, fmt.Errorf("making a certificate request: %w", err)
	}
	extensions, err := r.extensions()
	if err != nil {
		return nil, fmt.Errorf("making a certificate request: %w", err)
	}
	// crypto/x509 would write subjectAltName non-critical, but TS 33.310 6.1.3c.3
	// wants it critical, so all extensions are made here.
	template := &x509.CertificateRequest{RawSubject: subject, ExtraExtensions: extensions}
	der, err := x509.CreateCertificateRequest(randomness(key), template, key)
	if err != nil {
		return nil, fmt.Errorf("signing a certificate request: %w", err)
	}
	return der, nil
}

// KeyTypeError refuses a key of a type that the profile does not accept.
type KeyTypeError struct {
	Profile string
	Found   string
	Wanted  []string
}

func (e *KeyTypeError) Error() string {
	return fmt.Sprintf("a key of type %s, but profile %s wants %s", e.Found, e.Profile, strings.Join(e.Wanted, " or "))
}

// randomness returns the random source for a signature. Without one, crypto/ecdsa
// signs deterministically (RFC 6979), so that the same request gives the same
// bytes.
func randomness(key crypto.Signer) io.Reader {
	if _, ok := key.(*ecdsa.PrivateKey); ok {
		return nil
	}
	return rand.Reader
}

// subject returns the RDNSequence: C, then O (the order of TS 33.310 6.1.3c.3),
// or the subject of Extras.
func (r *Request) subject() ([]byte, error) {
	attributes := r.Extras.Subject
	if len(attributes) == 0 {
		if r.asks(nf.FieldCountry) {
			attributes = append(attributes, Attribute{nf.OIDCountry, r.Function.Country})
		}
		if r.asks(nf.FieldOrganization) {
			attributes = append(attributes, Attribute{nf.OIDOrganization, r.Function.HomeDomain()})
		}
	}
	var names [][]byte
	for _, a := range attributes {
		der, err := a.marshal()
		if err != nil {
			return nil, err
		}
		names = append(names, der)
	}
	var b cryptobyte.Builder
	b.AddASN1(cbasn1.SEQUENCE, func(seq *cryptobyte.Builder) {
		for _, name := range names {
			seq.AddASN1(cbasn1.SET, func(set *cryptobyte.Builder) { set.AddBytes(name) })
		}
	})
	return b.Bytes()
}

// marshal returns AttributeTypeAndValue. Countries and serial numbers are
// PrintableString, domain components and email addresses IA5String (RFC 5280
// appendix A.1, RFC 4519). Others are PrintableString if possible, else
// UTF8String.
func (a Attribute) marshal() ([]byte, error) {
	oid, err := a.Type.ASN1()
	if err != nil {
		return nil, err
	}
	name := cmp.Or(a.Type.AttributeName(), string(a.Type))
	params := ""
	switch a.Type {
	case nf.OIDCountry, nf.OIDSerialNumber:
		params = "printable"
	case nf.OIDDomain, nf.OIDEmailAddress:
		params = "ia5"
	}
	if a.Value == "" || len(a.Value) > maxAttributeLength || !utf8.ValidString(a.Value) || strings.ContainsFunc(a.Value, unicode.IsControl) {
		return nil, fmt.Errorf("attribute %s: value %q, want 1 to %d bytes of text", name, clip(a.Value), maxAttributeLength)
	}
	if a.Type == nf.OIDCountry && len(a.Value) != 2 {
		return nil, fmt.Errorf("attribute C: value %q, want 2 letters of ISO 3166-1, for example SE", clip(a.Value))
	}
	value, err := asn1.MarshalWithParams(a.Value, params)
	if err != nil {
		return nil, fmt.Errorf("attribute %s: value %q: %w", name, clip(a.Value), err)
	}
	var b cryptobyte.Builder
	b.AddASN1(cbasn1.SEQUENCE, func(seq *cryptobyte.Builder) {
		seq.AddASN1ObjectIdentifier(oid)
		seq.AddBytes(value)
	})
	return b.Bytes()
}

func (r *Request) extensions() ([]pkix.Extension, error) {
	var list []pkix.Extension
	for _, e := range []struct {
		field nf.FieldName
		oid   nf.OID
		value func() ([]byte, error)
	}{
		{nf.FieldSubjectAltName, nf.OIDSubjectAltName, r.subjectAltName},
		{nf.FieldKeyUsage, nf.OIDKeyUsage, r.keyUsage},
		{nf.FieldExtKeyUsage, nf.OIDExtKeyUsage, r.extKeyUsage},
		{nf.FieldNFTypes, nf.OIDNFTypes, r.nfTypes},
	} {
		value, err := e.value()
		if err != nil {
			return nil, fmt.Errorf("%s: %w", e.field, err)
		}
		if value == nil {
			continue
		}
		oid, err := e.oid.ASN1()
		if err != nil {
			return nil, err
		}
		list = append(list, pkix.Extension{Id: oid, Critical: r.Profile.IsCritical(e.field), Value: value})
	}
	for _, x := range r.Extras.Extensions {
		oid, err := x.OID.ASN1()
		if err != nil {
			return nil, err
		}
		list = append(list, pkix.Extension{Id: oid, Critical: x.Critical, Value: x.Value})
	}
	return list, nil
}

// subjectAltName returns GeneralNames (RFC 5280 4.2.1.6): FQDNs in the given
// order, URIs with the instance's first, then addresses and other names. Without
// any name it is nil, because an empty sequence is not allowed.
func (r *Request) subjectAltName() ([]byte, error) {
	const otherTag, emailTag, dnsTag, uriTag, ipTag = 0, 1, 2, 6, 7
	var b cryptobyte.Builder
	names := 0
	b.AddASN1(cbasn1.SEQUENCE, func(seq *cryptobyte.Builder) {
		add := func(tag uint8, name []byte) {
			seq.AddASN1(cbasn1.Tag(tag).ContextSpecific(), func(s *cryptobyte.Builder) { s.AddBytes(name) })
			names++
		}
		for _, name := range r.DNSNames() {
			add(dnsTag, []byte(name))
		}
		for _, uri := range r.URIs() {
			add(uriTag, []byte(uri))
		}
		for _, ip := range r.Extras.IPs {
			if a, err := netip.ParseAddr(ip); err == nil { // Validate refuses all others
				add(ipTag, a.Unmap().AsSlice())
			}
		}
		for _, email := range r.Extras.Emails {
			add(emailTag, []byte(email))
		}
		for _, other := range r.Extras.OtherNames {
			oid, err := other.Type.ASN1()
			if err != nil {
				seq.SetError(err)
				return
			}
			seq.AddASN1(cbasn1.Tag(otherTag).ContextSpecific().Constructed(), func(s *cryptobyte.Builder) {
				s.AddASN1ObjectIdentifier(oid)
				s.AddASN1(cbasn1.Tag(0).ContextSpecific().Constructed(), func(v *cryptobyte.Builder) { v.AddBytes(other.Value) })
			})
			names++
		}
	})
	if names == 0 {
		return nil, nil
	}
	return b.Bytes()
}

// URIs lists the requested URI names, the instance's first.
func (r *Request) URIs() []string {
	switch instance, others := r.asks(nf.FieldInstanceURI), r.asks(nf.FieldURI); {
	case instance && others:
		return r.Function.URINames()
	case others:
		return r.Function.URIs
	}
	return nil
}

// keyUsage returns a BIT STRING without trailing zero bits, as DER requires for a
// named bit list (X.690 11.2.2).
func (r *Request) keyUsage() ([]byte, error) {
	requested, err := keyUsageBits(r.Extras.KeyUsages)
	if err != nil {
		return nil, err
	}
	if requested == 0 && r.asks(nf.FieldKeyUsage) {
		requested = r.Profile.KeyUsage
	}
	usage := uint16(requested)
	if usage == 0 {
		return nil, nil
	}
	// Bit 0 of KeyUsage is the highest of the first octet.
	octets := []byte{bits.Reverse8(byte(usage)), bits.Reverse8(byte(usage >> 8))}
	length := bits.Len16(usage)
	return asn1.Marshal(asn1.BitString{Bytes: octets[:(length+7)/8], BitLength: length})
}

func (r *Request) extKeyUsage() ([]byte, error) {
	usages := r.Extras.Usages
	if len(usages) == 0 && r.asks(nf.FieldExtKeyUsage) {
		usages = r.Profile.ExtKeyUsages
	}
	if len(usages) == 0 {
		return nil, nil
	}
	var b cryptobyte.Builder
	b.AddASN1(cbasn1.SEQUENCE, func(seq *cryptobyte.Builder) {
		for _, usage := range usages {
			oid, err := usage.ASN1()
			if err != nil {
				seq.SetError(err)
				return
			}
			seq.AddASN1ObjectIdentifier(oid)
		}
	})
	return b.Bytes()
}

func (r *Request) nfTypes() ([]byte, error) {
	if !r.asks(nf.FieldNFTypes) || r.Function.Type == "" {
		return nil, nil
	}
	return nf.MarshalNFTypes([]string{r.Function.Type})
}
