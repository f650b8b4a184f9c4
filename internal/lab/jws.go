package lab

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/json"
	"fmt"
	"hash"
	"math/big"
	"slices"
)

// signatureAlgorithms are the algorithms of RFC 7518 and RFC 8037 that may sign a
// request. RFC 8555 6.2 forbids "none" and MACs.
func signatureAlgorithms() []string {
	return []string{"RS256", "ES256", "ES384", "ES512", "EdDSA"}
}

// A jws is a JSON Web Signature in the flattened JSON serialization (RFC 7515
// 7.2.2), parsed but not verified.
type jws struct {
	algorithm string
	url       string
	kid       string // empty when absent
	jwk       []byte // nil when absent
	nonce     string
	hasNonce  bool
	payload   []byte
	input     []byte // of the signature
	signature []byte
}

// parseJWS reads a JWS with the restrictions of RFC 8555 6.2: one signature, all
// header members protected, no critical extension. Every error means malformed.
func parseJWS(data []byte) (*jws, error) {
	m, err := decodeObject(data)
	if err != nil {
		return nil, fmt.Errorf("JWS: %w", err)
	}
	for _, name := range []string{"header", "signatures"} {
		if _, ok := m[name]; ok {
			return nil, fmt.Errorf("JWS: member %q, want a flattened JWS with protected header members only (RFC 8555 6.2)", name)
		}
	}
	j := &jws{}
	var header []byte
	for _, f := range []struct {
		name  string
		value *[]byte
	}{{"protected", &header}, {"payload", &j.payload}, {"signature", &j.signature}} {
		if *f.value, err = binaryMember(m, f.name); err != nil {
			return nil, fmt.Errorf("JWS: %w", err)
		}
	}
	j.input = []byte(encodeBase64(header) + "." + encodeBase64(j.payload)) // as received: base64url is canonical
	if err := j.parseHeader(header); err != nil {
		return nil, fmt.Errorf("JWS protected header: %w", err)
	}
	return j, nil
}

func (j *jws) parseHeader(data []byte) error {
	m, err := decodeObject(data)
	if err != nil {
		return err
	}
	if crit, ok := m["crit"]; ok {
		return fmt.Errorf("unknown critical extensions %s (RFC 7515 4.1.11)", crit)
	}
	j.jwk = m["jwk"]
	for _, f := range []struct {
		name  string
		value *string
		must  bool // be present
	}{{"alg", &j.algorithm, true}, {"url", &j.url, true}, {"kid", &j.kid, false}, {"nonce", &j.nonce, false}} {
		value, present, err := stringMember(m, f.name)
		if err != nil {
			return err
		}
		if f.must && !present {
			return fmt.Errorf("member %q is missing", f.name)
		}
		*f.value = value
	}
	_, j.hasNonce = m["nonce"]
	if _, hasKid := m["kid"]; hasKid == (j.jwk != nil) {
		return fmt.Errorf("want exactly one of jwk and kid (RFC 8555 6.2)")
	}
	return nil
}

// checkAlgorithm returns badSignatureAlgorithm, with the list of the accepted
// algorithms, unless the algorithm may sign requests and is not the refused one.
func (j *jws) checkAlgorithm(refused string) error {
	accepted := slices.DeleteFunc(signatureAlgorithms(), func(alg string) bool { return alg == refused })
	if !slices.Contains(accepted, j.algorithm) {
		p := problemf(badSignatureAlgorithm, "JWS algorithm %q, want one of %q", j.algorithm, accepted)
		p.algorithms = accepted
		return p
	}
	return nil
}

// verify checks the signature with a key. The algorithm must be that of the key:
// ES256 requires P-256 (RFC 7518 3.4).
func (j *jws) verify(key publicKey) error {
	ok, want := false, ""
	switch k := key.public.(type) {
	case *rsa.PublicKey:
		want = "RS256"
		digest := sha256.Sum256(j.input)
		ok = rsa.VerifyPKCS1v15(k, crypto.SHA256, digest[:], j.signature) == nil
	case *ecdsa.PublicKey:
		want, ok = verifyECDSA(k, j.input, j.signature)
	case ed25519.PublicKey:
		want = "EdDSA"
		ok = ed25519.Verify(k, j.input, j.signature)
	}
	if j.algorithm != want {
		return fmt.Errorf("JWS algorithm %q does not match the key, want %q", j.algorithm, want)
	}
	if !ok {
		return fmt.Errorf("invalid JWS signature")
	}
	return nil
}

// verifyECDSA checks a signature of two numbers, each as long as the order of the
// curve (RFC 7518 3.4). It returns the algorithm of the curve too.
func verifyECDSA(key *ecdsa.PublicKey, input, signature []byte) (algorithm string, ok bool) {
	bits := key.Curve.Params().BitSize
	digest, algorithm := sha512.New(), "ES512"
	switch bits {
	case 256:
		digest, algorithm = sha256.New(), "ES256"
	case 384:
		digest, algorithm = sha512.New384(), "ES384"
	}
	digest.Write(input)
	half := (bits + 7) / 8
	if len(signature) != 2*half {
		return algorithm, false
	}
	r, s := new(big.Int).SetBytes(signature[:half]), new(big.Int).SetBytes(signature[half:])
	return algorithm, ecdsa.Verify(key, digest.Sum(nil), r, s)
}

// macHash is the hash of a MAC algorithm (RFC 7518 3.2), or nil.
func macHash(algorithm string) func() hash.Hash {
	switch algorithm {
	case "HS256":
		return sha256.New
	case "HS384":
		return sha512.New384
	case "HS512":
		return sha512.New
	}
	return nil
}

// verifyMAC checks the MAC of an external account binding (RFC 8555 7.3.4). An
// empty wanted algorithm accepts each of them.
func (j *jws) verifyMAC(key []byte, wanted string) error {
	newHash := macHash(j.algorithm)
	switch {
	case newHash == nil:
		return problemf(malformed, "external account binding: algorithm %q, want HS256, HS384 or HS512", j.algorithm)
	case wanted != "" && j.algorithm != wanted:
		return problemf(malformed, "external account binding: algorithm %q, want %q", j.algorithm, wanted)
	}
	mac := hmac.New(newHash, key)
	mac.Write(j.input)
	if !hmac.Equal(mac.Sum(nil), j.signature) {
		return problemf(unauthorized, "external account binding: the MAC does not match the key of %q", j.kid)
	}
	return nil
}

// sameKey reports whether a JWK and a parsed key are the same key.
func sameKey(jwk json.RawMessage, key publicKey) bool {
	k, err := parseJWK(jwk)
	return err == nil && k.canonical == key.canonical
}
