package csrgen

import (
	"crypto"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"

	"github.com/nfcert/nfcert/internal/secret"
)

// word is a known Passphrase.
func word(s string) Passphrase {
	return func() (secret.Bytes, error) { return secret.New([]byte(s)), nil }
}

// fixture reads one of the keys that openssl 3.0 encrypted with "nfcert".
func fixture(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", "keys", name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func spkiHash(t testing.TB, pub crypto.PublicKey) string {
	t.Helper()
	der, err := x509.MarshalPKIXPublicKey(pub)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(der)
	return hex.EncodeToString(sum[:])
}

func TestParseEncryptedKey(t *testing.T) {
	const (
		ec  = "88da372dbe6693d2cc7311e5b15024ec7b76d8dc5f54bb63467a397dac0879d0"
		rsa = "30a569565caf1ccd214581445ca3cb52ca79cbf1e570211790e4400ce0d3faa7"
		ed  = "3b3d598674f08d18446b10617f42ffa91cbc5ee6ff5158258a6acffc7948b9c9"
	)
	for _, tt := range []struct{ file, want string }{
		{"pbkdf2-sha256-aes256.pem", ec}, // what openssl pkcs8 -topk8 makes
		{"scrypt-aes256.pem", ed},
		{"pbkdf2-sha512-aes128.pem", rsa},
		{"pbkdf2-sha1-des3.pem", ec}, // the default of openssl 1.0
	} {
		t.Run(tt.file, func(t *testing.T) {
			data := fixture(t, tt.file)
			block, _ := pem.Decode(data)
			for form, in := range map[string][]byte{"PEM": data, "DER": block.Bytes} {
				key, err := ParseKeyWith("k", in, word("nfcert"))
				if err != nil {
					t.Fatalf("%s: %v", form, err)
				}
				if got := spkiHash(t, key.Public()); got != tt.want {
					t.Errorf("%s: got the key %s, want %s", form, got, tt.want)
				}
				key, err = ParseKeyWith("k", in, word("nfcerT"))
				if key != nil || !errors.Is(err, ErrWrongPassphrase) {
					t.Errorf("%s: a wrong passphrase gives %v, %v, want ErrWrongPassphrase", form, key, err)
				}
				if _, err = ParseKey("k", in); !errors.Is(err, ErrEncryptedKey) {
					t.Errorf("%s: no passphrase gives %v, want ErrEncryptedKey", form, err)
				}
			}
		})
	}
}

// Unsupported encryption is reported before the passphrase is requested.
func TestParseKeyOtherEncryption(t *testing.T) {
	for _, tt := range []struct{ name, found string }{
		{"pbes1.pem", "the scheme 1.2.840.113549.1.12.1.3 (want PBES2"},
		{"traditional.pem", "the old, weak encryption of PEM (RFC 1421)"},
	} {
		_, err := ParseKeyWith("k", fixture(t, tt.name), func() (secret.Bytes, error) {
			t.Errorf("%s: the passphrase was asked for", tt.name)
			return secret.Bytes{}, nil
		})
		if !errors.Is(err, ErrOtherEncryption) {
			t.Errorf("%s: got %v, want ErrOtherEncryption", tt.name, err)
		}
		wantError(t, err, tt.found)
	}
}

// The passphrase is right, but the decrypted key is not usable.
func TestParseKeyOpenedAndUnfit(t *testing.T) {
	_, err := ParseKeyWith("k", fixture(t, "ed448.pem"), word("nfcert"))
	if errors.Is(err, ErrWrongPassphrase) {
		t.Errorf("got %v, want the passphrase not to be blamed", err)
	}
	wantError(t, err, "found an Ed448 key")
}

func TestParseKeyPassphraseError(t *testing.T) {
	gone := errors.New("nobody to ask")
	_, err := ParseKeyWith("k", fixture(t, "scrypt-aes256.pem"), func() (secret.Bytes, error) { return secret.Bytes{}, gone })
	if !errors.Is(err, gone) {
		t.Errorf("got %v, want the passphrase's own error", err)
	}
	_, err = ParseKeyWith("k", block("PRIVATE KEY", pkcs8(t, p256(t))), func() (secret.Bytes, error) { return secret.Bytes{}, gone })
	if err != nil {
		t.Errorf("got %v, want a key in the clear to need no passphrase", err)
	}
}

// sealed is an encrypted key with the given parts; nil means the default.
type sealed struct {
	scheme, kdf, cipher string
	params              func(*cryptobyte.Builder) // of the kdf
	iv, data            []byte
	tail                []byte // after the encrypted data
}

func addOID(b *cryptobyte.Builder, dotted string) {
	var id []int
	for part := range strings.SplitSeq(dotted, ".") {
		n := 0
		for _, c := range part {
			n = 10*n + int(c-'0')
		}
		id = append(id, n)
	}
	b.AddASN1ObjectIdentifier(id)
}

