package csrgen

import (
	"bytes"
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
	maxRSABits = 16384 // more serves nobody, and takes minutes to check
)

var (
	// ErrEncryptedKey says that a key is under a passphrase and none is known.
	ErrEncryptedKey = errors.New("the private key is encrypted")
	// ErrWrongPassphrase says that a passphrase does not open the key.
	ErrWrongPassphrase = errors.New("the passphrase does not open the private key")
	// ErrOtherEncryption says that a key is encrypted in a way that is not read
	// here, whatever the passphrase.
	ErrOtherEncryption = errors.New("the private key is encrypted in a way that is not read")
)

// KeyError says why a file holds no key that can be used. It never repeats
// what the file holds.
type KeyError struct {
	File  string // as the caller named it; "": it is in none
	Found string // what is there, as in "a certificate"
	Err   error  // ErrEncryptedKey, ErrWrongPassphrase, ErrOtherEncryption, or nil
}

func (e *KeyError) Error() string {
	switch {
	case e.File == "":
		return fmt.Sprintf("the key is %s", e.Found)
	case errors.Is(e.Err, ErrWrongPassphrase):
		return fmt.Sprintf("key file %s: found %s, and the passphrase does not open it", e.File, e.Found)
	case errors.Is(e.Err, ErrEncryptedKey):
		return fmt.Sprintf("key file %s: found %s, and no passphrase for it", e.File, e.Found)
	}
	return fmt.Sprintf("key file %s: found %s, want one private key in PEM or DER", e.File, e.Found)
}

func (e *KeyError) Unwrap() error { return e.Err }

// MarshalKey gives the key as PKCS#8 in PEM, unencrypted: the one form that
// Open5GS, free5GC and SD-Core all read.
func MarshalKey(key crypto.Signer) ([]byte, error) {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, fmt.Errorf("encoding a private key of type %T: %w", key, err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), nil
}

// Passphrase gives the passphrase of an encrypted key. It is asked only when a
// key is encrypted; its error is passed on as it is.
type Passphrase func() (secret.Bytes, error)

// ParseKey is [ParseKeyWith] without a passphrase.
func ParseKey(name string, data []byte) (crypto.Signer, error) {
	return ParseKeyWith(name, data, nil)
}

// ParseKeyWith reads the one private key of a file, PEM or DER: PKCS#8, also
// encrypted by PBES2, PKCS#1 or SEC1; EC on P-256, P-384 or P-521, RSA of 2048
// to 16384 bits, or Ed25519. EC PARAMETERS and certificates beside the key are
// passed over. The name is for messages alone. A nil passphrase refuses
// encrypted keys. Every error but the passphrase's own is a *KeyError.
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

// openKey decrypts a PKCS#8 key. Without found the error is the passphrase's.
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
		return nil, kind + " that must not be opened here", ErrOtherEncryption
	}
	return plain, "", nil
}

// keyBytes finds the DER of the only private key of a file and whether it is
// encrypted, or says what is there.
func keyBytes(data []byte) (der []byte, encrypted bool, found string) {
	if len(data) > maxFile {
		return nil, false, fmt.Sprintf("%d bytes (at most %d are read)", len(data), maxFile)
	}
	if len(data) > 0 && data[0] == 0x30 { // SEQUENCE: no PEM file begins with "0"
		der, rest := firstElement(data)
		switch {
		case der == nil:
			return nil, false, "DER that is cut short or damaged"
		case rest > 0:
			return nil, false, fmt.Sprintf("%d bytes after the first thing in DER", rest)
		}
		return der, isPBES(der), ""
	}
	block, found := onePrivateKey(data)
	switch {
	case found != "":
		return nil, false, found
	case block.Headers["DEK-Info"] != "" || strings.Contains(block.Headers["Proc-Type"], "ENCRYPTED"):
		return nil, true, "a private key encrypted in the old way of PEM (RFC 1421), which is weak"
	}
	return block.Bytes, block.Type == "ENCRYPTED PRIVATE KEY", ""
}

// onePrivateKey finds the only PEM block that holds a private key, or says what
// is there.
func onePrivateKey(data []byte) (key *pem.Block, found string) {
	other := ""
	for rest := data; ; {
		var block *pem.Block
		block, rest = pem.Decode(rest)
		if block == nil {
			break
		}
		switch kind := blockKind(block.Type); {
		case kind != "a private key":
			if other == "" {
				other = kind
			}
		case key != nil:
			return nil, "several private keys"
		default:
			key = block
		}
	}
	switch {
	case key != nil:
		return key, ""
	case other != "":
		return nil, other
	}
	return nil, notPEM(data)
}

// blockKind words what a PEM label announces.
func blockKind(label string) string {
	switch label {
	case "PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY", "ENCRYPTED PRIVATE KEY":
		return "a private key"
	case "DSA PRIVATE KEY":
		return "a DSA key"
	case "OPENSSH PRIVATE KEY":
		return "an OpenSSH private key"
	case "CERTIFICATE", "X509 CERTIFICATE", "TRUSTED CERTIFICATE":
		return "a certificate"
	case "CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST":
		return "a certificate request"
	case "PUBLIC KEY", "RSA PUBLIC KEY":
		return "a public key"
	case "EC PARAMETERS":
		return "EC parameters without a key"
	case "X509 CRL":
		return "a CRL"
	case "PKCS7", "CMS":
		return "a PKCS#7 file"
	}
	// The label is not repeated: a mangled one may hold anything.
	return "a PEM block of another kind"
}

// notPEM words what a file without a PEM block looks like.
func notPEM(data []byte) string {
	switch trimmed := bytes.TrimSpace(data); {
	case len(trimmed) == 0:
		return "an empty file"
	case bytes.Contains(data, []byte("-----BEGIN")):
		return "a damaged PEM block"
	}
	return "no PEM block"
}

// parseKeyDER reads a key in any of the three encodings, whatever its label
// said: some tools write PKCS#8 under the old labels. It says what it found
// when that cannot be used. The parsers' own errors are not passed on, as they
// quote bytes of the key.
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
	if found := unfit(signer.Public()); found != "" {
		return nil, found
	}
	return signer, ""
}

// CheckKey refuses a key that is not in a file, such as a token's, when it is
// of a kind that [ParseKey] refuses. Its error is a *KeyError.
func CheckKey(key crypto.PublicKey) error {
	if found := unfit(key); found != "" {
		return &KeyError{Found: found}
	}
	return nil
}

// unfit says what a key is that cannot be used; "" when it can.
func unfit(key crypto.PublicKey) (found string) {
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
		return "a private key of an unknown kind"
	}
	return ""
}

// pkcs8Kind names the algorithm of a PKCS#8 key (RFC 5958) that could not be
// used, as far as it can be read.
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
			return "an EC key that is damaged or on another curve than P-256, P-384 and P-521"
		}
	}
	return "a private key that is damaged or of an unknown kind"
}
