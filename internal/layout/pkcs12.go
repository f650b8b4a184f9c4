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
)

const (
	// pkcs12Iterations makes guessing a passphrase ten times slower than the 2048
	// of OpenSSL, while reading the file still takes milliseconds. The real
	// protection is a passphrase that cannot be guessed.
	pkcs12Iterations = 20_000
	// legacyIterations is what old readers expect.
	legacyIterations = 2048
	// maxPassphrase is the longest passphrase, in bytes.
	maxPassphrase = 1024
)

// pkcs12 puts key, certificate and issuers, with the roots, in one file
// (RFC 7292). OpenSSL 1.1.1, Java 12, Windows Server 2019 and later versions read
// the modern encoding, PBES2 with AES-256 and HMAC-SHA-256. name is the friendlyName
// of key and certificate.
func (in Issued) pkcs12(name string) ([]byte, error) {
	passphrase := string(in.Passphrase.Reveal())
	if err := CheckPassphrase(passphrase); err != nil {
		return nil, err
	}
	key, err := in.signer()
	if err != nil {
		return nil, err
	}
	salts, err := in.salt(name, passphrase)
	if err != nil {
		return nil, err
	}
	p := pfx{
		key: key, chain: append(in.Chain[:1:1], in.issuers()...), name: name,
		passphrase: passphrase, salts: salts, legacy: in.LegacyPKCS12,
	}
	data, err := p.encode()
	if err != nil {
		return nil, fmt.Errorf("encoding the PKCS#12 file: %w", err)
	}
	return data, nil
}

// CheckPassphrase refuses a passphrase that a PKCS#12 file cannot have, with a
// [PassphraseError]. RFC 7292 appendix B.1 writes the passphrase in 16-bit
// characters with a zero at the end; a passphrase that other programs would read
// differently is refused.
func CheckPassphrase(passphrase string) error {
	switch {
	case passphrase == "":
		return &PassphraseError{"empty"}
	case len(passphrase) > maxPassphrase:
		return &PassphraseError{fmt.Sprintf("%d bytes, want at most %d", len(passphrase), maxPassphrase)}
	case !utf8.ValidString(passphrase):
		return &PassphraseError{"not UTF-8"}
	case strings.ContainsAny(passphrase, "\x00\r\n"):
		return &PassphraseError{"contains a line break or a zero byte"}
	}
	for _, r := range passphrase {
		if r > 0xFFFF {
			return &PassphraseError{"contains a character above U+FFFF, which PKCS#12 cannot encode (RFC 7292 appendix B.1)"}
		}
	}
	return nil
}

// issuers returns all certificates except the leaf, each once, roots last.
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

// salt returns the bytes that the encoder uses as salts and initialization
// vectors. They are derived from the whole content of the file. Nobody can predict
// them, because the private key is part of it, and other content gives other
// bytes. The same content gives the same file, so that an interrupted installation
// can continue.
func (in Issued) salt(name, passphrase string) (io.Reader, error) {
	input := sha256.New()
	parts := [][]byte{in.Key, []byte(passphrase), []byte(name), in.Chain[0].Raw}
	for _, c := range in.issuers() {
		parts = append(parts, c.Raw)
	}
	for _, part := range parts {
		_ = binary.Write(input, binary.BigEndian, uint64(len(part))) // a hash never fails
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
