//go:build pkcs11

package pkcs11

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/nfcert/nfcert/internal/secret"
)

// soft is a SoftHSM of one test.
type soft struct {
	module string
	pin    string // file with the PIN
	keys   map[string]crypto.Signer
}

// run runs softhsm2-util.
func run(t *testing.T, args ...string) {
	t.Helper()
	if text, err := exec.CommandContext(t.Context(), "softhsm2-util", args...).CombinedOutput(); err != nil {
		t.Fatalf("softhsm2-util %q: %v\n%s", args, err, text)
	}
}

// newSoft makes a token "amf" with the keys ec, rsa and two called twin.
func newSoft(t *testing.T) *soft {
	t.Helper()
	if _, err := exec.LookPath("softhsm2-util"); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("softhsm2-util is not installed (Debian package softhsm2)")
		}
		t.Skip("softhsm2-util is not installed (Debian package softhsm2)")
	}
	s := &soft{keys: map[string]crypto.Signer{}}
	for _, path := range []string{"/usr/lib/softhsm/libsofthsm2.so", "/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so", "/usr/lib64/pkcs11/libsofthsm2.so", "/opt/homebrew/lib/softhsm/libsofthsm2.so"} {
		if _, err := os.Stat(path); err == nil {
			s.module = path
			break
		}
	}
	if s.module == "" {
		t.Skip("libsofthsm2.so is in none of its usual places")
	}
	dir := t.TempDir()
	conf := filepath.Join(dir, "softhsm2.conf")
	s.pin = filepath.Join(dir, "pin")
	tokens := filepath.Join(dir, "tokens")
	if err := errors.Join(
		os.Mkdir(tokens, 0o700),
		os.WriteFile(conf, []byte("directories.tokendir = "+tokens+"\nobjectstore.backend = file\nlog.level = ERROR\n"), 0o600),
		os.WriteFile(s.pin, []byte("4711\n"), 0o600),
	); err != nil {
		t.Fatal(err)
	}
	t.Setenv("SOFTHSM2_CONF", conf)
	run(t, "--init-token", "--free", "--label", "amf", "--pin", "4711", "--so-pin", "0815")
	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	s.add(t, ec, "ec", "01")
	s.add(t, rsaKey, "rsa", "02")
	s.add(t, ec, "twin", "03")
	s.add(t, rsaKey, "twin", "04")
	return s
}

func (s *soft) add(t *testing.T, key crypto.Signer, label, id string) {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "key.pem")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	run(t, "--import", file, "--token", "amf", "--label", label, "--id", id, "--pin", "4711")
	s.keys[label] = key
}

func (s *soft) uri(path string) string {
	return "pkcs11:" + path + "?module-path=" + s.module + "&pin-source=" + s.pin
}

func TestOpen(t *testing.T) {
	s := newSoft(t)
	for _, tt := range []struct{ name, path, key string }{
		{"EC by label", "token=amf;object=ec", "ec"},
		{"RSA by label", "token=amf;object=rsa", "rsa"},
		{"by id", "token=amf;id=%01", "ec"},
		{"twin by label and id", "token=amf;object=twin;id=%04", "rsa"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			key, closer, err := Open(s.uri(tt.path), nil)
			if err != nil {
				t.Fatal(err)
			}
			// Closing allows the next Open of the token.
			defer func() {
				if err := closer.Close(); err != nil {
					t.Errorf("closing: %v", err)
				}
			}()
			want, ok := s.keys[tt.key].Public().(interface{ Equal(crypto.PublicKey) bool })
			if !ok || !want.Equal(key.Public()) {
				t.Fatal("got another key")
			}
			der, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{}, key)
			if err != nil {
				t.Fatal(err)
			}
			csr, err := x509.ParseCertificateRequest(der)
			if err != nil {
				t.Fatal(err)
			}
			if err := csr.CheckSignature(); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestOpenPIN(t *testing.T) {
	s := newSoft(t)
	uri := "pkcs11:token=amf;object=ec?module-path=" + s.module
	asked := 0
	_, closer, err := Open(uri, func() (secret.Bytes, error) {
		asked++
		return secret.New([]byte("4711")), nil
	})
	if err != nil || asked != 1 {
		t.Fatalf("got %v, asked %d times, want the PIN to be asked for once and to fit", err, asked)
	}
	if err := closer.Close(); err != nil {
		t.Error(err)
	}
	if _, _, err = Open(uri, func() (secret.Bytes, error) { return secret.New([]byte("GEHEIM")), nil }); !errors.Is(err, ErrWrongPIN) {
		t.Errorf("got %v, want ErrWrongPIN", err)
	} else if strings.Contains(err.Error(), "GEHEIM") {
		t.Errorf("error %v repeats the PIN", err)
	}
	var uriErr *URIError
	if _, _, err = Open(uri, nil); !errors.As(err, &uriErr) {
		t.Errorf("no PIN at all gives %v, want a *URIError", err)
	}
	if _, _, err = Open(uri+"&pin-source="+s.pin+".none", nil); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a missing PIN file gives %v, want fs.ErrNotExist", err)
	}
	for name, content := range map[string]string{"empty": "", "two lines": "4711\n4711\n", "big": strings.Repeat("1", 1000)} {
		if err := os.WriteFile(s.pin, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		var pinErr *PINError
		if _, _, err = Open(uri+"&pin-source="+s.pin, nil); !errors.As(err, &pinErr) {
			t.Errorf("%s: a PIN file of %d bytes gives %v, want a *PINError", name, len(content), err)
		}
	}
}

func TestOpenErrors(t *testing.T) {
	s := newSoft(t)
	for _, tt := range []struct{ name, uri, want string }{
		{"no such token", s.uri("token=smf;object=ec"), `token "smf": could not find`},
		{"no such key", s.uri("token=amf;object=none"), `no private key with object "none"`},
		{"two keys", s.uri("token=amf;object=twin"), "2 private keys"},
		{"no module", "pkcs11:token=amf;object=ec?module-path=/no/such.so&pin-source=" + s.pin, "failed to open module"},
		{"no library", "pkcs11:token=amf;object=ec?module-path=" + s.pin + "&pin-source=" + s.pin, "failed to open module"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, _, err := Open(tt.uri, nil)
			var tokenErr *Error
			if !errors.As(err, &tokenErr) || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want an *Error with %q", err, tt.want)
			}
		})
	}
}
