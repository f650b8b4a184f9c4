package acmewire

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"hash"

	"github.com/go-jose/go-jose/v4"

	"github.com/nfcert/nfcert/internal/secret"
)

// Binding is an external account binding (RFC 8555 section 7.3.4): it ties a new
// account to a customer that the CA already knows.
type Binding struct {
	KeyID     string
	Key       secret.Bytes // decoded MAC key
	Algorithm string       // one of [BindingAlgorithms]; "": HS256
}

// defaultMAC is the algorithm of a binding that does not name one, and the only
// one that x/crypto/acme knows.
const defaultMAC = "HS256"

// BindingAlgorithms are the MACs of a binding (RFC 7518 section 3.2), the
// default first.
func BindingAlgorithms() []string { return []string{defaultMAC, "HS384", "HS512"} }

// MAC returns the algorithm, or the default one if none is set.
func (b *Binding) MAC() string {
	if b.Algorithm == "" {
		return defaultMAC
	}
	return b.Algorithm
}

// hash returns the hash function of the MAC; nil if the algorithm is unknown.
func (b *Binding) hash() func() hash.Hash {
	switch b.MAC() {
	case "HS256":
		return sha256.New
	case "HS384":
		return sha512.New384
	case "HS512":
		return sha512.New
	}
	return nil
}

// MinKeySize returns how many bytes the key needs by RFC 7518 section 3.2. A
// shorter key is accepted here, because CAs issue such keys. Many CAs reject
// them when they check the MAC, though.
func (b *Binding) MinKeySize() int {
	if h := b.hash(); h != nil {
		return h().Size()
	}
	return 0
}

// check refuses a binding that cannot be signed.
func (b *Binding) check() error {
	switch {
	case b.hash() == nil:
		return fmt.Errorf("external account binding: algorithm %q, want one of %q", b.Algorithm, BindingAlgorithms())
	case b.Key.IsZero():
		return fmt.Errorf("external account binding: empty MAC key")
	}
	return nil
}

// bind signs the account's public key with the MAC key, for the newAccount URL.
// It does not use go-jose, which refuses keys shorter than the hash.
func (c *Client) bind(b *Binding, url string) (json.RawMessage, error) {
	jwk, err := (&jose.JSONWebKey{Key: c.key.Public()}).MarshalJSON()
	if err != nil {
		return nil, fmt.Errorf("external account binding: %w", err)
	}
	header, err := json.Marshal(map[string]string{"alg": b.MAC(), "kid": b.KeyID, "url": url})
	if err != nil {
		return nil, fmt.Errorf("external account binding: %w", err)
	}
	protected, payload := base64.RawURLEncoding.EncodeToString(header), base64.RawURLEncoding.EncodeToString(jwk)
	mac := hmac.New(b.hash(), b.Key.Reveal())
	mac.Write([]byte(protected + "." + payload))
	return json.Marshal(map[string]string{
		"protected": protected, "payload": payload, "signature": base64.RawURLEncoding.EncodeToString(mac.Sum(nil)),
	})
}
