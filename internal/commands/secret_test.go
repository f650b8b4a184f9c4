package commands

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	gopkcs12 "software.sslmate.com/src/go-pkcs12"

	"github.com/nfcert/nfcert/internal/commands/report"
	"github.com/nfcert/nfcert/internal/lab"
)

// dresses are the forms in which a secret could leak.
func dresses(secret []byte) map[string][]byte {
	return map[string][]byte{
		"raw":    secret,
		"base64": []byte(base64.RawStdEncoding.EncodeToString(secret)),
		"url":    []byte(base64.RawURLEncoding.EncodeToString(secret)),
		"hex":    []byte(hex.EncodeToString(secret)),
		"quoted": fmt.Appendf(nil, "%q", secret),
		"bytes":  fmt.Appendf(nil, "%d", secret),
	}
}

// scalar is the secret number of an EC key's file.
func scalar(t *testing.T, path string) []byte {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(data)
	if block == nil {
		t.Fatalf("%s has no PEM", path)
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	d, err := key.(*ecdsa.PrivateKey).Bytes()
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// TestSecrets guards that a MAC key and private keys, in whatever dress, are in
// no output, trace or saved file but the one that is meant to hold them.
func TestSecrets(t *testing.T) {
	t.Parallel()
	w, _ := newLabWorld(t, lab.Options{RequireEAB: true, EAB: map[string][]byte{"amf-01": eabKey}})
	const passphrase = "canary of the passphrase"
	var said []result
	run := func(want int, args ...string) {
		r := w.run(t.Context(), append(args, "--trace", w.path("trace.jsonl"))...)
		if r.code != want {
			t.Errorf("nfcert %v ended with %d, want %d\n%s", args, r.code, want, r.err)
		}
		said = append(said, r)
	}
	write(t, w.path("eab.key"), base64.StdEncoding.EncodeToString(eabKey))
	run(report.ExitDone, "account", "--eab-kid", "amf-01", "--eab-key-file", w.path("eab.key"), "-vv")
	w.env["NFCERT_EAB_KEY"], w.env["NFCERT_EAB_KID"] = base64.RawURLEncoding.EncodeToString(eabKey), "amf-01"
	run(report.ExitDone, "account", "--account", "second", "-vv", "-o", "json")
	run(report.ExitDone, "show", "config")
	run(report.ExitRefused, "account", "--account", "third", "--eab-kid", "nobody", "-vv")
	run(report.ExitDone, "enroll", "-n", "amf-01", "--nf", w.path("amf.yaml"), "--out", w.path("tls"), "-vv")
	write(t, w.path("p12.pass"), passphrase)
	run(report.ExitDone, "finalize", "-n", "amf-01", "--out", w.path("p12"), "--layout", "pkcs12", "--p12-passphrase-file", w.path("p12.pass"), "-vv")
	w.env["NFCERT_P12_PASSPHRASE"] = passphrase
	run(report.ExitDone, "finalize", "-n", "amf-01", "--out", w.path("p12"), "--layout", "pkcs12", "-o", "json")
	run(report.ExitDone, "finalize", "-n", "amf-01", "--out", w.path("free5gc"), "--layout", "free5gc", "-vv")
	run(report.ExitDone, "finalize", "-n", "amf-01", "--out", w.path("k8s"), "--layout", "k8s-secret", "-vv")
	run(report.ExitDone, "account", "rollover", "-vv")
	run(report.ExitDone, "enroll", "-n", "amf-02", "--nf", w.path("amf.yaml"), "-o", "jsonl")
	run(report.ExitDone, "show", "trace", "-n", "amf-01")
	run(report.ExitDone, "show", "trace", "-n", "amf-01", "-o", "json")
	run(report.ExitDone, "show", "-n", "amf-01", "-o", "json")
	run(report.ExitDone, "show", "account")
	write(t, w.path("nonsense.key"), base64.StdEncoding.EncodeToString(eabKey)+"!")
	delete(w.env, "NFCERT_EAB_KEY")
	run(report.ExitUsage, "account", "--account", "fourth", "--eab-key-file", w.path("nonsense.key"), "-vv")

	secrets := map[string][]byte{"the MAC key": eabKey, "the passphrase": []byte(passphrase)}
	for _, pattern := range []string{"state/accounts/*/*/key.pem", "state/enrolments/*/key.pem"} {
		found, err := filepath.Glob(w.path(filepath.FromSlash(pattern)))
		if err != nil || len(found) < 2 {
			t.Fatalf("%s matches %v (%v), want several", pattern, found, err)
		}
		for _, file := range found {
			secrets[file] = scalar(t, file)
		}
	}
	w.search(t, said, secrets, "key.pem", "amf-01.key.pem", "amf.key", "amf-01.secret.yaml", "eab.key", "nonsense.key", "p12.pass")
}

// search finds secrets, and private keys of any kind, in what was said and in
// every file but those named own, which must be private.
func (w *world) search(t *testing.T, said []result, secrets map[string][]byte, own ...string) {
	t.Helper()
	holds := func(where string, data []byte) {
		for name, secret := range secrets {
			for dress, text := range dresses(secret) {
				if bytes.Contains(data, text) {
					t.Errorf("%s has %s as %s", where, name, dress)
				}
			}
		}
		if bytes.Contains(data, []byte("PRIVATE KEY")) {
			t.Errorf("%s has a private key", where)
		}
	}
	for i, r := range said {
		holds(fmt.Sprintf("stdout of run %d", i), []byte(r.out))
		holds(fmt.Sprintf("stderr of run %d", i), []byte(r.err))
	}
	traced := false
	err := filepath.WalkDir(w.path(), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		traced = traced || d.Name() == "trace.jsonl"
		if slices.Contains(own, d.Name()) {
			if info, err := d.Info(); err == nil && info.Mode().Perm()&0o077 != 0 {
				t.Errorf("%s has mode %v, want nothing for others", path, info.Mode())
			}
			return nil
		}
		data, err := os.ReadFile(path)
		holds(path, data)
		return err
	})
	if err != nil || !traced {
		t.Errorf("the files were not all read (%v), or there was no trace among them (%t)", err, traced)
	}
}

// TestTokenSecrets guards that Authority Tokens, and the credentials and
// passphrases that they are got with, are in no output, trace or saved file but
// the one that is meant to hold them.
func TestTokenSecrets(t *testing.T) {
	t.Parallel()
	const bearer, password, passphrase = "canary-of-the-bearer", "canary of the password", "canary of the key's passphrase"
	w, l := newLabWorld(t, lab.Options{Authority: lab.Authority{Bearer: bearer, Basic: "amf:" + password}})
	w.env["NFCERT_TA"] = l.TokenAuthorityURL()
	var said []result
	run := func(want int, args ...string) {
		r := w.run(t.Context(), append(args, "--trace", w.path("trace.jsonl"))...)
		if r.code != want {
			t.Errorf("nfcert %v ended with %d, want %d\n%s", args, r.code, want, r.err)
		}
		said = append(said, r)
	}
	cert, key, err := l.IssueClient("canary")
	if err != nil {
		t.Fatal(err)
	}
	pair, err := tls.X509KeyPair(cert, key)
	if err != nil {
		t.Fatal(err)
	}
	hidden, err := gopkcs12.Modern.Encode(pair.PrivateKey, pair.Leaf, nil, passphrase)
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"bearer": bearer + "\n", "basic": "amf:" + password + "\n", "wrong": "canary-of-another\n", "pass": passphrase + "\n",
		"client.p12": string(hidden),
	} {
		write(t, w.path(name), text)
	}
	run(report.ExitDone, "account", "-vv")
	run(report.ExitDone, "csr", "-n", "amf-01", "--nf", w.path("amf.yaml"))
	run(report.ExitDone, "token", "get", "-n", "amf-01", "--ta-bearer-file", w.path("bearer"), "--token-out", w.path("amf.jwt"), "-vv", "-o", "json")
	run(report.ExitDone, "show", "token", w.path("amf.jwt"))
	run(report.ExitDone, "token", "check", w.path("amf.jwt"), "-o", "json")
	run(report.ExitToken, "token", "check", w.path("amf.jwt"), "--nf-instance-id", "5ace9d34-2c69-4f99-92d5-a73a3fe8e23b")
	run(report.ExitToken, "token", "get", "-n", "amf-01", "--ta-bearer-file", w.path("wrong"), "-vv")
	run(report.ExitDone, "order", "-n", "amf-01", "--ta-basic-file", w.path("basic"), "-vv")
	run(report.ExitDone, "finalize", "-n", "amf-01", "-o", "json")
	run(report.ExitDone, "show", "trace", "-n", "amf-01")
	run(report.ExitDone, "show", "trace", "-n", "amf-01", "-o", "json")
	run(report.ExitDone, "enroll", "-n", "amf-02", "--nf", w.path("amf.yaml"), "-vv", "--tkauth-field", "both",
		"--ta-client-cert", w.path("client.p12"), "--ta-client-passphrase-file", w.path("pass"))
	run(report.ExitDone, "csr", "-n", "amf-03", "--nf", w.path("amf.yaml"))
	delete(w.env, "NFCERT_TA")
	run(report.ExitDone, "order", "-n", "amf-03", "--token-file", w.path("amf.jwt"), "-vv", "-o", "json")
	run(report.ExitDone, "order", "abandon", "-n", "amf-03")
	run(report.ExitAuthorization, "order", "-n", "amf-03", "--token-file", w.path("amf.jwt"), "-vv") // used twice
	run(report.ExitToken, "order", "-n", "amf-03", "--token-cmd", "sh -c 'cat "+w.path("amf.jwt")+" >&2; exit 1'", "-vv")
	run(report.ExitDone, "account", "--account", "other")
	run(report.ExitDone, "csr", "-n", "amf-04", "--nf", w.path("amf.yaml"))
	run(report.ExitToken, "order", "-n", "amf-04", "--account", "other", "--token-file", w.path("amf.jwt"), "-vv") // not its own
	run(report.ExitDone, "show", "config")

	text, err := os.ReadFile(w.path("amf.jwt"))
	if err != nil {
		t.Fatal(err)
	}
	parts := strings.Split(strings.TrimSpace(string(text)), ".")
	w.search(t, said, map[string][]byte{
		"the bearer token": []byte(bearer), "the password": []byte(password), "another bearer token": []byte("canary-of-another"),
		"the passphrase": []byte(passphrase), "the token's claims": []byte(parts[1]), "the token's signature": []byte(parts[2]),
		"any token": []byte(`eyJhbGci`),
	}, "key.pem", "bearer", "basic", "wrong", "pass", "amf.jwt", "client.p12")
}
