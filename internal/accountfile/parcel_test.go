package accountfile

import (
	"bytes"
	"crypto"
	"encoding/json"
	"encoding/pem"
	"errors"
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

func seal(t testing.TB, key crypto.Signer, meta string) []byte {
	t.Helper()
	file, err := Seal(key, []byte(meta), secret.New([]byte(passphrase)), 2000)
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// What is sealed is opened again, and nothing of it can be read in between.
func TestSealOpen(t *testing.T) {
	for _, kind := range []csrgen.KeyType{csrgen.P256, csrgen.P521, csrgen.Ed25519} {
		key := newKey(t, kind)
		const meta = `{"server":"https://ca.example/directory"}`
		file := seal(t, key, meta)
		got, m, err := Open(file, word(passphrase))
		if err != nil || string(m) != meta || !csrgen.SameKey(got.Public(), key.Public()) {
			t.Errorf("%s: opened %T and %q, %v, want the same key and words", kind, got, m, err)
		}
		if bytes.Contains(file, []byte("ca.example")) || bytes.Contains(file, []byte("BEGIN PRIVATE KEY")) {
			t.Errorf("%s: the file can be read:\n%s", kind, file)
		}
	}
}

func TestNoPassphrase(t *testing.T) {
	if _, err := Seal(newKey(t, csrgen.P256), nil, secret.Bytes{}, 0); err == nil {
		t.Error("sealed by nothing")
	}
	why := errors.New("nobody to ask")
	asked := 0
	ask := func() (secret.Bytes, error) { asked++; return secret.Bytes{}, why }
	if _, _, err := Open(seal(t, newKey(t, csrgen.P256), "{}"), ask); !errors.Is(err, why) {
		t.Errorf("got %v, want the passphrase's own error", err)
	}
	if _, _, err := Open([]byte("nonsense"), ask); asked != 1 {
		t.Errorf("a file that is none was asked a passphrase for (%v)", err)
	}
}

// A wrong passphrase is told from damage, and a newer file from both.
func TestOpenRefuses(t *testing.T) {
	whole := string(seal(t, newKey(t, csrgen.P256), "{}"))
	foreign := string(seal(t, newKey(t, csrgen.P256), "{}"))
	keyEnd := strings.Index(whole, "-----BEGIN "+metaLabel)
	foreignEnd := strings.Index(foreign, "-----BEGIN "+metaLabel)
	plain, err := csrgen.MarshalKey(newKey(t, csrgen.P256))
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ name, file, want string }{
		{"nothing", "", "no PEM"},
		{"text", "hello", "no PEM"},
		{"a plain key", string(plain), "no exported account"},
		{"the key alone", whole[:keyEnd], "no exported account"},
		{"cut short", whole[:len(whole)-40], "no exported account"},
		{"turned around", whole[keyEnd:] + whole[:keyEnd], "no exported account"},
		{"twice", whole + whole, "something stands behind"},
		{"another's key", foreign[:foreignEnd] + whole[keyEnd:], "not the one that was exported"},
		{"too large", whole + strings.Repeat("\n", MaxSize), "over 256 KiB"},
		{"no JSON", edit(t, whole, func([]byte) []byte { return []byte("x") }), "not what was written"},
		{"no version", change(t, whole, func(s map[string]any) { delete(s, "version") }), "not what was written"},
		{"unknown member", change(t, whole, func(s map[string]any) { s["x"] = 1 }), "not what was written"},
		{"endless work", change(t, whole, func(s map[string]any) { s["iterations"] = maxIterations + 1 }), "not what was written"},
		{"other salt", change(t, whole, func(s map[string]any) { s["salt"] = "AAAA" }), "changed by somebody"},
		{"other data", change(t, whole, func(s map[string]any) { s["data"] = "AAAA" }), "changed by somebody"},
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

// Whatever the file holds, parsing ends with one of the errors that are
// promised, and never with more work than is allowed.
func FuzzParse(f *testing.F) {
	file := seal(f, newKey(f, csrgen.Ed25519), "{}")
	f.Add(file)
	f.Add(file[:len(file)/2])
	f.Add([]byte("-----BEGIN " + keyLabel + "-----\n-----END " + keyLabel + "-----\n-----BEGIN " + metaLabel + "-----\ne30=\n-----END " + metaLabel + "-----\n"))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, data []byte) {
		key, s, err := parse(data)
		var damaged *DamagedError
		var version *VersionError
		switch {
		case err == nil && (key == nil || s.Version != Version || s.Iterations > maxIterations):
			t.Errorf("took %+v", s)
		case err != nil && !errors.As(err, &damaged) && !errors.As(err, &version):
			t.Errorf("got %v, want a DamagedError or a VersionError", err)
		}
	})
}
