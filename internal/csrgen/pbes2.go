package csrgen

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/des"
	"crypto/pbkdf2"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509/pkix"
	"encoding/asn1"
	"fmt"
	"hash"

	"golang.org/x/crypto/scrypt"
)

// Limits of the work that a file may demand before its passphrase can be tried.
// The defaults of common tools are a hundredth or less; a file above the limits is
// hostile, or would take minutes.
const (
	maxIterations   = 5_000_000 // of PBKDF2: a few seconds
	maxScryptMemory = 256 << 20 // bytes: 128*(N+p)*r (RFC 7914 section 2)
	maxScryptWork   = 1 << 23   // N*r*p: a few seconds
)

// The identifiers of RFC 8018 appendix A and C, and of RFC 7914 section 7.
const (
	oidPBES2  = "1.2.840.113549.1.5.13"
	oidPBKDF2 = "1.2.840.113549.1.5.12"
	oidScrypt = "1.3.6.1.4.1.11591.4.11"
)

// pbes2 is a private key encrypted with PBES2 (RFC 8018 section 6.2) and a block
// cipher in CBC mode.
type pbes2 struct {
	derive func(passphrase []byte, length int) ([]byte, error)
	cipher blockCipher
	iv     []byte
	data   []byte
}

// blockCipher is an encryption scheme of RFC 8018 appendix B.2.
type blockCipher struct {
	key, block int // lengths in bytes
	make       func(key []byte) (cipher.Block, error)
}

// encryptedKeyInfo is EncryptedPrivateKeyInfo (RFC 5958 section 3).
type encryptedKeyInfo struct {
	Algorithm pkix.AlgorithmIdentifier
	Data      []byte
}

// pbes2Parameters is PBES2-params (RFC 8018 appendix A.4).
type pbes2Parameters struct{ KDF, Cipher pkix.AlgorithmIdentifier }

// pbkdf2Parameters is PBKDF2-params (RFC 8018 appendix A.2).
type pbkdf2Parameters struct {
	Salt       []byte
	Iterations int64
	KeyLength  int64                    `asn1:"optional"`
	PRF        pkix.AlgorithmIdentifier `asn1:"optional"` // absent: HMAC with SHA-1
}

// scryptParameters is scrypt-params (RFC 7914 section 7).
type scryptParameters struct {
	Salt      []byte
	N, R, P   int64
	KeyLength int64 `asn1:"optional"`
}

// readDER reads a value and accepts nothing after it or its last field, which
// encoding/asn1 would ignore.
func readDER[T any](der []byte) (v T, ok bool) {
	if _, err := asn1.Unmarshal(der, &v); err != nil {
		return v, false
	}
	again, err := asn1.Marshal(v)
	return v, err == nil && bytes.Equal(again, der)
}

// isPBES reports whether a SEQUENCE looks like EncryptedPrivateKeyInfo, which does
// not begin with a version.
func isPBES(der []byte) bool {
	var info encryptedKeyInfo
	_, err := asn1.Unmarshal(der, &info)
	return err == nil
}

// damagedBox describes a key whose encryption parameters do not parse.
const damagedBox = "an encrypted private key that is damaged"

// parsePBES2 reads EncryptedPrivateKeyInfo. If it is damaged, unsupported or too
// expensive to decrypt, it says what it found.
func parsePBES2(der []byte) (box *pbes2, found string) {
	if len(der) > maxKeyDER {
		return nil, fmt.Sprintf("an encrypted private key of %d bytes (at most %d are read)", len(der), maxKeyDER)
	}
	info, ok := readDER[encryptedKeyInfo](der)
	if !ok {
		return nil, damagedBox
	}
	if scheme := info.Algorithm.Algorithm.String(); scheme != oidPBES2 {
		return nil, fmt.Sprintf("a private key encrypted with the scheme %s (want PBES2 of RFC 8018)", scheme)
	}
	params, ok := readDER[pbes2Parameters](info.Algorithm.Parameters.FullBytes)
	if !ok {
		return nil, damagedBox
	}
	box = &pbes2{data: info.Data}
	if found := box.readCipher(params.Cipher); found != "" {
		return nil, found
	}
	switch kdf := params.KDF.Algorithm.String(); kdf {
	case oidPBKDF2:
		found = box.readPBKDF2(params.KDF.Parameters.FullBytes)
	case oidScrypt:
		found = box.readScrypt(params.KDF.Parameters.FullBytes)
	default:
		found = fmt.Sprintf("a private key encrypted with the key derivation %s (want PBKDF2 or scrypt)", kdf)
	}
	return box, found
}

// blockCiphers are the supported encryption schemes, by their identifiers.
var blockCiphers = map[string]blockCipher{
	"2.16.840.1.101.3.4.1.2":  {16, aes.BlockSize, aes.NewCipher},
	"2.16.840.1.101.3.4.1.22": {24, aes.BlockSize, aes.NewCipher},
	"2.16.840.1.101.3.4.1.42": {32, aes.BlockSize, aes.NewCipher},
	"1.2.840.113549.3.7":      {24, des.BlockSize, des.NewTripleDESCipher},
}

