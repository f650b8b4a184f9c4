package interop_test

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/nfcert/nfcert/interop/realca"
)

// sampleName is an AMF's name in the home network domain of the test PLMN
// (TS 23.003 28.2).
const sampleName = "amf1.amf.5gc.mnc001.mcc001.3gppnetwork.org"

// What nfcert is told of the sample AMF.
func sampleNF() []string {
	return []string{"--nf-type", "AMF", "--nf-instance-id", strings.TrimPrefix(sampleURI, "urn:uuid:"),
		"--plmn", "001-01", "--country", "SE", "--fqdn", sampleName}
}

// bench is nfcert with a state folder of its own, driven as its users drive
// it: the real binary, one process a command.
type bench struct {
	t          *testing.T
	binary     string
	dir        string   // state, output, home
	env        []string // of every command
	httpAddr   string   // where the CA looks for http-01 answers
	issuerRoot string   // PEM file
}

// newBench returns a bench at a server, whose URL and root come from the
// environment as in a CI job.
func newBench(t *testing.T, directory, tlsRoot, issuerRoot, httpAddr string) *bench {
	t.Helper()
	dir := t.TempDir()
	env := []string{
		"HOME=" + dir,
		"NFCERT_STATE=" + filepath.Join(dir, "state"),
		"NFCERT_SERVER=" + directory,
		"NFCERT_CA_ROOT=" + tlsRoot,
		"NFCERT_NO_INPUT=true",
		"NFCERT_OUTPUT=json",
	}
	for _, name := range []string{"PATH", "TMPDIR", "SYSTEMROOT"} {
		if v, ok := os.LookupEnv(name); ok {
			env = append(env, name+"="+v)
		}
	}
	return &bench{t: t, binary: binary(t, built.nfcert), dir: dir, env: env, httpAddr: httpAddr, issuerRoot: issuerRoot}
}

func pebbleBench(t *testing.T, ca *realca.Pebble) *bench {
	t.Helper()
	return newBench(t, ca.Directory, ca.TLSRoot, ca.IssuerRoot, ca.HTTPAddr)
}

func stepCABench(t *testing.T, ca *realca.StepCA) *bench {
	t.Helper()
	return newBench(t, ca.Directory, ca.Root, ca.Root, ca.HTTPAddr)
}

// path returns a path below the bench's folder.
func (b *bench) path(name string) string { return filepath.Join(b.dir, name) }

// answering are the flags with which http-01 is answered.
func (b *bench) answering() []string {
	return []string{"--challenge", "http-01", "--http-listen", b.httpAddr}
}

// saving are the flags with which the certificate is verified and saved.
func (b *bench) saving() []string {
	return []string{"--issuer-root", b.issuerRoot, "--out", b.path("out")}
}

// exec runs one command to its end and fails the test when it does not exit
// with want.
func (b *bench) exec(want int, args ...string) (stdout, stderr []byte) {
	b.t.Helper()
	var out, errs bytes.Buffer
	cmd := exec.CommandContext(b.t.Context(), b.binary, args...)
	cmd.Env, cmd.Dir = b.env, b.dir
	cmd.Stdout, cmd.Stderr = &out, &errs
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		b.t.Fatal(err)
	}
	if got := cmd.ProcessState.ExitCode(); got != want {
		b.t.Fatalf("nfcert %s: exit %d, want %d\nstdout: %s\nstderr: %s", strings.Join(args, " "), got, want, out.Bytes(), errs.Bytes())
	}
	return out.Bytes(), errs.Bytes()
}

// run runs one command that must succeed and decodes its document.
func (b *bench) run(args ...string) document {
	b.t.Helper()
	stdout, _ := b.exec(0, args...)
	return decode[document](b.t, "Enrolment", stdout)
}

// refused runs one command that must exit with want and decodes its error.
func (b *bench) refused(want int, args ...string) failure {
	b.t.Helper()
	_, stderr := b.exec(want, args...)
	// Progress may stand before the document, which is the last.
	start := bytes.LastIndex(stderr, []byte(`{"apiVersion"`))
	if start < 0 {
		start = max(0, bytes.IndexByte(stderr, '{'))
	}
	f := decode[failure](b.t, "Error", stderr[start:])
	if f.Exit != want {
		b.t.Errorf("nfcert %s: the error says exit %d, the process %d", strings.Join(args, " "), f.Exit, want)
	}
	return f
}

