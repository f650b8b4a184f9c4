package csrgen

import (
	"bytes"
	"crypto"
	"encoding/pem"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/nfcert/nfcert/internal/secret"
)

// Keys of every type are encrypted, only their passphrase decrypts them, and no two
// files are equal.
func TestSealKey(t *testing.T) {
	for _, kind := range []KeyType{P256, P384, P521, RSA3072, Ed25519} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			key, err := GenerateKey(kind)
			if err != nil {
				t.Fatal(err)
			}
			sealed, err := SealKey(key, secret.New([]byte("pass phrase ä")), 2000)
			if err != nil {
				t.Fatal(err)
			}
			got, err := ParseKeyWith("k", sealed, word("pass phrase ä"))
			if err != nil || !SameKey(got.Public(), key.Public()) {
				t.Errorf("opened %T, %v, want the same key", got, err)
			}
			if _, err := ParseKeyWith("k", sealed, word("pass phrase a")); !errors.Is(err, ErrWrongPassphrase) {
				t.Errorf("another passphrase: got %v, want ErrWrongPassphrase", err)
			}
			if _, err := ParseKey("k", sealed); !errors.Is(err, ErrEncryptedKey) {
				t.Errorf("no passphrase: got %v, want ErrEncryptedKey", err)
			}
			again, err := SealKey(key, secret.New([]byte("pass phrase ä")), 2000)
			if err != nil || bytes.Equal(again, sealed) {
				t.Errorf("sealed twice, the files are the same (%v), want a salt of its own in each", err)
			}
		})
	}
}

func TestSealKeyByNothing(t *testing.T) {
	key, err := GenerateKey(P256)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := SealKey(key, secret.Bytes{}, 0); err == nil || got != nil {
		t.Errorf("got %q, %v, want an error", got, err)
	}
	if _, err := SealKey(strange{key}, secret.New([]byte("x")), 0); err == nil {
		t.Error("a key that has no PKCS#8 form was sealed")
	}
}

type strange struct{ crypto.Signer }

// openssl decrypts the keys.
func TestSealedKeyByOpenSSL(t *testing.T) {
	openssl, err := exec.LookPath("openssl")
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal(err)
		}
		t.Skip("needs openssl")
	}
	key, err := GenerateKey(P384)
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := SealKey(key, secret.New([]byte("nfcert")), 0)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "key.pem")
	if err := os.WriteFile(file, sealed, 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), openssl, "pkcs8", "-in", file, "-passin", "stdin")
	cmd.Stdin = strings.NewReader("nfcert\n")
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	if block, _ := pem.Decode(out); block == nil || block.Type != "PRIVATE KEY" {
		t.Fatalf("openssl wrote no private key")
	}
	if got, err := ParseKey("out", out); err != nil || !SameKey(got.Public(), key.Public()) {
		t.Errorf("openssl read %T, %v, want the same key", got, err)
	}
}
