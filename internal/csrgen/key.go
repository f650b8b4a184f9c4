package csrgen

import (
	"bytes"
	"cmp"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/x509"
	"encoding/asn1"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"

	"github.com/nfcert/nfcert/internal/secret"
)

const (
	maxFile    = 1 << 20 // bytes of a key or request file
	maxKeyDER  = 1 << 14 // bytes of one key; RSA of 16384 bits has 9.3 KiB
	minRSABits = 2048
	maxRSABits = 16384 // a larger key takes minutes to check
)

var (
	// ErrEncryptedKey means that a key is encrypted and no passphrase is known.
	ErrEncryptedKey = errors.New("the private key is encrypted")
	// ErrWrongPassphrase means that the passphrase does not decrypt the key.
	ErrWrongPassphrase = errors.New("the passphrase does not decrypt the private key")
	// ErrOtherEncryption means that a key is encrypted in a way that this package
	// does not support, with any passphrase.
	ErrOtherEncryption = errors.New("the encryption of the private key is not supported")
)

// KeyError says why a file has no usable key. It never repeats content of the
// file.
type KeyError struct {
	File  string // the name that the caller gave; empty: the key is not in a file
	Found string // what the file has instead, for example "a certificate"
	Err   error  // ErrEncryptedKey, ErrWrongPassphrase, ErrOtherEncryption, or nil
}

func (e *KeyError) Error() string {
	switch {
	case e.File == "":
		return fmt.Sprintf("the key is %s", e.Found)
	case errors.Is(e.Err, ErrWrongPassphrase):
		return fmt.Sprintf("key file %s: found %s, and the passphrase does not decrypt it", e.File, e.Found)
	case errors.Is(e.Err, ErrEncryptedKey):
		return fmt.Sprintf("key file %s: found %s, but no passphrase is given", e.File, e.Found)
	}
	return fmt.Sprintf("key file %s: found %s, want one private key in PEM or DER", e.File, e.Found)
}

func (e *KeyError) Unwrap() error { return e.Err }

// MarshalKey returns the key as unencrypted PKCS#8 in PEM, which Open5GS, free5GC
// and SD-Core all read.
func MarshalKey(key crypto.Signer) ([]byte, error) {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, fmt.Errorf("encoding a private key of type %T: %w", key, err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), nil
}

// Passphrase returns the passphrase of an encrypted key. It is called only for an
// encrypted key, and its error is returned unchanged.
type Passphrase func() (secret.Bytes, error)

// ParseKey is [ParseKeyWith] without a passphrase.
func ParseKey(name string, data []byte) (crypto.Signer, error) {
	return ParseKeyWith(name, data, nil)
}

// ParseKeyWith reads the only private key of a file, in PEM or DER: PKCS#8, also
// encrypted with PBES2, PKCS#1 or SEC1; EC on P-256, P-384 or P-521, RSA of 2048
// to 16384 bits, or Ed25519. It ignores EC PARAMETERS and certificates in the same
// file. The name is only for messages. Without a passphrase function it refuses
// encrypted keys. Every error is a *KeyError, except those of passphrase.
func ParseKeyWith(name string, data []byte, passphrase Passphrase) (crypto.Signer, error) {
	fail := func(found string, err error) (crypto.Signer, error) {
		return nil, &KeyError{File: name, Found: found, Err: err}
	}
	der, encrypted, found := keyBytes(data)
	switch {
	case found != "" && encrypted:
		return fail(found, ErrOtherEncryption)
	case found != "":
		return fail(found, nil)
	case encrypted:
		plain, found, err := openKey(der, passphrase)
		if found != "" {
			return fail(found, err)
		}
		if err != nil {
			return nil, err
		}
		der = plain
	}
	key, found := parseKeyDER(der)
	if found != "" {
		return fail(found, nil)
	}
	return key, nil
}

// openKey decrypts a PKCS#8 key. If found is empty, the error is that of
// passphrase.
func openKey(der []byte, passphrase Passphrase) (plain []byte, found string, err error) {
	box, found := parsePBES2(der)
	if found != "" {
		return nil, found, ErrOtherEncryption
	}
	const kind = "an encrypted private key"
	if passphrase == nil {
		return nil, kind, ErrEncryptedKey
	}
	word, err := passphrase()
	if err != nil {
		return nil, "", err
	}
	switch plain, err = box.open(word.Reveal()); {
	case errors.Is(err, ErrWrongPassphrase):
		return nil, kind, ErrWrongPassphrase
	case err != nil:
		return nil, kind + " whose encryption FIPS 140 mode does not allow", ErrOtherEncryption
	}
	return plain, "", nil
}

// keyBytes returns the DER of the only private key of a file and whether it is
// encrypted, or says what it found.
func keyBytes(data []byte) (der []byte, encrypted bool, found string) {
	if len(data) > maxFile {
		return nil, false, fmt.Sprintf("%d bytes (at most %d are read)", len(data), maxFile)
	}
	if isDER(data) {
		der, rest := firstElement(data)
		switch {
		case der == nil:
			return nil, false, damagedDER
		case rest > 0:
			return nil, false, fmt.Sprintf("%d bytes after the first DER element", rest)
		}
		return der, isPBES(der), ""
	}
	block, found := onlyBlock(data, kindKey, "several private keys")
	switch {
	case found != "":
		return nil, false, found
	case block.Headers["DEK-Info"] != "" || strings.Contains(block.Headers["Proc-Type"], "ENCRYPTED"):
		return nil, true, "a private key with the old, weak encryption of PEM (RFC 1421)"
	}
	return block.Bytes, block.Type == "ENCRYPTED PRIVATE KEY", ""
}

