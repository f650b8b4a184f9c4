package acmewire

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"encoding/base64"
	"fmt"

	"github.com/go-jose/go-jose/v4"
)

// KeyError says that a key of this type cannot sign ACME requests.
type KeyError struct{ Type string } // Go's name of its type

func (e *KeyError) Error() string {
	return fmt.Sprintf("account key: %s cannot sign ACME requests; P256, P384, P521, RSA and Ed25519 can", e.Type)
}

// algorithm is the JWS algorithm of an account key (RFC 7518 section 3.1,
// RFC 8037 section 3.1).
func algorithm(key crypto.PublicKey) (jose.SignatureAlgorithm, error) {
	switch key := key.(type) {
	case *rsa.PublicKey:
		return jose.RS256, nil
	case *ecdsa.PublicKey:
		switch key.Curve {
		case elliptic.P256():
			return jose.ES256, nil
		case elliptic.P384():
			return jose.ES384, nil
		case elliptic.P521():
			return jose.ES512, nil
		}
	case ed25519.PublicKey:
		return jose.EdDSA, nil
	}
	return "", &KeyError{Type: fmt.Sprintf("%T", key)}
}

// Algorithm returns the JWS algorithm of an account key, such as ES256.
func Algorithm(key crypto.PublicKey) (string, error) {
	alg, err := algorithm(key)
	return string(alg), err
}

// Thumbprint returns the RFC 7638 thumbprint of an account key, base64url.
func Thumbprint(key crypto.PublicKey) (string, error) {
	if _, err := algorithm(key); err != nil {
		return "", err
	}
	sum, err := (&jose.JSONWebKey{Key: key}).Thumbprint(crypto.SHA256)
	if err != nil {
		return "", fmt.Errorf("account key: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(sum), nil
}

// KeyAuthorization joins a challenge's token with the thumbprint of the
// client's account key (RFC 8555 section 8.1).
func (c *Client) KeyAuthorization(token string) (string, error) {
	t, err := c.Thumbprint()
	if err != nil {
		return "", err
	}
	return token + "." + t, nil
}

// Thumbprint returns that of the client's key.
func (c *Client) Thumbprint() (string, error) { return Thumbprint(c.key.Public()) }
