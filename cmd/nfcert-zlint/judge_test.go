package main

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nfcert/nfcert/internal/zlint"
)

// issue makes a certificate that passes every lint, as change leaves it.
func issue(t testing.TB, change func(*x509.Certificate)) []byte {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(0x4acedeadbeef), NotBefore: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC),
		NotAfter:     time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC),
		Subject:      pkix.Name{Country: []string{"SE"}, Organization: []string{"Operator"}},
		DNSNames:     []string{"amf1.amf.5gc.mnc001.mcc001.3gppnetwork.org"},
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
		SubjectKeyId: []byte{1, 2, 3, 4}, AuthorityKeyId: []byte{5, 6, 7, 8},
	}
	change(template)
	issuer := &x509.Certificate{Subject: pkix.Name{Country: []string{"SE"}, CommonName: "CA"}, SubjectKeyId: []byte{5, 6, 7, 8}}
	der, err := x509.CreateCertificate(rand.Reader, template, issuer, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

func TestJudge(t *testing.T) {
	j := newJudge()
	for _, tt := range []struct {
		name   string
		change func(*x509.Certificate)
		want   []string // lints, "STATUS LINT"
	}{
		{"nothing to find", func(*x509.Certificate) {}, nil},
		{"a name twice", func(c *x509.Certificate) { c.DNSNames = append(c.DNSNames, c.DNSNames[0]) }, []string{"info n_san_dns_name_duplicate"}},
		{"a country in small letters", func(c *x509.Certificate) { c.Subject.Country = []string{"se"} }, []string{"error e_subj_country_not_uppercase"}},
		{"a public CA's rule alone", func(c *x509.Certificate) { c.NotAfter = c.NotBefore.AddDate(20, 0, 0) }, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			a := j.judge(issue(t, tt.change))
			var got []string
			for _, f := range a.Findings {
				got = append(got, f.Status+" "+f.Lint)
				if f.Description == "" || f.Source != "Community" && !strings.HasPrefix(f.Source, "RFC") {
					t.Errorf("finding %+v: want a description, and an RFC or Community as its source", f)
				}
			}
			if !slices.Equal(got, tt.want) || a.Fault != "" {
				t.Errorf("got %q, fault %q, want %q", got, a.Fault, tt.want)
			}
		})
	}
}

// The lint that is passed over for short signatures still finds what it is for:
// the lost keys are the generator of P-384 taken less than 256 times.
func TestJudgeLostKey(t *testing.T) {
	const lostX = "25dba85a64d397da0b1052e9ea546e487befea9c9d9d68a0c5eadcfeef75a69bb5d6fc01f42bfbca6eb40bcd64c0767e"
	for d := 1; d < 256; d++ {
		scalar := make([]byte, 48)
		scalar[47] = byte(d)
		key, err := ecdsa.ParseRawPrivateKey(elliptic.P384(), scalar)
		if err != nil {
			t.Fatal(err)
		}
		if point, err := key.PublicKey.Bytes(); err != nil || hex.EncodeToString(point[1:49]) != lostX {
			continue
		}
		template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now()}
		der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
		if err != nil {
			t.Fatal(err)
		}
		found := newJudge().judge(der).Findings
		if !slices.ContainsFunc(found, func(f zlint.Finding) bool { return f.Lint == emudhraLint && f.Status == "error" }) {
			t.Errorf("got %+v, want %s among them", found, emudhraLint)
		}
		return
	}
	t.Fatal("no scalar gives the lost key")
}

func TestJudgeGarbage(t *testing.T) {
	j := newJudge()
	der := issue(t, func(*x509.Certificate) {})
	for name, bad := range map[string][]byte{
		"nothing": nil, "text": []byte("hello"), "truncated": der[:len(der)/2], "trailing bytes": append(slices.Clone(der), 0),
		"nested": bytes.Repeat([]byte{0x30, 0x80}, 10_000),
	} {
		if a := j.judge(bad); a.Fault == "" {
			t.Errorf("%s: got %+v, want a fault", name, a)
		}
	}
}

func TestRunTakesNoArguments(t *testing.T) {
	var out, stderr bytes.Buffer
	if code := run([]string{"cert.pem"}, strings.NewReader(""), &out, &stderr); code != 2 || out.Len() != 0 || stderr.Len() == 0 {
		t.Errorf("got exit %d, stdout %q, stderr %q, want 2 and words on stderr", code, out.String(), stderr.String())
	}
}

// TestCompanion builds the program and has it judge through its client.
func TestCompanion(t *testing.T) {
	path := filepath.Join(t.TempDir(), zlint.Program)
	if runtime.GOOS == "windows" {
		path += ".exe"
	}
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", path, ".").CombinedOutput(); err != nil {
		t.Fatalf("building: %v\n%s", err, out)
	}
	t.Setenv("PATH", filepath.Dir(path)+string(os.PathListSeparator)+os.Getenv("PATH"))
	found, err := zlint.Find()
	if err != nil || found != path {
		t.Fatalf("Find: got %q, %v, want %q", found, err, path)
	}
	c := &zlint.Client{Path: found}
	defer c.Close()
	hello, err := c.Start(t.Context())
	if err != nil || !strings.HasPrefix(hello.Zlint, "v3.") || hello.Lints < 100 {
		t.Fatalf("Start: got %+v, %v, want zlint v3 with its lints", hello, err)
	}
	for range 3 {
		got, err := c.Lint(t.Context(), issue(t, func(c *x509.Certificate) { c.Subject.Country = []string{"se"} }))
		if err != nil || len(got) != 1 || got[0].Lint != "e_subj_country_not_uppercase" || got[0].Source != "Community" {
			t.Errorf("Lint: got %+v, %v, want e_subj_country_not_uppercase of Community", got, err)
		}
		var fault *zlint.FaultError
		if _, err := c.Lint(t.Context(), []byte("garbage")); !errors.As(err, &fault) {
			t.Errorf("Lint of garbage: got %v, want a FaultError", err)
		}
	}
	if err := c.Close(); err != nil {
		t.Errorf("Close: got %v", err)
	}
}

// FuzzJudge guards that nothing but a panic that Serve catches comes out of
// hostile certificates.
func FuzzJudge(f *testing.F) {
	text, err := os.ReadFile(filepath.Join("..", "..", "internal", "inspect", "testdata", "rfc9310-appendix-b.pem"))
	if err != nil {
		f.Fatal(err)
	}
	block, _ := pem.Decode(text)
	f.Add(block.Bytes)
	f.Add([]byte{0x30, 0x03, 0x02, 0x01, 0x01})
	j := newJudge()
	f.Fuzz(func(t *testing.T, der []byte) {
		frame := append([]byte{byte(len(der) >> 24), byte(len(der) >> 16), byte(len(der) >> 8), byte(len(der))}, der...)
		var out bytes.Buffer
		err := zlint.Serve(bytes.NewReader(frame), &out, zlint.Greeting{}, j.judge)
		if lines := bytes.Count(out.Bytes(), []byte("\n")); err != nil || lines != 2 {
			t.Errorf("Serve of %x: %d lines, %v, want the greeting and one answer", der, lines, err)
		}
	})
}
