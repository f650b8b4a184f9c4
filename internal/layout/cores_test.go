package layout_test

import (
	"bytes"
	"context"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/asn1"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"
	"software.sslmate.com/src/go-pkcs12"

	"github.com/nfcert/nfcert/internal/layout"
	"github.com/nfcert/nfcert/internal/secret"
)

// write puts a set on the disk, as an installer would.
func write(t *testing.T, set *layout.Set) {
	t.Helper()
	for _, f := range set.Files {
		if err := os.WriteFile(f.Path, f.Data, f.Mode); err != nil {
			t.Fatal(err)
		}
	}
}

// TestMutualTLS loads each layout's files like the cores, certificate and key by
// name and the CA file as the only trust, and uses them on both ends of a TLS
// handshake.
func TestMutualTLS(t *testing.T) {
	t.Parallel()
	load := map[layout.Name]func(*testing.T, *layout.Set, string) (tls.Certificate, []byte){
		layout.Open5GS:          pair("amf.crt", "amf.key", "ca.crt"),
		layout.Free5GC:          pair("amf.pem", "amf.key", "root.pem"),
		layout.SDCore:           pair("amf.pem", "amf.key", "root.pem"),
		layout.PEM:              pair("amf-01.fullchain.pem", "amf-01.key.pem", ""),
		layout.KubernetesSecret: mounted,
		layout.PKCS12:           opened,
	}
	for _, name := range layout.Names() {
		for _, w := range []wish{{}, {rsa: true}} {
			t.Run(fmt.Sprintf("%s rsa=%t", name, w.rsa), func(t *testing.T) {
				t.Parallel()
				dir := t.TempDir()
				set := build(t, amf(name, dir), issued(w))
				write(t, set)
				cert, authorities := load[name](t, set, dir)
				shakeHands(t, cert, authorities)
			})
		}
	}
}

// pair loads two PEM files, and the CA file; a core without a CA file gets the root
// from somewhere else.
func pair(cert, key, ca string) func(*testing.T, *layout.Set, string) (tls.Certificate, []byte) {
	return func(t *testing.T, _ *layout.Set, dir string) (tls.Certificate, []byte) {
		t.Helper()
		loaded, err := tls.LoadX509KeyPair(filepath.Join(dir, cert), filepath.Join(dir, key))
		if err != nil {
			t.Fatal(err)
		}
		if ca == "" {
			return loaded, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: newAuthority().root.Raw})
		}
		data, err := os.ReadFile(filepath.Join(dir, ca))
		if err != nil {
			t.Fatal(err)
		}
		return loaded, data
	}
}

// kubernetesSecret is the fields of a Secret that the test uses.
type kubernetesSecret struct {
	APIVersion string `yaml:"apiVersion"`
	Kind       string `yaml:"kind"`
	Metadata   struct {
		Name string `yaml:"name"`
	} `yaml:"metadata"`
	Type string `yaml:"type"`
	Data struct {
		Crt string `yaml:"tls.crt"`
		Key string `yaml:"tls.key"`
		CA  string `yaml:"ca.crt"`
	} `yaml:"data"`
}

// mounted reads the manifest strictly and returns the files that a pod would see.
func mounted(t *testing.T, set *layout.Set, _ string) (tls.Certificate, []byte) {
	t.Helper()
	var s kubernetesSecret
	dec := yaml.NewDecoder(bytes.NewReader(file(t, set, layout.KindSecret).Data))
	dec.KnownFields(true)
	if err := dec.Decode(&s); err != nil {
		t.Fatal(err)
	}
	if s.APIVersion != "v1" || s.Kind != "Secret" || s.Type != "kubernetes.io/tls" || s.Metadata.Name != "amf-01-tls" {
		t.Errorf("the manifest is of %s %s %s %q, want v1 Secret kubernetes.io/tls amf-01-tls", s.APIVersion, s.Kind, s.Type, s.Metadata.Name)
	}
	decode := func(text string) []byte {
		data, err := base64.StdEncoding.Strict().DecodeString(text)
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	cert, err := tls.X509KeyPair(decode(s.Data.Crt), decode(s.Data.Key))
	if err != nil {
		t.Fatal(err)
	}
	return cert, decode(s.Data.CA)
}

// opened reads the PKCS#12 file; its last certificate is the root.
func opened(t *testing.T, set *layout.Set, _ string) (tls.Certificate, []byte) {
	t.Helper()
	key, leaf, others, err := pkcs12.DecodeChain(file(t, set, layout.KindPKCS12).Data, "passphrase of a test")
	if err != nil {
		t.Fatal(err)
	}
	if len(others) != 2 {
		t.Fatalf("%d certificates beside the leaf, want issuer and root", len(others))
	}
	cert := tls.Certificate{Certificate: [][]byte{leaf.Raw, others[0].Raw}, PrivateKey: key}
	return cert, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: others[1].Raw})
}

