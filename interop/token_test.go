package interop_test

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"encoding/asn1"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"math/big"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/lestrrat-go/jwx/v3/jwa"
	"github.com/lestrrat-go/jwx/v3/jwk"
	"github.com/lestrrat-go/jwx/v3/jws"

	"github.com/nfcert/nfcert/internal/acmewire"
	"github.com/nfcert/nfcert/internal/lab"
	"github.com/nfcert/nfcert/internal/token"
)

var b64 = base64.RawURLEncoding

// rfc7638 is the key of RFC 7638 3.1 and its thumbprint.
const (
	rfc7638Modulus = "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W" +
		"-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08q" +
		"NLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw"
	rfc7638Thumbprint = "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"
)

func rfc7638Key(t *testing.T) *rsa.PublicKey {
	t.Helper()
	n, err := b64.DecodeString(rfc7638Modulus)
	if err != nil {
		t.Fatal(err)
	}
	return &rsa.PublicKey{N: new(big.Int).SetBytes(n), E: 65537}
}

// accountKeys are the public keys that an account may have.
func accountKeys(t *testing.T) map[string]crypto.PublicKey {
	t.Helper()
	keys := map[string]crypto.PublicKey{"RFC 7638": rfc7638Key(t)}
	for name, curve := range map[string]elliptic.Curve{"P256": elliptic.P256(), "P384": elliptic.P384(), "P521": elliptic.P521()} {
		key, err := ecdsa.GenerateKey(curve, rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		keys[name] = key.Public()
	}
	public, _, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	keys["Ed25519"] = public
	return keys
}

// canonical writes a JWK as RFC 7638 3 has it hashed: the required members
// alone, by name, without blanks.
func canonical(t *testing.T, key crypto.PublicKey) string {
	t.Helper()
	switch key := key.(type) {
	case *rsa.PublicKey:
		return fmt.Sprintf(`{"e":%q,"kty":"RSA","n":%q}`, b64.EncodeToString(big.NewInt(int64(key.E)).Bytes()), b64.EncodeToString(key.N.Bytes()))
	case *ecdsa.PublicKey:
		point, err := key.Bytes() // 4, x, y
		if err != nil {
			t.Fatal(err)
		}
		half := (len(point) - 1) / 2
		return fmt.Sprintf(`{"crv":%q,"kty":"EC","x":%q,"y":%q}`, key.Params().Name, b64.EncodeToString(point[1:1+half]), b64.EncodeToString(point[1+half:]))
	case ed25519.PublicKey:
		return fmt.Sprintf(`{"crv":"Ed25519","kty":"OKP","x":%q}`, b64.EncodeToString(key))
	}
	t.Fatalf("key of type %T", key)
	return ""
}

// TestThumbprints compares nfcert's thumbprints and fingerprints with those of
// another JOSE library and of openssl.
func TestThumbprints(t *testing.T) {
	openssl, opensslErr := exec.LookPath("openssl")
	for name, key := range accountKeys(t) {
		t.Run(name, func(t *testing.T) {
			thumbprint, err := acmewire.Thumbprint(key)
			if err != nil {
				t.Fatal(err)
			}
			if name == "RFC 7638" && thumbprint != rfc7638Thumbprint {
				t.Errorf("thumbprint %s, want %s", thumbprint, rfc7638Thumbprint)
			}
			other, err := jwk.Import(key)
			if err != nil {
				t.Fatal(err)
			}
			sum, err := other.Thumbprint(crypto.SHA256)
			if err != nil || b64.EncodeToString(sum) != thumbprint {
				t.Errorf("thumbprint %s, by jwx %s (%v)", thumbprint, b64.EncodeToString(sum), err)
			}
			fingerprint, err := token.Fingerprint(thumbprint)
			if err != nil {
				t.Fatal(err)
			}
			if opensslErr != nil {
				needless(t, "openssl", opensslErr)
			}
			out := command(t, []byte(canonical(t, key)), openssl, "dgst", "-sha256", "-c") // …= ab:cd:…
			digest := strings.TrimSpace(string(out[bytes.LastIndexByte(out, ' ')+1:]))
			if want := "SHA256 " + strings.ToUpper(digest); fingerprint != want {
				t.Errorf("fingerprint %q, by openssl %q", fingerprint, want)
			}
			raw, err := hex.DecodeString(strings.ReplaceAll(digest, ":", ""))
			if err != nil || b64.EncodeToString(raw) != thumbprint {
				t.Errorf("thumbprint %s, by openssl %s (%v)", thumbprint, b64.EncodeToString(raw), err)
			}
		})
	}
}

// needless skips a test for want of a program; where CI has seen to it that all
// are there, it fails.
func needless(t *testing.T, program string, err error) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatalf("%s is not installed: %v", program, err)
	}
	t.Skipf("%[1]s is not installed (Debian package %[1]s)", program)
}

