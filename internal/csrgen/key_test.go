package csrgen

import (
	"bytes"
	"crypto"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/asn1"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"math/big"
	"strings"
	"sync"
	"testing"
)

// rsa2048 is one key for all tests, because making a key is slow.
var rsa2048 = sync.OnceValue(func() *rsa.PrivateKey {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return key
})

func p256(t testing.TB) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func block(label string, der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: label, Bytes: der})
}

func pkcs8(t testing.TB, key any) []byte {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

func join(parts ...[]byte) []byte { return bytes.Join(parts, nil) }

// wantError checks that err holds the text; an empty text wants no error.
func wantError(t *testing.T, err error, text string) {
	t.Helper()
	switch {
	case text == "" && err != nil:
		t.Errorf("got error %v, want none", err)
	case text != "" && err == nil:
		t.Errorf("got no error, want one with %q", text)
	case text != "" && !strings.Contains(err.Error(), text):
		t.Errorf("got error %v, want one with %q", err, text)
	}
}

func TestGenerateMarshalParse(t *testing.T) {
	for _, kind := range KeyTypes() {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			key, err := GenerateKey(kind)
			if err != nil {
				t.Fatal(err)
			}
			if got := KeyTypeOf(key.Public()); got != string(kind) {
				t.Errorf("KeyTypeOf() = %q, want %q", got, kind)
			}
			text, err := MarshalKey(key)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.HasPrefix(text, []byte("-----BEGIN PRIVATE KEY-----\n")) {
				t.Errorf("MarshalKey() begins %.40q, want PKCS#8 PEM", text)
			}
			back, err := ParseKey("k", text)
			if err != nil {
				t.Fatal(err)
			}
			if !SameKey(back.Public(), key.Public()) {
				t.Error("the key read back is another one")
			}
		})
	}
}

func TestGenerateKeyRefusesOthers(t *testing.T) {
	for _, kind := range []KeyType{"", "RSA1024", "p256"} {
		key, err := GenerateKey(kind)
		if key != nil {
			t.Errorf("GenerateKey(%q) made a key", kind)
		}
		if kind == "p256" {
			continue // a KeyType is exact; its spelling is ParseKeyType's to mend
		}
		wantError(t, err, "want one of P256, P384, P521, RSA3072, RSA4096, Ed25519")
	}
}

func TestParseKeyType(t *testing.T) {
	for in, want := range map[string]KeyType{"p256": P256, "RSA3072": RSA3072, "ED25519": Ed25519} {
		if got, err := ParseKeyType(in); err != nil || got != want {
			t.Errorf("ParseKeyType(%q) = %q, %v, want %q", in, got, err, want)
		}
	}
	_, err := ParseKeyType("RSA2048")
	wantError(t, err, `key type "RSA2048": want one of P256, P384, P521, RSA3072, RSA4096, Ed25519`)
}

