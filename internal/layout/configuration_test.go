package layout_test

import (
	"fmt"
	"maps"
	"net"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/nfcert/nfcert/internal/layout"
)

// blocks of a configuration begin with comments. pieces returns each block without
// its comments, and the comments.
func pieces(lines []string) (blocks, comments []string) {
	inComment := false
	for _, line := range lines {
		if strings.HasPrefix(line, "#") {
			if !inComment {
				blocks, comments = append(blocks, ""), append(comments, "")
			}
			inComment = true
			comments[len(comments)-1] += line + "\n"
			continue
		}
		inComment = false
		blocks[len(blocks)-1] += line + "\n"
	}
	return blocks, comments
}

// TestConfigurationIsYAML parses each block and finds the files in them.
func TestConfigurationIsYAML(t *testing.T) {
	t.Parallel()
	for _, dir := range []string{"/etc/tls", `/odd "dir": #1 \x`, "/ta\tb\nline", "/ünïcode"} {
		for _, name := range []layout.Name{layout.Open5GS, layout.Free5GC, layout.SDCore} {
			set := build(t, amf(name, dir), issued(wish{}))
			texts := map[string]bool{}
			blocks, _ := pieces(set.Configuration)
			for _, block := range blocks {
				var doc any
				text, env := strings.CutPrefix(block, "SSL_CERT_FILE=")
				if env {
					text = "SSL_CERT_FILE: " + text
				}
				if err := yaml.Unmarshal([]byte(text), &doc); err != nil {
					t.Errorf("%s in %q: %v\n%s", name, dir, err, block)
				}
				collect(doc, texts)
			}
			for _, f := range set.Files {
				if used := name != layout.Free5GC || f.Kind != layout.KindCA; used && !texts[f.Path] {
					t.Errorf("%s in %q: the configuration does not name %q:\n%s", name, dir, f.Path, strings.Join(set.Configuration, "\n"))
				}
			}
		}
	}
}

// collect returns the strings of a document.
func collect(doc any, into map[string]bool) {
	switch v := doc.(type) {
	case map[string]any:
		for _, child := range v {
			collect(child, into)
		}
	case string:
		into[v] = true
	}
}

// shipped are the relevant lines of the files that the cores ship.
var shipped = map[string]string{
	"amf.yaml": `
amf:
  sbi:
    server:
      - address: 127.0.0.5
        port: 7777
    client:
      scp:
        - uri: http://127.0.0.200:7777
  ngap:
    server:
      - address: 127.0.0.5
`,
	"nrf.yaml": `
nrf:
  serving:
    - plmn_id: {mcc: 999, mnc: 70}
  sbi:
    server:
      - address: 127.0.0.10
        port: 7777
`,
	"scp.yaml": `
scp:
  sbi:
    server:
      - address: 127.0.0.200
        port: 7777
    client:
      nrf:
        - uri: http://127.0.0.10:7777
`,
	"sepp2.yaml": `
sepp:
  default:
    tls:
      server:
        private_key: /etc/open5gs/tls/sepp2.key
        cert: /etc/open5gs/tls/sepp2.crt
  sbi:
    server:
      - address: 127.0.2.250
        port: 7777
`,
	"amfcfg.yaml": `
configuration:
  amfName: AMF
  sbi:
    scheme: http
    registerIPv4: 127.0.0.18
    port: 8000
    tls:
      pem: cert/amf.pem
      key: cert/amf.key
  nrfUri: http://127.0.0.10:8000
  nrfCertPem: cert/nrf.pem
`,
	"nrfcfg.yaml": `
configuration:
  sbi:
    scheme: http
    registerIPv4: 127.0.0.10
    cert:
      pem: cert/nrf.pem
      key: cert/nrf.key
    rootcert:
      pem: cert/root.pem
      key: cert/root.key
    oauth: true
`,
}

