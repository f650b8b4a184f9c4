package main

import (
	"bytes"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"io"
	"log"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const (
	nrfID = "5b8f7c1e-3d2a-4c59-a1f0-6e7d8c9b0a04"
	smfID = "2f0f5e0e-9a43-4d8e-8e0c-0f6f5f0b6a11"
	amfID = "4ace9d34-2c69-4f99-92d5-a73a3fe8e23b"
	other = "9d2e3a61-6b40-4f1c-8c47-1e6c9c80ad03"
)

// world is a CA and what it issued.
type world struct {
	t    *testing.T
	dir  string
	root *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newWorld(t *testing.T) *world {
	w := &world{t: t, dir: t.TempDir(), key: newKey(t)}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "root"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	w.root = w.create(template, template, w.key.Public())
	w.write("root.pem", "CERTIFICATE", w.root.Raw)
	return w
}

func newKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func (w *world) create(template, parent *x509.Certificate, public crypto.PublicKey) *x509.Certificate {
	w.t.Helper()
	der, err := x509.CreateCertificate(rand.Reader, template, parent, public, w.key)
	if err != nil {
		w.t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		w.t.Fatal(err)
	}
	return cert
}

func (w *world) write(name, kind string, der []byte) string {
	w.t.Helper()
	path := filepath.Join(w.dir, name)
	if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
		w.t.Fatal(err)
	}
	return path
}

// issue makes a certificate with URI names and writes it and its key.
func (w *world) issue(name string, usages []asn1.ObjectIdentifier, uris ...string) (*x509.Certificate, *ecdsa.PrivateKey) {
	w.t.Helper()
	key := newKey(w.t)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(2), DNSNames: []string{name + ".example"}, KeyUsage: x509.KeyUsageDigitalSignature, UnknownExtKeyUsage: usages,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	if usages == nil {
		template.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth, x509.ExtKeyUsageServerAuth}
	}
	for _, s := range uris {
		u, err := url.Parse(s)
		if err != nil {
			w.t.Fatal(err)
		}
		template.URIs = append(template.URIs, u)
	}
	cert := w.create(template, w.root, key.Public())
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		w.t.Fatal(err)
	}
	w.write(name+".pem", "CERTIFICATE", cert.Raw)
	w.write(name+".key", "PRIVATE KEY", der)
	return cert, key
}

var signing = []asn1.ObjectIdentifier{oidAccessTokenSigning}

// Each thing that a producer checks refuses alone.
func TestAdmits(t *testing.T) {
	w := newWorld(t)
	nrf, key := w.issue("nrf", signing, "urn:uuid:"+nrfID)
	now := time.Now()
	g := &guard{nrf: nrf, issuer: nrfID, nfType: "SMF", instance: smfID, scope: "nsmf-pdusession", now: func() time.Time { return now }}
	amf, _ := w.issue("amf", nil, "urn:uuid:"+amfID)
	capitals, _ := w.issue("capitals", nil, "URN:UUID:"+strings.ToUpper(amfID), "https://amf.example/")
	plain, _ := w.issue("plain", nil)
	foreign, _ := w.issue("foreign", nil, "urn:uuid:"+other)
	two, _ := w.issue("two", nil, "urn:uuid:"+amfID, "urn:uuid:"+other)
	odd, _ := w.issue("odd", nil, "urn:uuid:"+amfID+"0", "https://x.example/urn:uuid:"+amfID)
	token := func(change func(*claims)) string {
		c := claims{Issuer: nrfID, Subject: amfID, Audience: audience{"SMF"}, Scope: "nsmf-event-exposure nsmf-pdusession", Expires: now.Add(time.Minute).Unix()}
		change(&c)
		text, err := sign(key, c)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	good := token(func(*claims) {})
	parts := strings.Split(good, ".")
	stranger, err := sign(newKey(t), claims{Issuer: nrfID, Subject: amfID, Audience: audience{"SMF"}, Scope: "nsmf-pdusession", Expires: now.Add(time.Minute).Unix()})
	if err != nil {
		t.Fatal(err)
	}
	header := func(h string) string { return b64.EncodeToString([]byte(h)) + "." + parts[1] + "." + parts[2] }
	for _, tc := range []struct {
		name  string
		token string
		cert  *x509.Certificate
		want  string // of the refusal; "": served
	}{
		{"good", good, amf, ""},
		{"id in capitals, another URI beside", good, capitals, ""},
		{"sub in capitals", token(func(c *claims) { c.Subject = strings.ToUpper(amfID) }), amf, ""},
		{"for our instance", token(func(c *claims) { c.Audience = audience{other, smfID} }), amf, ""},
		{"certificate without id", good, plain, "names no NF instance"},
		{"certificate of another", good, foreign, `is for NF instance "` + amfID + `", and the certificate is of ` + other},
		{"certificate of two", good, two, "names 2 NF instances"},
		{"certificate with like names", good, odd, "names no NF instance"},
		{"token of another", token(func(c *claims) { c.Subject = other }), amf, "is for NF instance"},
		{"token of nobody", token(func(c *claims) { c.Subject = "" }), amf, "is for NF instance"},
		{"token of nobody, certificate without id", token(func(c *claims) { c.Subject = "" }), plain, "names no NF instance"},
		{"expired", token(func(c *claims) { c.Expires = now.Unix() }), amf, "expired"},
		{"no exp", token(func(c *claims) { c.Expires = 0 }), amf, "expired"},
		{"other type", token(func(c *claims) { c.Audience = audience{"UDM"} }), amf, "want SMF"},
		{"no audience", token(func(c *claims) { c.Audience = nil }), amf, "want SMF"},
		{"other service", token(func(c *claims) { c.Scope = "nsmf-pdusession-x" }), amf, "want nsmf-pdusession"},
		{"other NRF", token(func(c *claims) { c.Issuer = other }), amf, "want the NRF"},
		{"stranger's signature", stranger, amf, "signature is not the NRF's"},
		{"other claims", parts[0] + "." + b64.EncodeToString([]byte(`{"sub":"x"}`)) + "." + parts[2], amf, "signature is not the NRF's"},
		{"alg none", header(`{"alg":"none"}`), amf, "not signed by ES256"},
		{"alg HS256", header(`{"alg":"HS256"}`), amf, "not signed by ES256"},
		{"no signature", parts[0] + "." + parts[1] + ".", amf, "no signature"},
		{"a word", "x", amf, "no compact JWS"},
		{"nothing", "", amf, "no compact JWS"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			id, err := g.admits(tc.token, tc.cert)
			switch {
			case tc.want == "" && (err != nil || id != amfID):
				t.Errorf("%q, %v; want it served", id, err)
			case tc.want != "" && (err == nil || id != "" || !strings.Contains(err.Error(), tc.want)):
				t.Errorf("%q, %v; want a refusal with %q", id, err, tc.want)
			}
		})
	}
}

