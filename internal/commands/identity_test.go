package commands

import (
	"crypto/ecdsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"os/exec"
	"strings"
	"testing"
	"time"

	gopkcs12 "software.sslmate.com/src/go-pkcs12"

	"github.com/nfcert/nfcert/internal/commands/report"
	"github.com/nfcert/nfcert/internal/enroll"
	"github.com/nfcert/nfcert/internal/lab"
	"github.com/nfcert/nfcert/internal/store"
)

// identities is a lab that demands client certificates of a CA with an
// intermediate one, and a client certificate of that.
type identities struct {
	*world
	root, middle, leaf *x509.Certificate
	middleKey, leafKey *ecdsa.PrivateKey
}

func subject(name string) func(*x509.Certificate) {
	return func(c *x509.Certificate) { c.Subject = pkix.Name{CommonName: name} }
}

func newIdentities(t *testing.T) *identities {
	t.Helper()
	i := &identities{}
	var rootKey *ecdsa.PrivateKey
	i.root, rootKey = issue(t, nil, nil, subject("client root"))
	i.middle, i.middleKey = issue(t, i.root, rootKey, subject("client issuer"), func(c *x509.Certificate) {
		c.IsCA, c.BasicConstraintsValid, c.KeyUsage, c.ExtKeyUsage = true, true, x509.KeyUsageCertSign, nil
	})
	i.leaf, i.leafKey = issue(t, i.middle, i.middleKey)
	pool := x509.NewCertPool()
	pool.AddCert(i.root)
	i.world, _ = newLabWorld(t, lab.Options{ClientCAs: pool})
	return i
}

// The forms in which people have a client certificate all lead to an account;
// the issuers in the file are sent along, whatever their order.
func TestIdentityForms(t *testing.T) {
	i := newIdentities(t)
	key := keyPEM(t, i.leafKey)
	write(t, i.path("chain.pem"), certPEM(i.leaf)+certPEM(i.middle))
	write(t, i.path("key.pem"), key)
	write(t, i.path("bundle.pem"), key+certPEM(i.middle)+certPEM(i.root)+certPEM(i.leaf))
	write(t, i.path("pass"), "hush\n")
	for name, password := range map[string]string{"hush.p12": "hush", "open.p12": ""} {
		pfx, err := gopkcs12.Modern.Encode(i.leafKey, i.leaf, []*x509.Certificate{i.middle}, password)
		if err != nil {
			t.Fatal(err)
		}
		write(t, i.path(name), string(pfx))
	}
	write(t, i.path("encrypted.pem"), certPEM(i.leaf)+certPEM(i.middle)+encrypted(t, i, "hush"))
	withVariable := map[string]string{"NFCERT_CLIENT_PASSPHRASE": "hush"}
	for _, tt := range []struct {
		name string
		args []string
		env  map[string]string
	}{
		{"a pair", []string{"--client-cert", "chain.pem", "--client-key", "key.pem"}, nil},
		{"one file, in disorder", []string{"--client-cert", "bundle.pem"}, nil},
		{"PKCS#12, passphrase in a file", []string{"--client-cert", "hush.p12", "--client-passphrase-file", "pass"}, nil},
		{"PKCS#12, passphrase in the variable", []string{"--client-cert", "hush.p12"}, withVariable},
		{"PKCS#12 without a passphrase", []string{"--client-cert", "open.p12"}, nil},
		{"PKCS#12, the key beside it", []string{"--client-cert", "hush.p12", "--client-key", "key.pem"}, withVariable},
		{"an encrypted key in the certificate's file", []string{"--client-cert", "encrypted.pem"}, withVariable},
	} {
		t.Run(tt.name, func(t *testing.T) {
			args := []string{"account", "--state", t.TempDir()}
			for n, a := range tt.args {
				if n%2 == 1 {
					a = i.path(a)
				}
				args = append(args, a)
			}
			w := &world{env: map[string]string{}, streams: i.streams}
			for k, v := range i.env {
				w.env[k] = v
			}
			for k, v := range tt.env {
				w.env[k] = v
			}
			w.must(t, args...)
			// The next command finds it by what was remembered.
			w.must(t, "account", "--account", "second", "--state", args[2])
		})
	}
}

// encrypted is the leaf's key under a passphrase, as openssl writes it.
func encrypted(t *testing.T, i *identities, passphrase string) string {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "openssl", "pkcs8", "-topk8", "-passout", "pass:"+passphrase)
	cmd.Stdin = strings.NewReader(keyPEM(t, i.leafKey))
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("openssl pkcs8: %v", err)
	}
	return string(out)
}

