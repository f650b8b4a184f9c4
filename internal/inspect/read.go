package inspect

import (
	"fmt"
	"math/big"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"

	"github.com/nfcert/nfcert/internal/nf"
)

// Fields of faults that are in no profile.
const (
	FieldDER              nf.FieldName = "der" // the whole encoding
	FieldExtensions       nf.FieldName = "extensions"
	FieldAttributes       nf.FieldName = "attributes"
	FieldBasicConstraints nf.FieldName = "basicConstraints"
)

// Limits for one file, so that a hostile file costs no more than its size. An
// honest file is far below them.
const (
	maxEntries    = 10000 // of one list: names, purposes, attributes
	maxExtensions = 1000
	maxFaults     = 200
	maxSerial     = 64 // octets of a serial number that are kept
)

// ReadCertificate reads a certificate (RFC 5280 4.1) in DER. It never fails:
// it fills in what it can read and lists what is malformed or wrong in Faults.
// It checks no signature. The result shares memory with der, which must not
// change afterwards.
func ReadCertificate(der []byte) *Contents {
	return read(KindCertificate, der, (*reader).certificateFields)
}

// ReadCSR reads a PKCS#10 request (RFC 2986 4) in DER like ReadCertificate, with
// the extensions of its extensionRequest.
func ReadCSR(der []byte) *Contents {
	return read(KindCSR, der, (*reader).requestFields)
}

func read(kind Kind, der []byte, fields func(*reader, cryptobyte.String)) *Contents {
	r := reader{c: &Contents{Kind: kind}}
	outer, ok := r.whole(der)
	if !ok {
		return r.c
	}
	if signed, ok := r.signedPart(&outer); ok {
		fields(&r, signed)
		r.signature(&outer)
	}
	return r.c
}

// reader fills one Contents.
type reader struct {
	c *Contents
}

func (r *reader) fault(field nf.FieldName, kind FaultKind, format string, args ...any) {
	switch n := len(r.c.Faults); {
	case n < maxFaults:
		r.c.Faults = append(r.c.Faults, Fault{field, kind, fmt.Sprintf(format, args...)})
	case n == maxFaults:
		r.c.Faults = append(r.c.Faults, Fault{FieldDER, FaultTooMany, "further faults are not listed"})
	}
}

// whole opens the outermost SEQUENCE.
func (r *reader) whole(der []byte) (content cryptobyte.String, ok bool) {
	rest := cryptobyte.String(der)
	if content, ok = r.salvage(&rest, FieldDER); !ok {
		return nil, false
	}
	r.c.Raw.Whole = der[:len(der)-len(rest)]
	if len(rest) > 0 {
		r.fault(FieldDER, FaultTrailing, "%d bytes after the end", len(rest))
	}
	return content, true
}

// signedPart opens TBSCertificate or CertificationRequestInfo.
func (r *reader) signedPart(outer *cryptobyte.String) (content cryptobyte.String, ok bool) {
	before := *outer
	if content, ok = r.salvage(outer, FieldDER); ok {
		r.c.Raw.Signed = before[:len(before)-len(*outer)]
	}
	return content, ok
}

// salvage opens a SEQUENCE. If the end is missing it returns the bytes that are
// there.
func (r *reader) salvage(s *cryptobyte.String, field nf.FieldName) (content cryptobyte.String, ok bool) {
	if s.ReadASN1(&content, cbasn1.SEQUENCE) {
		return content, true
	}
	in := *s
	if len(in) < 2 || in[0] != 0x30 {
		r.fault(field, FaultMalformed, "not a SEQUENCE")
		return nil, false
	}
	octets := 0
	if in[1] > 0x80 {
		octets = int(in[1] & 0x7f)
	}
	if octets > 4 || len(in) < 2+octets || in[1] == 0x80 {
		r.fault(field, FaultMalformed, "a length that is not valid in DER")
		return nil, false
	}
	length := int64(in[1])
	if octets > 0 {
		length = 0
		for _, b := range in[2 : 2+octets] {
			length = length<<8 | int64(b)
		}
	}
	content = in[2+octets:]
	*s = nil
	if length <= int64(len(content)) {
		// cryptobyte refuses only the length octets: there are too many.
		r.fault(field, FaultEncoding, "a length in more octets than necessary")
		content, *s = content[:length], content[length:]
		return content, true
	}
	r.fault(field, FaultMalformed, "truncated: %d of %d bytes", len(content), length)
	return content, true
}

