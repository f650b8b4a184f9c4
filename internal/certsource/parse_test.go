package certsource_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/nfcert/nfcert/internal/certsource"
)

func newKey(t testing.TB) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// certificate makes a self-signed certificate.
func certificate(t testing.TB, name string, key crypto.Signer) []byte {
	t.Helper()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), DNSNames: []string{"localhost"},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

func request(t testing.TB, name string) []byte {
	t.Helper()
	der, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{Subject: pkix.Name{CommonName: name}}, newKey(t))
	if err != nil {
		t.Fatal(err)
	}
	return der
}

func block(label string, der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: label, Bytes: der}))
}

func keyDER(t testing.TB) []byte {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(newKey(t))
	if err != nil {
		t.Fatal(err)
	}
	return der
}

// summary lists items, faults and skipped blocks.
func summary(a *certsource.Contents) string {
	var b strings.Builder
	for _, i := range a.Items {
		b.WriteString(string(i.Kind) + i.Label + " ")
	}
	for _, f := range a.Faults {
		b.WriteString("! " + f.Error() + " ")
	}
	for _, s := range a.Skipped {
		b.WriteString("- " + s.Label + strings.Repeat("+", s.Count-1) + " ")
	}
	return strings.TrimSpace(b.String())
}

func TestParse(t *testing.T) {
	key := newKey(t)
	cert, csr, private := certificate(t, "a", key), request(t, "b"), keyDER(t)
	c, r, k := block("CERTIFICATE", cert), block("CERTIFICATE REQUEST", csr), block("PRIVATE KEY", private)
	broken := strings.Replace(c, "\nMII", "\nM!I", 1)
	for _, tt := range []struct{ name, in, want string }{
		{"certificate in DER", string(cert), "certificate"},
		{"request in DER", string(csr), "csr"},
		{"DER and a line break", string(cert) + "\r\n", "certificate"},
		{"DER and more", string(cert) + "junk", "certificate ! 4 bytes after the DER"},
		{"truncated DER", string(csr[:len(csr)-9]), "csr"},
		{"one block", c, "certificate"},
		{"older label", block("NEW CERTIFICATE REQUEST", csr), "csr"},
		{"openssl's label", block("X509 CERTIFICATE", cert), "certificate"},
		{"trust settings after", block("TRUSTED CERTIFICATE", append(bytes.Clone(cert), 0x30, 0)), "certificate"},
		{"chain", c + c, "certificate#1 certificate#2"},
		{"in the file's order", r + c, "csr#1 certificate#2"},
		{"no line break between", strings.TrimSuffix(c, "\n") + c, "certificate#1 certificate#2"},
		{"text between", "subject=CN = a\n" + c + "\n0 s:CN = b: x\n" + c + "bye", "certificate#1 certificate#2"},
		{"text that begins as DER does", "0 s:CN = b\n" + c, "certificate"},
		{"carriage returns", strings.ReplaceAll(c, "\n", "\r\n"), "certificate"},
		{"byte order mark", "\ufeff" + c, "certificate"},
		{"indented", strings.ReplaceAll(c, "\n", "\n    "), "certificate"},
		{"on one line", "-----BEGIN CERTIFICATE-----" + strings.ReplaceAll(strings.TrimSuffix(strings.TrimPrefix(c, "-----BEGIN CERTIFICATE-----\n"), "-----END CERTIFICATE-----\n"), "\n", "") + "-----END CERTIFICATE-----", "certificate"},
		{"headers", strings.Replace(c, "-----\n", "-----\nProc-Type: 4,CLEAR\nX: y\n\n", 1), "certificate"},
		{"keys skipped", k + c + k, "certificate - PRIVATE KEY+"},
		{"bad base64 among good", c + broken + r, `certificate#1 csr#2 ! PEM block "CERTIFICATE" at line 10: invalid base64: illegal base64 data at input byte 1`},
		{"empty block among good", "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n" + c, `certificate ! PEM block "CERTIFICATE" at line 1: empty`},
		{"no end mark", c + "-----BEGIN CERTIFICATE-----\nMIIB\n", `certificate ! PEM block "CERTIFICATE" at line 10: truncated: the end mark is missing`},
		{"no end mark before the next", "-----BEGIN CERTIFICATE-----\nMIIB\n" + c, `certificate ! PEM block "CERTIFICATE" at line 1: truncated: the end mark is missing`},
		{"end mark of another block", "-----BEGIN CERTIFICATE-----\nMIIB\n-----END X-----\n" + c, `certificate ! PEM block "CERTIFICATE" at line 1: ends as "X"`},
		{"end alone", "-----END X-----\n" + c, `certificate ! line 1: end of a block "X" without its start`},
		{"bytes after DER in a block", block("CERTIFICATE", append(bytes.Clone(cert), 1, 2, 3)), `certificate ! PEM block "CERTIFICATE" at line 1: 3 bytes after the DER`},
		{"request labelled certificate", block("CERTIFICATE", csr), `csr ! PEM block "CERTIFICATE" at line 1: holds a certificate request`},
		{"key labelled certificate", c + block("CERTIFICATE", private), `certificate ! PEM block "CERTIFICATE" at line 10: holds a private key`},
		{"labelled garbage stays an item", block("CERTIFICATE", []byte("garbage")), "certificate"},
		{"half a certificate stays an item", block("CERTIFICATE", cert[:len(cert)/2]), "certificate"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a, err := certsource.Parse("file", []byte(tt.in), certsource.Options{})
			if err != nil {
				t.Fatalf("got error %v, want %q", err, tt.want)
			}
			if got := summary(a); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

func TestParseRefuses(t *testing.T) {
	key := keyDER(t)
	cert := certificate(t, "a", newKey(t))
	public, err := x509.MarshalPKIXPublicKey(newKey(t).Public())
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ name, in, want string }{
		{"empty", "", "found no PEM block and no DER, want"},
		{"text", "apiVersion: nfcert/v1\n", "found no PEM block and no DER"},
		{"zero text", "0 is not DER", "found DER that is"},
		{"UTF-16", "\xff\xfe-\x00-\x00", "UTF-16"},
		{"key in DER", string(key), "found a private key"},
		{"public key in DER", string(public), "found a public key"},
		{"key in PEM", block("EC PRIVATE KEY", key), "found a private key"},
		{"list in PEM", block("X509 CRL", key), "found a certificate revocation list"},
		{"unknown block", block("X", key), `found a PEM block "X"`},
		{"damaged alone", strings.Replace(block("CERTIFICATE", cert), "MII", "M!I", 1), "invalid base64"},
		{"PKCS#12 that is damaged", "\x30\x82\x00\x10\x02\x01\x03\x30\x0b" + strings.Repeat("\x00", 11), "PKCS#12 that cannot be read"},
		{"PKCS#7 of another type", "\x30\x0b\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01", "PKCS#7 of type 1.2.840.113549.1.7.1"},
		{"garbage in a container's block", block("PKCS7", []byte("garbage")), `PEM block "PKCS7" at line 1`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a, err := certsource.Parse("file", []byte(tt.in), certsource.Options{})
			var content *certsource.ContentError
			if !errors.As(err, &content) || a != nil {
				t.Fatalf("got %v, %v; want a ContentError alone", a, err)
			}
			if !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), `"file"`) {
				t.Errorf("got %q, want %q and the name in it", err, tt.want)
			}
		})
	}
}

