package lint_test

import (
	"crypto"
	"crypto/x509"
	"encoding/pem"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/nfcert/nfcert/internal/csrgen"
	"github.com/nfcert/nfcert/internal/inspect"
	"github.com/nfcert/nfcert/internal/lint"
	"github.com/nfcert/nfcert/internal/nf"
)

// settings finds the lines for openssl.cnf in a fix.
var settings = regexp.MustCompile(`\b(C|O|keyUsage|extendedKeyUsage|subjectAltName|1\.3\.6\.1\.5\.5\.7\.1\.34|t1) = (.+?)(?:; | and | in | \(|, t2|\. |$)`)

// A user who creates a CSR with openssl, knows nothing about the 5G core, and
// follows each fix in openssl.cnf gets a CSR without findings.
func TestAdviceIsEnough(t *testing.T) {
	openssl, err := exec.LookPath("openssl")
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal("CI has no openssl")
		}
		t.Skip("no openssl on the PATH")
	}
	ec, err := csrgen.GenerateKey(csrgen.P256)
	if err != nil {
		t.Fatal(err)
	}
	rsa, err := csrgen.GenerateKey(csrgen.RSA3072)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range nf.Profiles() {
		key := ec
		switch p.Name {
		case "custom", "af-tls", "ri-signing":
			continue // the owner chooses the subject
		case "n32-encryption":
			key = rsa
		}
		t.Run(p.Name, func(t *testing.T) {
			v := &vendor{t: t, openssl: openssl, dir: t.TempDir(), subject: map[string]string{"O": "VendorCo"}, exts: map[string]string{}}
			v.writeKey(key)
			l, err := lint.New(lint.Options{Profile: p, Now: now})
			if err != nil {
				t.Fatal(err)
			}
			var left []lint.Finding
			for range 3 {
				left = nil
				for _, f := range l.Judge(lint.Input{Items: []*inspect.Contents{inspect.ReadCSR(v.request())}})[0].Findings {
					if f.Severity != inspect.Info {
						left = append(left, f)
						v.follow(f.Fix)
					}
				}
			}
			for _, f := range left {
				t.Errorf("after three rounds: %s: %s, fix %q\nopenssl.cnf:\n%s", f.Rule, f.Message, f.Fix, v.config())
			}
		})
	}
}

// vendor creates CSRs with openssl and follows lint.
type vendor struct {
	t             *testing.T
	openssl, dir  string
	subject, exts map[string]string
	nfType        string
}

func (v *vendor) writeKey(key crypto.Signer) {
	v.t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		v.t.Fatal(err)
	}
	data := pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
	if err := os.WriteFile(filepath.Join(v.dir, "key.pem"), data, 0o600); err != nil {
		v.t.Fatal(err)
	}
}

// follow does what one fix says.
func (v *vendor) follow(fix string) {
	names := strings.NewReplacer("NAME", "nf1."+homeDomain, "UUID", "4ace9d34-2c69-4f99-92d5-a73a3fe8e23b")
	for _, m := range settings.FindAllStringSubmatch(fix, -1) {
		switch key, value := m[1], names.Replace(m[2]); key {
		case "C", "O":
			v.subject[key] = value
		case "t1":
			v.nfType = value
		default:
			v.exts[key] = value
		}
	}
}

func (v *vendor) config() string {
	var b strings.Builder
	b.WriteString("[req]\nprompt = no\ndistinguished_name = dn\nreq_extensions = ext\n[dn]\n")
	for _, key := range []string{"C", "O"} {
		if v.subject[key] != "" {
			b.WriteString(key + " = " + v.subject[key] + "\n")
		}
	}
	b.WriteString("[ext]\nsubjectKeyIdentifier = hash\n")
	for key, value := range v.exts {
		b.WriteString(key + " = " + value + "\n")
	}
	b.WriteString("[types]\nt1 = " + v.nfType + "\n")
	return b.String()
}

func (v *vendor) request() []byte {
	v.t.Helper()
	path := filepath.Join(v.dir, "openssl.cnf")
	if err := os.WriteFile(path, []byte(v.config()), 0o600); err != nil {
		v.t.Fatal(err)
	}
	out, err := exec.Command(v.openssl, "req", "-new", "-key", filepath.Join(v.dir, "key.pem"), "-config", path, "-outform", "DER").Output()
	if err != nil {
		v.t.Fatalf("openssl req: %v with\n%s", err, v.config())
	}
	return out
}
