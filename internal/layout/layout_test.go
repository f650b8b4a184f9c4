package layout_test

import (
	"crypto/x509"
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/nfcert/nfcert/internal/layout"
	"github.com/nfcert/nfcert/internal/secret"
)

func TestParse(t *testing.T) {
	t.Parallel()
	for _, name := range layout.Names() {
		if got, err := layout.Parse(string(name)); got != name || err != nil {
			t.Errorf("Parse(%q) = %q, %v; want the same", name, got, err)
		}
	}
	for _, s := range []string{"", "PEM", "open5gs ", "oai"} {
		var unknown *layout.UnknownError
		if got, err := layout.Parse(s); !errors.As(err, &unknown) || unknown.Name != s || got != "" {
			t.Errorf("Parse(%q) = %q, %v; want an UnknownError for it", s, got, err)
		}
	}
}

// TestPlanIsBuilt checks that every layout makes the planned files.
func TestPlanIsBuilt(t *testing.T) {
	t.Parallel()
	for _, name := range layout.Names() {
		target := amf(name, t.TempDir())
		target.Paths = map[string]string{layout.KindCSR: filepath.Join(t.TempDir(), "amf.csr"), layout.KindCert: ""}
		plan, err := target.Plan()
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		set := build(t, target, issued(wish{}))
		if len(plan) != len(set.Files) {
			t.Errorf("%s: %d files built, want the %d planned", name, len(set.Files), len(plan))
			continue
		}
		for i, f := range set.Files {
			if f.Kind != plan[i].Kind || f.Path != plan[i].Path || f.Mode != plan[i].Mode || f.Shared != plan[i].Shared {
				t.Errorf("%s: file %d is %s %s, want %s %s as planned", name, i, f.Kind, f.Path, plan[i].Kind, plan[i].Path)
			}
			if f.Kind == layout.KindCert {
				t.Errorf("%s: %s is written, want it left out as its path is empty", name, f.Path)
			}
			if private := strings.Contains(string(f.Data), "PRIVATE KEY") || f.Kind == layout.KindSecret || f.Kind == layout.KindPKCS12; private != (f.Mode == 0o600) {
				t.Errorf("%s: %s has mode %04o and holds a key: %t", name, f.Path, f.Mode, private)
			}
		}
	}
}

func TestKeyless(t *testing.T) {
	t.Parallel()
	in := issued(wish{})
	in.Key = nil
	for _, name := range layout.Names() {
		target := amf(name, t.TempDir())
		target.Keyless = "it stays in a token"
		set, err := layout.Build(target, in)
		if name == layout.KubernetesSecret || name == layout.PKCS12 {
			var noKey *layout.NoKeyError
			if !errors.As(err, &noKey) || noKey.Layout != name || !strings.Contains(err.Error(), target.Keyless) {
				t.Errorf("%s without a key: error %v, want a NoKeyError with the reason", name, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s without a key: %v", name, err)
			continue
		}
		for _, f := range set.Files {
			if f.Kind == layout.KindKey {
				t.Errorf("%s without a key writes %s", name, f.Path)
			}
		}
		if len(set.Warnings) == 0 || !strings.Contains(set.Warnings[0], target.Keyless) {
			t.Errorf("%s without a key warns %q, want the reason first", name, set.Warnings)
		}
	}
	target := layout.Target{Enrolment: "amf-01", Keyless: "it stays in a token", Paths: map[string]string{layout.KindKey: "/amf.key"}}
	var noKey *layout.NoKeyError
	if _, err := target.Plan(); !errors.As(err, &noKey) || noKey.Kind != layout.KindKey {
		t.Errorf("a key file asked for and none there: %v, want a NoKeyError", err)
	}
}

func TestNames(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, enrolment, nfType string
		layout                  layout.Name
		want                    string // of the first file
	}{
		{"lower case", "x", "AMF", layout.Open5GS, "amf.crt"},
		{"a type with a digit first", "x", "5G_EIR", layout.Free5GC, "5g_eir.pem"},
		{"no type", "core-7", "", layout.SDCore, "core-7.pem"},
		{"a path for a type", "core-7", "../../etc/AMF", layout.SDCore, "core-7.pem"},
		{"a type of an operator's with a slash", "core-7", "A/B", layout.Open5GS, "core-7.crt"},
		{"the first SEPP", "sepp", "SEPP", layout.Open5GS, "sepp1.crt"},
		{"SEPP 0", "sepp-00", "SEPP", layout.Open5GS, "sepp1.crt"},
		{"the third SEPP", "roaming3", "SEPP", layout.Open5GS, "sepp3.crt"},
		{"a date is no count", "sepp-20260101", "SEPP", layout.Open5GS, "sepp1.crt"},
		{"digits that overflow", "sepp-" + strings.Repeat("9", 90), "SEPP", layout.Open5GS, "sepp1.crt"},
		{"others do not count SEPPs", "sepp-02", "SEPP", layout.SDCore, "sepp.pem"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			files, err := layout.Target{Layout: tt.layout, Dir: dir, Enrolment: tt.enrolment, NFType: tt.nfType}.Plan()
			if err != nil || len(files) == 0 {
				t.Fatalf("Plan = %v, %v", files, err)
			}
			if got := files[0].Path; got != filepath.Join(dir, tt.want) {
				t.Errorf("first file of %q as %s = %s, want %s in %s", tt.enrolment, tt.nfType, got, tt.want, dir)
			}
		})
	}
}

