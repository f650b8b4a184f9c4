package certsource

import (
	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// maxIterations bounds the iterations of key derivation that a file may ask for:
// a second or two of work. Real files have between 1000 and a million.
const maxIterations = 5_000_000

// tooManyIterations describes a file that asks for more.
const tooManyIterations = "PKCS#12 whose key derivation takes more than 5000000 iterations"

// maxDepth bounds the search of fewIterations. The iterations of a PFX are within
// ten levels.
const maxDepth = 16

// fewIterations reports whether no key derivation in the DER asks for more than
// maxIterations. Its parameters, in old and new files, are a SEQUENCE of the salt
// and an INTEGER (RFC 7292 4 and appendix C, RFC 8018 appendix A.2). Encrypted
// parameters are not checked: their author knew the passphrase.
func fewIterations(der []byte) bool { return fewIterationsAt(der, 0) }

func fewIterationsAt(der cryptobyte.String, depth int) bool {
	if depth == maxDepth {
		return true
	}
	salted := false
	for !der.Empty() {
		var value cryptobyte.String
		var tag cbasn1.Tag
		if !der.ReadAnyASN1(&value, &tag) {
			return true // damaged, which the reader reports
		}
		switch {
		case tag == cbasn1.INTEGER && salted && !isFew(value):
			return false
		case tag&0x20 != 0 || tag == cbasn1.OCTET_STRING && len(value) > 0 && value[0] == 0x30:
			if !fewIterationsAt(value, depth+1) {
				return false
			}
		}
		salted = tag == cbasn1.OCTET_STRING
	}
	return true
}

// isFew reads the content of an INTEGER.
func isFew(value []byte) bool {
	n := 0
	for _, b := range value {
		if n = n<<8 | int(b); n > maxIterations {
			return false
		}
	}
	return true
}
