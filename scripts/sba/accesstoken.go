package main

import (
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/big"
	"slices"
	"strings"
	"time"
)

// claims are those of an access token (TS 29.510 AccessTokenClaims).
type claims struct {
	Issuer   string   `json:"iss"` // NF instance id of the NRF
	Subject  string   `json:"sub"` // NF instance id of the consumer
	Audience audience `json:"aud"`
	Scope    string   `json:"scope"` // services, with blanks between
	Expires  int64    `json:"exp"`
}

// audience is an NF type, or a list of NF instance ids.
type audience []string

// UnmarshalJSON takes both forms.
func (a *audience) UnmarshalJSON(data []byte) error {
	var one string
	if json.Unmarshal(data, &one) == nil {
		*a = audience{one}
		return nil
	}
	return json.Unmarshal(data, (*[]string)(a))
}

// MarshalJSON writes one NF type as a string.
func (a audience) MarshalJSON() ([]byte, error) {
	if len(a) == 1 {
		return json.Marshal(a[0])
	}
	return json.Marshal([]string(a))
}

var b64 = base64.RawURLEncoding

const halfSignature = 32 // of ES256: R, S

// printToken signs an access token for s.sub.
func (s *settings) printToken(stdout io.Writer) error {
	pair, err := tls.LoadX509KeyPair(s.cert, s.key)
	if err != nil {
		return err
	}
	key, ok := pair.PrivateKey.(*ecdsa.PrivateKey)
	if !ok {
		return fmt.Errorf("%s: a key of P-256 is needed for ES256", s.key)
	}
	nrf, err := instanceOf(pair.Leaf)
	if err != nil {
		return err
	}
	token, err := sign(key, claims{Issuer: nrf, Subject: s.sub, Audience: audience{s.aud}, Scope: s.scope, Expires: time.Now().Add(s.life).Unix()})
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(stdout, token)
	return err
}

// sign makes a compact JWS with ES256 (RFC 7515 3.1, TS 33.210 6.3).
func sign(key *ecdsa.PrivateKey, c claims) (string, error) {
	payload, err := json.Marshal(c)
	if err != nil {
		return "", err
	}
	input := b64.EncodeToString([]byte(`{"alg":"ES256","typ":"JWT"}`)) + "." + b64.EncodeToString(payload)
	digest := sha256.Sum256([]byte(input))
	r, s, err := ecdsa.Sign(rand.Reader, key, digest[:])
	if err != nil {
		return "", err
	}
	signature := append(r.FillBytes(make([]byte, halfSignature)), s.FillBytes(make([]byte, halfSignature))...)
	return input + "." + b64.EncodeToString(signature), nil
}

// open verifies a token's signature by the NRF's certificate and returns its
// claims, which nobody has looked at.
func open(token string, nrf *x509.Certificate) (*claims, error) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return nil, errors.New("the access token is no compact JWS")
	}
	var header struct{ Alg string }
	head, err := b64.DecodeString(parts[0])
	if err != nil || json.Unmarshal(head, &header) != nil || header.Alg != "ES256" {
		return nil, errors.New("the access token is not signed by ES256") // and by nothing else: RFC 8725 3.1
	}
	key, ok := nrf.PublicKey.(*ecdsa.PublicKey)
	signature, err := b64.DecodeString(parts[2])
	if !ok || err != nil || len(signature) != 2*halfSignature {
		return nil, errors.New("the access token has no signature of the NRF's kind")
	}
	digest := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	if !ecdsa.Verify(key, digest[:], new(big.Int).SetBytes(signature[:halfSignature]), new(big.Int).SetBytes(signature[halfSignature:])) {
		return nil, errors.New("the access token's signature is not the NRF's")
	}
	var c claims
	payload, err := b64.DecodeString(parts[1])
	if err != nil || json.Unmarshal(payload, &c) != nil {
		return nil, errors.New("the access token's claims cannot be read")
	}
	return &c, nil
}

// guard is what a producer demands of a request.
type guard struct {
	nrf      *x509.Certificate // signs access tokens
	issuer   string            // NF instance id of the NRF
	nfType   string            // of the producer
	instance string            // of the producer
	scope    string            // of the service
	now      func() time.Time
}

// admits returns the consumer's NF instance id, or why it is not served. The
// certificate is the one that TLS has verified.
func (g *guard) admits(token string, consumer *x509.Certificate) (string, error) {
	c, err := open(token, g.nrf)
	if err != nil {
		return "", err
	}
	switch {
	case !strings.EqualFold(c.Issuer, g.issuer):
		return "", fmt.Errorf("the access token is of %q, want the NRF %s", c.Issuer, g.issuer)
	case !g.now().Before(time.Unix(c.Expires, 0)):
		return "", errors.New("the access token has expired")
	case !slices.Contains(c.Audience, g.nfType) && !slices.Contains(c.Audience, g.instance):
		return "", fmt.Errorf("the access token is for %q, want %s", c.Audience, g.nfType)
	case !slices.Contains(strings.Fields(c.Scope), g.scope):
		return "", fmt.Errorf("the access token allows %q, want %s", c.Scope, g.scope)
	}
	id, err := instanceOf(consumer)
	if err != nil {
		return "", err
	}
	// What binds the token to who shows it (TS 33.501 13.4.1.1.2).
	if !strings.EqualFold(c.Subject, id) {
		return "", fmt.Errorf("the access token is for NF instance %q, and the certificate is of %s", c.Subject, id)
	}
	return id, nil
}

// parseChain reads PEM certificates, the leaf first.
func parseChain(data []byte) ([]*x509.Certificate, error) {
	var chain []*x509.Certificate
	for {
		var block *pem.Block
		if block, data = pem.Decode(data); block == nil {
			break
		}
		if block.Type != "CERTIFICATE" {
			continue
		}
		cert, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, err
		}
		chain = append(chain, cert)
	}
	if len(chain) == 0 {
		return nil, errors.New("no certificate")
	}
	return chain, nil
}
