package certsource_test

import (
	"bytes"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
	gopkcs12 "software.sslmate.com/src/go-pkcs12"

	"github.com/nfcert/nfcert/internal/certsource"
	"github.com/nfcert/nfcert/internal/secret"
)

// pfx makes a PKCS#12 file of a leaf with its key and one issuer.
func pfx(t testing.TB, encoder *gopkcs12.Encoder, passphrase string) []byte {
	t.Helper()
	key := newKey(t)
	leaf, err := x509.ParseCertificate(certificate(t, "leaf", key))
	if err != nil {
		t.Fatal(err)
	}
	issuer, err := x509.ParseCertificate(certificate(t, "issuer", newKey(t)))
	if err != nil {
		t.Fatal(err)
	}
	data, err := encoder.Encode(key, leaf, []*x509.Certificate{issuer}, passphrase)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func TestPKCS12(t *testing.T) {
	right := certsource.Options{Passphrase: secret.New([]byte("correct horse"))}
	for _, tt := range []struct {
		name    string
		encoder *gopkcs12.Encoder
	}{
		{"modern", gopkcs12.Modern2023}, {"PBMAC1", gopkcs12.Modern2026}, {"3DES", gopkcs12.LegacyDES}, {"RC2", gopkcs12.LegacyRC2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			data := pfx(t, tt.encoder, "correct horse")
			a, err := certsource.Parse("a.p12", data, right)
			if err != nil {
				t.Fatal(err)
			}
			if got, want := summary(a), "certificate#1 certificate#2 - PRIVATE KEY"; got != want {
				t.Errorf("got %q, want %q", got, want)
			}
			leaf, err := x509.ParseCertificate(a.Items[0].DER)
			if err != nil || leaf.Subject.CommonName != "leaf" {
				t.Errorf("got %v, %v, want the leaf first", leaf, err)
			}
			for _, wrong := range []struct {
				passphrase string
				missing    bool
			}{{"", true}, {"incorrect", false}} {
				_, err = certsource.Parse("a.p12", data, certsource.Options{Passphrase: secret.New([]byte(wrong.passphrase))})
				var bad *certsource.PassphraseError
				if !errors.As(err, &bad) || bad.Missing != wrong.missing || strings.Contains(err.Error(), "horse") {
					t.Errorf("passphrase %q: got %v, want a PassphraseError with missing %t", wrong.passphrase, err, wrong.missing)
				}
			}
			if a, err := certsource.Parse("a.p12", append(bytes.Clone(data), 0, 0), right); err != nil || len(a.Faults) != 1 {
				t.Errorf("got %v, %v, want a fault for the bytes after it", a, err)
			}
			if a, err := certsource.Parse("a.p12", []byte(block("PKCS12", data)), right); err != nil || len(a.Items) != 2 {
				t.Errorf("got %v, %v, want the same from PEM", a, err)
			}
		})
	}
	t.Run("without a passphrase", func(t *testing.T) {
		if a, err := certsource.Parse("a.p12", pfx(t, gopkcs12.Passwordless, ""), certsource.Options{}); err != nil || len(a.Items) != 2 {
			t.Errorf("got %v, %v, want 2 items", a, err)
		}
	})
	t.Run("trust store", func(t *testing.T) {
		root, err := x509.ParseCertificate(certificate(t, "root", newKey(t)))
		if err != nil {
			t.Fatal(err)
		}
		data, err := gopkcs12.Modern.EncodeTrustStore([]*x509.Certificate{root, root}, "correct horse")
		if err != nil {
			t.Fatal(err)
		}
		if a, err := certsource.Parse("a.p12", data, right); err != nil || summary(a) != "certificate#1 certificate#2" {
			t.Errorf("got %v, %v, want 2 items and no key", a, err)
		}
	})
	t.Run("many keys", func(t *testing.T) {
		bag := func(b *cryptobyte.Builder, kind int, value []byte) {
			b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
				b.AddASN1ObjectIdentifier(asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 12, 10, 1, kind})
				b.AddBytes(wrap(t, value))
			})
		}
		cert, err := asn1.Marshal(explicit{asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 22, 1}, asn1.RawValue{FullBytes: wrap(t, octets(t, certificate(t, "a", newKey(t))))}})
		if err != nil {
			t.Fatal(err)
		}
		var bags cryptobyte.Builder
		bags.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
			bag(b, 2, []byte{0x30, 0})
			bag(b, 3, cert)
			bag(b, 2, []byte{0x30, 0})
			bag(b, 3, cert)
		})
		var pfx cryptobyte.Builder
		pfx.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1Int64(3)
			safe := wrapInfo(t, octets(t, bags.BytesOrPanic()))
			safes, err := asn1.Marshal([]asn1.RawValue{{FullBytes: safe}})
			if err != nil {
				t.Fatal(err)
			}
			b.AddBytes(wrapInfo(t, octets(t, safes)))
		})
		a, err := certsource.Parse("a.p12", pfx.BytesOrPanic(), certsource.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if got, want := summary(a), "certificate#1 certificate#2 - PRIVATE KEY+"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	})
	t.Run("no certificate", func(t *testing.T) {
		var empty cryptobyte.Builder
		empty.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1Int64(3)
			b.AddBytes(wrapInfo(t, []byte{4, 2, 0x30, 0}))
		})
		if _, err := certsource.Parse("a.p12", empty.BytesOrPanic(), certsource.Options{}); err == nil || !strings.Contains(err.Error(), "without a certificate") {
			t.Errorf("got %v, want an error about the missing certificate", err)
		}
	})
	t.Run("truncated", func(t *testing.T) {
		data := pfx(t, gopkcs12.Modern, "correct horse")
		for n := range len(data) {
			if _, err := certsource.Parse("a.p12", data[:n], right); err == nil {
				t.Fatalf("%d of %d bytes: got no error", n, len(data))
			}
		}
	})
}

