package interop_test

import (
	"crypto"
	"crypto/x509"
	"encoding/base64"
	"net"
	"testing"

	"github.com/go-acme/lego/v5/acme"
	"github.com/go-acme/lego/v5/certificate"
	"github.com/go-acme/lego/v5/challenge/http01"
	"github.com/go-acme/lego/v5/lego"
	"github.com/go-acme/lego/v5/registration"
)

// legoEnrol walks an account's whole life by lego: created with the binding
// that the server asks for, certified, its certificate revoked, deactivated.
// It returns the default chain.
func legoEnrol(t *testing.T, s server, csr *x509.CertificateRequest) []byte {
	t.Helper()
	user := &legoUser{key: newKey(t)}
	config := lego.NewConfig(user)
	config.CADirURL, config.HTTPClient = s.directory, s.httpClient(t)
	client, err := lego.NewClient(config)
	if err != nil {
		t.Fatal(err)
	}
	host, port, err := net.SplitHostPort(s.httpAddr)
	if err != nil {
		t.Fatal(err)
	}
	if err := client.Challenge.SetHTTP01Provider(http01.NewProviderServer(host, port)); err != nil {
		t.Fatal(err)
	}
	if user.account, err = legoRegister(t, client, s); err != nil {
		t.Fatalf("newAccount: %v", err)
	}
	if found, err := client.Registration.QueryRegistration(t.Context()); err != nil || found.Status != "valid" {
		t.Errorf("account = %+v, %v, want status valid", found, err)
	}
	got, err := client.Certificate.ObtainForCSR(t.Context(), certificate.ObtainForCSRRequest{CSR: csr, Bundle: true})
	if err != nil {
		t.Fatalf("order: %v", err)
	}
	if err := client.Certificate.Revoke(t.Context(), got.Certificate); err != nil {
		t.Errorf("revokeCert: %v", err)
	}
	if err := client.Registration.DeleteRegistration(t.Context()); err != nil {
		t.Errorf("deactivating the account: %v", err)
	}
	return got.Certificate
}

func legoRegister(t *testing.T, client *lego.Client, s server) (*acme.ExtendedAccount, error) {
	t.Helper()
	if s.eabKID == "" {
		return client.Registration.Register(t.Context(), registration.RegisterOptions{TermsOfServiceAgreed: true})
	}
	return client.Registration.RegisterWithExternalAccountBinding(t.Context(), registration.RegisterEABOptions{
		TermsOfServiceAgreed: true,
		Kid:                  s.eabKID,
		HmacEncoded:          base64.RawURLEncoding.EncodeToString(s.eabKey),
	})
}

// legoUser is the account as lego wants to see it.
type legoUser struct {
	key     crypto.Signer
	account *acme.ExtendedAccount
}

func (u *legoUser) GetEmail() string                       { return "noc@example.org" }
func (u *legoUser) GetRegistration() *acme.ExtendedAccount { return u.account }
func (u *legoUser) GetPrivateKey() crypto.Signer           { return u.key }
