package inspect

import (
	"crypto/x509"
	"encoding/hex"

	"github.com/nfcert/nfcert/internal/nf"
)

// maxOID bounds the octets of an object identifier that is decoded.
const maxOID = 128

// decodeOID reads the content octets of an OBJECT IDENTIFIER. If they are
// malformed it returns them in hex after an "x", and false.
func decodeOID(content []byte) (nf.OID, bool) {
	var oid x509.OID
	if len(content) > maxOID || oid.UnmarshalBinary(content) != nil {
		return nf.OID("x" + hex.EncodeToString(content[:min(len(content), maxOID)])), false
	}
	return nf.OID(oid.String()), true
}
