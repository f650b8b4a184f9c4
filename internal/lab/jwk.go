package lab

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"math/big"
)

// Sizes of RSA keys. Smaller keys are weak, larger keys cost the server too much.
const (
	minRSABits = 2048
	maxRSABits = 8192
)

// A publicKey is a key that may sign requests or be certified.
type publicKey struct {
	public    crypto.PublicKey // *rsa.PublicKey, *ecdsa.PublicKey or ed25519.PublicKey
	canonical string           // the JWK as RFC 7638 3 hashes it
}

// thumbprint is the JWK thumbprint with SHA-256 (RFC 7638, RFC 8555 8.1).
func (k publicKey) thumbprint() string {
	sum := sha256.Sum256([]byte(k.canonical))
	return encodeBase64(sum[:])
}

// parseJWK reads a public JSON Web Key (RFC 7517, RFC 7518 6, RFC 8037 2).
// Every error means badPublicKey.
func parseJWK(data []byte) (publicKey, error) {
	m, err := decodeObject(data)
	if err != nil {
		return publicKey{}, fmt.Errorf("jwk: %w", err)
	}
	kty, _, err := stringMember(m, "kty")
	if err != nil {
		return publicKey{}, fmt.Errorf("jwk: %w", err)
	}
	if _, private := m["d"]; private {
		return publicKey{}, fmt.Errorf("jwk: member d is a private key, which is now disclosed; want public members only")
	}
	var public crypto.PublicKey
	switch kty {
	case "RSA":
		public, err = parseRSA(m)
	case "EC":
		public, err = parseEC(m)
	case "OKP":
		public, err = parseOKP(m)
	default:
		err = fmt.Errorf("kty %q, want RSA, EC or OKP", kty)
	}
	if err != nil {
		return publicKey{}, fmt.Errorf("jwk: %w", err)
	}
	return newPublicKey(public)
}

func parseRSA(m map[string]json.RawMessage) (crypto.PublicKey, error) {
	n, err := binaryMember(m, "n")
	if err != nil {
		return nil, err
	}
	e, err := binaryMember(m, "e")
	if err != nil {
		return nil, err
	}
	// RFC 7518 2: Base64urlUInt has no leading zeros, else thumbprints differ.
	if len(n) == 0 || n[0] == 0 || len(e) == 0 || e[0] == 0 {
		return nil, fmt.Errorf("RSA modulus or exponent is empty or has leading zeros")
	}
	if len(e) > 4 {
		return nil, fmt.Errorf("RSA exponent of %d octets, want at most 4", len(e))
	}
	exponent := new(big.Int).SetBytes(e).Int64()
	if exponent > 1<<31-1 {
		return nil, fmt.Errorf("RSA exponent %d, want at most 2147483647", exponent)
	}
	return &rsa.PublicKey{N: new(big.Int).SetBytes(n), E: int(exponent)}, nil
}

func parseEC(m map[string]json.RawMessage) (crypto.PublicKey, error) {
	name, _, err := stringMember(m, "crv")
	if err != nil {
		return nil, err
	}
	curve := map[string]elliptic.Curve{"P-256": elliptic.P256(), "P-384": elliptic.P384(), "P-521": elliptic.P521()}[name]
	if curve == nil {
		return nil, fmt.Errorf("crv %q, want P-256, P-384 or P-521", name)
	}
	point := []byte{4} // uncompressed, SEC 1 2.3.3
	size := (curve.Params().BitSize + 7) / 8
	for _, member := range []string{"x", "y"} {
		c, err := binaryMember(m, member)
		if err != nil {
			return nil, err
		}
		if len(c) != size {
			return nil, fmt.Errorf("coordinate %q has %d octets, want %d for %s (RFC 7518 6.2.1.2)", member, len(c), size, name)
		}
		point = append(point, c...)
	}
	return ecdsa.ParseUncompressedPublicKey(curve, point)
}

func parseOKP(m map[string]json.RawMessage) (crypto.PublicKey, error) {
	name, _, err := stringMember(m, "crv")
	if err != nil {
		return nil, err
	}
	if name != "Ed25519" {
		return nil, fmt.Errorf("crv %q, want Ed25519", name)
	}
	x, err := binaryMember(m, "x")
	if err != nil {
		return nil, err
	}
	if len(x) != ed25519.PublicKeySize {
		return nil, fmt.Errorf("Ed25519 key of %d octets, want %d", len(x), ed25519.PublicKeySize)
	}
	return ed25519.PublicKey(x), nil
}

// newPublicKey checks the type and strength of a key.
func newPublicKey(public crypto.PublicKey) (publicKey, error) {
	var jwk map[string]string // json.Marshal sorts the members, as RFC 7638 3 requires
	switch k := public.(type) {
	case *rsa.PublicKey:
		if bits := k.N.BitLen(); bits < minRSABits || bits > maxRSABits {
			return publicKey{}, fmt.Errorf("RSA key of %d bits, want %d to %d", bits, minRSABits, maxRSABits)
		}
		if k.N.Bit(0) == 0 || k.E < 3 || k.E%2 == 0 {
			return publicKey{}, fmt.Errorf("RSA key with even modulus or exponent %d, want both odd and the exponent at least 3", k.E)
		}
		jwk = map[string]string{"kty": "RSA", "n": encodeBase64(k.N.Bytes()), "e": encodeBase64(big.NewInt(int64(k.E)).Bytes())}
	case *ecdsa.PublicKey:
		point, err := k.Bytes()
		if err != nil {
			return publicKey{}, fmt.Errorf("EC key: %w", err)
		}
		name := k.Curve.Params().Name
		if name == "P-224" {
			return publicKey{}, fmt.Errorf("EC key on P-224, want P-256, P-384 or P-521")
		}
		half := (len(point) - 1) / 2
		jwk = map[string]string{"kty": "EC", "crv": name, "x": encodeBase64(point[1 : 1+half]), "y": encodeBase64(point[1+half:])}
	case ed25519.PublicKey:
		jwk = map[string]string{"kty": "OKP", "crv": "Ed25519", "x": encodeBase64(k)}
	default:
		return publicKey{}, fmt.Errorf("key type %T, want RSA, EC or Ed25519", public)
	}
	canonical, _ := json.Marshal(jwk) // a map of strings never fails
	return publicKey{public: public, canonical: string(canonical)}, nil
}
