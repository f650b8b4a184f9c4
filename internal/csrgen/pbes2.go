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
	"encoding/asn1"
	"fmt"
	"hash"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
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

// isPBES reports whether a SEQUENCE looks like EncryptedPrivateKeyInfo
// (RFC 5958 section 3), which does not begin with a version.
func isPBES(der []byte) bool {
	input := cryptobyte.String(der)
	var info, algorithm cryptobyte.String
	return input.ReadASN1(&info, cbasn1.SEQUENCE) && info.ReadASN1(&algorithm, cbasn1.SEQUENCE) &&
		algorithm.PeekASN1Tag(cbasn1.OBJECT_IDENTIFIER) && info.PeekASN1Tag(cbasn1.OCTET_STRING)
}

// damagedBox describes a key whose encryption parameters do not parse.
const damagedBox = "an encrypted private key that is damaged"

// parsePBES2 reads EncryptedPrivateKeyInfo. If it is damaged, unsupported or too
// expensive to decrypt, it says what it found.
func parsePBES2(der []byte) (box *pbes2, found string) {
	if len(der) > maxKeyDER {
		return nil, fmt.Sprintf("an encrypted private key of %d bytes (at most %d are read)", len(der), maxKeyDER)
	}
	input := cryptobyte.String(der)
	var info, data cryptobyte.String
	if !input.ReadASN1(&info, cbasn1.SEQUENCE) || !input.Empty() {
		return nil, damagedBox
	}
	scheme, params, ok := readAlgorithm(&info)
	if !ok || !info.ReadASN1(&data, cbasn1.OCTET_STRING) || !info.Empty() {
		return nil, damagedBox
	}
	if scheme != oidPBES2 {
		return nil, fmt.Sprintf("a private key encrypted with the scheme %s (want PBES2 of RFC 8018)", scheme)
	}
	var both cryptobyte.String
	if !params.ReadASN1(&both, cbasn1.SEQUENCE) || !params.Empty() {
		return nil, damagedBox
	}
	kdf, kdfParams, ok := readAlgorithm(&both)
	name, iv, ok2 := readAlgorithm(&both)
	if !ok || !ok2 || !both.Empty() {
		return nil, damagedBox
	}
	box = &pbes2{data: data}
	if found := box.readCipher(name, iv); found != "" {
		return nil, found
	}
	switch kdf {
	case oidPBKDF2:
		found = box.readPBKDF2(kdfParams)
	case oidScrypt:
		found = box.readScrypt(kdfParams)
	default:
		found = fmt.Sprintf("a private key encrypted with the key derivation %s (want PBKDF2 or scrypt)", kdf)
	}
	return box, found
}

// readAlgorithm reads an AlgorithmIdentifier and returns its parameters unread.
func readAlgorithm(s *cryptobyte.String) (oid string, params cryptobyte.String, ok bool) {
	var inner cryptobyte.String
	var id asn1.ObjectIdentifier
	if !s.ReadASN1(&inner, cbasn1.SEQUENCE) || !inner.ReadASN1ObjectIdentifier(&id) {
		return "", nil, false
	}
	return id.String(), inner, true
}

// readCipher reads the encryption scheme. Its parameter is the initialization
// vector.
func (b *pbes2) readCipher(oid string, params cryptobyte.String) (found string) {
	switch oid {
	case "2.16.840.1.101.3.4.1.2":
		b.cipher = blockCipher{16, aes.BlockSize, aes.NewCipher}
	case "2.16.840.1.101.3.4.1.22":
		b.cipher = blockCipher{24, aes.BlockSize, aes.NewCipher}
	case "2.16.840.1.101.3.4.1.42":
		b.cipher = blockCipher{32, aes.BlockSize, aes.NewCipher}
	case "1.2.840.113549.3.7":
		b.cipher = blockCipher{24, des.BlockSize, des.NewTripleDESCipher}
	default:
		return fmt.Sprintf("a private key encrypted with the cipher %s (want AES or triple DES in CBC mode)", oid)
	}
	var iv cryptobyte.String
	if !params.ReadASN1(&iv, cbasn1.OCTET_STRING) || !params.Empty() || len(iv) != b.cipher.block {
		return damagedBox
	}
	if len(b.data) == 0 || len(b.data)%b.cipher.block != 0 {
		return damagedBox
	}
	b.iv = iv
	return ""
}

// readPBKDF2 reads PBKDF2-params (RFC 8018 appendix A.2).
func (b *pbes2) readPBKDF2(params cryptobyte.String) (found string) {
	var seq, salt cryptobyte.String
	var iterations int64
	if !params.ReadASN1(&seq, cbasn1.SEQUENCE) || !params.Empty() ||
		!seq.ReadASN1(&salt, cbasn1.OCTET_STRING) || !seq.ReadASN1Integer(&iterations) || !b.keyLength(&seq) {
		return damagedBox
	}
	prf := sha1.New // the DEFAULT of the field
	if !seq.Empty() {
		oid, _, ok := readAlgorithm(&seq)
		if !ok || !seq.Empty() {
			return damagedBox
		}
		if prf = hashOf(oid); prf == nil {
			return fmt.Sprintf("a private key encrypted with PBKDF2 and the function %s (want HMAC with SHA-1 or SHA-2)", oid)
		}
	}
	if iterations < 1 || iterations > maxIterations {
		return fmt.Sprintf("a private key encrypted with %d iterations of PBKDF2 (at most %d are allowed)", iterations, maxIterations)
	}
	b.derive = func(passphrase []byte, length int) ([]byte, error) {
		return pbkdf2.Key(prf, string(passphrase), salt, int(iterations), length)
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

// readScrypt reads scrypt-params (RFC 7914 section 7).
func (b *pbes2) readScrypt(params cryptobyte.String) (found string) {
	var seq, salt cryptobyte.String
	var n, r, p int64
	if !params.ReadASN1(&seq, cbasn1.SEQUENCE) || !params.Empty() || !seq.ReadASN1(&salt, cbasn1.OCTET_STRING) ||
		!seq.ReadASN1Integer(&n) || !seq.ReadASN1Integer(&r) || !seq.ReadASN1Integer(&p) ||
		!b.keyLength(&seq) || !seq.Empty() {
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
		return scrypt.Key(passphrase, salt, int(n), int(r), int(p), length)
	}
	return ""
}

// keyLength reads the optional length of the key, which must be that of the
// cipher.
func (b *pbes2) keyLength(s *cryptobyte.String) bool {
	if !s.PeekASN1Tag(cbasn1.INTEGER) {
		return true
	}
	var length int64
	return s.ReadASN1Integer(&length) && length == int64(b.cipher.key)
}

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
	input := cryptobyte.String(plain)
	var info cryptobyte.String
	if !input.ReadASN1(&info, cbasn1.SEQUENCE) || !input.Empty() || !info.PeekASN1Tag(cbasn1.INTEGER) {
		return nil, ErrWrongPassphrase
	}
	return plain, nil
}
