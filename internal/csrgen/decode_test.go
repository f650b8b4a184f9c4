package csrgen

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"math/big"
	"strings"
	"testing"
	"time"
)

func sampleDER(t testing.TB) []byte {
	t.Helper()
	der, err := Create(p256(t), sampleRequest(t))
	if err != nil {
		t.Fatal(err)
	}
	return der
}

func TestDecode(t *testing.T) {
	der := sampleDER(t)
	text := Encode(der)
	for _, tt := range []struct {
		name string
		in   []byte
	}{
		{"PEM", text},
		{"older label", block("NEW CERTIFICATE REQUEST", der)},
		{"DER", der},
		{"DER and a line break", append(bytes.Clone(der), '\n')},
		{"text before, as openssl req -text writes", join([]byte("Certificate Request:\n    Data:\n"), text)},
		{"CRLF", bytes.ReplaceAll(text, []byte("\n"), []byte("\r\n"))},
		{"a key beside it", join(block("PRIVATE KEY", pkcs8(t, p256(t))), text)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := Decode("amf.csr", tt.in)
			if err != nil || !bytes.Equal(got, der) {
				t.Errorf("Decode() = %d bytes, %v, want the %d of the request", len(got), err, len(der))
			}
		})
	}
}

// hugeRequest has an RSA modulus whose signature would take minutes to check.
func hugeRequest(t testing.TB) []byte {
	t.Helper()
	n := new(big.Int).SetBit(big.NewInt(1), 1<<20, 1)
	key := x509.MarshalPKCS1PublicKey(&rsa.PublicKey{N: n, E: 65537})
	rsaOID := asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 1}
	type spki struct {
		Algorithm pkix.AlgorithmIdentifier
		Key       asn1.BitString
	}
	type info struct {
		Version    int
		Subject    asn1.RawValue
		Key        spki
		Attributes []asn1.RawValue `asn1:"tag:0"`
	}
	der, err := asn1.Marshal(struct {
		Info      info
		Algorithm pkix.AlgorithmIdentifier
		Signature asn1.BitString
	}{
		info{0, asn1.RawValue{FullBytes: []byte{0x30, 0}}, spki{pkix.AlgorithmIdentifier{Algorithm: rsaOID, Parameters: asn1.NullRawValue}, asn1.BitString{Bytes: key, BitLength: 8 * len(key)}}, nil},
		pkix.AlgorithmIdentifier{Algorithm: asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 11}, Parameters: asn1.NullRawValue},
		asn1.BitString{Bytes: make([]byte, 1<<17), BitLength: 1 << 20},
	})
	if err != nil {
		t.Fatal(err)
	}
	return der
}

func sampleCertificate(t testing.TB) []byte {
	t.Helper()
	key := p256(t)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Unix(0, 0), NotAfter: time.Unix(1<<31, 0)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

func TestDecodeErrors(t *testing.T) {
	der := sampleDER(t)
	text := Encode(der)
	badSignature := bytes.Clone(der)
	badSignature[len(badSignature)-1] ^= 1
	badBody := bytes.Clone(der)
	badBody[bytes.Index(badBody, []byte("amf1"))] = 'b'
	certificate := sampleCertificate(t)
	key := pkcs8(t, p256(t))
	for _, tt := range []struct {
		name, found string
		in          []byte
	}{
		{"empty", "an empty file", nil},
		{"text", "no PEM block", []byte("hello")},
		{"damaged PEM", "a damaged PEM block", text[:200]},
		{"too big", "1048577 bytes", make([]byte, maxFile+1)},
		{"several", "several certificate requests", join(text, text)},
		{"several in DER", "bytes after the certificate request", join(der, der)},
		{"one byte after, DER", "1 bytes after the certificate request", append(bytes.Clone(der), 0)},
		{"one byte after, in PEM", "1 bytes after the certificate request", Encode(append(bytes.Clone(der), 0))},
		{"cut short", "truncated or damaged", der[:len(der)-1]},
		{"cut short in PEM", "truncated or damaged", Encode(der[:len(der)-1])},
		{"garbage in PEM", "truncated or damaged", Encode([]byte("garbage"))},
		{"an empty sequence", "no valid certificate request", []byte{0x30, 0}},
		{"signature changed", "a signature that is not by the key in the request", badSignature},
		{"name changed", "a signature that is not by the key in the request", Encode(badBody)},
		{"certificate in PEM", "a certificate", block("CERTIFICATE", certificate)},
		{"certificate in DER", "a certificate", certificate},
		{"certificate labelled request", "a certificate", Encode(certificate)},
		{"key in PEM", "a private key", block("PRIVATE KEY", key)},
		{"key in DER", "a private key", key},
		{"RSA of a million bits", "an RSA key of 1048577 bits", hugeRequest(t)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := Decode("amf.csr", tt.in)
			var requestErr *RequestError
			if !errors.As(err, &requestErr) || got != nil {
				t.Fatalf("Decode() = %d bytes, %v, want a *RequestError", len(got), err)
			}
			if !strings.Contains(requestErr.Found, tt.found) {
				t.Errorf("found %q, want %q (%v)", requestErr.Found, tt.found, err)
			}
			wantError(t, err, "csr file amf.csr: found ")
		})
	}
}

// Every prefix of a request is refused, and none panics.
func TestDecodeTruncated(t *testing.T) {
	der := sampleDER(t)
	for i := range der {
		if _, err := Decode("r", der[:i]); err == nil {
			t.Errorf("the first %d of %d bytes are accepted", i, len(der))
		}
	}
}

func FuzzDecode(f *testing.F) {
	der := sampleDER(f)
	for _, s := range [][]byte{nil, der, Encode(der), der[:100], {0x30, 0}, block("CERTIFICATE", der)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := Decode("r", data)
		var requestErr *RequestError
		switch {
		case err != nil && (!errors.As(err, &requestErr) || requestErr.Found == ""):
			t.Fatalf("error %v of type %T, want a *RequestError that names what was found", err, err)
		case err == nil:
			if csr, err := x509.ParseCertificateRequest(got); err != nil || csr.CheckSignature() != nil {
				t.Errorf("Decode(%x) accepted what is no signed request: %v", data, err)
			}
		}
	})
}
