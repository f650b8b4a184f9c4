package main

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"testing"

	"github.com/go-jose/go-jose/v4"
)

// A JOSE library verifies what the minimal client signs.
func TestSignIsReadByAnother(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		name, kid   string
		payload     any
		wantPayload string
		wantJWK     bool
	}{
		{name: "new account", payload: map[string]bool{"termsOfServiceAgreed": true}, wantPayload: `{"termsOfServiceAgreed":true}`, wantJWK: true},
		{name: "POST-as-GET", kid: "https://ca.example/account/1"},
		{name: "challenge", kid: "https://ca.example/account/1", payload: struct{}{}, wantPayload: "{}"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c := &client{key: key, kid: tc.kid, nonce: "n1"}
			text, err := c.sign("https://ca.example/x", tc.payload)
			if err != nil {
				t.Fatal(err)
			}
			if c.nonce != "" {
				t.Errorf("nonce %q is left after signing, want none: it was used", c.nonce)
			}
			jws, err := jose.ParseSignedJSON(string(text), []jose.SignatureAlgorithm{jose.ES256})
			if err != nil {
				t.Fatalf("parsing %s: %v", text, err)
			}
			payload, err := jws.Verify(&key.PublicKey)
			if err != nil {
				t.Fatalf("verifying %s: %v", text, err)
			}
			if string(payload) != tc.wantPayload {
				t.Errorf("payload = %q, want %q", payload, tc.wantPayload)
			}
			header := jws.Signatures[0].Protected
			if header.Nonce != "n1" || header.KeyID != tc.kid || header.ExtraHeaders["url"] != "https://ca.example/x" {
				t.Errorf("header = %+v, want nonce n1, kid %q, url https://ca.example/x", header, tc.kid)
			}
			if got := header.JSONWebKey != nil; got != tc.wantJWK {
				t.Errorf("header has a jwk: %t, want %t", got, tc.wantJWK)
			}
		})
	}
}

func TestThumbprintIsThatOfAnother(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	own, err := newJWK(&key.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	got := own.thumbprint()
	sum, err := (&jose.JSONWebKey{Key: &key.PublicKey}).Thumbprint(crypto.SHA256)
	if err != nil {
		t.Fatal(err)
	}
	if want := base64.RawURLEncoding.EncodeToString(sum); got != want {
		t.Errorf("thumbprint = %s, want %s", got, want)
	}
}