func (s sealed) der(t testing.TB) []byte {
	t.Helper()
	or := func(a, b string) string {
		if a != "" {
			return a
		}
		return b
	}
	if s.params == nil {
		s.params = pbkdf2Params(1000)
	}
	if s.iv == nil {
		s.iv = make([]byte, 16)
	}
	if s.data == nil {
		s.data = make([]byte, 32)
	}
	var b cryptobyte.Builder
	b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
			addOID(b, or(s.scheme, oidPBES2))
			b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
				b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
					addOID(b, or(s.kdf, oidPBKDF2))
					b.AddASN1(cbasn1.SEQUENCE, s.params)
				})
				b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) {
					addOID(b, or(s.cipher, "2.16.840.1.101.3.4.1.42"))
					b.AddASN1OctetString(s.iv)
				})
			})
		})
		b.AddASN1OctetString(s.data)
		b.AddBytes(s.tail)
	})
	der, err := b.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	return der
}

func pbkdf2Params(iterations int64, more ...func(*cryptobyte.Builder)) func(*cryptobyte.Builder) {
	return func(b *cryptobyte.Builder) {
		b.AddASN1OctetString([]byte("saltsalt"))
		b.AddASN1Int64(iterations)
		for _, add := range more {
			add(b)
		}
	}
}

func scryptParams(n, r, p int64) func(*cryptobyte.Builder) {
	return func(b *cryptobyte.Builder) {
		b.AddASN1OctetString([]byte("saltsalt"))
		b.AddASN1Int64(n)
		b.AddASN1Int64(r)
		b.AddASN1Int64(p)
	}
}

// A file must not be able to use much time or memory.
func TestParseKeyHostile(t *testing.T) {
	prf := func(oid string) func(*cryptobyte.Builder) {
		return func(b *cryptobyte.Builder) {
			b.AddASN1(cbasn1.SEQUENCE, func(b *cryptobyte.Builder) { addOID(b, oid) })
		}
	}
	length := func(n int64) func(*cryptobyte.Builder) {
		return func(b *cryptobyte.Builder) { b.AddASN1Int64(n) }
	}
	for _, tt := range []struct {
		name, found string
		in          sealed
	}{
		{"as it should be", "an encrypted private key", sealed{}},
		{"length of the key said", "an encrypted private key", sealed{params: pbkdf2Params(1000, length(32), prf("1.2.840.113549.2.9"))}},
		{"too many iterations", "5000001 iterations of PBKDF2 (at most 5000000", sealed{params: pbkdf2Params(maxIterations + 1)}},
		{"most iterations", "9223372036854775807 iterations", sealed{params: pbkdf2Params(math.MaxInt64)}},
		{"no iteration", "0 iterations", sealed{params: pbkdf2Params(0)}},
		{"negative iterations", "-5 iterations", sealed{params: pbkdf2Params(-5)}},
		{"length of another cipher", "damaged", sealed{params: pbkdf2Params(1000, length(16))}},
		{"huge length", "damaged", sealed{params: pbkdf2Params(1000, length(1<<40))}},
		{"unknown function", "the function 1.2.3.4", sealed{params: pbkdf2Params(1000, prf("1.2.3.4"))}},
		{"something after the function", "damaged", sealed{params: pbkdf2Params(1000, prf("1.2.840.113549.2.9"), length(1))}},
		{"scrypt of 1 GiB", "N=1048576, r=8, p=1 (at most 256 MiB", sealed{kdf: oidScrypt, params: scryptParams(1<<20, 8, 1)}},
		{"scrypt, much memory by p", "p=4000000", sealed{kdf: oidScrypt, params: scryptParams(2, 1, 4_000_000)}},
		{"scrypt, long work", "p=1000", sealed{kdf: oidScrypt, params: scryptParams(1<<14, 8, 1000)}},
		{"scrypt, r and p overflow", "N=2, ", sealed{kdf: oidScrypt, params: scryptParams(2, 1<<32, 1<<32)}},
		{"scrypt, r alone overflows", "N=2, ", sealed{kdf: oidScrypt, params: scryptParams(2, math.MaxInt64, 1)}},
		{"scrypt, N no power of two", "damaged", sealed{kdf: oidScrypt, params: scryptParams(1000, 8, 1)}},
		{"scrypt, N least number", "damaged", sealed{kdf: oidScrypt, params: scryptParams(math.MinInt64, 8, 1)}},
		{"scrypt, r zero", "damaged", sealed{kdf: oidScrypt, params: scryptParams(1024, 0, 1)}},
		{"other derivation", "the key derivation 1.2.3", sealed{kdf: "1.2.3"}},
		{"other scheme", "the scheme 1.2.840.113549.1.5.3", sealed{scheme: "1.2.840.113549.1.5.3"}},
		{"other cipher", "the cipher 1.2.840.113549.3.2", sealed{cipher: "1.2.840.113549.3.2"}},
		{"short IV", "damaged", sealed{iv: make([]byte, 15)}},
		{"IV of AES for triple DES", "damaged", sealed{cipher: "1.2.840.113549.3.7"}},
		{"no data", "damaged", sealed{data: []byte{}}},
		{"data of no whole block", "damaged", sealed{data: make([]byte, 33)}},
		{"something after the data", "damaged", sealed{tail: []byte{5, 0}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			begin := time.Now()
			key, err := ParseKeyWith("k", tt.in.der(t), word("x"))
			var keyErr *KeyError
			if !errors.As(err, &keyErr) || key != nil {
				t.Fatalf("got %v, %v, want a *KeyError", key, err)
			}
			if !strings.Contains(keyErr.Found, tt.found) {
				t.Errorf("found %q, want %q", keyErr.Found, tt.found)
			}
			if got := errors.Is(err, ErrWrongPassphrase); got != (tt.found == "an encrypted private key") {
				t.Errorf("blames the passphrase: %t (%v)", got, err)
			}
			if took := time.Since(begin); took > 10*time.Second {
				t.Errorf("took %s", took)
			}
		})
	}
}