// shakeHands connects the NF to itself: each end presents the certificate and
// trusts only the authorities.
func shakeHands(t *testing.T, cert tls.Certificate, authorities []byte) {
	t.Helper()
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(authorities) {
		t.Fatal("the CA file has no certificate")
	}
	near, far := net.Pipe()
	defer near.Close()
	defer far.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	server := tls.Server(far, &tls.Config{Certificates: []tls.Certificate{cert}, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: pool, MinVersion: tls.VersionTLS12})
	client := tls.Client(near, &tls.Config{Certificates: []tls.Certificate{cert}, RootCAs: pool, ServerName: fqdn, MinVersion: tls.VersionTLS12})
	served := make(chan error, 1)
	go func() { // ends with the pipe, which is closed when this function returns
		err := server.HandshakeContext(ctx)
		if err == nil {
			_, err = server.Write([]byte("x"))
		}
		served <- err
	}()
	err := client.HandshakeContext(ctx)
	if err == nil {
		_, err = client.Read(make([]byte, 1))
	}
	near.Close()
	if err := errors.Join(err, <-served); err != nil {
		t.Errorf("mutual TLS: %v", err)
	}
	if peers := server.ConnectionState().VerifiedChains; len(peers) == 0 {
		t.Error("the server has not verified the client")
	}
}

// TestFree5GC checks that the warnings tell what free5GC does. It parses only RSA
// keys for tokens; neither the order of URI names nor their presence matters to it.
func TestFree5GC(t *testing.T) {
	t.Parallel()
	other := "https://amf.example/callback"
	tests := []struct {
		name   string
		nfType string
		wish   wish
		want   string // part of the only warning; "": none
	}{
		{"RSA", "AMF", wish{rsa: true}, ""},
		{"RSA, instance id second", "AMF", wish{rsa: true, uris: []string{other, instance}}, ""},
		{"RSA, no URI", "AMF", wish{rsa: true, uris: []string{}}, ""},
		{"EC", "AMF", wish{}, "gets no token (invalid_client)"},
		{"NRF, RSA", "NRF", wish{rsa: true}, "at every start and overwrites "},
		{"NRF, EC", "NRF", wish{}, "oauth: false"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			target := amf(layout.Free5GC, t.TempDir())
			target.NFType = tt.nfType
			set := build(t, target, issued(tt.wish))
			block, _ := pem.Decode(file(t, set, layout.KindKey).Data)
			if _, err := x509.ParsePKCS1PrivateKey(block.Bytes); (err == nil) != tt.wish.rsa {
				t.Errorf("the key as PKCS#1: %v, want that for RSA alone", err)
			}
			switch {
			case tt.want == "" && len(set.Warnings) > 0:
				t.Errorf("warnings %q, want none", set.Warnings)
			case tt.want != "" && (len(set.Warnings) != 1 || !strings.Contains(set.Warnings[0], tt.want)):
				t.Errorf("warnings %q, want one with %q", set.Warnings, tt.want)
			}
		})
	}
}

// TestPKCS12Stable checks what crash recovery needs: the same content gives the same
// file, and other content has other salts.
func TestPKCS12Stable(t *testing.T) {
	t.Parallel()
	in := issued(wish{})
	make := func(in layout.Issued) []byte {
		return file(t, build(t, amf(layout.PKCS12, "/d"), in), layout.KindPKCS12).Data
	}
	first := make(in)
	if !bytes.Equal(first, make(in)) {
		t.Error("the same input gives another file")
	}
	other := in
	other.Passphrase = secret.New([]byte("another passphrase"))
	legacy := in
	legacy.LegacyPKCS12 = true
	longer := in
	longer.Chain = append(longer.Chain, longer.Roots...)
	longer.Roots = nil
	for name, in := range map[string]layout.Issued{"another passphrase": other, "the legacy encoding": legacy} {
		if a, b := macSalt(t, first), macSalt(t, make(in)); len(b) < 8 || bytes.HasPrefix(a, b) {
			t.Errorf("%s: the salt is %x and was %x, want another", name, b, a)
		}
	}
	if !bytes.Equal(first, make(longer)) {
		t.Error("the root sent by the CA gives another file than the root known from elsewhere")
	}
	for _, data := range [][]byte{first, make(legacy)} {
		if _, _, _, err := pkcs12.DecodeChain(data, "wrong"); !errors.Is(err, pkcs12.ErrIncorrectPassword) {
			t.Errorf("a wrong passphrase gives %v, want %v", err, pkcs12.ErrIncorrectPassword)
		}
	}
}