// certificateFields reads a TBSCertificate up to the first field that it cannot
// read.
func (r *reader) certificateFields(tbs cryptobyte.String) {
	var version, serial, algorithm cryptobyte.String
	var explicit bool
	if !tbs.ReadOptionalASN1(&version, &explicit, cbasn1.Tag(0).Constructed().ContextSpecific()) {
		r.fault(nf.FieldVersion, FaultMalformed, "not a version")
		return
	}
	r.certificateVersion(version, explicit)
	if !tbs.ReadASN1(&serial, cbasn1.INTEGER) {
		r.fault(nf.FieldSerialNumber, FaultMalformed, "not an INTEGER")
		return
	}
	r.serial(serial)
	if !tbs.ReadASN1Element(&algorithm, cbasn1.SEQUENCE) {
		r.fault(nf.FieldSignature, FaultMalformed, "not an algorithm identifier")
		return
	}
	r.c.Raw.SignedAlgorithm = algorithm
	var ok bool
	if r.c.Issuer, r.c.Raw.Issuer, ok = r.name(&tbs, nf.FieldIssuer); !ok {
		return
	}
	if !r.validity(&tbs) {
		return
	}
	if r.c.Subject, r.c.Raw.Subject, ok = r.name(&tbs, nf.FieldSubject); !ok {
		return
	}
	if !r.publicKey(&tbs) {
		return
	}
	r.certificateTail(tbs)
}

// certificateTail reads the fields after the public key: unique identifiers,
// which it skips, and extensions.
func (r *reader) certificateTail(tbs cryptobyte.String) {
	for tag := cbasn1.Tag(1); tag <= 2; tag++ {
		if !tbs.SkipOptionalASN1(tag.ContextSpecific()) {
			r.fault(FieldExtensions, FaultMalformed, "the fields after the public key are damaged")
			return
		}
	}
	var tagged, list cryptobyte.String
	var there bool
	if !tbs.ReadOptionalASN1(&tagged, &there, cbasn1.Tag(3).Constructed().ContextSpecific()) {
		r.fault(FieldExtensions, FaultMalformed, "truncated")
		return
	}
	if there {
		if !tagged.ReadASN1(&list, cbasn1.SEQUENCE) {
			r.fault(FieldExtensions, FaultMalformed, "not a SEQUENCE of extensions")
			return
		}
		if len(tagged) > 0 {
			r.fault(FieldExtensions, FaultTrailing, "%d bytes after the extensions", len(tagged))
		}
		r.extensions(list)
	}
	if len(tbs) > 0 {
		r.fault(FieldDER, FaultTrailing, "%d bytes after the last field", len(tbs))
	}
}

func (r *reader) certificateVersion(content cryptobyte.String, explicit bool) {
	if !explicit {
		r.c.Version = 1
		return
	}
	r.version(content, 2)
	if r.c.Version == 1 {
		r.fault(nf.FieldVersion, FaultEncoding, "v1 is encoded, but DER omits the default")
	}
}

// version reads a version number from 0 to highest.
func (r *reader) version(content cryptobyte.String, highest int64) {
	var n int64
	if !content.ReadASN1Integer(&n) || !content.Empty() {
		r.fault(nf.FieldVersion, FaultMalformed, "not a version number")
		return
	}
	if n < 0 || n > highest {
		r.fault(nf.FieldVersion, FaultValue, "version field %d, want 0 to %d", n, highest)
		if n < 0 || n > 1000 {
			return
		}
	}
	r.c.Version = int(n) + 1
}

