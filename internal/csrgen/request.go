package csrgen

import (
	"crypto"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"fmt"
	"math/bits"
	"slices"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"

	"github.com/nfcert/nfcert/internal/nf"
)

// Request is what a CSR asks for: one NF's certificate of one profile.
type Request struct {
	Function nf.Function
	Profile  nf.Profile // one of package nf's; the zero value is refused
	Omit     []Part     // parts of the profile left out; none: all is asked for
}

// Validate checks the function's fields and that those which the profile needs
// and Omit does not leave out are there. Its error is nf.FieldErrors, all
// faults at once, with paths from the function.
func (r Request) Validate() (warnings []string, err error) {
	if r.Profile.Name == "" {
		return nil, errors.New("no certificate profile given")
	}
	f := r.Function
	f.Normalize()
	warnings, err = f.Validate()
	var errs nf.FieldErrors
	errs.Add("", err)
	errs.Add("", f.Require(r.fields()...))
	if r.asks(nf.FieldDNS) && len(f.FQDNs) == 0 {
		warnings = append(warnings, "no FQDN: a TLS server's certificate without one fails its clients' host name check (RFC 9110 4.3.4)")
	}
	if len(errs) > 0 {
		return warnings, errs
	}
	return warnings, nil
}

// fields lists what the request asks for.
func (r *Request) fields() []nf.FieldName {
	var names []nf.FieldName
	for i := range r.Profile.Fields {
		if name := r.Profile.Fields[i].Name; r.asks(name) {
			names = append(names, name)
		}
	}
	return names
}

// asks reports whether the profile's request has the field and Omit leaves it
// in.
func (r *Request) asks(field nf.FieldName) bool {
	return r.Profile.Requests(field) && !slices.Contains(r.Omit, partOf(field))
}

// partOf gives the part that a field belongs to; none for a field that cannot
// be left out.
func partOf(field nf.FieldName) Part {
	switch field {
	case nf.FieldSubject, nf.FieldCountry, nf.FieldOrganization:
		return PartSubject
	case nf.FieldDNS:
		return PartDNS
	case nf.FieldURI, nf.FieldInstanceURI:
		return PartURI
	case nf.FieldNFTypes:
		return PartNFTypes
	case nf.FieldExtKeyUsage:
		return PartEKU
	case nf.FieldKeyUsage:
		return PartKeyUsage
	}
	return ""
}

// Create makes the PKCS#10 request (RFC 2986) in DER, signed by key. The
// subject has C, then O, and nothing else; everything more is in the attribute
// extensionRequest. The same key and request give the same bytes with RSA and
// Ed25519; ECDSA signatures differ each time.
//
// The request is checked as by Validate first.
func Create(key crypto.Signer, r Request) ([]byte, error) {
	if _, err := r.Validate(); err != nil {
		return nil, fmt.Errorf("making a certificate request: %w", err)
	}
	r.Function.Normalize()
	extensions, err := r.extensions()
	if err != nil {
		return nil, fmt.Errorf("making a certificate request: %w", err)
	}
	// Extensions that crypto/x509 would write by itself come from us: it marks
	// subjectAltName non-critical, where TS 33.310 6.1.3c.3 wants critical.
	template := &x509.CertificateRequest{Subject: r.subject(), ExtraExtensions: extensions}
	der, err := x509.CreateCertificateRequest(rand.Reader, template, key)
	if err != nil {
		return nil, fmt.Errorf("signing a certificate request: %w", err)
	}
	return der, nil
}

// subject gives C, then O, the order of TS 33.310 6.1.3c.3, which is that of
// pkix.Name too. Both are plain enough to become PrintableString.
func (r *Request) subject() pkix.Name {
	var name pkix.Name
	if r.asks(nf.FieldCountry) {
		name.Country = []string{r.Function.Country}
	}
	if r.asks(nf.FieldOrganization) {
		name.Organization = []string{r.Function.HomeDomain()}
	}
	return name
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
		if !r.asks(e.field) {
			continue
		}
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
	return list, nil
}

// subjectAltName gives GeneralNames (RFC 5280 4.2.1.6): FQDNs in their order,
// then URIs, the instance's first. Without a name it is nil, as an empty
// sequence is not allowed.
func (r *Request) subjectAltName() ([]byte, error) {
	const dnsTag, uriTag = 2, 6
	var b cryptobyte.Builder
	names := 0
	b.AddASN1(cbasn1.SEQUENCE, func(seq *cryptobyte.Builder) {
		add := func(tag uint8, name string) {
			seq.AddASN1(cbasn1.Tag(tag).ContextSpecific(), func(s *cryptobyte.Builder) { s.AddBytes([]byte(name)) })
			names++
		}
		if r.asks(nf.FieldDNS) {
			for _, name := range r.Function.FQDNs {
				add(dnsTag, name)
			}
		}
		if r.asks(nf.FieldURI) {
			for _, uri := range r.Function.URINames() {
				add(uriTag, uri)
			}
		}
	})
	if names == 0 {
		return nil, nil
	}
	return b.Bytes()
}

// keyUsage gives a BIT STRING whose trailing zero bits are cut off, as DER
// demands of a named bit list (X.690 11.2.2).
func (r *Request) keyUsage() ([]byte, error) {
	usage := uint16(r.Profile.KeyUsage)
	if usage == 0 {
		return nil, nil
	}
	// Bit 0 of KeyUsage is the highest of the first octet.
	octets := []byte{bits.Reverse8(byte(usage)), bits.Reverse8(byte(usage >> 8))}
	length := bits.Len16(usage)
	return asn1.Marshal(asn1.BitString{Bytes: octets[:(length+7)/8], BitLength: length})
}

func (r *Request) extKeyUsage() ([]byte, error) {
	var oids []asn1.ObjectIdentifier
	for _, usage := range r.Profile.ExtKeyUsages {
		oid, err := usage.ASN1()
		if err != nil {
			return nil, err
		}
		oids = append(oids, oid)
	}
	if len(oids) == 0 {
		return nil, nil
	}
	return asn1.Marshal(oids)
}

func (r *Request) nfTypes() ([]byte, error) {
	return nf.MarshalNFTypes([]string{r.Function.Type})
}