// onlyBlock returns the only PEM block of a kind, or says what it found.
func onlyBlock(data []byte, kind, several string) (only *pem.Block, found string) {
	other := ""
	for block, rest := pem.Decode(data); block != nil; block, rest = pem.Decode(rest) {
		switch k := blockKind(block.Type); {
		case k != kind:
			other = cmp.Or(other, k)
		case only != nil:
			return nil, several
		default:
			only = block
		}
	}
	switch {
	case only != nil:
		return only, ""
	case other != "":
		return nil, other
	}
	return nil, notPEM(data)
}

// The kinds of PEM block that are read.
const (
	kindKey     = "a private key"
	kindRequest = "a certificate request"
)

// blockKind describes the content that a PEM label stands for.
func blockKind(label string) string {
	switch label {
	case "PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY", "ENCRYPTED PRIVATE KEY":
		return kindKey
	case "DSA PRIVATE KEY":
		return "a DSA key"
	case "OPENSSH PRIVATE KEY":
		return "an OpenSSH private key"
	case "CERTIFICATE", "X509 CERTIFICATE", "TRUSTED CERTIFICATE":
		return "a certificate"
	case requestLabel, "NEW " + requestLabel:
		return kindRequest
	case "PUBLIC KEY", "RSA PUBLIC KEY":
		return "a public key"
	case "EC PARAMETERS":
		return "EC parameters without a key"
	case "X509 CRL":
		return "a CRL"
	case "PKCS7", "CMS":
		return "a PKCS#7 file"
	}
	// The label is not repeated, because it may contain anything.
	return "a PEM block of another kind"
}

// notPEM describes a file without a PEM block.
func notPEM(data []byte) string {
	switch trimmed := bytes.TrimSpace(data); {
	case len(trimmed) == 0:
		return "an empty file"
	case bytes.Contains(data, []byte("-----BEGIN")):
		return "a damaged PEM block"
	}
	return "no PEM block"
}

// parseKeyDER reads a key in any of the three encodings and ignores its PEM label,
// because some tools write PKCS#8 with the old labels. If the key is not usable it
// says what it found. It does not return the errors of the parsers, which quote
// bytes of the key.
func parseKeyDER(der []byte) (key crypto.Signer, found string) {
	if len(der) > maxKeyDER {
		return nil, fmt.Sprintf("a private key of %d bytes (at most %d are read)", len(der), maxKeyDER)
	}
	var parsed any
	var err error
	if parsed, err = x509.ParsePKCS8PrivateKey(der); err != nil {
		if parsed, err = x509.ParsePKCS1PrivateKey(der); err != nil {
			if parsed, err = x509.ParseECPrivateKey(der); err != nil {
				return nil, pkcs8Kind(der)
			}
		}
	}
	signer, ok := parsed.(crypto.Signer)
	if !ok {
		return nil, "an X25519 key, which cannot sign"
	}
	if found := unusableKey(signer.Public()); found != "" {
		return nil, found
	}
	return signer, ""
}

// CheckKey refuses a key outside a file, for example in a token, if [ParseKey]
// would refuse it in a file. Its error is a *KeyError.
func CheckKey(key crypto.PublicKey) error {
	if found := unusableKey(key); found != "" {
		return &KeyError{Found: found}
	}
	return nil
}

// unusableKey describes a key that is not accepted; empty for an accepted key.
func unusableKey(key crypto.PublicKey) (found string) {
	switch k := key.(type) {
	case *rsa.PublicKey:
		if bits := k.N.BitLen(); bits < minRSABits || bits > maxRSABits {
			return fmt.Sprintf("an RSA key of %d bits (want %d to %d)", bits, minRSABits, maxRSABits)
		}
	case *ecdsa.PublicKey:
		switch k.Curve {
		case elliptic.P256(), elliptic.P384(), elliptic.P521():
		default:
			return fmt.Sprintf("an EC key on %s (want P-256, P-384 or P-521)", k.Curve.Params().Name)
		}
	case ed25519.PublicKey:
	default:
		return "a private key of an unknown type"
	}
	return ""
}

// pkcs8Kind describes a PKCS#8 key (RFC 5958) that is not accepted, by its
// algorithm if that can be read.
func pkcs8Kind(der []byte) string {
	input := cryptobyte.String(der)
	var info, algorithm cryptobyte.String
	var version int
	var oid asn1.ObjectIdentifier
	if input.ReadASN1(&info, cbasn1.SEQUENCE) && info.ReadASN1Integer(&version) &&
		info.ReadASN1(&algorithm, cbasn1.SEQUENCE) && algorithm.ReadASN1ObjectIdentifier(&oid) {
		switch oid.String() {
		case "1.2.840.10040.4.1":
			return "a DSA key"
		case "1.3.101.111":
			return "an X448 key, which cannot sign"
		case "1.3.101.113":
			return "an Ed448 key (want Ed25519, EC or RSA)"
		case "1.2.840.10045.2.1":
			return "an EC key that is damaged or not on P-256, P-384 or P-521"
		}
	}
	return "a private key that is damaged or of an unknown type"
}
