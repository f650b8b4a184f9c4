package inspect

import (
	"cmp"
	"encoding/hex"
	"fmt"
	"net/netip"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"

	"github.com/nfcert/nfcert/internal/nf"
)

// extensions reads a list of extensions (RFC 5280 4.1.2.9).
func (r *reader) extensions(list cryptobyte.String) {
	if list.Empty() {
		r.fault(FieldExtensions, FaultValue, "an empty list, want at least one extension")
	}
	for !list.Empty() {
		var e, id, value cryptobyte.String
		if len(r.c.Extensions) >= maxExtensions {
			r.fault(FieldExtensions, FaultTooMany, "more than %d extensions", maxExtensions)
			return
		}
		if !list.ReadASN1(&e, cbasn1.SEQUENCE) {
			r.fault(FieldExtensions, FaultMalformed, "extension %d is malformed", len(r.c.Extensions)+1)
			return
		}
		if !e.ReadASN1(&id, cbasn1.OBJECT_IDENTIFIER) {
			r.fault(FieldExtensions, FaultMalformed, "extension %d is malformed", len(r.c.Extensions)+1)
			continue
		}
		oid, valid := decodeOID(id)
		if !valid {
			r.fault(FieldExtensions, FaultMalformed, "the object identifier of extension %d is malformed", len(r.c.Extensions)+1)
		}
		x := Extension{OID: oid, Name: oid.ExtensionName()}
		var ok bool
		if x.Critical, ok = r.boolean(&e, x.field()); !ok || !e.ReadASN1(&value, cbasn1.OCTET_STRING) {
			r.fault(x.field(), FaultMalformed, "the extension has no value")
			continue
		}
		if !e.Empty() {
			r.fault(x.field(), FaultTrailing, "%d bytes after the value", len(e))
		}
		x.Value = value
		_, twice := r.c.Extension(oid)
		r.c.Extensions = append(r.c.Extensions, x)
		if twice {
			r.fault(x.field(), FaultDuplicate, "the extension appears twice (RFC 5280 4.2)")
			continue
		}
		r.extension(&x)
	}
}

// field returns the name of an extension's field.
func (e *Extension) field() nf.FieldName {
	return nf.FieldName(cmp.Or(e.Name, "extensions."+string(e.OID)))
}

// boolean reads a BOOLEAN, which DER omits when it is FALSE.
func (r *reader) boolean(e *cryptobyte.String, field nf.FieldName) (value, ok bool) {
	if !e.PeekASN1Tag(cbasn1.BOOLEAN) {
		return false, true
	}
	var b cryptobyte.String
	if !e.ReadASN1(&b, cbasn1.BOOLEAN) || len(b) != 1 {
		return false, false
	}
	switch b[0] {
	case 0:
		r.fault(field, FaultEncoding, "FALSE is encoded, but DER omits the default")
	case 0xff:
	default:
		r.fault(field, FaultEncoding, "TRUE as 0x%02x, want 0xff", b[0])
	}
	return b[0] != 0, true
}

// extension fills in the field of Contents that represents the extension.
func (r *reader) extension(x *Extension) {
	in := cryptobyte.String(x.Value)
	switch x.OID {
	case nf.OIDSubjectAltName:
		r.c.SubjectAltName = &SubjectAltName{Critical: x.Critical}
		r.altNames(&in)
	case nf.OIDKeyUsage:
		r.c.KeyUsage = &KeyUsage{Critical: x.Critical, Usages: r.keyUsage(&in)}
	case nf.OIDExtKeyUsage:
		r.c.ExtKeyUsage = &ExtKeyUsage{Critical: x.Critical, Usages: r.extKeyUsage(&in)}
	case nf.OIDNFTypes:
		types, problems := nf.ParseNFTypes(x.Value)
		r.c.NFTypes = &NFTypes{Critical: x.Critical, Types: types, Problems: problems}
		return
	case nf.OIDBasicConstraints:
		r.c.BasicConstraints = &BasicConstraints{Critical: x.Critical}
		r.basicConstraints(&in)
	case nf.OIDSubjectKeyID:
		r.c.SubjectKeyID = &KeyID{Critical: x.Critical}
		r.subjectKeyID(&in)
	case nf.OIDAuthorityKeyID:
		r.c.AuthorityKeyID = &KeyID{Critical: x.Critical}
		r.authorityKeyID(&in)
	case nf.OIDCRLDistribution:
		r.c.CRL = &CRLDistribution{Critical: x.Critical}
		r.crl(&in)
	case nf.OIDAuthorityInfoAccess:
		r.c.AIA = &AuthorityInfo{Critical: x.Critical}
		r.authorityInfo(&in)
	default:
		return
	}
	if !in.Empty() {
		r.fault(x.field(), FaultTrailing, "%d bytes after the value", len(in))
	}
}

// malformed reports an extension that cannot be read, and skips the rest of it.
func (r *reader) malformed(in *cryptobyte.String, field nf.FieldName, detail string) {
	*in = nil
	r.fault(field, FaultMalformed, "%s", detail)
}

// sequence opens the SEQUENCE OF that an extension consists of; empty is what to
// report when that has no element. A malformed one is reported and has none.
func (r *reader) sequence(in *cryptobyte.String, field nf.FieldName, of, empty string) cryptobyte.String {
	var list cryptobyte.String
	if !in.ReadASN1(&list, cbasn1.SEQUENCE) { // which may have set list all the same
		r.malformed(in, field, "not a sequence of "+of)
		return nil
	}
	if list.Empty() {
		r.fault(field, FaultValue, "%s", empty)
	}
	return list
}

// otherNameKinds are the choices of GeneralName that are written as NameOther,
// by tag (RFC 5280 4.2.1.6).
var otherNameKinds = [...]string{0: "otherName", 3: "x400Address", 4: "directoryName", 5: "ediPartyName", 7: "iPAddress", 8: "registeredID"}