func TestKeyTypeOf(t *testing.T) {
	p224, err := ecdsa.GenerateKey(elliptic.P224(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for want, pub := range map[string]crypto.PublicKey{
		"P256": p256(t).Public(), "P224": p224.Public(), "RSA2048": rsa2048().Public(),
		"unknown": nil, "EC": &ecdsa.PublicKey{}, "RSA": &rsa.PublicKey{},
	} {
		if got := KeyTypeOf(pub); got != want {
			t.Errorf("KeyTypeOf(%T) = %q, want %q", pub, got, want)
		}
	}
}

func TestSameKey(t *testing.T) {
	a, b := p256(t), p256(t)
	for _, tt := range []struct {
		name string
		a, b crypto.PublicKey
		want bool
	}{
		{"itself", a.Public(), a.Public(), true},
		{"another", a.Public(), b.Public(), false},
		{"another kind", a.Public(), rsa2048().Public(), false},
		{"none", nil, nil, false},
		{"one none", a.Public(), nil, false},
		{"no key", "x", "x", false},
	} {
		if got := SameKey(tt.a, tt.b); got != tt.want {
			t.Errorf("%s: SameKey() = %v, want %v", tt.name, got, tt.want)
		}
	}
}

// sec1 is openssl's "ecparam -genkey" form: parameters, then the key.
func sec1(t testing.TB, key *ecdsa.PrivateKey) []byte {
	t.Helper()
	der, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	curve, err := hex.DecodeString("06082a8648ce3d030107")
	if err != nil {
		t.Fatal(err)
	}
	return join(block("EC PARAMETERS", curve), block("EC PRIVATE KEY", der))
}

func TestParseKey(t *testing.T) {
	ec := p256(t)
	rsaKey := rsa2048()
	pkcs1 := x509.MarshalPKCS1PrivateKey(rsaKey)
	certificate := block("CERTIFICATE", []byte("x"))
	for _, tt := range []struct {
		name string
		in   []byte
		want crypto.Signer
	}{
		{"PKCS#8 EC", block("PRIVATE KEY", pkcs8(t, ec)), ec},
		{"PKCS#8 RSA", block("PRIVATE KEY", pkcs8(t, rsaKey)), rsaKey},
		{"PKCS#1", block("RSA PRIVATE KEY", pkcs1), rsaKey},
		{"SEC1 after EC PARAMETERS", sec1(t, ec), ec},
		{"PKCS#8 under an old label", block("RSA PRIVATE KEY", pkcs8(t, rsaKey)), rsaKey},
		{"DER", pkcs8(t, ec), ec},
		{"DER of PKCS#1", pkcs1, rsaKey},
		{"DER and a line break", append(pkcs8(t, ec), '\n'), ec},
		{"text around", join([]byte("Bag Attributes\n"), block("PRIVATE KEY", pkcs8(t, ec)), []byte("\nend\n")), ec},
		{"CRLF", bytes.ReplaceAll(block("PRIVATE KEY", pkcs8(t, ec)), []byte("\n"), []byte("\r\n")), ec},
		{"certificate beside it", join(certificate, block("PRIVATE KEY", pkcs8(t, ec)), certificate), ec},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := ParseKey("k", tt.in)
			if err != nil {
				t.Fatal(err)
			}
			if !SameKey(got.Public(), tt.want.Public()) {
				t.Error("got another key")
			}
		})
	}
}

// hugeRSA is PKCS#1 with a modulus that is too large to compute with.
func hugeRSA(t testing.TB, bits uint) []byte {
	t.Helper()
	n := new(big.Int).SetBit(big.NewInt(1), int(bits)-1, 1)
	one := big.NewInt(1)
	der, err := asn1.Marshal(struct {
		Version                int
		N                      *big.Int
		E                      int
		D, P, Q, DP, DQ, QInvV *big.Int
	}{0, n, 65537, one, one, one, one, one, one})
	if err != nil {
		t.Fatal(err)
	}
	return der
}