// paste puts a block into a file as its comment says: below a section, in place of
// what has the same names. The lines must have the indentation of that place, and
// the section itself must not be among them.
func paste(t *testing.T, doc map[string]any, section, block string) {
	t.Helper()
	path := strings.Split(section, ".")
	for line := range strings.Lines(block) {
		if indent := len(line) - len(strings.TrimLeft(line, " ")); indent < 2*len(path) {
			t.Errorf("below %s the line %q has %d spaces, want %d or more", section, line, indent, 2*len(path))
		}
	}
	for _, key := range path {
		child, ok := doc[key].(map[string]any)
		if !ok {
			t.Fatalf("the shipped file has no section %s", section)
		}
		doc = child
	}
	var lines map[string]any
	if err := yaml.Unmarshal([]byte(block), &lines); err != nil {
		t.Fatalf("%v in\n%s", err, block)
	}
	maps.Copy(doc, lines)
}

// TestPaste pastes the lines into the files that the cores ship, and finds in them
// what the cores read.
func TestPaste(t *testing.T) {
	t.Parallel()
	const domain = "5gc.mnc001.mcc001.3gppnetwork.org"
	type place struct{ file, section string }
	tests := []struct {
		name   string
		layout layout.Name
		nfType string
		change func(*layout.Issued)
		places []place           // of the blocks, in their order
		want   map[string]string // file and path
	}{
		{"an AMF of Open5GS", layout.Open5GS, "AMF", nil, []place{{"amf.yaml", "amf"}, {"amf.yaml", "amf"}}, map[string]string{
			"amf.yaml amf.default.tls.server.cert":                 "/tls/amf.crt",
			"amf.yaml amf.default.tls.server.verify_client":        "true",
			"amf.yaml amf.default.tls.client.cacert":               "/tls/ca.crt",
			"amf.yaml amf.sbi.server.0.address":                    fqdn,
			"amf.yaml amf.sbi.server.0.port":                       "7777",
			"amf.yaml amf.sbi.client.scp.0.uri":                    "https://scp." + domain + ":7777",
			"amf.yaml amf.ngap.server.0.address":                   "127.0.0.5",
			"amf.yaml amf.default.tls.client.client_cert":          "/tls/amf.crt",
			"amf.yaml amf.default.tls.server.scheme":               "https",
			"amf.yaml amf.default.tls.client.scheme":               "https",
			"amf.yaml amf.default.tls.server.private_key":          "/tls/amf.key",
			"amf.yaml amf.default.tls.server.verify_client_cacert": "/tls/ca.crt",
		}},
		{"an NRF of Open5GS has no client", layout.Open5GS, "NRF", nil, []place{{"nrf.yaml", "nrf"}, {"nrf.yaml", "nrf"}}, map[string]string{
			"nrf.yaml nrf.sbi.server.0.address": fqdn, "nrf.yaml nrf.sbi.client": "", "nrf.yaml nrf.serving.0.plmn_id.mcc": "999",
		}},
		{"an SCP of Open5GS asks the NRF", layout.Open5GS, "SCP", nil, []place{{"scp.yaml", "scp"}, {"scp.yaml", "scp"}}, map[string]string{
			"scp.yaml scp.sbi.server.0.address": fqdn, "scp.yaml scp.sbi.client.nrf.0.uri": "https://nrf." + domain + ":7777",
		}},
		{"a SEPP of Open5GS replaces its default", layout.Open5GS, "SEPP", nil, []place{{"sepp2.yaml", "sepp"}, {"sepp2.yaml", "sepp"}, {"", ""}}, map[string]string{
			"sepp2.yaml sepp.default.tls.server.cert": "/tls/sepp2.crt", "sepp2.yaml sepp.default.tls.client.client_cert": "/tls/sepp2.crt",
		}},
		{"by address, as the certificate has no name", layout.Open5GS, "AMF", func(in *layout.Issued) {
			in.Chain[0].DNSNames, in.Chain[0].IPAddresses = []string{"*.amf.example"}, []net.IP{net.IPv4(10, 0, 0, 5)}
		}, []place{{"amf.yaml", "amf"}, {"amf.yaml", "amf"}}, map[string]string{
			"amf.yaml amf.sbi.server.0.address": "10.0.0.5", "amf.yaml amf.sbi.client.scp.0.uri": "https://scp.DOMAIN:7777",
		}},
		{"a name outside 3GPP's domain", layout.Open5GS, "AMF", func(in *layout.Issued) {
			in.Chain[0].DNSNames = []string{"amf.localdomain"}
		}, []place{{"amf.yaml", "amf"}, {"amf.yaml", "amf"}}, map[string]string{
			"amf.yaml amf.sbi.client.scp.0.uri": "https://scp.localdomain:7777",
		}},
		{"an AMF of free5GC", layout.Free5GC, "AMF", nil, []place{{"amfcfg.yaml", "configuration"}, {"amfcfg.yaml", "configuration.sbi"}, {"nrfcfg.yaml", "configuration.sbi"}}, map[string]string{
			"amfcfg.yaml configuration.nrfUri":           "https://nrf." + domain + ":8000",
			"amfcfg.yaml configuration.nfInstanceId":     strings.TrimPrefix(instance, "urn:uuid:"),
			"amfcfg.yaml configuration.sbi.scheme":       "https",
			"amfcfg.yaml configuration.sbi.tls.pem":      "/tls/amf.pem",
			"amfcfg.yaml configuration.sbi.tls.key":      "/tls/amf.key",
			"amfcfg.yaml configuration.sbi.registerIPv4": "127.0.0.18",
			"amfcfg.yaml configuration.nrfCertPem":       "cert/nrf.pem",
			"nrfcfg.yaml configuration.sbi.oauth":        "false",
		}},
		{"an NRF of free5GC keeps its rootcert", layout.Free5GC, "NRF", nil, []place{{"nrfcfg.yaml", "configuration.sbi"}}, map[string]string{
			"nrfcfg.yaml configuration.sbi.cert.pem": "/tls/nrf.pem", "nrfcfg.yaml configuration.sbi.oauth": "false",
			"nrfcfg.yaml configuration.sbi.rootcert.pem": "cert/root.pem", "nrfcfg.yaml configuration.sbi.scheme": "https",
		}},
		{"an AMF of SD-Core, by the names of a cluster", layout.SDCore, "AMF", func(in *layout.Issued) {
			in.Chain[0].DNSNames = []string{"amf.core.svc.cluster.local"}
		}, []place{{"amfcfg.yaml", "configuration"}, {"amfcfg.yaml", "configuration.sbi"}, {"", ""}}, map[string]string{
			"amfcfg.yaml configuration.nrfUri": "https://nrf.core.svc.cluster.local:29510", "amfcfg.yaml configuration.sbi.tls.pem": "/tls/amf.pem",
		}},
		{"an AMF of SD-Core, by a single label", layout.SDCore, "AMF", func(in *layout.Issued) {
			in.Chain[0].DNSNames = []string{"amf"}
		}, []place{{"amfcfg.yaml", "configuration"}, {"amfcfg.yaml", "configuration.sbi"}, {"", ""}}, map[string]string{
			"amfcfg.yaml configuration.nrfUri": "https://nrf:29510",
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			in := issued(wish{rsa: true})
			if tt.change != nil {
				tt.change(&in)
			}
			target := layout.Target{Layout: tt.layout, Dir: "/tls", Enrolment: "nf-02", NFType: tt.nfType}
			set := build(t, target, in)
			blocks, comments := pieces(set.Configuration)
			if len(blocks) != len(tt.places) {
				t.Fatalf("%d blocks, want %d:\n%s", len(blocks), len(tt.places), strings.Join(set.Configuration, "\n"))
			}
			docs := map[string]map[string]any{}
			for i, p := range tt.places {
				if p.file == "" {
					continue
				}
				if docs[p.file] == nil {
					var doc map[string]any
					if err := yaml.Unmarshal([]byte(shipped[p.file]), &doc); err != nil {
						t.Fatal(err)
					}
					docs[p.file] = doc
				}
				key := p.section[strings.LastIndex(p.section, ".")+1:]
				if same := strings.Contains(comments[i], "below it;") || strings.Contains(comments[i], `"`+key+`:"`); !same {
					t.Errorf("the comment %q does not name the section %s", comments[i], p.section)
				}
				paste(t, docs[p.file], p.section, blocks[i])
			}
			for where, want := range tt.want {
				name, path, _ := strings.Cut(where, " ")
				if got := at(docs[name], path); got != want {
					t.Errorf("%s = %q, want %q", where, got, want)
				}
			}
		})
	}
}

