package main

import (
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
)

// jwk is a P-256 public key as JSON. The field order is that of RFC 7638
// section 3, so its encoding is also what a thumbprint hashes.
type jwk struct {
	Crv string `json:"crv"`
	Kty string `json:"kty"`
	X   string `json:"x"`
	Y   string `json:"y"`
}

func newJWK(key *ecdsa.PublicKey) (jwk, error) {
	point, err := key.Bytes()
	if err != nil {
		return jwk{}, err
	}
	if len(point) != 65 {
		return jwk{}, errors.New("account key is not on P-256, the only curve used here")
	}
	return jwk{Crv: "P-256", Kty: "EC", X: b64(point[1:33]), Y: b64(point[33:])}, nil
}

// thumbprint is RFC 7638's, as a key authorization holds it.
func (k jwk) thumbprint() (string, error) {
	text, err := json.Marshal(k)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(text)
	return b64(sum[:]), nil
}

// protected is the JWS header of RFC 8555 6.2: one of JWK and KID is set.
type protected struct {
	Alg   string `json:"alg"`
	JWK   *jwk   `json:"jwk,omitempty"`
	KID   string `json:"kid,omitempty"`
	Nonce string `json:"nonce"`
	URL   string `json:"url"`
}

// sign makes the flattened JWS of payload for url. It uses up the nonce. A nil
// payload is the empty one of a POST-as-GET.
func (c *client) sign(url string, payload any) ([]byte, error) {
	header := protected{Alg: "ES256", KID: c.kid, Nonce: c.nonce, URL: url}
	c.nonce = ""
	if c.kid == "" {
		key, err := newJWK(&c.key.PublicKey)
		if err != nil {
			return nil, err
		}
		header.JWK = &key
	}
	head, err := json.Marshal(header)
	if err != nil {
		return nil, err
	}
	var text []byte
	if payload != nil {
		if text, err = json.Marshal(payload); err != nil {
			return nil, err
		}
	}
	head64, text64 := b64(head), b64(text)
	sum := sha256.Sum256([]byte(head64 + "." + text64))
	r, s, err := ecdsa.Sign(rand.Reader, c.key, sum[:])
	if err != nil {
		return nil, err
	}
	// RFC 7518 3.4: both halves at full length, not ASN.1.
	signature := make([]byte, 64)
	r.FillBytes(signature[:32])
	s.FillBytes(signature[32:])
	return json.Marshal(map[string]string{"protected": head64, "payload": text64, "signature": b64(signature)})
}

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }
