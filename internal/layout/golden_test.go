package layout_test

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/nfcert/nfcert/internal/layout"
)

var update = flag.Bool("update", false, "write the golden files anew")

// TestGolden guards what each layout writes and says, as a person reads it: the
// PEM blocks by what they are, in their order, and everything else as it is.
func TestGolden(t *testing.T) {
	t.Parallel()
	server, client := []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}, []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}
	tests := []struct {
		name   string
		layout layout.Name
		wish   wish
		change func(*layout.Target)
	}{
		{"pem", layout.PEM, wish{}, nil},
		{"open5gs", layout.Open5GS, wish{}, nil},
		{"open5gs-sepp", layout.Open5GS, wish{}, func(t *layout.Target) { t.NFType, t.Enrolment = "SEPP", "sepp-02" }},
		{"open5gs-hss", layout.Open5GS, wish{}, func(t *layout.Target) { t.NFType = "HSS" }},
		{"open5gs-server", layout.Open5GS, wish{usages: server}, nil},
		{"open5gs-client", layout.Open5GS, wish{usages: client}, nil},
		{"open5gs-keyless", layout.Open5GS, wish{}, func(t *layout.Target) { t.Keyless = "it stays in a token" }},
		{"open5gs-foreign", layout.Open5GS, wish{noDNS: true, unknown: true}, func(t *layout.Target) { t.NFType = "5G_EIR" }},
		{"open5gs-nameless", layout.Open5GS, wish{}, func(t *layout.Target) { t.NFType = "../AMF" }},
		{"open5gs-odd-path", layout.Open5GS, wish{}, func(t *layout.Target) {
			t.Dir = filepath.FromSlash("/etc/open 5gs: \"tls\" #1")
			t.Paths = map[string]string{layout.KindKey: "/keys/amf.key", layout.KindCert: "/certs/amf.pem"}
		}},
		{"free5gc-rsa", layout.Free5GC, wish{rsa: true}, nil},
		{"free5gc-ec", layout.Free5GC, wish{uris: []string{"https://amf.example/callback", instance}}, nil},
		{"free5gc-nrf", layout.Free5GC, wish{rsa: true}, func(t *layout.Target) { t.NFType = "NRF" }},
		{"sd-core", layout.SDCore, wish{}, nil},
		{"k8s-secret", layout.KubernetesSecret, wish{}, func(t *layout.Target) { t.Enrolment = "Lab_AMF.01-" }},
		{"pkcs12", layout.PKCS12, wish{}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			target := amf(tt.layout, "/etc/tls")
			if tt.change != nil {
				tt.change(&target)
			}
			in := issued(tt.wish)
			got := describe(build(t, target, in), in)
			golden := filepath.Join("testdata", tt.name+".golden")
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("%s: got\n%s\nwant\n%s", golden, got, want)
			}
		})
	}
}

// describe writes a set as text.
func describe(set *layout.Set, in layout.Issued) string {
	var b strings.Builder
	for _, f := range set.Files {
		shared := ""
		if f.Shared {
			shared = " shared"
		}
		fmt.Fprintf(&b, "%s %04o%s %s\n", f.Kind, f.Mode, shared, filepath.ToSlash(f.Path))
		for _, line := range blocks(f.Data, in) {
			fmt.Fprintf(&b, "  %s\n", line)
		}
	}
	b.WriteString("configuration\n")
	for _, line := range set.Configuration {
		fmt.Fprintf(&b, "  |%s\n", line)
	}
	b.WriteString("warnings\n")
	for _, line := range set.Warnings {
		fmt.Fprintf(&b, "  %s\n", line)
	}
	return b.String()
}

// blocks names the PEM blocks of a file.
func blocks(data []byte, in layout.Issued) []string {
	var list []string
	for block, rest := pem.Decode(data); block != nil; block, rest = pem.Decode(rest) {
		name := block.Type
		for what, c := range map[string]*x509.Certificate{"leaf": in.Chain[0], "issuer": in.Chain[1], "root": newAuthority().root} {
			if bytes.Equal(block.Bytes, c.Raw) {
				name += " " + what
			}
		}
		list = append(list, name)
	}
	if list == nil && len(data) > 0 {
		list = append(list, "no PEM")
	}
	return list
}