// A certificate that is not for access tokens, or not the CA's, signs none.
func TestLoadSigner(t *testing.T) {
	w := newWorld(t)
	w.issue("nrf", signing, "urn:uuid:"+nrfID)
	w.issue("tls", nil, "urn:uuid:"+nrfID)
	elsewhere := newWorld(t)
	elsewhere.issue("nrf", signing, "urn:uuid:"+nrfID)
	roots, err := loadPool(filepath.Join(w.dir, "root.pem"))
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		filepath.Join(w.dir, "nrf.pem"):         "",
		filepath.Join(w.dir, "tls.pem"):         "not for the signing of access tokens",
		filepath.Join(w.dir, "nrf.key"):         "no certificate",
		filepath.Join(elsewhere.dir, "nrf.pem"): "unknown authority",
		filepath.Join(w.dir, "none"):            "no such file",
	} {
		if _, err := loadSigner(path, roots); (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", path, err, want)
		}
	}
}

// The producer speaks HTTP/2, and to nobody without a certificate.
func TestServe(t *testing.T) {
	w := newWorld(t)
	nrf, key := w.issue("nrf", signing, "urn:uuid:"+nrfID)
	w.issue("smf", nil, "urn:uuid:"+smfID)
	w.issue("amf", nil, "urn:uuid:"+amfID)
	s := &settings{cert: filepath.Join(w.dir, "smf.pem"), key: filepath.Join(w.dir, "smf.key"), root: filepath.Join(w.dir, "root.pem")}
	conf, err := s.tlsConfig()
	if err != nil {
		t.Fatal(err)
	}
	g := &guard{nrf: nrf, issuer: nrfID, nfType: "SMF", instance: smfID, scope: "nsmf-pdusession", now: time.Now}
	server := httptest.NewUnstartedServer(g.serve(io.Discard))
	server.TLS, server.EnableHTTP2 = conf, true
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // of the handshakes that must fail
	server.StartTLS()
	defer server.Close()
	t.Setenv(producerVar, server.URL)

	token, err := sign(key, claims{Issuer: nrfID, Subject: amfID, Audience: audience{"SMF"}, Scope: "nsmf-pdusession", Expires: time.Now().Add(time.Minute).Unix()})
	if err != nil {
		t.Fatal(err)
	}
	write := func(text string) string {
		path := filepath.Join(w.dir, "token")
		if err := os.WriteFile(path, []byte(text+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	consume := func(who, token string) (string, error) {
		var out bytes.Buffer
		err := run(context.Background(), []string{
			"consume", "--cert", filepath.Join(w.dir, who+".pem"), "--key", filepath.Join(w.dir, who+".key"), "--root", s.root,
			"--host", "smf.example", "--token", write(token), "/nsmf-pdusession/v1/sm-contexts",
		}, &out, io.Discard)
		return out.String(), err
	}
	if out, err := consume("amf", token); err != nil || out != "HTTP/2.0 200 OK: served NF instance "+amfID+"\n" {
		t.Errorf("%q, %v", out, err)
	}
	if _, err := consume("amf", ""); err == nil || !strings.Contains(err.Error(), "401") {
		t.Errorf("without a token: %v, want 401", err)
	}
	foreign := newWorld(t)
	foreign.issue("amf", nil, "urn:uuid:"+amfID)
	for name, certs := range map[string][]tls.Certificate{"none": nil, "of another CA": {load(t, foreign.dir, "amf")}} {
		transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: conf.RootCAs, ServerName: "smf.example", Certificates: certs}, ForceAttemptHTTP2: true}
		resp, err := (&http.Client{Transport: transport}).Get(server.URL)
		if err == nil {
			resp.Body.Close()
			t.Errorf("certificate %s: status %s, want TLS to refuse it", name, resp.Status)
		}
		transport.CloseIdleConnections()
	}
}

func load(t *testing.T, dir, name string) tls.Certificate {
	t.Helper()
	pair, err := tls.LoadX509KeyPair(filepath.Join(dir, name+".pem"), filepath.Join(dir, name+".key"))
	if err != nil {
		t.Fatal(err)
	}
	return pair
}

// What is missing is said before anything is served.
func TestUsage(t *testing.T) {
	for _, args := range [][]string{{}, {"serve"}, {"produce"}, {"consume"}, {"consume", "x"}, {"token", "--cert", "/none"}} {
		if err := run(t.Context(), args, io.Discard, io.Discard); err == nil {
			t.Errorf("%q: no error", args)
		}
	}
}
