package inspect

import (
	"encoding/hex"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"

	"github.com/nfcert/nfcert/internal/nf"
)

// This file reads the extensions that a CA adds without a request.

// maxKeyID is the number of octets of a key identifier that are kept.
const maxKeyID = 256

func (r *reader) keyID(octets []byte, field nf.FieldName) string {
	if len(octets) == 0 || len(octets) > maxKeyID {
		r.fault(field, FaultValue, "a key identifier of %d octets", len(octets))
	}
	return hex.EncodeToString(octets[:min(len(octets), maxKeyID)])
}

func (r *reader) subjectKeyID(in *cryptobyte.String) {
	var octets cryptobyte.String
	if !in.ReadASN1(&octets, cbasn1.OCTET_STRING) {
		r.malformed(in, nf.FieldSubjectKeyID, "not an OCTET STRING")
		return
	}
	r.c.SubjectKeyID.ID = r.keyID(octets, nf.FieldSubjectKeyID)
}

func (r *reader) authorityKeyID(in *cryptobyte.String) {
	var seq, octets, issuer cryptobyte.String
	var hasID, hasIssuer bool
	if !in.ReadASN1(&seq, cbasn1.SEQUENCE) ||
		!seq.ReadOptionalASN1(&octets, &hasID, cbasn1.Tag(0).ContextSpecific()) ||
		!seq.ReadOptionalASN1(&issuer, &hasIssuer, cbasn1.Tag(1).Constructed().ContextSpecific()) ||
		!seq.SkipOptionalASN1(cbasn1.Tag(2).ContextSpecific()) || !seq.Empty() {
		r.malformed(in, nf.FieldAuthorityKeyID, "not an AuthorityKeyIdentifier")
		return
	}
	r.c.AuthorityKeyID.Issuer = hasIssuer
	if hasID {
		r.c.AuthorityKeyID.ID = r.keyID(octets, nf.FieldAuthorityKeyID)
	}
}

func (r *reader) basicConstraints(in *cryptobyte.String) {
	var seq cryptobyte.String
	b := r.c.BasicConstraints
	ok := in.ReadASN1(&seq, cbasn1.SEQUENCE)
	if ok {
		b.CA, ok = r.boolean(&seq, FieldBasicConstraints)
	}
	if ok && seq.PeekASN1Tag(cbasn1.INTEGER) {
		var n int
		if ok = seq.ReadASN1Integer(&n); ok {
			b.MaxPathLen = &n
		}
		if ok && (n < 0 || !b.CA) {
			r.fault(FieldBasicConstraints, FaultValue, "pathLenConstraint %d, want 0 or more in a CA certificate, and absent in others (RFC 5280 4.2.1.9)", n)
		}
	}
	if !ok || !seq.Empty() {
		r.malformed(in, FieldBasicConstraints, "not a BasicConstraints")
	}
}

// crl reads CRLDistributionPoints (RFC 5280 4.2.1.13).
func (r *reader) crl(in *cryptobyte.String) {
	points := r.sequence(in, nf.FieldCRL, "distribution points", "no distribution point, want at least one (RFC 5280 4.2.1.13)")
	for n := 0; !points.Empty(); n++ {
		if n == maxEntries {
			r.fault(nf.FieldCRL, FaultTooMany, "more than %d distribution points", maxEntries)
			return
		}
		var point, outer, full cryptobyte.String
		var named, isFull bool
		if !points.ReadASN1(&point, cbasn1.SEQUENCE) ||
			!point.ReadOptionalASN1(&outer, &named, cbasn1.Tag(0).Constructed().ContextSpecific()) {
			r.fault(nf.FieldCRL, FaultMalformed, "distribution point %d is malformed", n+1)
			return
		}
		if !named {
			continue
		}
		if !outer.ReadOptionalASN1(&full, &isFull, cbasn1.Tag(0).Constructed().ContextSpecific()) {
			r.fault(nf.FieldCRL, FaultMalformed, "distribution point %d is malformed", n+1)
			continue
		}
		if isFull {
			r.crlNames(full)
		} else {
			r.c.CRL.Others = append(r.c.CRL.Others, "nameRelativeToCRLIssuer")
		}
	}
}

func (r *reader) crlNames(names cryptobyte.String) {
	for n := 0; !names.Empty() && n < maxEntries; n++ {
		var value cryptobyte.String
		var tag cbasn1.Tag
		if !names.ReadAnyASN1(&value, &tag) {
			r.fault(nf.FieldCRL, FaultMalformed, "a name is malformed")
			return
		}
		if tag == cbasn1.Tag(6).ContextSpecific() {
			r.c.CRL.URIs = append(r.c.CRL.URIs, r.textName(NameURI, nf.FieldCRL, value).Value)
		} else {
			r.c.CRL.Others = append(r.c.CRL.Others, otherName(tag, value))
		}
	}
}

// Access methods of authorityInfoAccess (RFC 5280 4.2.2.1).
const (
	oidCAIssuers nf.OID = "1.3.6.1.5.5.7.48.2"
	oidOCSP      nf.OID = "1.3.6.1.5.5.7.48.1"
)

func (r *reader) authorityInfo(in *cryptobyte.String) {
	list := r.sequence(in, nf.FieldAIA, "access descriptions", "no access description, want at least one (RFC 5280 4.2.2.1)")
	for n := 0; !list.Empty(); n++ {
		var description, id, value cryptobyte.String
		var tag cbasn1.Tag
		if n == maxEntries {
			r.fault(nf.FieldAIA, FaultTooMany, "more than %d access descriptions", maxEntries)
			return
		}
		if !list.ReadASN1(&description, cbasn1.SEQUENCE) || !description.ReadASN1(&id, cbasn1.OBJECT_IDENTIFIER) ||
			!description.ReadAnyASN1(&value, &tag) || !description.Empty() {
			r.fault(nf.FieldAIA, FaultMalformed, "access description %d is malformed", n+1)
			return
		}
		r.accessDescription(id, tag, value)
	}
}

func (r *reader) accessDescription(id []byte, tag cbasn1.Tag, value []byte) {
	oid, _ := decodeOID(id)
	aia := r.c.AIA
	if tag != cbasn1.Tag(6).ContextSpecific() {
		aia.Others = append(aia.Others, string(oid)+":"+otherName(tag, value))
		return
	}
	uri := r.textName(NameURI, nf.FieldAIA, value).Value
	switch oid {
	case oidCAIssuers:
		aia.CAIssuers = append(aia.CAIssuers, uri)
	case oidOCSP:
		aia.OCSP = append(aia.OCSP, uri)
	default:
		aia.Others = append(aia.Others, string(oid)+":"+uri)
	}
}
