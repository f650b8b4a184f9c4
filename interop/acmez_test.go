package interop_test

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"testing"

	"github.com/mholt/acmez/v3"
	"github.com/mholt/acmez/v3/acme"
)

// acmezEnrol walks an account's whole life by acmez: created with the binding
// that the server asks for, found again by its key, certified, its key rolled
// over, its certificate revoked. It returns the default chain.
func acmezEnrol(t *testing.T, s server, csr *x509.CertificateRequest) []byte {
	t.Helper()
	ctx := t.Context()
	client := acmez.Client{
		Client:           &acme.Client{Directory: s.directory, HTTPClient: s.httpClient(t)},
		ChallengeSolvers: map[string]acmez.Solver{acme.ChallengeTypeHTTP01: &acmezSolver{addr: s.httpAddr}},
	}
	account := acme.Account{TermsOfServiceAgreed: true, Contact: []string{"mailto:noc@example.org"}, PrivateKey: newKey(t)}
	if s.eabKID != "" {
		if err := account.SetExternalAccountBinding(ctx, client.Client, acme.EAB{KeyID: s.eabKID, MACKey: base64.RawURLEncoding.EncodeToString(s.eabKey)}); err != nil {
			t.Fatal(err)
		}
	}
	account, err := client.NewAccount(ctx, account)
	if err != nil {
		t.Fatalf("newAccount: %v", err)
	}
	found, err := client.GetAccount(ctx, acme.Account{PrivateKey: account.PrivateKey})
	if err != nil || found.Location != account.Location {
		t.Errorf("account by key = %q, %v, want %q", found.Location, err, account.Location)
	}
	var ids []acme.Identifier
	for _, name := range csr.DNSNames {
		ids = append(ids, acme.Identifier{Type: "dns", Value: name})
	}
	chains, err := client.ObtainCertificate(ctx, acmez.OrderParameters{Account: account, Identifiers: ids, CSR: acmez.StaticCSR(csr)})
	if err != nil {
		t.Fatalf("order: %v", err)
	}
	if account, err = client.AccountKeyRollover(ctx, account, newKey(t)); err != nil {
		t.Fatalf("keyChange: %v", err)
	}
	if found, err = client.GetAccount(ctx, acme.Account{PrivateKey: account.PrivateKey}); err != nil || found.Location != account.Location {
		t.Errorf("account by its new key = %q, %v, want %q", found.Location, err, account.Location)
	}
	if err := client.RevokeCertificate(ctx, account, leafOf(t, chains[0].ChainPEM), nil, acme.ReasonSuperseded); err != nil {
		t.Errorf("revokeCert: %v", err)
	}
	return chains[0].ChainPEM
}

// acmezSolver answers http-01 on addr, one challenge at a time.
type acmezSolver struct {
	addr   string
	server *http.Server
	done   chan error
}

// Present listens and answers.
func (s *acmezSolver) Present(ctx context.Context, challenge acme.Challenge) error {
	var config net.ListenConfig
	l, err := config.Listen(ctx, "tcp", s.addr)
	if err != nil {
		return fmt.Errorf("presenting: %w", err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc(challenge.HTTP01ResourcePath(), func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, challenge.KeyAuthorization)
	})
	s.server, s.done = &http.Server{Handler: mux}, make(chan error, 1)
	go func() { s.done <- s.server.Serve(l) }()
	return nil
}

// CleanUp stops answering. acmez calls it without Present too.
func (s *acmezSolver) CleanUp(context.Context, acme.Challenge) error {
	if s.server == nil {
		return nil
	}
	err := s.server.Close()
	<-s.done
	s.server = nil
	return err
}

// newKey returns a fresh P-256 key.
func newKey(t testing.TB) crypto.Signer {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}
