package certsource

import (
	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// maxRounds bounds the rounds of key derivation that a file may ask for: a
// second or two of work. Files in use have thousands, to a million.
const maxRounds = 5_000_000

// maxDepth bounds how deep affordable looks: the rounds of a PFX stand within
// ten levels.
const maxDepth = 16

// affordable reports whether no key derivation in the DER asks for more than
// maxRounds. Its parameters, old and new, are a SEQUENCE of the salt and an
// INTEGER (RFC 7292 4 and appendix C, RFC 8018 appendix A.2). The rounds of
// what lies under encryption are not seen: who made it had the passphrase.
func affordable(der []byte) bool { return affordableAt(der, 0) }

func affordableAt(der cryptobyte.String, depth int) bool {
	if depth == maxDepth {
		return true
	}
	salted := false
	for !der.Empty() {
		var value cryptobyte.String
		var tag cbasn1.Tag
		if !der.ReadAnyASN1(&value, &tag) {
			return true // damaged, which the reader will find
		}
		switch {
		case tag == cbasn1.INTEGER && salted && !fewRounds(value):
			return false
		case tag&0x20 != 0 || tag == cbasn1.OCTET_STRING && len(value) > 0 && value[0] == 0x30:
			if !affordableAt(value, depth+1) {
				return false
			}
		}
		salted = tag == cbasn1.OCTET_STRING
	}
	return true
}

// fewRounds reads the content of an INTEGER.
func fewRounds(value []byte) bool {
	n := 0
	for _, b := range value {
		if n = n<<8 | int(b); n > maxRounds {
			return false
		}
	}
	return true
}