// What no server would take is refused before anything is sent, with what to
// do; a wrong passphrase is reported and not shown.
func TestIdentityRefused(t *testing.T) {
	i := newIdentities(t)
	made := func(name string, change func(*x509.Certificate)) {
		cert, key := issue(t, i.middle, i.middleKey, change)
		write(t, i.path(name), certPEM(cert)+keyPEM(t, key))
	}
	made("expired.pem", func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Minute) })
	made("early.pem", func(c *x509.Certificate) { c.NotBefore = time.Now().Add(time.Minute) })
	made("server.pem", func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth} })
	write(t, i.path("alone.pem"), certPEM(i.leaf))
	write(t, i.path("key.pem"), keyPEM(t, i.leafKey))
	write(t, i.path("foreign.pem"), keyPEM(t, i.middleKey))
	write(t, i.path("empty.pem"), "")
	pfx, err := gopkcs12.Modern.Encode(i.leafKey, i.leaf, nil, "hush")
	if err != nil {
		t.Fatal(err)
	}
	write(t, i.path("hush.p12"), string(pfx))
	trust, err := gopkcs12.Modern.EncodeTrustStore([]*x509.Certificate{i.leaf}, "")
	if err != nil {
		t.Fatal(err)
	}
	write(t, i.path("nokey.p12"), string(trust))
	for _, tt := range []struct {
		cert, key, passphrase string
		code, message, hint   string
	}{
		{"expired.pem", "", "", "client-certificate", "expired at 2", "machine's clock"},
		{"early.pem", "", "", "client-certificate", "not valid before 2", "machine's clock"},
		{"server.pem", "", "", "client-certificate", "not for client authentication: its extended key usage is serverAuth", "clientAuth"},
		{"alone.pem", "", "", "client-certificate", "no key: the file contains none", "--client-key FILE"},
		{"alone.pem", "foreign.pem", "", "client-certificate", "does not belong to", "must belong together"},
		{"alone.pem", "none.pem", "", "invalid-input", "file does not exist", ""},
		{"none.pem", "key.pem", "", "invalid-input", "no such file", ""},
		{"empty.pem", "key.pem", "", "invalid-input", "no PEM block and no DER", ""},
		{"key.pem", "key.pem", "", "invalid-input", "a private key", ""},
		{"alone.pem", "alone.pem", "", "invalid-input", "want one private key", ""},
		{"hush.p12", "", "", "passphrase", "passphrase is not given", "--client-passphrase-file FILE, or $NFCERT_CLIENT_PASSPHRASE"},
		{"hush.p12", "", "GEHEIM", "wrong-passphrase", "does not open it", "$NFCERT_CLIENT_PASSPHRASE"},
		{"nokey.p12", "", "", "invalid-input", "without exactly one private key", ""},
		{"alone.pem", "pkcs11:token=x", "", "usage", "PKCS#11 URI: want object or id", "as in --client-key 'pkcs11:"},
	} {
		t.Run(tt.cert+" "+tt.key+tt.passphrase, func(t *testing.T) {
			args := []string{"account", "-o", "json", "--client-cert", i.path(tt.cert)}
			if strings.HasPrefix(tt.key, "pkcs11:") {
				args = append(args, "--client-key", tt.key)
			} else if tt.key != "" {
				args = append(args, "--client-key", i.path(tt.key))
			}
			i.env["NFCERT_CLIENT_PASSPHRASE"] = tt.passphrase
			r := i.run(t.Context(), args...)
			doc := r.report(t)
			if doc.Exit != report.ExitUsage || string(doc.Code) != tt.code || !strings.Contains(doc.Message, tt.message) || !strings.Contains(doc.Hint, tt.hint) {
				t.Errorf("got %d %s: %s\nhint: %s\nwant 2 %s, %q and the hint %q", doc.Exit, doc.Code, doc.Message, doc.Hint, tt.code, tt.message, tt.hint)
			}
			if strings.Contains(r.err, "GEHEIM") {
				t.Errorf("the passphrase is shown: %s", r.err)
			}
		})
	}
	s, err := store.Open(i.path("state"))
	if err != nil {
		t.Fatal(err)
	}
	if list, err := enroll.Accounts(s, nil); err != nil || len(list) > 0 {
		t.Errorf("%d accounts (%v), want none", len(list), err)
	}
}