// A file that asks for hours of key derivation is refused before any work.
func TestPKCS12Iterations(t *testing.T) {
	type digest struct {
		Algorithm pkix.AlgorithmIdentifier
		Digest    []byte
	}
	type mac struct {
		Mac    digest
		Salt   []byte
		Rounds int
	}
	der, err := asn1.Marshal(struct {
		Version int
		Safe    explicit
		Mac     mac
	}{
		3, explicit{Type: asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 1}, Value: asn1.RawValue{FullBytes: wrap(t, []byte{4, 2, 0x30, 0})}},
		mac{digest{pkix.AlgorithmIdentifier{Algorithm: asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 1}}, make([]byte, 32)}, make([]byte, 16), 2_000_000_000},
	})
	if err != nil {
		t.Fatal(err)
	}
	_, err = certsource.Parse("a.p12", der, certsource.Options{Passphrase: secret.New([]byte("x"))})
	if err == nil || !strings.Contains(err.Error(), "more than 5000000 iterations") {
		t.Errorf("got %v, want the number of iterations refused", err)
	}
}

// explicit is a ContentInfo.
type explicit struct {
	Type  asn1.ObjectIdentifier
	Value asn1.RawValue `asn1:"optional"`
}

// octets puts DER into an OCTET STRING.
func octets(t testing.TB, der []byte) []byte {
	t.Helper()
	out, err := asn1.Marshal(der)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// wrapInfo makes a ContentInfo of type data.
func wrapInfo(t testing.TB, octets []byte) []byte {
	t.Helper()
	der, err := asn1.Marshal(explicit{asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 1}, asn1.RawValue{FullBytes: wrap(t, octets)}})
	if err != nil {
		t.Fatal(err)
	}
	return der
}