func TestSecretName(t *testing.T) {
	t.Parallel()
	tests := []struct{ in, want string }{
		{"amf-01", "amf-01-tls"},
		{"AMF_01.lab", "amf-01-lab-tls"},
		{"5-", "5-tls"},
		{strings.Repeat("a", 249), strings.Repeat("a", 249) + "-tls"},
		{strings.Repeat("a", 250), ""},
		{"", ""},
		{"___", ""},
		{"ämf\n", "mf-tls"},
	}
	for _, tt := range tests {
		got, err := layout.Target{Enrolment: tt.in}.SecretName()
		if got != tt.want || (err == nil) != (tt.want != "") {
			t.Errorf("SecretName of %q = %q, %v; want %q", tt.in, got, err, tt.want)
		}
	}
}

func TestBuildRefuses(t *testing.T) {
	t.Parallel()
	good := issued(wish{})
	tests := []struct {
		name   string
		target layout.Target
		change func(*layout.Issued)
		want   string
	}{
		{"no certificate", amf(layout.PEM, "/d"), func(in *layout.Issued) { in.Chain = nil }, "no certificate given"},
		{"no such layout", amf("oai", "/d"), nil, `unknown layout "oai"`},
		{"no such file", layout.Target{Paths: map[string]string{"nonsense": "/d/x"}}, nil, `unknown kind of file "nonsense"`},
		{"a key that is no PEM, for free5GC", amf(layout.Free5GC, "/d"), func(in *layout.Issued) { in.Key = []byte("secret canary") }, "no PEM"},
		{"a key that is no PKCS#8", amf(layout.PKCS12, "/d"), func(in *layout.Issued) {
			in.Key = []byte("-----BEGIN PRIVATE KEY-----\nc2VjcmV0IGNhbmFyeQ==\n-----END PRIVATE KEY-----\n")
		}, "not PKCS#8"},
		{"no passphrase", amf(layout.PKCS12, "/d"), func(in *layout.Issued) { in.Passphrase = secret.Bytes{} }, "empty"},
		{"an emoji for a passphrase", amf(layout.PKCS12, "/d"), func(in *layout.Issued) { in.Passphrase = secret.New([]byte("canary \U0001F512")) }, "U+FFFF"},
		{"two lines of passphrase", amf(layout.PKCS12, "/d"), func(in *layout.Issued) { in.Passphrase = secret.New([]byte("canary\nb")) }, "line break"},
		{"a passphrase that is no text", amf(layout.PKCS12, "/d"), func(in *layout.Issued) { in.Passphrase = secret.New([]byte("canary\xff")) }, "UTF-8"},
		{"a long passphrase", amf(layout.PKCS12, "/d"), func(in *layout.Issued) { in.Passphrase = secret.New(make([]byte, 1025)) }, "1025 bytes"},
		{"no name for a Secret", layout.Target{Layout: layout.KubernetesSecret, Enrolment: "__"}, nil, "cannot make the name of a Secret"},
		{"a chain that no Secret takes", amf(layout.KubernetesSecret, "/d"), func(in *layout.Issued) {
			for range 2000 {
				in.Chain = append(in.Chain, in.Chain[1])
			}
		}, "at most 1048576"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			in := good
			in.Chain = append([]*x509.Certificate(nil), good.Chain...)
			if tt.change != nil {
				tt.change(&in)
			}
			_, err := layout.Build(tt.target, in)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("got error %v, want one with %q", err, tt.want)
			}
			if strings.Contains(err.Error(), "canary") {
				t.Errorf("the error repeats the secret: %v", err)
			}
		})
	}
}

// TestUnknownRoot checks that a chain with an unknown root still gives a CA file,
// with the topmost issuer, and a warning.
func TestUnknownRoot(t *testing.T) {
	t.Parallel()
	in := issued(wish{unknown: true})
	set := build(t, amf(layout.Open5GS, t.TempDir()), in)
	if got := blocks(file(t, set, layout.KindCA).Data, in); len(got) != 1 || got[0] != "CERTIFICATE issuer" {
		t.Errorf("ca.crt holds %q, want the topmost issuer", got)
	}
	if all := strings.Join(set.Warnings, "\n"); !strings.Contains(all, "which is not a root") {
		t.Errorf("warnings %q, want one about the root", all)
	}
	in.Chain = in.Chain[:1]
	set = build(t, amf(layout.Open5GS, t.TempDir()), in)
	for _, f := range set.Files {
		if f.Kind == layout.KindCA {
			t.Errorf("%s is written with %q, want none", f.Path, f.Data)
		}
	}
	if all := strings.Join(set.Configuration, "\n"); strings.Contains(all, "cacert") {
		t.Errorf("the configuration names a CA file that is not written:\n%s", all)
	}
}

func TestContent(t *testing.T) {
	t.Parallel()
	in := issued(wish{})
	for kind, want := range map[string]string{
		layout.KindCert: "CERTIFICATE leaf", layout.KindChain: "CERTIFICATE issuer",
		layout.KindFullchain: "CERTIFICATE leaf CERTIFICATE issuer", layout.KindCA: "CERTIFICATE root",
		layout.KindKey: "PRIVATE KEY", layout.KindCSR: "no PEM",
	} {
		data, err := layout.Content(kind, in)
		if got := strings.Join(blocks(data, in), " "); got != want || err != nil {
			t.Errorf("Content(%q) holds %q, %v; want %q", kind, got, err, want)
		}
	}
	if _, err := layout.Content("nonsense", in); err == nil {
		t.Error("Content of nonsense gives no error")
	}
}
