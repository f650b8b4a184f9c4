// Package accountfile encrypts an account and its key into one file, to move
// them from one machine to another.
//
// The file is PEM (RFC 7468) with two blocks. The first, ENCRYPTED PRIVATE KEY,
// is the key as encrypted PKCS#8, which openssl can open. The second, NFCERT
// ACCOUNT, is JSON: the account, encrypted and authenticated by AES-256-GCM. Its
// encryption key is derived from the same passphrase and another salt by PBKDF2
// with HMAC-SHA-256. The first block and the version are its additional
// data, so [Open] detects when either block was replaced or changed. A hash of
// the first block tells damage from a wrong passphrase.
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
	// Version is the newest version of the file that Open reads.
	Version = 1
	// MaxSize is the largest file that Open reads, in bytes.
	MaxSize = 256 << 10

	keyLabel     = "ENCRYPTED PRIVATE KEY"
	accountLabel = "NFCERT ACCOUNT"

	maxIterations = 5_000_000 // a file that asks for more is an attack
	saltSize      = 16
)

// ErrWrongPassphrase says that the passphrase does not open the file.
var ErrWrongPassphrase = errors.New("the passphrase does not open it")

// DamagedError says that a file is not an exported account, or was changed since
// the export. It never quotes the file's contents.
type DamagedError struct{ Found string }

func (e *DamagedError) Error() string { return e.Found }

// VersionError says that a newer program wrote the file.
type VersionError struct{ Found int }

func (e *VersionError) Error() string {
	return fmt.Sprintf("it has version %d, this program reads up to version %d", e.Found, Version)
}

// accountBlock is the content of the second block.
type accountBlock struct {
	Version    int    `json:"version"`
	KeySHA256  []byte `json:"keySha256"`
	Iterations int    `json:"iterations"`
	Salt       []byte `json:"salt"`
	Nonce      []byte `json:"nonce"`
	Data       []byte `json:"data"`
}

// Seal encrypts a key and its account into a file. The passphrase must not be
// empty. iterations is the work of PBKDF2; 0 means
// [csrgen.SealIterations].
func Seal(key crypto.Signer, account []byte, passphrase secret.Bytes, iterations int) ([]byte, error) {
	encrypted, err := csrgen.SealKey(key, passphrase, iterations)
	if err != nil {
		return nil, err
	}
	return seal(encrypted, account, passphrase, cmp.Or(iterations, csrgen.SealIterations))
}

// seal adds the account's block to the PEM of an encrypted key, with the given
// number of PBKDF2 iterations.
func seal(keyPEM, account []byte, passphrase secret.Bytes, iterations int) ([]byte, error) {
	key, _ := pem.Decode(keyPEM)
	sum := sha256.Sum256(key.Bytes)
	b := accountBlock{Version: Version, KeySHA256: sum[:], Iterations: iterations, Salt: make([]byte, saltSize)}
	if _, err := rand.Read(b.Salt); err != nil {
		return nil, err
	}
	aead, err := b.cipher(passphrase)
	if err != nil {
		return nil, err
	}
	b.Nonce = make([]byte, aead.NonceSize())
	if _, err := rand.Read(b.Nonce); err != nil {
		return nil, err
	}
	b.Data = aead.Seal(nil, b.Nonce, account, b.additionalData(key.Bytes))
	text, err := json.Marshal(b)
	if err != nil {
		return nil, err
	}
	return append(keyPEM, pem.EncodeToMemory(&pem.Block{Type: accountLabel, Bytes: text})...), nil
}

// Open reads a file that [Seal] made. It asks for the passphrase only when the
// file is complete and of a version that it reads. Every error but the
// passphrase's own is a *DamagedError, a *VersionError or ErrWrongPassphrase.
func Open(file []byte, passphrase csrgen.Passphrase) (key crypto.Signer, account []byte, err error) {
	first, b, err := parse(file)
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
		return nil, nil, &DamagedError{Found: "its key cannot be used"}
	}
	aead, err := b.cipher(word)
	if err != nil || len(b.Nonce) != aead.NonceSize() {
		return nil, nil, &DamagedError{Found: "it is damaged"}
	}
	if account, err = aead.Open(nil, b.Nonce, b.Data, b.additionalData(first.Bytes)); err != nil {
		// The key opened, so the passphrase is right.
		return nil, nil, &DamagedError{Found: "it is damaged or was changed after the export"}
	}
	return key, account, nil
}

// parse finds the two blocks and checks all that it can without a passphrase.
func parse(file []byte) (key *pem.Block, b accountBlock, err error) {
	fail := func(format string, args ...any) (*pem.Block, accountBlock, error) {
		return nil, b, &DamagedError{Found: fmt.Sprintf(format, args...)}
	}
	if len(file) > MaxSize {
		return fail("it is larger than %d KiB", MaxSize>>10)
	}
	key, rest := pem.Decode(file)
	if key == nil {
		return fail("it is not an exported account: it has no PEM block")
	}
	second, rest := pem.Decode(rest)
	if key.Type != keyLabel || second == nil || second.Type != accountLabel {
		return fail("it is not an exported account: want the complete PEM blocks %s and %s, in this order", keyLabel, accountLabel)
	}
	if len(bytes.TrimSpace(rest)) > 0 {
		return fail("it has more data after the exported account")
	}
	// The version first, as a newer one may have other members.
	var v struct {
		Version int `json:"version"`
	}
	const damagedBlock = "it is damaged: its second block cannot be read"
	if err := json.Unmarshal(second.Bytes, &v); err != nil || v.Version < 1 {
		return fail(damagedBlock)
	}
	if v.Version > Version {
		return nil, b, &VersionError{Found: v.Version}
	}
	d := json.NewDecoder(bytes.NewReader(second.Bytes))
	d.DisallowUnknownFields()
	if err := d.Decode(&b); err != nil || b.Iterations < 1 || b.Iterations > maxIterations {
		return fail(damagedBlock)
	}
	if sum := sha256.Sum256(key.Bytes); !bytes.Equal(sum[:], b.KeySHA256) {
		return fail("it is damaged: its key is not the one that was exported")
	}
	return key, b, nil
}

// cipher derives the encryption key of the account from the passphrase.
func (b *accountBlock) cipher(passphrase secret.Bytes) (cipher.AEAD, error) {
	derived, err := pbkdf2.Key(sha256.New, string(passphrase.Reveal()), b.Salt, b.Iterations, 32)
	if err != nil {
		return nil, fmt.Errorf("deriving a key from the passphrase: %w", err)
	}
	block, err := aes.NewCipher(derived)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

// additionalData is what AES-GCM authenticates besides the account: version and
// key.
func (b *accountBlock) additionalData(key []byte) []byte {
	return append(fmt.Appendf(nil, "nfcert account %d\n", b.Version), key...)
}
