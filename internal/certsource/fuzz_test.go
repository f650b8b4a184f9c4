package certsource_test

import (
	"errors"
	"testing"

	gopkcs12 "software.sslmate.com/src/go-pkcs12"

	"github.com/nfcert/nfcert/internal/certsource"
	"github.com/nfcert/nfcert/internal/secret"
)

// FuzzParse: any bytes give either items that fit into the source's size, or an
// error, and never a panic.
func FuzzParse(f *testing.F) {
	cert, csr := certificate(f, "a", newKey(f)), request(f, "b")
	for _, seed := range []string{
		"", "0", "-----BEGIN CERTIFICATE-----", string(cert), string(csr), string(keyDER(f)),
		block("CERTIFICATE", cert) + block("CERTIFICATE REQUEST", csr), block("CERTIFICATE", csr[:20]),
		string(bundle(f, cert)), block("PKCS7", bundle(f, cert)), string(pfx(f, gopkcs12.Modern.WithIterations(1), "x")),
	} {
		f.Add([]byte(seed))
	}
	o := certsource.Options{Passphrase: secret.New([]byte("x"))}
	f.Fuzz(func(t *testing.T, data []byte) {
		a, err := certsource.Parse("file", data, o)
		if (a == nil) == (err == nil) {
			t.Fatalf("got %v and %v, want one of them", a, err)
		}
		if err != nil {
			return
		}
		if len(a.Items) == 0 {
			t.Fatal("no error and no item")
		}
		for _, i := range a.Items {
			if len(i.DER) == 0 || len(i.DER) > len(data) || i.Offset < 0 || i.Offset >= len(data) {
				t.Errorf("item %+v does not fit into %d bytes", i, len(data))
			}
			if i.Kind != certsource.CSR && i.Kind != certsource.Certificate {
				t.Errorf("got kind %q", i.Kind)
			}
		}
	})
}

// FuzzOpenPKCS12: any bytes give either a key with certificates, or an error of a
// documented type.
func FuzzOpenPKCS12(f *testing.F) {
	whole := pfx(f, gopkcs12.Modern.WithIterations(1), "x")
	f.Add(whole)
	f.Add(whole[:len(whole)-9])
	f.Add(pfx(f, gopkcs12.LegacyDES.WithIterations(1), "x"))
	f.Add(certificate(f, "a", newKey(f)))
	f.Add([]byte{0x30, 0})
	f.Fuzz(func(t *testing.T, data []byte) {
		key, certs, err := certsource.OpenPKCS12("file", data, secret.New([]byte("x")))
		var content *certsource.ContentError
		var passphrase *certsource.PassphraseError
		switch {
		case err == nil && (key == nil || len(certs) == 0):
			t.Error("got neither a key with certificates nor an error")
		case err != nil && !errors.As(err, &content) && !errors.As(err, &passphrase):
			t.Errorf("got an error of type %T: %v", err, err)
		}
	})
}

func FuzzParseAddress(f *testing.F) {
	for _, seed := range []string{"localhost:443", "[::1]:1", "[fe80::1%lo]:9", ":", "a:b:c", "[]:1"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, target string) {
		address, ok := certsource.ParseAddress(target)
		if again, same := certsource.ParseAddress(address); ok && (!same || again != address) {
			t.Errorf("%q gave %q, which gave %q", target, address, again)
		}
	})
}