// maxOtherName is the number of octets of a name that are written in hex.
const maxOtherName = 4096

// otherName writes a GeneralName as its choice and its bytes in hex.
func otherName(tag cbasn1.Tag, value []byte) string {
	choice := ""
	if n := int(tag & 0x1f); tag&0x80 != 0 && n < len(otherNameKinds) {
		choice = otherNameKinds[n]
	}
	if choice == "" {
		choice = fmt.Sprintf("[%d]", tag&0x1f)
	}
	return choice + ":" + hex.EncodeToString(value[:min(len(value), maxOtherName)])
}

// altNames reads GeneralNames in the order of the DER.
func (r *reader) altNames(in *cryptobyte.String) {
	san := r.c.SubjectAltName
	names := r.sequence(in, nf.FieldSubjectAltName, "names", "no name, want at least one (RFC 5280 4.2.1.6)")
	for !names.Empty() {
		var value cryptobyte.String
		var tag cbasn1.Tag
		if len(san.Names) >= maxEntries {
			r.fault(nf.FieldSubjectAltName, FaultTooMany, "more than %d names", maxEntries)
			return
		}
		if !names.ReadAnyASN1(&value, &tag) {
			r.fault(nf.FieldSubjectAltName, FaultMalformed, "a name is malformed")
			return
		}
		n := r.altName(tag, value)
		switch san.Names = append(san.Names, n); n.Kind {
		case NameDNS:
			san.DNSNames = append(san.DNSNames, n.Value)
		case NameURI:
			san.URIs = append(san.URIs, n.Value)
		case NameIP:
			san.IPs = append(san.IPs, n.Value)
		case NameEmail:
			san.Emails = append(san.Emails, n.Value)
		default:
			san.Others = append(san.Others, n.Value)
		}
	}
}

func (r *reader) altName(tag cbasn1.Tag, value []byte) Name {
	switch tag {
	case cbasn1.Tag(1).ContextSpecific():
		return r.textName(NameEmail, nf.FieldEmail, value)
	case cbasn1.Tag(2).ContextSpecific():
		return r.textName(NameDNS, nf.FieldDNS, value)
	case cbasn1.Tag(6).ContextSpecific():
		return r.textName(NameURI, nf.FieldURI, value)
	case cbasn1.Tag(7).ContextSpecific():
		if ip, ok := netip.AddrFromSlice(value); ok {
			return Name{NameIP, ip.String()}
		}
		r.fault(nf.FieldSubjectAltName, FaultMalformed, "an iPAddress of %d bytes, want 4 or 16", len(value))
	default:
		if tag&0xc0 != 0x80 || tag&0x1f > 8 {
			r.fault(nf.FieldSubjectAltName, FaultMalformed, "a name with tag 0x%02x, which is not a choice of GeneralName", uint8(tag))
		}
	}
	return Name{NameOther, otherName(tag, value)}
}

// textName returns an IA5String unchanged.
func (r *reader) textName(kind NameKind, field nf.FieldName, value []byte) Name {
	n := Name{kind, string(value)}
	if complaint := badCharacters(n.Value, cbasn1.IA5String); complaint != "" {
		r.fault(field, FaultCharacters, "%.80q has %s", n.Value, complaint)
	}
	return n
}

func (r *reader) keyUsage(in *cryptobyte.String) (usages []string) {
	var bits cryptobyte.String
	if !in.ReadASN1(&bits, cbasn1.BIT_STRING) || len(bits) == 0 || bits[0] > 7 || len(bits) == 1 && bits[0] > 0 {
		r.malformed(in, nf.FieldKeyUsage, "not a bit string")
		return nil
	}
	unused, octets := int(bits[0]), bits[1:]
	length := 8*len(octets) - unused
	if length > 64 {
		r.fault(nf.FieldKeyUsage, FaultTooMany, "%d bits, but only 9 have a meaning", length)
		length = 64
	} else if n := len(octets); n > 0 && (octets[n-1]>>unused&1 == 0 || octets[n-1]&(1<<unused-1) != 0) {
		r.fault(nf.FieldKeyUsage, FaultEncoding, "trailing zero bits, which DER removes (X.690 11.2)")
	}
	names := nf.KeyUsageNames()
	for i := range length {
		switch set := octets[i/8]>>(7-i%8)&1 == 1; {
		case !set:
		case i < len(names):
			usages = append(usages, names[i])
		default:
			usages = append(usages, fmt.Sprintf("bit %d", i))
		}
	}
	if len(usages) == 0 {
		r.fault(nf.FieldKeyUsage, FaultValue, "no bit is set (RFC 5280 4.2.1.3)")
	}
	return usages
}

func (r *reader) extKeyUsage(in *cryptobyte.String) (usages []Usage) {
	seq := r.sequence(in, nf.FieldExtKeyUsage, "object identifiers", "no purpose, want at least one (RFC 5280 4.2.1.12)")
	for !seq.Empty() {
		var id cryptobyte.String
		if len(usages) >= maxEntries {
			r.fault(nf.FieldExtKeyUsage, FaultTooMany, "more than %d purposes", maxEntries)
			return usages
		}
		if !seq.ReadASN1(&id, cbasn1.OBJECT_IDENTIFIER) {
			r.fault(nf.FieldExtKeyUsage, FaultMalformed, "an object identifier is malformed")
			return usages
		}
		oid, valid := decodeOID(id)
		if !valid {
			r.fault(nf.FieldExtKeyUsage, FaultMalformed, "an object identifier is malformed")
		}
		usages = append(usages, Usage{OID: oid, Name: nf.UsageName(oid)})
	}
	return usages
}
