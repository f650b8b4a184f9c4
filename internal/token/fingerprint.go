package token

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strings"
)

const fingerprintPrefix = "SHA256 "

// Fingerprint formats the thumbprint of an account key (RFC 7638, base64url) as
// RFC 9447 section 4 does: SHA256, a space, and upper-case hex with colons between
// the octets.
func Fingerprint(thumbprint string) (string, error) {
	sum, err := base64.RawURLEncoding.Strict().DecodeString(thumbprint)
	if err != nil || len(sum) != sha256.Size {
		return "", fmt.Errorf("thumbprint %.60q: want the %d octets of a SHA-256 hash in base64url (RFC 7638)", thumbprint, sha256.Size)
	}
	octets := make([]string, len(sum))
	for i, b := range sum {
		octets[i] = fmt.Sprintf("%02X", b)
	}
	return fingerprintPrefix + strings.Join(octets, ":"), nil
}

// SameFingerprint reports whether two fingerprints are the same. Each may be in the
// form of [Fingerprint], in any case, or a base64url thumbprint.
func SameFingerprint(a, b string) bool {
	x, okX := octets(a)
	y, okY := octets(b)
	return okX && okY && string(x) == string(y)
}

// IsFingerprint reports whether s is a fingerprint in one of these forms.
func IsFingerprint(s string) bool {
	_, ok := octets(s)
	return ok
}

func octets(fingerprint string) ([]byte, bool) {
	var sum []byte
	var err error
	if len(fingerprint) > len(fingerprintPrefix) && strings.EqualFold(fingerprint[:len(fingerprintPrefix)], fingerprintPrefix) {
		sum, err = hex.DecodeString(strings.ReplaceAll(fingerprint[len(fingerprintPrefix):], ":", ""))
	} else {
		sum, err = base64.RawURLEncoding.Strict().DecodeString(fingerprint)
	}
	return sum, err == nil && len(sum) == sha256.Size
}
