package accountfile

import (
	"bytes"
	"crypto"
	"encoding/json"
	"encoding/pem"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/nfcert/nfcert/internal/csrgen"
	"github.com/nfcert/nfcert/internal/secret"
)

const passphrase = "correct horse"

func word(s string) csrgen.Passphrase {
	return func() (secret.Bytes, error) { return secret.New([]byte(s)), nil }
}

func newKey(t testing.TB, kind csrgen.KeyType) crypto.Signer {
	t.Helper()
	key, err := csrgen.GenerateKey(kind)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// quick is a file around one of the keys in testdata, whose key derivation takes
// 1000 iterations where Seal takes csrgen.SealIterations.
func quick(t testing.TB, keyFile, account string) []byte {
	t.Helper()
	key, err := os.ReadFile("testdata/" + keyFile)
	if err != nil {
		t.Fatal(err)
	}
	file, err := seal(key, []byte(account), secret.New([]byte(passphrase)), 1000)
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// A file that Seal made can be opened, and does not show what it holds.
func TestSealOpen(t *testing.T) {
	key := newKey(t, csrgen.P521)
	const account = `{"server":"https://ca.example/directory"}`
	file, err := Seal(key, []byte(account), secret.New([]byte(passphrase)), 0)
	if err != nil {
		t.Fatal(err)
	}
	got, opened, err := Open(file, word(passphrase))
	if err != nil || string(opened) != account || !csrgen.SameKey(got.Public(), key.Public()) {
		t.Errorf("opened %T and %q, %v, want the same key and account", got, opened, err)
	}
	if bytes.Contains(file, []byte("ca.example")) || bytes.Contains(file, []byte("BEGIN PRIVATE KEY")) {
		t.Errorf("the file is readable without its passphrase:\n%s", file)
	}
	if _, b, err := parse(file); err != nil || b.Iterations != csrgen.SealIterations {
		t.Errorf("%d iterations, %v, want %d", b.Iterations, err, csrgen.SealIterations)
	}
}

func TestOpenKeyTypes(t *testing.T) {
	for _, name := range []string{"p256.pem", "ed25519.pem"} {
		if key, account, err := Open(quick(t, name, "{}"), word(passphrase)); err != nil || key == nil || string(account) != "{}" {
			t.Errorf("%s: opened %T and %q, %v", name, key, account, err)
		}
	}
}

func TestNoPassphrase(t *testing.T) {
	if _, err := Seal(newKey(t, csrgen.P256), nil, secret.Bytes{}, 0); err == nil {
		t.Error("Seal accepted an empty passphrase")
	}
	why := errors.New("no terminal")
	asked := 0
	ask := func() (secret.Bytes, error) { asked++; return secret.Bytes{}, why }
	if _, _, err := Open(quick(t, "p256.pem", "{}"), ask); !errors.Is(err, why) {
		t.Errorf("got %v, want the passphrase's own error", err)
	}
	if _, _, err := Open([]byte("nonsense"), ask); asked != 1 {
		t.Errorf("asked for the passphrase of a file that is not an exported account (%v)", err)
	}
}

// A wrong passphrase, damage and a newer version are different errors.
func TestOpenRefuses(t *testing.T) {
	whole := string(quick(t, "p256.pem", "{}"))
	foreign := string(quick(t, "ed25519.pem", "{}"))
	keyEnd := strings.Index(whole, "-----BEGIN "+accountLabel)
	foreignEnd := strings.Index(foreign, "-----BEGIN "+accountLabel)
	plain, err := csrgen.MarshalKey(newKey(t, csrgen.P256))
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ name, file, want string }{
		{"nothing", "", "has no PEM block"},
		{"text", "hello", "has no PEM block"},
		{"a plain key", string(plain), "not an exported account"},
		{"the key alone", whole[:keyEnd], "not an exported account"},
		{"cut short", whole[:len(whole)-40], "not an exported account"},
		{"in the other order", whole[keyEnd:] + whole[:keyEnd], "not an exported account"},
		{"twice", whole + whole, "more data after"},
		{"another's key", foreign[:foreignEnd] + whole[keyEnd:], "not the one that was exported"},
		{"too large", whole + strings.Repeat("\n", MaxSize), "larger than 256 KiB"},
		{"no JSON", edit(t, whole, func([]byte) []byte { return []byte("x") }), "second block cannot be read"},
		{"no version", change(t, whole, func(s map[string]any) { delete(s, "version") }), "second block cannot be read"},
		{"unknown member", change(t, whole, func(s map[string]any) { s["x"] = 1 }), "second block cannot be read"},
		{"too many iterations", change(t, whole, func(s map[string]any) { s["iterations"] = maxIterations + 1 }), "second block cannot be read"},
		{"other salt", change(t, whole, func(s map[string]any) { s["salt"] = "AAAA" }), "changed after the export"},
		{"other data", change(t, whole, func(s map[string]any) { s["data"] = "AAAA" }), "changed after the export"},
		{"no nonce", change(t, whole, func(s map[string]any) { s["nonce"] = "" }), "damaged"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, _, err := Open([]byte(tt.file), word(passphrase))
			var damaged *DamagedError
			if !errors.As(err, &damaged) || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, want damage: %s", err, tt.want)
			}
		})
	}
	if _, _, err := Open([]byte(whole), word("wrong")); !errors.Is(err, ErrWrongPassphrase) {
		t.Errorf("a wrong passphrase: got %v, want ErrWrongPassphrase", err)
	}
	newer := change(t, whole, func(s map[string]any) { s["version"] = Version + 1; s["x"] = 1 })
	var version *VersionError
	if _, _, err := Open([]byte(newer), word(passphrase)); !errors.As(err, &version) || version.Found != Version+1 {
		t.Errorf("a newer file: got %v, want a VersionError", err)
	}
}

// edit replaces the content of the second block.
func edit(t testing.TB, file string, by func([]byte) []byte) string {
	t.Helper()
	first, rest := pem.Decode([]byte(file))
	second, _ := pem.Decode(rest)
	if first == nil || second == nil {
		t.Fatal("no two blocks")
	}
	second.Bytes = by(second.Bytes)
	return string(pem.EncodeToMemory(first)) + string(pem.EncodeToMemory(second))
}

// change edits the members of the second block.
func change(t testing.TB, file string, by func(map[string]any)) string {
	return edit(t, file, func(text []byte) []byte {
		members := map[string]any{}
		if err := json.Unmarshal(text, &members); err != nil {
			t.Fatal(err)
		}
		by(members)
		text, err := json.Marshal(members)
		if err != nil {
			t.Fatal(err)
		}
		return text
	})
}

// Any input gives one of the documented errors or a file within the limits.
func FuzzParse(f *testing.F) {
	file := quick(f, "ed25519.pem", "{}")
	f.Add(file)
	f.Add(file[:len(file)/2])
	f.Add([]byte("-----BEGIN " + keyLabel + "-----\n-----END " + keyLabel + "-----\n-----BEGIN " + accountLabel + "-----\ne30=\n-----END " + accountLabel + "-----\n"))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, data []byte) {
		key, b, err := parse(data)
		var damaged *DamagedError
		var version *VersionError
		switch {
		case err == nil && (key == nil || b.Version != Version || b.Iterations > maxIterations):
			t.Errorf("accepted %+v", b)
		case err != nil && !errors.As(err, &damaged) && !errors.As(err, &version):
			t.Errorf("got %v, want a DamagedError or a VersionError", err)
		}
	})
}
