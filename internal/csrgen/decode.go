package csrgen

import (
	"bytes"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

const requestLabel = "CERTIFICATE REQUEST"

// Encode returns a request as PEM (RFC 7468 section 7).
func Encode(der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: requestLabel, Bytes: der})
}

// RequestError says why a file has no usable certificate request.
type RequestError struct {
	File  string // the name that the caller gave
	Found string // what the file has instead, for example "a private key"
	Err   error  // the error of the parser, or nil
}

func (e *RequestError) Error() string {
	text := fmt.Sprintf("csr file %s: found %s, want one certificate request in PEM or DER", e.File, e.Found)
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	return text
}

func (e *RequestError) Unwrap() error { return e.Err }

// Decode reads the only certificate request of a file, in PEM (also with the older
// label NEW CERTIFICATE REQUEST) or DER, and returns its DER. It checks the
// signature, which proves that the maker of the request has the key. The name is
// only for messages. Every error is a *RequestError.
func Decode(name string, data []byte) ([]byte, error) {
	if len(data) > maxFile {
		return nil, &RequestError{File: name, Found: fmt.Sprintf("%d bytes (at most %d are read)", len(data), maxFile)}
	}
	der, found := requestBytes(data)
	if found != "" {
		return nil, &RequestError{File: name, Found: found}
	}
	if found, err := checkRequest(der); found != "" {
		return nil, &RequestError{File: name, Found: found, Err: err}
	}
	return der, nil
}

// requestBytes returns the DER of the only request, or says what it found.
func requestBytes(data []byte) (der []byte, found string) {
	if isDER(data) {
		return wholeElement(data)
	}
	block, found := onlyBlock(data, kindRequest, "several certificate requests")
	if found != "" {
		return nil, found
	}
	return wholeElement(block.Bytes)
}

// isDER reports whether a file is DER, not PEM: it begins with a SEQUENCE, whose
// octet is the digit "0" in text.
func isDER(data []byte) bool { return len(data) > 0 && data[0] == 0x30 }

// wholeElement refuses truncated DER and bytes after its end.
func wholeElement(der []byte) ([]byte, string) {
	element, rest := firstElement(der)
	switch {
	case element == nil:
		return nil, damagedDER
	case rest > 0:
		return nil, fmt.Sprintf("%d bytes after the certificate request", rest)
	}
	return element, ""
}

// firstElement returns the SEQUENCE at the beginning of DER, nil when it is
// truncated, and the number of bytes after it. It does not count a final line
// break, which an editor may have added.
func firstElement(der []byte) (element []byte, rest int) {
	input := cryptobyte.String(der)
	var first cryptobyte.String
	if !input.ReadASN1Element(&first, cbasn1.SEQUENCE) {
		return nil, 0
	}
	if len(input) <= 2 && len(bytes.Trim(input, "\r\n")) == 0 {
		return first, 0
	}
	return first, len(input)
}

const damagedDER = "DER that is truncated or damaged"

// checkRequest parses the request and checks its signature.
func checkRequest(der []byte) (found string, err error) {
	csr, err := x509.ParseCertificateRequest(der)
	if err != nil {
		if _, bad := x509.ParseCertificate(der); bad == nil {
			return "a certificate", nil
		}
		if key, _ := parseKeyDER(der); key != nil {
			return "a private key", nil
		}
		return "no valid certificate request", err
	}
	// Verification with a modulus of a million bits takes minutes.
	if key, ok := csr.PublicKey.(*rsa.PublicKey); ok && key.N.BitLen() > maxRSABits {
		return fmt.Sprintf("an RSA key of %d bits (at most %d are read)", key.N.BitLen(), maxRSABits), nil
	}
	if csr.PublicKey == nil {
		return fmt.Sprintf("a public key of an unknown type (%s)", csr.PublicKeyAlgorithm), nil
	}
	var insecure x509.InsecureAlgorithmError
	switch err := csr.CheckSignature(); {
	case err == nil:
		return "", nil
	case errors.As(err, &insecure):
		return fmt.Sprintf("a signature by %s, which is not secure", csr.SignatureAlgorithm), nil
	case errors.Is(err, x509.ErrUnsupportedAlgorithm):
		return fmt.Sprintf("a signature by %s, which cannot be checked", csr.SignatureAlgorithm), nil
	default:
		return "a signature that is not by the key in the request", err
	}
}