func TestItemsKnowTheirPlace(t *testing.T) {
	c := block("CERTIFICATE", certificate(t, "a", newKey(t)))
	a, err := certsource.Parse("file", []byte("one\ntwo\n"+c+c), certsource.Options{})
	if err != nil {
		t.Fatal(err)
	}
	second := a.Items[1]
	if want := 8 + len(c); second.Offset != want || second.Line != 3+strings.Count(c, "\n") {
		t.Errorf("got offset %d and line %d, want %d and %d", second.Offset, second.Line, want, 3+strings.Count(c, "\n"))
	}
}

// Input that would cost much time or memory is refused or read in one pass.
func TestHostileSizes(t *testing.T) {
	nested := bytes.Repeat([]byte{0x30, 0x80}, 1<<20)
	deep := []byte{0x05, 0x00}
	for range 20000 {
		head := []byte{0x30, 0x83, byte(len(deep) >> 16), byte(len(deep) >> 8), byte(len(deep))}
		deep = append(head, deep...)
		if len(deep) > 60000 {
			break
		}
	}
	for _, tt := range []struct {
		name string
		in   []byte
	}{
		{"over the limit", make([]byte, certsource.MaxSize+1)},
		{"indefinite lengths", nested},
		{"deeply nested", deep},
		{"begin marks alone", bytes.Repeat([]byte("-----BEGIN CERTIFICATE-----\n"), certsource.MaxSize/28)},
		{"countless labels", func() []byte {
			var b bytes.Buffer
			for i := range 100000 {
				label := big.NewInt(int64(i)).String()
				b.WriteString("-----BEGIN " + label + "-----\n-----END " + label + "-----\n")
			}
			return b.Bytes()
		}()},
		{"dashes", bytes.Repeat([]byte("-"), certsource.MaxSize)},
		{"begin of begin", bytes.Repeat([]byte("-----BEGIN "), certsource.MaxSize/11)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			start := time.Now()
			_, err := certsource.Parse("file", tt.in, certsource.Options{})
			if err == nil {
				t.Error("got no error, want one")
			}
			if took := time.Since(start); took > 10*time.Second {
				t.Errorf("it took %s", took)
			}
		})
	}
}

func TestManyFaultsAreCounted(t *testing.T) {
	in := block("CERTIFICATE", certificate(t, "a", newKey(t))) + strings.Repeat("-----END X-----\n", 1000)
	a, err := certsource.Parse("file", []byte(in), certsource.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if n := len(a.Faults); n != 101 || a.Faults[100].Error() != "900 more damaged parts" {
		t.Errorf("got %d faults, the last %q, want 101 and the count of the rest", n, a.Faults[n-1])
	}
}
