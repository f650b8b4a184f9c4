package csrgen

import (
	"cmp"
	"crypto"
	"crypto/aes"
	"crypto/cipher"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"errors"
	"fmt"

	"github.com/nfcert/nfcert/internal/secret"
)

// sealSalt is the length of the salt in bytes (RFC 8018 section 4.1 requires at
// least 8).
const sealSalt = 16

// SealIterations is the default work of PBKDF2: some tenths of a second.
const SealIterations = 600_000

// SealKey returns the key as encrypted PKCS#8 in PEM (RFC 5958 section 3, PBES2
// of RFC 8018), which [ParseKeyWith] reads. The passphrase must not be empty.
// iterations is the work of PBKDF2; 0 means [SealIterations].
//
// It uses PBKDF2 with HMAC-SHA-256, and AES-256 in CBC mode: every openssl since
// 1.0 reads them and FIPS 140 allows them. scrypt with useful parameters needs
// more memory than openssl allows by default.
func SealKey(key crypto.Signer, passphrase secret.Bytes, iterations int) ([]byte, error) {
	iterations = cmp.Or(iterations, SealIterations)
	if passphrase.IsZero() {
		return nil, errors.New("encrypting a private key: the passphrase is empty")
	}
	plain, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, fmt.Errorf("encoding a private key of type %T: %w", key, err)
	}
	random := make([]byte, sealSalt+aes.BlockSize)
	if _, err := rand.Read(random); err != nil {
		return nil, err
	}
	salt, iv := random[:sealSalt], random[sealSalt:]
	derived, err := pbkdf2.Key(sha256.New, string(passphrase.Reveal()), salt, iterations, 32)
	if err != nil {
		return nil, fmt.Errorf("encrypting a private key: %w", err)
	}
	block, err := aes.NewCipher(derived)
	if err != nil {
		return nil, fmt.Errorf("encrypting a private key: %w", err)
	}
	pad := aes.BlockSize - len(plain)%aes.BlockSize
	for range pad {
		plain = append(plain, byte(pad))
	}
	cipher.NewCBCEncrypter(block, iv).CryptBlocks(plain, plain)
	der, err := sealedInfo(salt, iv, plain, iterations)
	if err != nil {
		return nil, fmt.Errorf("encrypting a private key: %w", err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "ENCRYPTED PRIVATE KEY", Bytes: der}), nil
}

// sealedInfo returns EncryptedPrivateKeyInfo with PBES2-params.
func sealedInfo(salt, iv, data []byte, iterations int) ([]byte, error) {
	var (
		pbes2OID   = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 5, 13}
		pbkdf2OID  = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 5, 12}
		hmacSHA256 = asn1.ObjectIdentifier{1, 2, 840, 113549, 2, 9}
		aes256CBC  = asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 1, 42}
	)
	kdf, err := asn1.Marshal(pbkdf2Parameters{
		Salt: salt, Iterations: int64(iterations),
		PRF: pkix.AlgorithmIdentifier{Algorithm: hmacSHA256, Parameters: asn1.NullRawValue},
	})
	if err != nil {
		return nil, err
	}
	params, err := asn1.Marshal(pbes2Parameters{
		KDF:    pkix.AlgorithmIdentifier{Algorithm: pbkdf2OID, Parameters: asn1.RawValue{FullBytes: kdf}},
		Cipher: pkix.AlgorithmIdentifier{Algorithm: aes256CBC, Parameters: asn1.RawValue{Tag: asn1.TagOctetString, Bytes: iv}},
	})
	if err != nil {
		return nil, err
	}
	return asn1.Marshal(encryptedKeyInfo{
		Algorithm: pkix.AlgorithmIdentifier{Algorithm: pbes2OID, Parameters: asn1.RawValue{FullBytes: params}}, Data: data,
	})
}
