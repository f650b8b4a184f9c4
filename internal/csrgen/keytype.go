// Package csrgen makes the key and the PKCS#10 request of one NF and profile.
//
// The table of the profile (package nf) decides what a request contains, and the
// criticality and string types in it. The package also reads keys and requests
// from other sources. It is strict about the content of a file, and its errors
// reveal nothing of a key.
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

// KeyType is a type of key that can be generated, for example P256.
type KeyType string

// The key types that can be generated. TS 33.310 6.1.3c.2 recommends ECDSA for
// the SBA and does not require support for RSA.
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

// ParseKeyType reads a key type and ignores case.
func ParseKeyType(s string) (KeyType, error) {
	for _, t := range KeyTypes() {
		if strings.EqualFold(string(t), s) {
			return t, nil
		}
	}
	return "", fmt.Errorf("key type %q: want one of %s", clip(s), joinNames(KeyTypes()))
}

// joinNames lists names in a message.
func joinNames[T ~string](names []T) string {
	text := make([]string, len(names))
	for i, name := range names {
		text[i] = string(name)
	}
	return strings.Join(text, ", ")
}

// GenerateKey makes a new key. Its public key is *ecdsa.PublicKey,
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

// KeyTypeOf returns the type and size of a public key, for example P256 or
// RSA2048, also for a type that GenerateKey does not know.
func KeyTypeOf(pub crypto.PublicKey) string { return inspect.KeyType(pub) }

// SameKey reports whether two public keys are the same key.
func SameKey(a, b crypto.PublicKey) bool {
	k, ok := a.(interface{ Equal(crypto.PublicKey) bool })
	return ok && b != nil && k.Equal(b)
}

// clip shortens untrusted text for a message.
func clip(s string) string {
	const most = 80
	if len(s) <= most {
		return s
	}
	return s[:most] + "..."
}