// at returns a value of a document as text; "" if there is none.
func at(doc any, path string) string {
	for key := range strings.SplitSeq(path, ".") {
		switch v := doc.(type) {
		case map[string]any:
			doc = v[key]
		case []any:
			var i int
			if _, err := fmt.Sscan(key, &i); err != nil || i >= len(v) {
				return ""
			}
			doc = v[i]
		default:
			return ""
		}
	}
	if doc == nil {
		return ""
	}
	return fmt.Sprint(doc)
}

// TestTrustLines finds the root where SD-Core looks for it, as a line and not a
// comment.
func TestTrustLines(t *testing.T) {
	t.Parallel()
	lines := strings.Join(build(t, amf(layout.SDCore, "/tls"), issued(wish{})).Configuration, "\n") + "\n"
	if want := "\nSSL_CERT_FILE=/tls/root.pem\n"; !strings.Contains(lines, want) {
		t.Errorf("no line %q in\n%s", want, lines)
	}
	target := amf(layout.KubernetesSecret, "/tls")
	target.Secret.Name = "amf-certs"
	lines = strings.Join(build(t, target, issued(wish{})).Configuration, "\n") + "\n"
	for _, want := range []string{"secretName: amf-certs\n", "mountPath: /var/run/certs\n", "value: /var/run/certs/ca.crt\n"} {
		if !strings.Contains(lines, want) {
			t.Errorf("no line %q in\n%s", want, lines)
		}
	}
	in := issued(wish{unknown: true})
	in.Chain = in.Chain[:1]
	for _, name := range []layout.Name{layout.SDCore, layout.KubernetesSecret} {
		if lines := strings.Join(build(t, amf(name, "/tls"), in).Configuration, "\n"); strings.Contains(lines, "SSL_CERT_FILE") {
			t.Errorf("%s: without a known root the lines name one:\n%s", name, lines)
		}
	}
}

func TestSecretCheck(t *testing.T) {
	t.Parallel()
	for _, good := range []layout.Secret{
		{}, {Name: "amf-certs"}, {Name: "a.b-c.0"}, {Name: strings.Repeat("a", 63)},
		{Annotations: []string{"sdcore.omec-project.org/leaf-cert-inputs-sha256=0a", "plain=", `a.b_c-d=x="y"`}},
	} {
		if err := good.Check(); err != nil {
			t.Errorf("Check of %+v = %v, want nil", good, err)
		}
	}
	for _, bad := range []layout.Secret{
		{Name: "AMF"}, {Name: "a_b"}, {Name: "-a"}, {Name: "a."}, {Name: "a b"}, {Name: "a\nb"}, {Name: strings.Repeat("a.", 127) + "a"},
		{Annotations: []string{"no-value"}}, {Annotations: []string{"=x"}}, {Annotations: []string{"a b=x"}}, {Annotations: []string{"/x=y"}},
		{Annotations: []string{"A_B/x=y"}}, {Annotations: []string{"a/b/c=y"}}, {Annotations: []string{"a\n=y"}},
	} {
		if err := bad.Check(); err == nil {
			t.Errorf("Check of %+v = nil, want an error", bad)
		}
	}
}