// macSalt reads the salt of a file's MAC (RFC 7292 4).
func macSalt(t *testing.T, data []byte) []byte {
	t.Helper()
	var pfx struct {
		Version  int
		AuthSafe asn1.RawValue
		MacData  struct {
			Mac        asn1.RawValue
			Salt       []byte
			Iterations int `asn1:"optional,default:1"`
		}
	}
	if rest, err := asn1.Unmarshal(data, &pfx); err != nil || len(rest) > 0 {
		t.Fatalf("no PFX: %v, %d bytes after it", err, len(rest))
	}
	return pfx.MacData.Salt
}

// TestPKCS12OpenSSL reads the files with OpenSSL itself.
func TestPKCS12OpenSSL(t *testing.T) {
	t.Parallel()
	openssl, err := exec.LookPath("openssl")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip("openssl is not installed (Debian package openssl)")
	}
	for _, legacy := range []bool{false, true} {
		for _, w := range []wish{{}, {rsa: true}} {
			dir := t.TempDir()
			in := issued(w)
			in.LegacyPKCS12 = legacy
			set := build(t, amf(layout.PKCS12, dir), in)
			write(t, set)
			cmd := exec.CommandContext(t.Context(), openssl, "pkcs12", "-info", "-in", file(t, set, layout.KindPKCS12).Path, "-nodes", "-passin", "stdin")
			cmd.Stdin = strings.NewReader("passphrase of a test\n")
			out, err := cmd.Output()
			if err != nil {
				t.Errorf("legacy %t, rsa %t: %v", legacy, w.rsa, err)
				continue
			}
			if certs, keys := bytes.Count(out, []byte("BEGIN CERTIFICATE")), bytes.Count(out, []byte("BEGIN PRIVATE KEY")); certs != 3 || keys != 1 {
				t.Errorf("legacy %t, rsa %t: openssl finds %d certificates and %d keys, want 3 and 1", legacy, w.rsa, certs, keys)
			}
			if names := bytes.Count(out, []byte("friendlyName: amf-01\n")); names != 2 {
				t.Errorf("legacy %t, rsa %t: openssl finds %d friendlyNames, want those of key and certificate in\n%s", legacy, w.rsa, names, out)
			}
			if !bytes.Contains(out, bytes.TrimSpace(in.Key)) {
				t.Errorf("legacy %t, rsa %t: openssl finds another key", legacy, w.rsa)
			}
		}
	}
}

// TestPKCS12Read reads files whose name and passphrase are not plain ASCII or are
// long, and one without a name: both need the encodings of RFC 7292 appendix B.
func TestPKCS12Read(t *testing.T) {
	t.Parallel()
	for _, legacy := range []bool{false, true} {
		for _, word := range []string{"x", "pässwörd €", strings.Repeat("long ", 100)} {
			for _, name := range []string{"", "amf-01", "ämf"} {
				in := issued(wish{rsa: true})
				in.LegacyPKCS12, in.Passphrase = legacy, secret.New([]byte(word))
				target := amf(layout.PKCS12, "/d")
				target.Enrolment = name
				key, leaf, others, err := pkcs12.DecodeChain(file(t, build(t, target, in), layout.KindPKCS12).Data, word)
				if err != nil || !leaf.Equal(in.Chain[0]) || len(others) != 2 || !in.Chain[0].PublicKey.(*rsa.PublicKey).Equal(key.(*rsa.PrivateKey).Public()) {
					t.Errorf("legacy %t, passphrase %q, name %q: %v, %d others; want key, leaf and 2 others", legacy, word, name, err, len(others))
				}
			}
		}
	}
}
