package inspect

import (
	"encoding/hex"
	"math/big"
	"strconv"

	"github.com/nfcert/nfcert/internal/nf"
)

// maxOID bounds the octets of an object identifier that is decoded.
const maxOID = 128

// decodeOID reads the content octets of an OBJECT IDENTIFIER. If they are
// malformed it returns them in hex after an "x", and false. Common identifiers
// are returned without an allocation.
func decodeOID(content []byte) (nf.OID, bool) {
	if oid := wellKnownOID(content); oid != "" {
		return oid, true
	}
	n := len(content)
	if n == 0 || n > maxOID || content[n-1] >= 0x80 {
		return nf.OID("x" + hex.EncodeToString(content[:min(n, maxOID)])), false
	}
	text := make([]byte, 0, 3*n+2)
	for rest := content; len(rest) > 0; {
		if rest[0] == 0x80 {
			return nf.OID("x" + hex.EncodeToString(content)), false
		}
		end := 0
		for rest[end] >= 0x80 {
			end++
		}
		text = appendArc(text, rest[:end+1], len(rest) == n)
		rest = rest[end+1:]
	}
	return nf.OID(text), true
}

// appendArc writes one subidentifier. The first encodes two arcs (X.690 8.19.4).
func appendArc(text, octets []byte, first bool) []byte {
	if !first {
		text = append(text, '.')
	}
	if len(octets) > 9 {
		// More than 63 bits, for example the UUID arcs of 2.25.
		n := new(big.Int)
		for _, b := range octets {
			n.Or(n.Lsh(n, 7), big.NewInt(int64(b&0x7f)))
		}
		if first {
			text = append(text, "2."...)
			n.Sub(n, big.NewInt(80))
		}
		return n.Append(text, 10)
	}
	var n uint64
	for _, b := range octets {
		n = n<<7 | uint64(b&0x7f)
	}
	if first {
		top := min(n/40, 2)
		text = append(strconv.AppendUint(text, top, 10), '.')
		n -= top * 40
	}
	return strconv.AppendUint(text, n, 10)
}

// wellKnownOID finds a common identifier by its octets; empty for any other.
func wellKnownOID(content []byte) nf.OID {
	switch string(content) {
	case "\x55\x04\x03":
		return nf.OIDCommonName
	case "\x55\x04\x06":
		return nf.OIDCountry
	case "\x55\x04\x0a":
		return nf.OIDOrganization
	case "\x55\x1d\x0e":
		return nf.OIDSubjectKeyID
	case "\x55\x1d\x0f":
		return nf.OIDKeyUsage
	case "\x55\x1d\x11":
		return nf.OIDSubjectAltName
	case "\x55\x1d\x13":
		return nf.OIDBasicConstraints
	case "\x55\x1d\x1f":
		return nf.OIDCRLDistribution
	case "\x55\x1d\x20":
		return nf.OIDCertificatePolicies
	case "\x55\x1d\x23":
		return nf.OIDAuthorityKeyID
	case "\x55\x1d\x25":
		return nf.OIDExtKeyUsage
	case "\x2b\x06\x01\x05\x05\x07\x01\x01":
		return nf.OIDAuthorityInfoAccess
	case "\x2b\x06\x01\x05\x05\x07\x01\x22":
		return nf.OIDNFTypes
	case "\x2b\x06\x01\x05\x05\x07\x03\x01":
		return nf.UsageServerAuth
	case "\x2b\x06\x01\x05\x05\x07\x03\x02":
		return nf.UsageClientAuth
	case "\x2a\x86\x48\xce\x3d\x02\x01":
		return oidECPublicKey
	case "\x2a\x86\x48\xce\x3d\x03\x01\x07":
		return oidP256
	case "\x2b\x81\x04\x00\x22":
		return oidP384
	case "\x2a\x86\x48\xce\x3d\x04\x03\x02":
		return oidECDSASHA256
	case "\x2a\x86\x48\xce\x3d\x04\x03\x03":
		return oidECDSASHA384
	case "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01":
		return oidRSA
	case "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b":
		return oidSHA256RSA
	case "\x2a\x86\x48\x86\xf7\x0d\x01\x09\x0e":
		return oidExtensionRequest
	}
	return ""
}
