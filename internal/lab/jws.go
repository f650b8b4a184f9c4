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

// signatureAlgorithms are those of RFC 7518 and RFC 8037 that may sign a
// request. Neither "none" nor a MAC is among them (RFC 8555 6.2).
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
	input     []byte // what the signature covers
	signature []byte
}

// parseJWS reads a JWS as RFC 8555 6.2 restricts it: one signature, all header
// members protected, no extension that must be understood. Every error means
// malformed.
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
	protected, _, err := stringMember(m, "protected")
	if err != nil {
		return nil, fmt.Errorf("JWS: %w", err)
	}
	payload, _, err := stringMember(m, "payload")
	if err != nil {
		return nil, fmt.Errorf("JWS: %w", err)
	}
	j := &jws{input: []byte(protected + "." + payload)}
	header, err := binaryMember(m, "protected")
	if err != nil {
		return nil, fmt.Errorf("JWS: %w", err)
	}
	if j.payload, err = binaryMember(m, "payload"); err != nil {
		return nil, fmt.Errorf("JWS: %w", err)
	}
	if j.signature, err = binaryMember(m, "signature"); err != nil {
		return nil, fmt.Errorf("JWS: %w", err)
	}
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
		return fmt.Errorf("critical extensions %s, none is known here (RFC 7515 4.1.11)", crit)
	}
	if raw, ok := m["jwk"]; ok {
		j.jwk = raw
	}
	for _, f := range []struct {
		name  string
		value *string
		must  bool
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

// checkAlgorithm answers badSignatureAlgorithm, with the list of what would
// do, for any algorithm that is not to sign requests, and for the refused one.
func (j *jws) checkAlgorithm(refused string) error {
	known := slices.DeleteFunc(signatureAlgorithms(), func(alg string) bool { return alg == refused })
	if !slices.Contains(known, j.algorithm) {
		p := problemf(badSignatureAlgorithm, "JWS algorithm %q, want one of %q", j.algorithm, known)
		p.algorithms = known
		return p
	}
	return nil
}

// verify checks the signature by key. The algorithm must be the key's own:
// ES256 goes with P-256 alone (RFC 7518 3.4).
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
		return fmt.Errorf("JWS algorithm %q does not go with the key, want %q", j.algorithm, want)
	}
	if !ok {
		return fmt.Errorf("JWS signature does not verify")
	}
	return nil
}

// verifyECDSA checks a signature of the two numbers side by side, each as long
// as the curve's order (RFC 7518 3.4), and tells the curve's algorithm.
func verifyECDSA(key *ecdsa.PublicKey, input, signature []byte) (algorithm string, ok bool) {
	var digest []byte
	switch size := key.Curve.Params().BitSize; size {
	case 256:
		sum := sha256.Sum256(input)
		algorithm, digest = "ES256", sum[:]
	case 384:
		sum := sha512.Sum384(input)
		algorithm, digest = "ES384", sum[:]
	default:
		sum := sha512.Sum512(input)
		algorithm, digest = "ES512", sum[:]
	}
	half := (key.Curve.Params().BitSize + 7) / 8
	if len(signature) != 2*half {
		return algorithm, false
	}
	r, s := new(big.Int).SetBytes(signature[:half]), new(big.Int).SetBytes(signature[half:])
	return algorithm, ecdsa.Verify(key, digest, r, s)
}

// macHash is the hash of a MAC algorithm (RFC 7518 3.2); nil: it is none.
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

// verifyMAC checks the MAC of an external account binding (RFC 8555 7.3.4).
// Only the algorithm that is wanted will do; "": any.
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
		return problemf(unauthorized, "external account binding: the MAC does not verify by the key of %q", j.kid)
	}
	return nil
}

// sameKey reports whether a JSON Web Key and a parsed key are one key.
func sameKey(jwk json.RawMessage, key publicKey) bool {
	k, err := parseJWK(jwk)
	return err == nil && k.canonical == key.canonical
}
