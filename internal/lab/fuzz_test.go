package lab

import (
	"bytes"
	"crypto/elliptic"
	"crypto/x509"
	"encoding/json"
	"testing"
)

// FuzzDecodeObject demands that what is accepted is JSON that encoding/json
// accepts too, with the same members.
func FuzzDecodeObject(f *testing.F) {
	for _, s := range []string{`{}`, `{"a":1,"b":[{}]}`, `{"a":1,"a":2}`, `{"a":`, `[]`, `null`, `{}{}`, `{"a":null} `, "", "{\"\xff\":1}"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := decodeObject(data)
		if err != nil {
			return
		}
		var want map[string]json.RawMessage
		if err := json.Unmarshal(data, &want); err != nil || len(want) != len(m) {
			t.Errorf("%q: %d members, encoding/json has %d, %v", data, len(m), len(want), err)
		}
	})
}

// FuzzParseJWS demands that an accepted JWS does not name two keys, and that
// its signature covers the payload that it yields.
func FuzzParseJWS(f *testing.F) {
	enc := func(header string) []byte {
		return []byte(`{"protected":"` + b64.EncodeToString([]byte(header)) + `","payload":"e30","signature":"AAAA"}`)
	}
	f.Add(enc(`{"alg":"ES256","kid":"k","nonce":"n","url":"u"}`))
	f.Add(enc(`{"alg":"ES256","jwk":{"kty":"EC"},"url":"u"}`))
	f.Add(enc(`{"alg":"ES256","kid":"k","jwk":null,"url":"u"}`))
	f.Add(enc(`{"alg":"none","url":"u","crit":[]}`))
	f.Add([]byte(`{"protected":null,"payload":"","signature":""}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		j, err := parseJWS(data)
		if err != nil {
			return
		}
		if j.jwk != nil && j.kid != "" {
			t.Errorf("%q: jwk %q and kid %q", data, j.jwk, j.kid)
		}
		if !bytes.HasSuffix(j.input, []byte("."+b64.EncodeToString(j.payload))) {
			t.Errorf("%q: payload %q, signed %q", data, j.payload, j.input)
		}
	})
}

// FuzzParseJWK demands that an accepted key is one that its own canonical form
// describes.
func FuzzParseJWK(f *testing.F) {
	f.Add([]byte(`{"crv":"Ed25519","kty":"OKP","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}`))
	f.Add([]byte(`{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}`))
	f.Add([]byte(`{"kty":"RSA","n":"gAAB","e":"AQAB"}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		key, err := parseJWK(data)
		if err != nil {
			return
		}
		again, err := parseJWK([]byte(key.canonical))
		if err != nil || again.thumbprint() != key.thumbprint() {
			t.Errorf("%q: canonical form %q gives %v", data, key.canonical, err)
		}
	})
}

// FuzzParseCSR demands that an accepted CSR asks for the one allowed name.
func FuzzParseCSR(f *testing.F) {
	t := &testing.T{}
	key := newECKey(t, elliptic.P256())
	f.Add(nfCSR(t, key, testFQDN))
	f.Add(nfCSR(t, key, testFQDN, "b.example"))
	f.Add([]byte("\x30\x00"))
	f.Fuzz(func(t *testing.T, der []byte) {
		req, err := parseCSR(der, []identifier{{"dns", testFQDN}})
		if err != nil {
			return
		}
		san, err := marshalGeneralNames(req.names)
		if err != nil {
			t.Fatal(err)
		}
		if again, err := parseGeneralNames(san); err != nil || len(again) != len(req.names) {
			t.Errorf("names %v do not survive: %v", req.names, err)
		}
		if _, err := x509.ParseCertificateRequest(der); err != nil {
			t.Errorf("accepted, but %v", err)
		}
	})
}

// FuzzExtensions feeds the hand-written readers of DER.
func FuzzExtensions(f *testing.F) {
	f.Add([]byte("\x30\x05\x16\x03AMF"))
	f.Add([]byte("\x30\x0d\x16\x065G_EIR\x16\x03AMF"))
	f.Add([]byte("\x30\x03\x82\x01a"))
	f.Add([]byte("\x03\x02\x07\x80"))
	f.Fuzz(func(t *testing.T, der []byte) {
		if checkNFTypes(der) == nil && len(der) < 5 {
			t.Errorf("%x is accepted as NFTypes", der)
		}
		if names, err := parseGeneralNames(der); err == nil && len(names) == 0 {
			t.Errorf("%x is accepted as names", der)
		}
		_ = checkKeyUsage(der)
		_ = checkExtKeyUsage(der)
	})
}

// FuzzParseMisbehaviour checks that an accepted misbehaviour reads back as itself.
func FuzzParseMisbehaviour(f *testing.F) {
	for _, k := range Misbehaviours() {
		f.Add(k.Name)
		f.Add(k.Name + "=1")
		f.Add(k.Name + "=order:once")
	}
	f.Fuzz(func(t *testing.T, s string) {
		k, err := ParseMisbehaviour(s)
		if err != nil {
			return
		}
		if again, err := ParseMisbehaviour(k.String()); err != nil || again != k {
			t.Errorf("%q: reads back as %v, %v", s, again, err)
		}
	})
}
