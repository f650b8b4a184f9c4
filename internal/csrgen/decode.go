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

// Encode gives a request as PEM (RFC 7468 section 7).
func Encode(der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: requestLabel, Bytes: der})
}

// RequestError says why a file holds no certificate request that can be used.
type RequestError struct {
	File  string // as the caller named it
	Found string // what is there, as in "a private key"
	Err   error  // the parser's own error; nil when there is none
}

func (e *RequestError) Error() string {
	text := fmt.Sprintf("csr file %s: found %s, want one certificate request in PEM or DER", e.File, e.Found)
	if e.Err != nil {
		text += ": " + e.Err.Error()
	}
	return text
}

func (e *RequestError) Unwrap() error { return e.Err }

// Decode reads the one certificate request of a file, PEM (also under the
// older label NEW CERTIFICATE REQUEST) or DER, and checks its signature, which
// proves that who made it has the key. It gives the DER. The name is for
// messages alone. Every error is a *RequestError.
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

// requestBytes finds the DER of the only request, or says what is there.
func requestBytes(data []byte) (der []byte, found string) {
	if len(data) > 0 && data[0] == 0x30 { // SEQUENCE: no PEM file begins with "0"
		return wholeElement(data)
	}
	other := ""
	for rest := data; ; {
		var block *pem.Block
		block, rest = pem.Decode(rest)
		if block == nil {
			break
		}
		switch {
		case block.Type != requestLabel && block.Type != "NEW "+requestLabel:
			if other == "" {
				other = blockKind(block.Type)
			}
		case der != nil:
			return nil, "several certificate requests"
		default:
			der = block.Bytes
		}
	}
	switch {
	case der != nil:
		return wholeElement(der)
	case other != "":
		return nil, other
	}
	return nil, notPEM(data)
}

// wholeElement refuses bytes before the end and after it.
func wholeElement(der []byte) ([]byte, string) {
	element, rest := firstElement(der)
	switch {
	case element == nil:
		return nil, "DER that is cut short or damaged"
	case rest > 0:
		return nil, fmt.Sprintf("%d bytes after the certificate request", rest)
	}
	return element, ""
}

// firstElement gives the SEQUENCE that DER begins with, nil when it is cut
// short, and how many bytes come after it. A final line break, from a file that
// passed an editor, is not counted.
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
	// Verifying with a modulus of a million bits takes minutes.
	if key, ok := csr.PublicKey.(*rsa.PublicKey); ok && key.N.BitLen() > maxRSABits {
		return fmt.Sprintf("an RSA key of %d bits (at most %d are read)", key.N.BitLen(), maxRSABits), nil
	}
	if csr.PublicKey == nil {
		return fmt.Sprintf("a public key of an unknown kind (%s)", csr.PublicKeyAlgorithm), nil
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
		return "a signature that its own key did not make", err
	}
}
