// Package accountfile is a key with what belongs to it as one encrypted file, to be
// carried from one machine to another.
//
// The file is PEM (RFC 7468) of two blocks. The first, ENCRYPTED PRIVATE KEY, is
// the key as encrypted PKCS#8, which openssl opens. The second, NFCERT ACCOUNT,
// is JSON: what the key belongs to, encrypted and authenticated by AES-256-GCM
// under a key that PBKDF2 with HMAC-SHA-256 derives from the same passphrase and
// a salt of its own. The first block and the version are its additional data,
// so that neither block can be exchanged or changed without [Open] seeing it;
// the hash of the first block beside it tells damage from a wrong passphrase.
package accountfile

import (
	"bytes"
	"cmp"
	"crypto"
	"crypto/aes"
	"crypto/cipher"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"

	"github.com/nfcert/nfcert/internal/csrgen"
	"github.com/nfcert/nfcert/internal/secret"
)

const (
	// Version is the newest form of the file that is read.
	Version = 1
	// MaxSize is the size in bytes above which no file is read.
	MaxSize = 256 << 10

	keyLabel  = "ENCRYPTED PRIVATE KEY"
	metaLabel = "NFCERT ACCOUNT"

	maxIterations = 5_000_000 // a file that asks for more is hostile
	saltSize      = 16
)

// ErrWrongPassphrase says that the passphrase does not open the file.
var ErrWrongPassphrase = errors.New("the passphrase does not open it")

// DamagedError says that a file is no parcel, or not what was written. It never
// repeats what the file holds.
type DamagedError struct{ Found string }

func (e *DamagedError) Error() string { return e.Found }

// VersionError says that a newer program wrote the file.
type VersionError struct{ Found int }

func (e *VersionError) Error() string {
	return fmt.Sprintf("it has version %d, this program reads up to version %d", e.Found, Version)
}

// sealed is the second block.
type sealed struct {
	Version    int    `json:"version"`
	KeySHA256  []byte `json:"keySha256"`
	Iterations int    `json:"iterations"`
	Salt       []byte `json:"salt"`
	Nonce      []byte `json:"nonce"`
	Data       []byte `json:"data"`
}

// Seal makes a file of a key and what belongs to it. The passphrase must not be
// empty. iterations is the work of PBKDF2; 0 means [csrgen.SealIterations].
func Seal(key crypto.Signer, meta []byte, passphrase secret.Bytes, iterations int) ([]byte, error) {
	first, err := csrgen.SealKey(key, passphrase, iterations)
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(first)
	sum := sha256.Sum256(block.Bytes)
	s := sealed{Version: Version, KeySHA256: sum[:], Iterations: cmp.Or(iterations, csrgen.SealIterations), Salt: make([]byte, saltSize)}
	if _, err := rand.Read(s.Salt); err != nil {
		return nil, err
	}
	aead, err := s.cipher(passphrase)
	if err != nil {
		return nil, err
	}
	s.Nonce = make([]byte, aead.NonceSize())
	if _, err := rand.Read(s.Nonce); err != nil {
		return nil, err
	}
	s.Data = aead.Seal(nil, s.Nonce, meta, s.bound(block.Bytes))
	text, err := json.Marshal(s)
	if err != nil {
		return nil, err
	}
	return append(first, pem.EncodeToMemory(&pem.Block{Type: metaLabel, Bytes: text})...), nil
}

// Open reads a file that [Seal] made. The passphrase is asked for only when the
// file is whole and of a version that is read. Every error but the passphrase's
// own is a *DamagedError, a *VersionError or ErrWrongPassphrase.
func Open(file []byte, passphrase csrgen.Passphrase) (key crypto.Signer, meta []byte, err error) {
	first, s, err := parse(file)
	if err != nil {
		return nil, nil, err
	}
	word, err := passphrase()
	if err != nil {
		return nil, nil, err
	}
	key, err = csrgen.ParseKeyWith("", pem.EncodeToMemory(first), func() (secret.Bytes, error) { return word, nil })
	switch {
	case errors.Is(err, csrgen.ErrWrongPassphrase):
		return nil, nil, ErrWrongPassphrase
	case err != nil:
		return nil, nil, &DamagedError{Found: "its key is none that can be used"}
	}
	aead, err := s.cipher(word)
	if err != nil || len(s.Nonce) != aead.NonceSize() {
		return nil, nil, &DamagedError{Found: "it is damaged"}
	}
	if meta, err = aead.Open(nil, s.Nonce, s.Data, s.bound(first.Bytes)); err != nil {
		// The key opened, so the passphrase is right.
		return nil, nil, &DamagedError{Found: "it is damaged, or was changed by somebody"}
	}
	return key, meta, nil
}

// parse finds the two blocks, and checks all that can be without a passphrase.
func parse(file []byte) (key *pem.Block, s sealed, err error) {
	fail := func(format string, args ...any) (*pem.Block, sealed, error) {
		return nil, s, &DamagedError{Found: fmt.Sprintf(format, args...)}
	}
	if len(file) > MaxSize {
		return fail("it is over %d KiB", MaxSize>>10)
	}
	key, rest := pem.Decode(file)
	if key == nil {
		return fail("it has no PEM, so it is no exported account")
	}
	second, rest := pem.Decode(rest)
	if key.Type != keyLabel || second == nil || second.Type != metaLabel {
		return fail("it is no exported account: want the PEM blocks %s and %s, whole and in this order", keyLabel, metaLabel)
	}
	if len(bytes.TrimSpace(rest)) > 0 {
		return fail("something stands behind the exported account")
	}
	// The version first, as a newer one may have other members.
	var v struct {
		Version int `json:"version"`
	}
	if err := json.Unmarshal(second.Bytes, &v); err != nil || v.Version < 1 {
		return fail("it is damaged: its second block is not what was written")
	}
	if v.Version > Version {
		return nil, s, &VersionError{Found: v.Version}
	}
	d := json.NewDecoder(bytes.NewReader(second.Bytes))
	d.DisallowUnknownFields()
	if err := d.Decode(&s); err != nil || s.Iterations < 1 || s.Iterations > maxIterations {
		return fail("it is damaged: its second block is not what was written")
	}
	if sum := sha256.Sum256(key.Bytes); !bytes.Equal(sum[:], s.KeySHA256) {
		return fail("it is damaged: its key is not the one that was exported")
	}
	return key, s, nil
}

// cipher is the one of the second block.
func (s *sealed) cipher(passphrase secret.Bytes) (cipher.AEAD, error) {
	derived, err := pbkdf2.Key(sha256.New, string(passphrase.Reveal()), s.Salt, s.Iterations, 32)
	if err != nil {
		return nil, fmt.Errorf("deriving a key from the passphrase: %w", err)
	}
	block, err := aes.NewCipher(derived)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

// bound is the additional data.
func (s *sealed) bound(key []byte) []byte {
	return append(fmt.Appendf(nil, "nfcert account %d\n", s.Version), key...)
}