// command runs a program to its end.
func command(t *testing.T, stdin []byte, program string, args ...string) []byte {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), program, args...)
	cmd.Stdin = bytes.NewReader(stdin)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", program, strings.Join(args, " "), err, out)
	}
	return out
}

// issued is a token as nfcert gets it from the lab's Token Authority, and what
// it asked for.
func issued(t *testing.T) (text string, want token.ATC, roots *x509.CertPool) {
	t.Helper()
	l, err := lab.Start(t.Context(), lab.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	certPEM, keyPEM, err := l.IssueClient("amf")
	if err != nil {
		t.Fatal(err)
	}
	pair, err := tls.X509KeyPair(certPEM, keyPEM)
	if err != nil {
		t.Fatal(err)
	}
	roots = poolOf(t, l.TokenAuthorityRoot())
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, Certificates: []tls.Certificate{pair}}}
	t.Cleanup(transport.CloseIdleConnections)
	thumbprint, err := acmewire.Thumbprint(rfc7638Key(t))
	if err != nil {
		t.Fatal(err)
	}
	want = token.ATC{Type: "NfInstanceId", Value: strings.TrimPrefix(sampleURI, "urn:uuid:")}
	if want.Fingerprint, err = token.Fingerprint(thumbprint); err != nil {
		t.Fatal(err)
	}
	got, err := (&token.Authority{URL: l.TokenAuthorityURL(), HTTP: transport}).Token(t.Context(), want)
	if err != nil {
		t.Fatal(err)
	}
	return string(got.Reveal()), want, roots
}

// signerOf is the certificate that a token names in x5c, when it chains to roots.
func signerOf(t *testing.T, text string, roots *x509.CertPool) *x509.Certificate {
	t.Helper()
	message, err := jws.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	chain, ok := message.Signatures()[0].ProtectedHeaders().X509CertChain()
	if !ok || chain.Len() == 0 {
		t.Fatal("the token has no x5c")
	}
	first, _ := chain.Get(0)
	der, err := base64.StdEncoding.DecodeString(string(first))
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := cert.Verify(x509.VerifyOptions{Roots: roots, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}}); err != nil {
		t.Errorf("the token's signer: %v", err)
	}
	return cert
}

// TestTokenByAnotherLibrary has jwx verify and read what nfcert gets.
func TestTokenByAnotherLibrary(t *testing.T) {
	text, want, roots := issued(t)
	payload, err := jws.Verify([]byte(text), jws.WithKey(jwa.ES256(), signerOf(t, text, roots).PublicKey))
	if err != nil {
		t.Fatal(err)
	}
	var claims struct {
		Expires int64  `json:"exp"`
		ID      string `json:"jti"`
		ATC     struct {
			Type        string `json:"tktype"`
			Value       string `json:"tkvalue"`
			Fingerprint string `json:"fingerprint"`
			CA          bool   `json:"ca"`
		} `json:"atc"`
	}
	if err := json.Unmarshal(payload, &claims); err != nil {
		t.Fatal(err)
	}
	if got := (token.ATC(claims.ATC)); got != want || claims.ID == "" || !time.Unix(claims.Expires, 0).After(time.Now()) {
		t.Errorf("claims %+v, want %+v, an id and some life", claims, want)
	}
	parts := strings.Split(text, ".")
	forged := parts[0] + "." + b64.EncodeToString(bytes.Replace(payload, []byte(want.Value[:8]), []byte("00000000"), 1)) + "." + parts[2]
	if _, err := jws.Verify([]byte(forged), jws.WithKey(jwa.ES256(), signerOf(t, text, roots).PublicKey)); err == nil {
		t.Error("jwx verifies a token with other claims: the test proves nothing")
	}
}

// TestTokenByOpenssl has openssl verify the ES256 signature over header and
// payload.
func TestTokenByOpenssl(t *testing.T) {
	openssl, err := exec.LookPath("openssl")
	if err != nil {
		needless(t, "openssl", err)
	}
	text, _, roots := issued(t)
	last := strings.LastIndex(text, ".")
	raw, err := b64.DecodeString(text[last+1:])
	if err != nil || len(raw) != 64 {
		t.Fatalf("a signature of %d bytes (%v), want R and S of 32 (RFC 7518 3.4)", len(raw), err)
	}
	der, err := asn1.Marshal(struct{ R, S *big.Int }{new(big.Int).SetBytes(raw[:32]), new(big.Int).SetBytes(raw[32:])})
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	write := func(name string, data []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	cert := write("signer.pem", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: signerOf(t, text, roots).Raw}))
	public := write("public.pem", command(t, nil, openssl, "x509", "-in", cert, "-noout", "-pubkey"))
	out := command(t, []byte(text[:last]), openssl, "dgst", "-sha256", "-verify", public, "-signature", write("signature.der", der))
	if !strings.Contains(string(out), "Verified OK") {
		t.Errorf("openssl says %q", out)
	}
}