// Every prefix is refused, and none panics.
func TestParseEncryptedKeyTruncated(t *testing.T) {
	block, _ := pem.Decode(fixture(t, "pbkdf2-sha256-aes256.pem"))
	for i := range block.Bytes {
		if _, err := ParseKeyWith("k", block.Bytes[:i], word("nfcert")); err == nil {
			t.Errorf("the first %d of %d bytes are accepted", i, len(block.Bytes))
		}
		in := pem.EncodeToMemory(&pem.Block{Type: block.Type, Bytes: block.Bytes[:i]})
		if _, err := ParseKeyWith("k", in, word("nfcert")); err == nil {
			t.Errorf("the first %d of %d bytes are accepted in PEM", i, len(block.Bytes))
		}
	}
}

// Keys that the openssl of this machine encrypts are read.
func TestParseKeyOfOpenSSL(t *testing.T) {
	openssl, err := exec.LookPath("openssl")
	if err != nil {
		t.Skip("openssl is not installed")
	}
	dir := t.TempDir()
	plain := filepath.Join(dir, "plain.pem")
	key := p256(t)
	if err := os.WriteFile(plain, sec1(t, key), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{
		{}, {"-scrypt"}, {"-v2", "aes-192-cbc"}, {"-v2prf", "hmacWithSHA384"}, {"-v2prf", "hmacWithSHA224"}, {"-iter", "100000"}, {"-outform", "DER"},
	} {
		t.Run(strings.Join(args, " "), func(t *testing.T) {
			out := filepath.Join(t.TempDir(), "key")
			command := exec.CommandContext(t.Context(), openssl, append([]string{"pkcs8", "-topk8", "-in", plain, "-out", out, "-passout", "pass:pass wörd"}, args...)...)
			if text, err := command.CombinedOutput(); err != nil {
				t.Fatalf("%v: %s", err, text)
			}
			data, err := os.ReadFile(out)
			if err != nil {
				t.Fatal(err)
			}
			got, err := ParseKeyWith("k", data, word("pass wörd"))
			if err != nil {
				t.Fatal(err)
			}
			if !SameKey(got.Public(), key.Public()) {
				t.Error("got another key")
			}
		})
	}
}

func FuzzParseEncryptedKey(f *testing.F) {
	for _, name := range []string{"pbkdf2-sha256-aes256.pem", "scrypt-aes256.pem", "pbkdf2-sha1-des3.pem", "pbes1.pem"} {
		block, _ := pem.Decode(fixture(f, name))
		f.Add(block.Bytes, []byte("nfcert"))
	}
	f.Add(sealed{params: pbkdf2Params(1)}.der(f), []byte("x"))
	f.Add(sealed{kdf: oidScrypt, params: scryptParams(2, 1, 1)}.der(f), []byte(""))
	f.Add([]byte{0x30, 0}, []byte{})
	f.Fuzz(func(t *testing.T, der, passphrase []byte) {
		box, found := parsePBES2(der)
		if found != "" {
			if _, err := ParseKeyWith("k", block("ENCRYPTED PRIVATE KEY", der), word("x")); !errors.Is(err, ErrOtherEncryption) && len(der) <= maxFile/2 {
				t.Errorf("got %v, want ErrOtherEncryption for %q", err, found)
			}
			return
		}
		// What comes out is what is looked for here, not how long it takes.
		box.derive = func([]byte, int) ([]byte, error) {
			return append(make([]byte, box.cipher.key), passphrase...)[len(passphrase):], nil
		}
		plain, err := box.open(passphrase)
		if (plain == nil) == (err == nil) {
			t.Errorf("open() = %d bytes, %v, want one of them", len(plain), err)
		}
	})
}