// wrap puts DER into an explicit [0].
func wrap(t testing.TB, der []byte) []byte {
	t.Helper()
	out, err := asn1.Marshal(asn1.RawValue{Class: asn1.ClassContextSpecific, Tag: 0, IsCompound: true, Bytes: der})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// bundle makes a PKCS#7 bundle of certificates.
func bundle(t testing.TB, certs ...[]byte) []byte {
	t.Helper()
	signed, err := asn1.Marshal(struct {
		Version int
		Digests []asn1.RawValue `asn1:"set"`
		Inner   explicit
		Certs   asn1.RawValue
		Signers []asn1.RawValue `asn1:"set"`
	}{
		Version: 1, Inner: explicit{Type: asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 1}},
		Certs: asn1.RawValue{FullBytes: wrap(t, bytes.Join(certs, nil))},
	})
	if err != nil {
		t.Fatal(err)
	}
	der, err := asn1.Marshal(explicit{asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 2}, asn1.RawValue{FullBytes: wrap(t, signed)}})
	if err != nil {
		t.Fatal(err)
	}
	return der
}

func TestPKCS7(t *testing.T) {
	a, b := certificate(t, "a", newKey(t)), certificate(t, "b", newKey(t))
	for _, in := range []string{string(bundle(t, a, b)), block("PKCS7", bundle(t, a, b))} {
		got, err := certsource.Parse("a.p7b", []byte(in), certsource.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if summary(got) != "certificate#1 certificate#2" || !bytes.Equal(got.Items[1].DER, b) {
			t.Errorf("got %q, want both certificates in their order", summary(got))
		}
	}
	if _, err := certsource.Parse("a.p7b", bundle(t), certsource.Options{}); err == nil || !strings.Contains(err.Error(), "without a certificate") {
		t.Errorf("got %v, want an error about the missing certificate", err)
	}
}

// Files that openssl writes, with and without a key. Skipped without openssl.
func TestPKCS12OfOpenSSL(t *testing.T) {
	program, err := exec.LookPath("openssl")
	if err != nil {
		t.Skip("openssl is not installed")
	}
	dir := t.TempDir()
	key := newKey(t)
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	in := filepath.Join(dir, "in.pem")
	if err := os.WriteFile(in, []byte(block("PRIVATE KEY", der)+block("CERTIFICATE", certificate(t, "a", key))), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name string
		args []string
		want string
	}{
		{"with its key", nil, "certificate - PRIVATE KEY"},
		{"without a key", []string{"-nokeys"}, "certificate"},
		{"nothing encrypted", []string{"-keypbe", "NONE", "-certpbe", "NONE"}, "certificate - PRIVATE KEY"},
		{"without a MAC", []string{"-nomac"}, "certificate - PRIVATE KEY"},
		{"3DES", []string{"-keypbe", "PBE-SHA1-3DES", "-certpbe", "PBE-SHA1-3DES", "-macalg", "SHA1"}, "certificate - PRIVATE KEY"},
		{"another MAC", []string{"-macalg", "SHA384"}, "certificate - PRIVATE KEY"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			out := filepath.Join(t.TempDir(), "out.p12")
			args := append([]string{"pkcs12", "-export", "-in", in, "-out", out, "-passout", "pass:sesame"}, tt.args...)
			if text, err := exec.CommandContext(t.Context(), program, args...).CombinedOutput(); err != nil {
				t.Skipf("openssl %v: %v: %s", tt.args, err, text)
			}
			a, err := certsource.Read(t.Context(), out, certsource.Options{Passphrase: secret.New([]byte("sesame"))})
			if err != nil {
				t.Fatal(err)
			}
			if got := summary(a); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
			if strings.Contains(tt.name, "nothing") || strings.Contains(tt.name, "without a MAC") {
				return // its certificates are not encrypted
			}
			var wrong *certsource.PassphraseError
			if _, err := certsource.Read(t.Context(), out, certsource.Options{Passphrase: secret.New([]byte("barley"))}); !errors.As(err, &wrong) {
				t.Errorf("with a wrong passphrase got %v, want a PassphraseError", err)
			}
		})
	}
}