// document is what is read of an Enrolment.
type document struct {
	Kind  string `json:"kind"`
	Name  string `json:"name"`
	Step  string `json:"step"`
	Order struct {
		URL            string `json:"url"`
		Status         string `json:"status"`
		Authorizations []struct {
			Status     string `json:"status"`
			Challenges []struct {
				Type    string `json:"type"`
				Publish struct {
					URL     string `json:"url"`
					Content string `json:"content"`
				} `json:"publish"`
			} `json:"challenges"`
		} `json:"authorizations"`
	} `json:"order"`
	Certificate struct {
		Serial string `json:"serial"`
		Chain  string `json:"chain"`
		Files  struct {
			Cert      string `json:"cert"`
			Chain     string `json:"chain"`
			Fullchain string `json:"fullchain"`
			Key       string `json:"key"`
		} `json:"files"`
		Differences []struct {
			Field     string `json:"field"`
			Requested string `json:"requested"`
			Issued    string `json:"issued"`
		} `json:"differences"`
	} `json:"certificate"`
	Next string `json:"next"`
}

// failure is what is read of an Error.
type failure struct {
	Exit    int    `json:"exit"`
	Code    string `json:"code"`
	Fault   string `json:"fault"`
	Message string `json:"message"`
	Hint    string `json:"hint"`
	Next    string `json:"next"`
	Problem struct {
		Type   string `json:"type"`
		Status int    `json:"status"`
	} `json:"problem"`
}

// decode reads one JSON document and checks its kind.
func decode[T any](t *testing.T, kind string, text []byte) T {
	t.Helper()
	var head struct{ Kind, APIVersion string }
	var v T
	if err := errors.Join(json.Unmarshal(text, &head), json.Unmarshal(text, &v)); err != nil {
		t.Fatalf("reading JSON: %v: %q", err, text)
	}
	if head.Kind != kind || head.APIVersion != "nfcert/v1" {
		t.Fatalf("document is %s of %s, want %s of nfcert/v1: %s", head.Kind, head.APIVersion, kind, text)
	}
	return v
}

// judgeCertificate checks what was saved without trusting what nfcert says of
// it: key and certificate fit, the chain verifies, the name is there. It
// returns the leaf.
func (b *bench) judgeCertificate(d document) *x509.Certificate {
	b.t.Helper()
	files := d.Certificate.Files
	pair, err := tls.LoadX509KeyPair(files.Fullchain, files.Key)
	if err != nil {
		b.t.Fatalf("loading what was saved as %+v: %v", files, err)
	}
	intermediates := x509.NewCertPool()
	for _, der := range pair.Certificate[1:] {
		cert, err := x509.ParseCertificate(der)
		if err != nil {
			b.t.Fatal(err)
		}
		intermediates.AddCert(cert)
	}
	_, err = pair.Leaf.Verify(x509.VerifyOptions{
		Roots: poolOf(b.t, readFile(b.t, b.issuerRoot)), Intermediates: intermediates, DNSName: sampleName,
	})
	if err != nil {
		b.t.Errorf("verifying the saved chain: %v", err)
	}
	if d.Certificate.Chain != "verified" {
		b.t.Errorf("certificate.chain = %q, want verified", d.Certificate.Chain)
	}
	if got, ok := new(big.Int).SetString(d.Certificate.Serial, 16); !ok || got.Cmp(pair.Leaf.SerialNumber) != 0 {
		b.t.Errorf("certificate.serial = %q, want %x", d.Certificate.Serial, pair.Leaf.SerialNumber)
	}
	if info, err := os.Stat(files.Key); err != nil || info.Mode().Perm() != 0o600 {
		b.t.Errorf("the key's file is %v, %v, want mode 0600", info, err)
	}
	return pair.Leaf
}

// wantDifferences checks the fields that were dropped or changed.
func (b *bench) wantDifferences(d document, want ...string) {
	b.t.Helper()
	var got []string
	for _, difference := range d.Certificate.Differences {
		got = append(got, difference.Field)
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		b.t.Errorf("certificate.differences are of %q, want of %q", got, want)
	}
}

// stderrOf returns what a command that failed with err wrote to stderr.
func stderrOf(err error) string {
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return string(exit.Stderr)
	}
	return ""
}
