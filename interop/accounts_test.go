package interop_test

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/nfcert/nfcert/interop/realca"
)

// longKey is a MAC key of 64 bytes, which every MAC of a binding may have.
const longKey = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7PD0-Pw"

// account is what is read of an Account.
type account struct {
	URL          string `json:"url"`
	KeyType      string `json:"keyType"`
	KeyEncrypted bool   `json:"keyEncrypted"`
	EABKid       string `json:"eabKid"`
	Existing     bool   `json:"existing"`
}

func (b *bench) account(args ...string) account {
	b.t.Helper()
	stdout, _ := b.exec(0, append([]string{"account"}, args...)...)
	return decode[account](b.t, "Account", stdout)
}

// Bindings by each MAC, from a file and from a program.
func TestPebbleBindingAlgorithms(t *testing.T) {
	b := pebbleBench(t, startPebble(t, realca.PebbleOptions{EAB: map[string]string{"kid-1": longKey}}))
	pair, err := json.Marshal(map[string]string{"kid": "kid-1", "key": longKey})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(b.path("pair.json"), pair, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, alg := range []string{"HS256", "HS384", "HS512"} {
		if a := b.account(slices.Concat([]string{"--accept-tos", "--account", "file-" + alg, "--eab-alg", alg}, b.binding(longKey))...); a.EABKid != "kid-1" {
			t.Errorf("%s: bound to %q, want kid-1", alg, a.EABKid)
		}
		if a := b.account("--accept-tos", "--account", "cmd-"+alg, "--eab-alg", alg, "--eab-cmd", "cat pair.json"); a.EABKid != "kid-1" {
			t.Errorf("%s by a program: bound to %q, want kid-1", alg, a.EABKid)
		}
	}
}

// Pebble takes no EdDSA, which is told with what to do; step-ca does, from the
// account to the certificate, with the key encrypted at rest.
func TestEdDSAAccounts(t *testing.T) {
	b := pebbleBench(t, startPebble(t, realca.PebbleOptions{}))
	f := b.refused(4, "account", "--accept-tos", "--account-key", "Ed25519")
	if !strings.HasSuffix(f.Problem.Type, ":badSignatureAlgorithm") || !strings.Contains(f.Hint, "P256") || !strings.Contains(f.Next, "--account-key P256") {
		t.Errorf("Pebble: %+v, want badSignatureAlgorithm and P256 as the way out", f)
	}
	if a := b.account("--accept-tos", "--account-key", "P256"); a.KeyType != "P256" {
		t.Errorf("after the way out the key is %q, want P256", a.KeyType)
	}

	b = stepCABench(t, startStepCA(t))
	b.env = append(b.env, "NFCERT_ACCOUNT_KEY_PASSPHRASE=a passphrase")
	if a := b.account("--accept-tos", "--account-key", "Ed25519"); a.KeyType != "Ed25519" || !a.KeyEncrypted {
		t.Errorf("step-ca: %+v, want an encrypted Ed25519 key", a)
	}
	b.judgeCertificate(b.run(slices.Concat([]string{"enroll", "-n", "amf-01", "--omit", "uri"}, sampleNF(), b.answering(), b.saving())...))
}
