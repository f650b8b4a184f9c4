package layout

import (
	"bytes"
	"crypto/hkdf"
	"crypto/sha256"
	"crypto/x509"
	"encoding/binary"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"software.sslmate.com/src/go-pkcs12"
)

const (
	// pkcs12Iterations makes guessing a passphrase ten times as slow as with
	// OpenSSL's 2048, and reading the file takes milliseconds still. What
	// protects it is a passphrase that cannot be guessed.
	pkcs12Iterations = 20_000
	// maxPassphrase bounds a passphrase, in bytes.
	maxPassphrase = 1024
)

// pkcs12 puts key, certificate and issuers, up to the roots, in one file
// (RFC 7292). The modern encoding, PBES2 with AES-256 and HMAC-SHA-256, is read
// by OpenSSL 1.1.1, Java 12, Windows Server 2019 and what came after.
func (in Issued) pkcs12() ([]byte, error) {
	passphrase := string(in.Passphrase.Reveal())
	if err := CheckPassphrase(passphrase); err != nil {
		return nil, err
	}
	key, err := in.signer()
	if err != nil {
		return nil, err
	}
	encoder := pkcs12.Modern2023.WithIterations(pkcs12Iterations)
	if in.LegacyPKCS12 {
		encoder = pkcs12.LegacyDES
	}
	salt, err := in.salt(passphrase)
	if err != nil {
		return nil, err
	}
	issuers := in.issuers()
	data, err := encoder.WithRand(salt).Encode(key, in.Chain[0], issuers, passphrase)
	if err != nil {
		return nil, fmt.Errorf("encoding the PKCS#12 file: %w", err)
	}
	return data, nil
}

// CheckPassphrase refuses what cannot be the passphrase of a PKCS#12 file with
// a [PassphraseError]. RFC 7292 appendix B.1 writes it in 16-bit characters and
// ends it with a zero, so what others would read differently is refused.
func CheckPassphrase(passphrase string) error {
	switch {
	case passphrase == "":
		return &PassphraseError{"it is empty"}
	case len(passphrase) > maxPassphrase:
		return &PassphraseError{fmt.Sprintf("it has %d bytes, want at most %d", len(passphrase), maxPassphrase)}
	case !utf8.ValidString(passphrase):
		return &PassphraseError{"it is not UTF-8"}
	case strings.ContainsAny(passphrase, "\x00\r\n"):
		return &PassphraseError{"it has a line break or a zero byte in it"}
	}
	for _, r := range passphrase {
		if r > 0xFFFF {
			return &PassphraseError{"it has a character beyond U+FFFF, which PKCS#12 cannot write (RFC 7292 appendix B.1)"}
		}
	}
	return nil
}

// issuers are the certificates beside the leaf, each once, roots last.
func (in Issued) issuers() []*x509.Certificate {
	var certs []*x509.Certificate
	seen := map[string]bool{string(in.Chain[0].Raw): true}
	for _, list := range [][]*x509.Certificate{in.Chain[1:], in.Roots} {
		for _, c := range list {
			if !seen[string(c.Raw)] {
				seen[string(c.Raw)] = true
				certs = append(certs, c)
			}
		}
	}
	return certs
}

// salt gives the bytes that the encoder takes for salts and vectors. They are
// drawn from all that goes into the file, the private key with it, so nobody
// can foretell them, other content has others, and writing the same again gives
// the same file: an installation that was cut short can be gone on with.
func (in Issued) salt(passphrase string) (io.Reader, error) {
	input := sha256.New()
	parts := [][]byte{in.Key, []byte(passphrase), in.Chain[0].Raw}
	for _, c := range in.issuers() {
		parts = append(parts, c.Raw)
	}
	for _, part := range parts {
		_ = binary.Write(input, binary.BigEndian, uint64(len(part))) // a hash takes everything
		input.Write(part)
	}
	info := "nfcert layout pkcs12 modern"
	if in.LegacyPKCS12 {
		info = "nfcert layout pkcs12 legacy"
	}
	stream, err := hkdf.Key(sha256.New, input.Sum(nil), nil, info, 1024)
	if err != nil {
		return nil, fmt.Errorf("deriving the salts of the PKCS#12 file: %w", err)
	}
	return bytes.NewReader(stream), nil
}
