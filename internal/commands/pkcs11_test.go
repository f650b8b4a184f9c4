//go:build pkcs11

package commands

import (
	"encoding/json"
	"errors"
	"github.com/nfcert/nfcert/internal/commands/report"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/nfcert/nfcert/internal/enroll"
	"github.com/nfcert/nfcert/internal/lab"
)

// softHSM makes a SoftHSM token "amf" with the key of amf.key as object tls, and
// returns the URI of the key without a PIN.
func softHSM(t *testing.T, w *world) string {
	t.Helper()
	const module = "/usr/lib/softhsm/libsofthsm2.so"
	if _, err := exec.LookPath("softhsm2-util"); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("softhsm2-util is not installed (Debian package softhsm2)")
		}
		t.Skip("softhsm2-util is not installed (Debian package softhsm2)")
	}
	if _, err := os.Stat(module); err != nil {
		t.Skipf("the library of SoftHSM is elsewhere: %v", err)
	}
	if err := os.Mkdir(w.path("tokens"), 0o700); err != nil {
		t.Fatal(err)
	}
	write(t, w.path("softhsm2.conf"), "directories.tokendir = "+w.path("tokens")+"\nobjectstore.backend = file\nlog.level = ERROR\n")
	write(t, w.path("pin"), "4711\n")
	t.Setenv("SOFTHSM2_CONF", w.path("softhsm2.conf"))
	for _, args := range [][]string{
		{"--init-token", "--free", "--label", "amf", "--pin", "4711", "--so-pin", "0815"},
		{"--import", w.path("amf.key"), "--token", "amf", "--label", "tls", "--id", "a1", "--pin", "4711"},
	} {
		if text, err := exec.CommandContext(t.Context(), "softhsm2-util", args...).CombinedOutput(); err != nil {
			t.Fatalf("softhsm2-util %q: %v\n%s", args, err, text)
		}
	}
	return "pkcs11:token=amf;object=tls?module-path=" + module
}

// TestTokenEnrolment guards that a key that stays in its token goes all the way
// to a certificate, that no file ever holds it, and that a PIN is shown nowhere.
func TestTokenEnrolment(t *testing.T) {
	w, _ := newLabWorld(t, lab.Options{})
	w.must(t, "csr", "-n", "donor", "--nf", w.path("amf.yaml"), "--key-out", w.path("amf.key"))
	uri := softHSM(t, w)
	inFile := uri + "&pin-source=" + w.path("pin")

	r := w.must(t, "enroll", "-n", "amf-01", "--nf", w.path("amf.yaml"), "--key-in", inFile, "--out", w.path("tls"), "-o", "json")
	var en enroll.Enrolment
	if err := json.Unmarshal([]byte(r.out), &en); err != nil {
		t.Fatal(err)
	}
	if en.Step != enroll.StepDone || en.CSR.KeyURI != inFile || en.CSR.KeyFile != "" {
		t.Errorf("got step %q and %+v, want a certificate of the token's key", en.Step, en.CSR)
	}
	for _, path := range []string{w.path("state", "enrolments", "amf-01", "key.pem"), w.path("tls", "amf-01.key.pem")} {
		if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s: %v, want none", path, err)
		}
	}
	if r := w.must(t, "enroll", "-n", "amf-01"); !strings.Contains(r.err, "unchanged:") {
		t.Errorf("again: %q, want unchanged", r.err)
	}
	if r := w.run(t.Context(), "finalize", "-n", "amf-01", "--key-out", w.path("k"), "-o", "json"); r.report(t).Code != "no-key" {
		t.Errorf("the key as a file: %q, want no-key", r.err)
	}

	// The PIN from the passphrase's places; a wrong one is reported and not shown.
	w.must(t, "csr", "-n", "amf-02", "--nf", w.path("amf.yaml"), "--key-in", uri, "--key-passphrase-file", w.path("pin"))
	w.env["NFCERT_KEY_PASSPHRASE"] = "4711"
	w.must(t, "csr", "-n", "amf-02", "--omit", "uri")
	w.env["NFCERT_KEY_PASSPHRASE"] = "GEHEIM"
	r = w.run(t.Context(), "csr", "-n", "amf-02", "--omit", "dns,uri", "-o", "json")
	if doc := r.report(t); doc.Exit != report.ExitUsage || doc.Code != "wrong-passphrase" || strings.Contains(r.err, "GEHEIM") {
		t.Errorf("a wrong PIN: %q, want wrong-passphrase", r.err)
	}
	delete(w.env, "NFCERT_KEY_PASSPHRASE")
	for path, want := range map[string]string{
		strings.Replace(inFile, "object=tls", "object=none", 1): "token",
		uri + "&pin-source=" + w.path("none"):                   "invalid-input",
		uri:                                                     "passphrase", // nobody to ask for the PIN
	} {
		r := w.run(t.Context(), "csr", "-n", "amf-03", "--nf", w.path("amf.yaml"), "--key-in", path, "-o", "json")
		if doc := r.report(t); doc.Exit != report.ExitUsage || string(doc.Code) != want {
			t.Errorf("%s: %+v, want exit 2 and %s", path, doc, want)
		}
	}
	if found, err := filepath.Glob(w.path("state", "enrolments", "amf-0*", "key.pem")); err != nil || len(found) > 0 {
		t.Errorf("found %q (%v), want no key file", found, err)
	}
	r = w.must(t, "csr", "--dry-run", "--nf", w.path("amf.yaml"), "--key-in", inFile)
	if strings.Contains(r.out, "key to be made") {
		t.Errorf("the preview has a new key:\n%s", r.out)
	}

	// It revokes its certificates too, by the URI that is saved and by one given.
	w.must(t, "enroll", "-n", "amf-04", "--nf", w.path("amf.yaml"), "--key-in", inFile)
	for _, args := range [][]string{{"-n", "amf-01"}, {"-n", "amf-04", "--key-in", uri, "--key-passphrase-file", w.path("pin")}} {
		r := w.must(t, append([]string{"revoke", "--by", "certificate-key", "--reason", "keyCompromise", "--yes", "-o", "json"}, args...)...)
		if err := json.Unmarshal([]byte(r.out), &en); err != nil || en.Certificate.Revoked == nil || en.Certificate.Revoked.Reason != "keyCompromise" {
			t.Errorf("%q: %s (%v), want it revoked", args, r.out, err)
		}
	}
}

// TestTokenIdentity guards that a client certificate whose key stays in a token
// opens mutual TLS, now and by what was remembered, and that its PIN is shown
// nowhere.
func TestTokenIdentity(t *testing.T) {
	i := newIdentities(t)
	write(t, i.path("chain.pem"), certPEM(i.leaf)+certPEM(i.middle))
	write(t, i.path("amf.key"), keyPEM(t, i.leafKey))
	uri := softHSM(t, i.world)
	args := []string{"account", "--client-cert", i.path("chain.pem"), "--client-key", uri, "-o", "json"}
	if r := i.run(t.Context(), args...); r.report(t).Code != "passphrase" {
		t.Errorf("without a PIN: %q, want passphrase", r.err)
	}
	i.env["NFCERT_CLIENT_PASSPHRASE"] = "GEHEIM"
	if r := i.run(t.Context(), args...); r.report(t).Code != "wrong-passphrase" || strings.Contains(r.err, "GEHEIM") {
		t.Errorf("a wrong PIN: %q, want wrong-passphrase", r.err)
	}
	delete(i.env, "NFCERT_CLIENT_PASSPHRASE")
	i.must(t, append(args, "--client-passphrase-file", i.path("pin"))...)
	i.must(t, "account", "--account", "second")
}