func (r *reader) serial(content []byte) {
	if len(content) == 0 {
		r.fault(nf.FieldSerialNumber, FaultMalformed, "an INTEGER without octets")
		return
	}
	if len(content) > 1 && (content[0] == 0 && content[1] < 0x80 || content[0] == 0xff && content[1] >= 0x80) {
		r.fault(nf.FieldSerialNumber, FaultEncoding, "more octets than necessary")
	}
	if len(content) > 20 {
		r.fault(nf.FieldSerialNumber, FaultValue, "%d octets, want at most 20", len(content))
	}
	kept := content[:min(len(content), maxSerial)]
	number := new(big.Int).SetBytes(kept)
	if content[0] >= 0x80 { // two's complement
		number.Sub(number, new(big.Int).Lsh(big.NewInt(1), uint(8*len(kept))))
	}
	r.c.SerialNumber = Serial(number)
	if len(kept) < len(content) {
		r.c.SerialNumber += "..."
	}
	switch number.Sign() {
	case -1:
		r.fault(nf.FieldSerialNumber, FaultValue, "negative")
	case 0:
		r.fault(nf.FieldSerialNumber, FaultValue, "zero")
	}
}

// requestFields reads a CertificationRequestInfo up to the first field that it
// cannot read.
func (r *reader) requestFields(info cryptobyte.String) {
	var version, attributes cryptobyte.String
	if !info.ReadASN1Element(&version, cbasn1.INTEGER) {
		r.fault(nf.FieldVersion, FaultMalformed, "not a version")
		return
	}
	r.version(version, 0)
	var ok bool
	if r.c.Subject, r.c.Raw.Subject, ok = r.name(&info, nf.FieldSubject); !ok {
		return
	}
	if !r.publicKey(&info) {
		return
	}
	if !info.ReadASN1(&attributes, cbasn1.Tag(0).Constructed().ContextSpecific()) {
		r.fault(FieldAttributes, FaultMalformed, "missing or damaged, want [0] with zero or more attributes")
		return
	}
	r.attributes(attributes)
	if len(info) > 0 {
		r.fault(FieldDER, FaultTrailing, "%d bytes after the last field", len(info))
	}
}

// attributes reads the attributes of a request. It reads several
// extensionRequests as one.
func (r *reader) attributes(list cryptobyte.String) {
	for n := 0; !list.Empty(); n++ {
		if n == maxEntries {
			r.fault(FieldAttributes, FaultTooMany, "more than %d attributes", maxEntries)
			return
		}
		var attribute, id, values cryptobyte.String
		if !list.ReadASN1(&attribute, cbasn1.SEQUENCE) {
			r.fault(FieldAttributes, FaultMalformed, "attribute %d is malformed", n+1)
			return
		}
		if !attribute.ReadASN1(&id, cbasn1.OBJECT_IDENTIFIER) || !attribute.ReadASN1(&values, cbasn1.SET) || !attribute.Empty() {
			r.fault(FieldAttributes, FaultMalformed, "attribute %d is malformed", n+1)
			continue
		}
		oid, _ := decodeOID(id)
		a := RequestAttribute{OID: oid, Name: requestAttributes[oid]}
		for !values.Empty() {
			var value cryptobyte.String
			var tag cbasn1.Tag
			if !values.ReadAnyASN1(&value, &tag) {
				r.fault(FieldAttributes, FaultMalformed, "a value of %s is malformed", oid)
				break
			}
			a.Values++
			if oid != oidExtensionRequest {
				continue
			}
			if tag != cbasn1.SEQUENCE {
				r.fault(FieldExtensions, FaultMalformed, "extensionRequest: not a SEQUENCE of extensions")
				continue
			}
			r.extensions(value)
		}
		r.c.Attributes = append(r.c.Attributes, a)
	}
}

const oidExtensionRequest nf.OID = "1.2.840.113549.1.9.14"

// requestAttributes are the names of attributes of requests (RFC 2985 5.4).
var requestAttributes = map[nf.OID]string{
	oidExtensionRequest:    "extensionRequest",
	"1.2.840.113549.1.9.7": "challengePassword",
	"1.2.840.113549.1.9.2": "unstructuredName",
}
