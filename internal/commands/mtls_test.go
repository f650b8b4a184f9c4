package commands

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"testing"
	"time"

	"github.com/nfcert/nfcert/internal/commands/report"
	"github.com/nfcert/nfcert/internal/lab"
)

// A CA that demands a client certificate is enrolled at with one; its paths are
// remembered with the server. Without it the error says what is wanted.
func TestMutualTLS(t *testing.T) {
	root, rootKey := issue(t, nil, nil)
	leaf, leafKey := issue(t, root, rootKey)
	pool := x509.NewCertPool()
	pool.AddCert(root)
	w, _ := newLabWorld(t, lab.Options{ClientCAs: pool})
	write(t, w.path("oam.pem"), certPEM(leaf))
	write(t, w.path("oam.key"), keyPEM(t, leafKey))

	refused := w.run(t.Context(), "account", "-o", "json").report(t)
	if refused.Exit != report.ExitNetwork || refused.Fault != report.FaultTLS {
		t.Errorf("without a certificate: exit %d, fault %q, want %d and %q", refused.Exit, refused.Fault, report.ExitNetwork, report.FaultTLS)
	}
	w.must(t, "account", "--client-cert", w.path("oam.pem"), "--client-key", w.path("oam.key"))
	w.must(t, "enroll", "-n", "amf-01", "--nf", w.path("amf.yaml"))
}

func certPEM(c *x509.Certificate) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.Raw}))
}

func keyPEM(t *testing.T, key *ecdsa.PrivateKey) string {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
}

// issue makes a certificate: a root without an issuer, else a client's.
func issue(t *testing.T, issuer *x509.Certificate, issuerKey *ecdsa.PrivateKey, changes ...func(*x509.Certificate)) (*x509.Certificate, *ecdsa.PrivateKey) {
	t.Helper()
	cert, key, err := certify(issuer, issuerKey, func(c *x509.Certificate) {
		c.Subject = pkix.Name{CommonName: "oam"}
		c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
		for _, change := range changes {
			change(c)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	return cert, key
}

// certify makes a certificate with a key of its own, valid for an hour, as
// change has it: a root without an issuer.
func certify(issuer *x509.Certificate, issuerKey *ecdsa.PrivateKey, change func(*x509.Certificate)) (*x509.Certificate, *ecdsa.PrivateKey, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()),
		NotBefore:    time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	if issuer == nil {
		template.IsCA, template.BasicConstraintsValid, template.KeyUsage = true, true, x509.KeyUsageCertSign
		issuer, issuerKey = template, key
	}
	change(template)
	der, err := x509.CreateCertificate(rand.Reader, template, issuer, key.Public(), issuerKey)
	if err != nil {
		return nil, nil, err
	}
	cert, err := x509.ParseCertificate(der)
	return cert, key, err
}
