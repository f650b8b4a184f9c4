package acmewire

import (
	"bytes"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strings"
)

// Pin is the fingerprint of the one certificate by which a server is trusted, for
// users who have no more than that.
type Pin struct {
	PublicKey bool              // of the SubjectPublicKeyInfo, not of the certificate's DER
	Sum       [sha256.Size]byte // SHA-256
}

// The prefixes of a pin. That of curl's --pinnedpubkey is read, not written.
const (
	pinPrefix     = "sha256:"
	keyPinPrefix  = "spki-sha256:"
	curlPinPrefix = "sha256//"
)

// ParsePin reads sha256:FINGERPRINT of a certificate's DER, or
// spki-sha256:FINGERPRINT of its public key. A fingerprint is hexadecimal, with
// or without colons, or base64; spki-sha256 is also read as sha256//BASE64, as
// curl writes it.
func ParsePin(s string) (Pin, error) {
	var p Pin
	lower := strings.ToLower(s)
	text := ""
	switch {
	case strings.HasPrefix(lower, curlPinPrefix):
		p.PublicKey, text = true, s[len(curlPinPrefix):]
	case strings.HasPrefix(lower, pinPrefix):
		text = s[len(pinPrefix):]
	case strings.HasPrefix(lower, keyPinPrefix):
		p.PublicKey, text = true, s[len(keyPinPrefix):]
	default:
		return Pin{}, fmt.Errorf("pin %.100q: want sha256: (of the certificate) or spki-sha256: (of its public key) and a fingerprint", s)
	}
	sum, ok := fingerprint(strings.TrimSpace(text))
	if !ok {
		return Pin{}, fmt.Errorf("pin %.100q: want 64 hexadecimal digits, or 32 bytes in base64", s)
	}
	copy(p.Sum[:], sum)
	return p, nil
}

// fingerprint reads 32 bytes in hexadecimal, base64 or base64url.
func fingerprint(s string) ([]byte, bool) {
	if b, err := hex.DecodeString(strings.ReplaceAll(s, ":", "")); err == nil {
		return b, len(b) == sha256.Size
	}
	s = strings.TrimRight(s, "=")
	for _, e := range []*base64.Encoding{base64.RawStdEncoding, base64.RawURLEncoding} {
		if b, err := e.DecodeString(s); err == nil {
			return b, len(b) == sha256.Size
		}
	}
	return nil, false
}

func (p Pin) String() string {
	if p.PublicKey {
		return keyPinPrefix + hex.EncodeToString(p.Sum[:])
	}
	return pinPrefix + hex.EncodeToString(p.Sum[:])
}

// Matches reports whether the pin is for this certificate.
func (p Pin) Matches(c *x509.Certificate) bool {
	pinned := c.Raw
	if p.PublicKey {
		pinned = c.RawSubjectPublicKeyInfo
	}
	sum := sha256.Sum256(pinned)
	return bytes.Equal(sum[:], p.Sum[:])
}

// find returns the certificate that the pin is for; nil if there is none.
func (p Pin) find(certs []*x509.Certificate) *x509.Certificate {
	for _, c := range certs {
		if p.Matches(c) {
			return c
		}
	}
	return nil
}

// PinError says that the server sent no certificate that the pin is for. No
// request was sent to it.
type PinError struct{ Pin Pin }

func (e *PinError) Error() string {
	return fmt.Sprintf("none of its certificates has the fingerprint %s", e.Pin)
}