func TestParseKeyErrors(t *testing.T) {
	ec := p256(t)
	der := pkcs8(t, ec)
	p224, err := ecdsa.GenerateKey(elliptic.P224(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	x25519, err := ecdh.X25519().GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	spki, err := x509.MarshalPKIXPublicKey(ec.Public())
	if err != nil {
		t.Fatal(err)
	}
	small, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	dsaDER, err := hex.DecodeString("3015020100300b06072a8648ce38040105000403020101")
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name, found string
		in          []byte
		encrypted   bool
	}{
		{"empty", "an empty file", nil, false},
		{"white space", "an empty file", []byte(" \n\t"), false},
		{"text", "no PEM block", []byte("hello"), false},
		{"DER and another byte", "1 bytes after the first DER element", append(bytes.Clone(der), 1), false},
		{"DER cut short", "DER that is truncated", der[:len(der)-1], false},
		{"certificate in DER", "damaged or of an unknown type", sampleCertificate(t), false},
		{"PEM cut short", "a damaged PEM block", block("PRIVATE KEY", der)[:60], false},
		{"too big", "1048577 bytes", make([]byte, maxFile+1), false},
		{"certificate", "a certificate", block("CERTIFICATE", der), false},
		{"request", "a certificate request", block("CERTIFICATE REQUEST", der), false},
		{"public key", "a public key", block("PUBLIC KEY", spki), false},
		{"parameters alone", "EC parameters without a key", block("EC PARAMETERS", der), false},
		{"DSA", "a DSA key", block("DSA PRIVATE KEY", der), false},
		{"DSA in PKCS#8", "a DSA key", block("PRIVATE KEY", dsaDER), false},
		{"OpenSSH", "an OpenSSH private key", block("OPENSSH PRIVATE KEY", der), false},
		{"other label", "a PEM block of another kind", block("GEHEIM", der), false},
		{"several keys", "several private keys", join(block("PRIVATE KEY", der), block("PRIVATE KEY", der)), false},
		{"public key labelled private", "damaged or of an unknown type", block("PRIVATE KEY", spki), false},
		{"garbage inside", "damaged or of an unknown type", block("PRIVATE KEY", []byte("garbage")), false},
		{"key cut short", "damaged or", block("PRIVATE KEY", der[:len(der)-1]), false},
		{"P-224", "an EC key on P-224", block("PRIVATE KEY", pkcs8(t, p224)), false},
		{"X25519", "an X25519 key, which cannot sign", block("PRIVATE KEY", pkcs8(t, x25519)), false},
		{"RSA of 1024 bits", "an RSA key of 1024 bits (want 2048", block("RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(small)), false},
		{"RSA of a million bits", "at most 16384 are read", block("RSA PRIVATE KEY", hugeRSA(t, 1<<20)), false},
		{"several keys, one encrypted", "several private keys", join(block("PRIVATE KEY", der), fixture(t, "scrypt-aes256.pem")), false},
		{"encrypted PKCS#8", "an encrypted private key", fixture(t, "scrypt-aes256.pem"), true},
		{"encrypted PKCS#8 in label alone", "an encrypted private key that is damaged", block("ENCRYPTED PRIVATE KEY", der), false},
		{"encrypted beside a certificate", "an encrypted private key", join(block("CERTIFICATE", der), fixture(t, "scrypt-aes256.pem")), true},
		{"encrypted the old way", "the old, weak encryption of PEM", pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: der,
			Headers: map[string]string{"Proc-Type": "4,ENCRYPTED", "DEK-Info": "AES-256-CBC,00"}}), false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			key, err := ParseKey("amf.key", tt.in)
			var keyErr *KeyError
			if !errors.As(err, &keyErr) || key != nil {
				t.Fatalf("ParseKey() = %v, %v, want a *KeyError", key, err)
			}
			wantError(t, err, "key file amf.key: found ")
			if !strings.Contains(keyErr.Found, tt.found) {
				t.Errorf("found %q, want %q", keyErr.Found, tt.found)
			}
			if got := errors.Is(err, ErrEncryptedKey); got != tt.encrypted {
				t.Errorf("errors.Is(ErrEncryptedKey) = %v, want %v", got, tt.encrypted)
			}
			if strings.Contains(err.Error(), "GEHEIM") || strings.Contains(err.Error(), "garbage") {
				t.Errorf("error %v repeats the file", err)
			}
		})
	}
}

func FuzzParseKey(f *testing.F) {
	ec := p256(f)
	for _, s := range [][]byte{nil, sec1(f, ec), block("PRIVATE KEY", pkcs8(f, ec)), block("ENCRYPTED PRIVATE KEY", nil),
		block("RSA PRIVATE KEY", x509.MarshalPKCS1PrivateKey(rsa2048())), []byte("-----BEGIN PRIVATE KEY-----"), {0x30}} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		key, err := ParseKey("k", data)
		var keyErr *KeyError
		if err != nil && (!errors.As(err, &keyErr) || keyErr.Found == "") {
			t.Fatalf("ParseKey(%q) error %v of type %T, want a *KeyError that names what was found", data, err, err)
		}
		if err == nil {
			if _, err := MarshalKey(key); err != nil {
				t.Errorf("MarshalKey of a key that was read = %v", err)
			}
		}
	})
}
