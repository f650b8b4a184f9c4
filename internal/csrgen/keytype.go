// Package csrgen makes the key and the PKCS#10 request of one NF and profile.
//
// What goes into a request comes from the profile's table (package nf), with
// the criticality and the string types that the table asks for. Reading keys
// and requests that others made is here too, strict about what a file holds and
// silent about what a key consists of.
package csrgen

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"fmt"
	"strings"

	"github.com/nfcert/nfcert/internal/inspect"
)

// KeyType names a kind of key that can be generated, as in P256.
type KeyType string

// The key types that can be generated. TS 33.310 6.1.3c.2 recommends ECDSA for
// the SBA and lets implementations leave RSA out.
const (
	P256    KeyType = "P256"
	P384    KeyType = "P384"
	P521    KeyType = "P521"
	RSA3072 KeyType = "RSA3072"
	RSA4096 KeyType = "RSA4096"
	Ed25519 KeyType = "Ed25519"
)

// KeyTypes lists the key types that can be generated, the default first.
func KeyTypes() []KeyType {
	return []KeyType{P256, P384, P521, RSA3072, RSA4096, Ed25519}
}

// ParseKeyType reads a key type without regard to case.
func ParseKeyType(s string) (KeyType, error) {
	names := make([]string, 0, len(KeyTypes()))
	for _, t := range KeyTypes() {
		if strings.EqualFold(string(t), s) {
			return t, nil
		}
		names = append(names, string(t))
	}
	return "", fmt.Errorf("key type %q: want one of %s", clip(s), strings.Join(names, ", "))
}

// GenerateKey makes a fresh key. Its public half is *ecdsa.PublicKey,
// *rsa.PublicKey or ed25519.PublicKey.
func GenerateKey(t KeyType) (crypto.Signer, error) {
	switch t {
	case P256:
		return ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case P384:
		return ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	case P521:
		return ecdsa.GenerateKey(elliptic.P521(), rand.Reader)
	case RSA3072:
		return rsa.GenerateKey(rand.Reader, 3072)
	case RSA4096:
		return rsa.GenerateKey(rand.Reader, 4096)
	case Ed25519:
		_, key, err := ed25519.GenerateKey(rand.Reader)
		return key, err
	}
	_, err := ParseKeyType(string(t))
	return nil, fmt.Errorf("generating a key: %w", err)
}

// KeyTypeOf names the type and size of a public key, as in P256 or RSA2048;
// also of one that cannot be generated here.
func KeyTypeOf(pub crypto.PublicKey) string { return inspect.KeyType(pub) }

// SameKey reports whether two public keys are the same key.
func SameKey(a, b crypto.PublicKey) bool {
	k, ok := a.(interface{ Equal(crypto.PublicKey) bool })
	return ok && b != nil && k.Equal(b)
}

// clip bounds untrusted text before it goes into a message.
func clip(s string) string {
	const most = 80
	if len(s) <= most {
		return s
	}
	return s[:most] + "..."
}
