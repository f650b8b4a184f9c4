package interop_test

import (
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"net/http"
	"net/url"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/nfcert/nfcert/internal/lab"
	"github.com/nfcert/nfcert/internal/loopback"
	"github.com/nfcert/nfcert/interop/realca"
)

// sampleURI names an NF instance as TS 33.310 6.1.3c has it.
const sampleURI = "urn:uuid:4ace9d34-2c69-4f99-92d5-a73a3fe8e23b"

// server is an ACME server as a client is told of it.
type server struct {
	directory           string
	tlsRoot, issuerRoot []byte // PEM
	httpAddr            string // where http-01 answers are looked for
	eabKID              string // empty when no binding is required
	eabKey              []byte
	keepsURI            bool // a URI name that is not in the order is issued
}

// stranger is a client that others wrote.
type stranger struct {
	enrol func(*testing.T, server, *x509.CertificateRequest) (chain []byte)
	uris  []string // the URI names that its CSR may hold beside the order's name
}

// httpClient returns a client that trusts the server's root alone.
func (s server) httpClient(t *testing.T) *http.Client {
	t.Helper()
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: poolOf(t, s.tlsRoot)}}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport, Timeout: 30 * time.Second}
}

// The lab CA is judged by clients that its authors did not write. The same
// clients at Pebble are the control: what they do works elsewhere.
func TestStrangersEnrol(t *testing.T) {
	clients := map[string]stranger{
		// acmez refuses a CSR that holds more than the order.
		"acmez": {enrol: acmezEnrol},
		"lego":  {enrol: legoEnrol, uris: []string{sampleURI}},
	}
	servers := map[string]func(t *testing.T, eabKID string, eabKey []byte) server{
		"lab":    labServer,
		"pebble": pebbleServer,
	}
	for clientName, client := range clients {
		for serverName, start := range servers {
			for _, kid := range []string{"", "kid-1"} {
				name := clientName + " at " + serverName
				if kid != "" {
					name += " with EAB"
				}
				t.Run(name, func(t *testing.T) {
					t.Parallel()
					s := start(t, kid, []byte("0123456789abcdef0123456789abcdef"))
					chain := client.enrol(t, s, newCSR(t, client.uris...))
					wantURIs := client.uris
					if !s.keepsURI {
						wantURIs = nil
					}
					judgeChain(t, s, chain, wantURIs)
				})
			}
		}
	}
}

// judgeChain checks the chain that a stranger got, by crypto/x509.
func judgeChain(t *testing.T, s server, chain []byte, wantURIs []string) {
	t.Helper()
	leaf := leafOf(t, chain)
	intermediates := x509.NewCertPool()
	intermediates.AppendCertsFromPEM(chain)
	_, err := leaf.Verify(x509.VerifyOptions{
		Roots:         poolOf(t, s.issuerRoot),
		Intermediates: intermediates,
		DNSName:       sampleName,
		KeyUsages:     []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	})
	if err != nil {
		t.Errorf("verifying the chain: %v", err)
	}
	if want := []string{sampleName}; !slices.Equal(leaf.DNSNames, want) {
		t.Errorf("DNS names = %q, want %q", leaf.DNSNames, want)
	}
	var uris []string
	for _, u := range leaf.URIs {
		uris = append(uris, u.String())
	}
	if !slices.Equal(uris, wantURIs) {
		t.Errorf("URI names = %q, want %q", uris, wantURIs)
	}
}

// labServer runs the lab CA for the length of the test, with a binding
// required when eabKID is not empty.
func labServer(t *testing.T, eabKID string, eabKey []byte) server {
	t.Helper()
	port, err := loopback.Reserve()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(port.Release)
	opts := lab.Options{HTTPPort: port.Number, TermsOfService: "https://lab.example/terms"}
	if eabKID != "" {
		opts.EAB, opts.RequireEAB = map[string][]byte{eabKID: eabKey}, true
	}
	l, err := lab.Start(t.Context(), opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Errorf("closing the lab: %v", err)
		}
		if t.Failed() {
			for _, r := range l.Requests() {
				t.Logf("lab served %+v", r)
			}
		}
	})
	return server{
		directory: l.DirectoryURL(), tlsRoot: l.TLSRootPEM(), issuerRoot: l.IssuerRootPEM(),
		httpAddr: port.String(),
		eabKID:   eabKID, eabKey: eabKey, keepsURI: true,
	}
}

// pebbleServer runs a Pebble for the length of the test, with a binding
// required when eabKID is not empty.
func pebbleServer(t *testing.T, eabKID string, eabKey []byte) server {
	t.Helper()
	var opts realca.PebbleOptions
	if eabKID != "" {
		opts.EAB = map[string]string{eabKID: base64.RawURLEncoding.EncodeToString(eabKey)}
	}
	ca := startPebble(t, opts)
	return server{
		directory: ca.Directory, tlsRoot: readFile(t, ca.TLSRoot), issuerRoot: readFile(t, ca.IssuerRoot),
		httpAddr: ca.HTTPAddr,
		eabKID:   eabKID, eabKey: eabKey,
	}
}

// newCSR makes a request for the sample AMF, with URI names that the order will
// not have.
func newCSR(t *testing.T, uris ...string) *x509.CertificateRequest {
	t.Helper()
	var parsed []*url.URL
	for _, s := range uris {
		u, err := url.Parse(s)
		if err != nil {
			t.Fatal(err)
		}
		parsed = append(parsed, u)
	}
	der, err := x509.CreateCertificateRequest(rand.Reader, &x509.CertificateRequest{
		Subject:  pkix.Name{Country: []string{"SE"}, Organization: []string{"5gc.mnc001.mcc001.3gppnetwork.org"}},
		DNSNames: []string{sampleName},
		URIs:     parsed,
	}, newKey(t))
	if err != nil {
		t.Fatal(err)
	}
	csr, err := x509.ParseCertificateRequest(der)
	if err != nil {
		t.Fatal(err)
	}
	return csr
}

// leafOf returns the first certificate of a PEM chain.
func leafOf(t *testing.T, chain []byte) *x509.Certificate {
	t.Helper()
	block, _ := pem.Decode(chain)
	if block == nil {
		t.Fatalf("no PEM in %q", chain)
	}
	leaf, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	return leaf
}

// poolOf returns a pool of the certificates in text alone.
func poolOf(t *testing.T, text []byte) *x509.CertPool {
	t.Helper()
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(text) {
		t.Fatalf("no certificate in %q", text)
	}
	return pool
}

func readFile(t *testing.T, name string) []byte {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return text
}