// readCipher reads the encryption scheme. Its parameter is the initialization
// vector.
func (b *pbes2) readCipher(scheme pkix.AlgorithmIdentifier) (found string) {
	var known, ok bool
	if b.cipher, known = blockCiphers[scheme.Algorithm.String()]; !known {
		return fmt.Sprintf("a private key encrypted with the cipher %s (want AES or triple DES in CBC mode)", scheme.Algorithm)
	}
	b.iv, ok = readDER[[]byte](scheme.Parameters.FullBytes)
	if !ok || len(b.iv) != b.cipher.block || len(b.data) == 0 || len(b.data)%b.cipher.block != 0 {
		return damagedBox
	}
	return ""
}

// readPBKDF2 reads the parameters of PBKDF2.
func (b *pbes2) readPBKDF2(der []byte) (found string) {
	params, ok := readDER[pbkdf2Parameters](der)
	if !ok || !b.keyLength(params.KeyLength) {
		return damagedBox
	}
	prf := sha1.New // the DEFAULT of the field
	if oid := params.PRF.Algorithm; oid != nil {
		if prf = hashOf(oid.String()); prf == nil {
			return fmt.Sprintf("a private key encrypted with PBKDF2 and the function %s (want HMAC with SHA-1 or SHA-2)", oid)
		}
	}
	if n := params.Iterations; n < 1 || n > maxIterations {
		return fmt.Sprintf("a private key encrypted with %d iterations of PBKDF2 (at most %d are allowed)", n, maxIterations)
	}
	b.derive = func(passphrase []byte, length int) ([]byte, error) {
		return pbkdf2.Key(prf, string(passphrase), params.Salt, int(params.Iterations), length)
	}
	return ""
}

// hashOf returns the hash of an HMAC (RFC 8018 appendix B.1.2); nil if unknown.
func hashOf(oid string) func() hash.Hash {
	switch oid {
	case "1.2.840.113549.2.7":
		return sha1.New
	case "1.2.840.113549.2.8":
		return sha256.New224
	case "1.2.840.113549.2.9":
		return sha256.New
	case "1.2.840.113549.2.10":
		return sha512.New384
	case "1.2.840.113549.2.11":
		return sha512.New
	}
	return nil
}

// readScrypt reads the parameters of scrypt.
func (b *pbes2) readScrypt(der []byte) (found string) {
	params, ok := readDER[scryptParameters](der)
	n, r, p := params.N, params.R, params.P
	if !ok || !b.keyLength(params.KeyLength) {
		return damagedBox
	}
	if n < 2 || n&(n-1) != 0 || r < 1 || p < 1 {
		return damagedBox
	}
	// Divide, because a product of numbers from the file may overflow.
	if r > maxScryptWork || p > maxScryptWork || n > maxScryptWork/(r*p) || n+p > maxScryptMemory/128/r {
		return fmt.Sprintf("a private key encrypted with scrypt with N=%d, r=%d, p=%d (at most %d MiB and N*r*p=%d are allowed)", n, r, p, maxScryptMemory>>20, maxScryptWork)
	}
	b.derive = func(passphrase []byte, length int) ([]byte, error) {
		return scrypt.Key(passphrase, params.Salt, int(n), int(r), int(p), length)
	}
	return ""
}

// keyLength reports whether the length of the key, if present, is that of the
// cipher.
func (b *pbes2) keyLength(n int64) bool { return n == 0 || n == int64(b.cipher.key) }

// open decrypts. If the padding is wrong, or the result is not PKCS#8, the
// passphrase is wrong: the error is ErrWrongPassphrase. Any other error means that
// the algorithm is not allowed, for example in FIPS 140 mode.
func (b *pbes2) open(passphrase []byte) ([]byte, error) {
	key, err := b.derive(passphrase, b.cipher.key)
	if err != nil {
		return nil, err
	}
	block, err := b.cipher.make(key)
	if err != nil {
		return nil, err
	}
	plain := make([]byte, len(b.data))
	cipher.NewCBCDecrypter(block, b.iv).CryptBlocks(plain, b.data)
	pad := int(plain[len(plain)-1])
	if pad < 1 || pad > b.cipher.block || !bytes.HasSuffix(plain, bytes.Repeat([]byte{byte(pad)}, pad)) {
		return nil, ErrWrongPassphrase
	}
	plain = plain[:len(plain)-pad]
	var info struct{ Version int } // the other fields are not read here
	if rest, err := asn1.Unmarshal(plain, &info); err != nil || len(rest) > 0 {
		return nil, ErrWrongPassphrase
	}
	return plain, nil
}
