package layout

import (
	"cmp"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
)

// paths is the paths of the files as the configuration names them. Empty: the file
// is not written.
type paths struct{ cert, key, ca string }

// configuration returns the lines for the core's configuration: YAML, and comments
// that say where they belong.
func (t Target) configuration(leaf *x509.Certificate, files []File) []string {
	var p paths
	for _, f := range files {
		switch f.Kind {
		case KindFullchain:
			p.cert = scalar(f.Path)
		case KindKey:
			p.key = scalar(f.Path)
		case KindCA:
			p.ca = scalar(f.Path)
		}
	}
	if named, err := t.named(); err == nil && p.key == "" && t.Keyless != "" {
		p.key = scalar(filepath.Join(t.Dir, named[KindKey])) + "   # not written here: " + t.Keyless
	}
	switch t.Layout {
	case Open5GS:
		return withValues(t.open5gs(p, leaf))
	case Free5GC:
		return withValues(t.free5gc(p))
	case SDCore:
		return withValues(t.sdCore(p))
	case KubernetesSecret:
		return t.mount(files)
	}
	return nil
}

// withValues drops the lines without a value: those of files that are not
// written.
func withValues(lines []string) []string {
	return slices.DeleteFunc(lines, func(line string) bool { return strings.HasSuffix(line, ": ") })
}

// section is the name of the NF's section in a configuration file. The user must
// replace "NF".
func (t Target) section() string { return cmp.Or(t.function(), "NF") }

// open5gs returns the section "default", which must be inside the section of the
// NF: at the top of the file Open5GS ignores it silently. HSS, MME and PCRF speak
// Diameter, not HTTP.
func (t Target) open5gs(p paths, leaf *x509.Certificate) []string {
	nf := t.section()
	if slices.Contains([]string{"hss", "mme", "pcrf"}, nf) {
		return []string{
			"# into freeDiameter/" + nf + ".conf",
			fmt.Sprintf("TLS_Cred = %s, %s;", quoted(p.cert), quoted(p.key)),
			fmt.Sprintf("TLS_CA = %s;", quoted(p.ca)),
		}
	}
	lines := []string{"# into " + t.stem() + ".yaml: \"default\" belongs inside the section " + nf, nf + ":", "  default:", "    tls:"}
	if serves(leaf) {
		lines = append(lines,
			"      server:",
			"        scheme: https",
			"        private_key: "+p.key,
			"        cert: "+p.cert,
			"        verify_client: true",
			"        verify_client_cacert: "+p.ca,
		)
	}
	lines = append(lines,
		"      client:",
		"        scheme: https",
		"        cacert: "+p.ca,
	)
	if calls(leaf) {
		lines = append(lines,
			"        client_private_key: "+p.key,
			"        client_cert: "+p.cert,
		)
	}
	if nf == "sepp" {
		lines = append(lines, "# each server of n32, and its n32f, also needs: scheme: https")
	}
	return append(lines, "# address peers by name: their uri: is https:// and a name in their certificate")
}

func (t Target) free5gc(p paths) []string {
	nf := t.section()
	lines := []string{"# into config/" + nf + "cfg.yaml", "configuration:", "  sbi:", "    scheme: https"}
	if nf == "nrf" {
		return append(lines,
			"    cert:",
			"      pem: "+p.cert,
			"      key: "+p.key,
			"    rootcert:",
			"      pem: "+p.ca,
		)
	}
	return append(lines,
		"    tls:",
		"      pem: "+p.cert,
		"      key: "+p.key,
		"  nrfCertPem: "+scalar(filepath.Join(t.Dir, "nrf.pem"))+"   # the NRF's certificate, which verifies its tokens",
		"# nrfUri: must begin with https://",
	)
}

func (t Target) sdCore(p paths) []string {
	return []string{
		"# into the configuration of " + t.section() + "; a chart mounts the files, usually at /support/TLS",
		"configuration:",
		"  sbi:",
		"    scheme: https",
		"    tls:",
		"      pem: " + p.cert,
		"      key: " + p.key,
	}
}

// mount returns the lines that mount the Secret in a pod.
func (t Target) mount(files []File) []string {
	name, err := t.SecretName()
	i := slices.IndexFunc(files, func(f File) bool { return f.Kind == KindSecret })
	if err != nil || i < 0 {
		return nil
	}
	return []string{
		"# kubectl apply -f " + scalar(files[i].Path),
		"# into the pod's spec",
		"volumes:",
		"  - name: tls",
		"    secret:",
		"      secretName: " + name,
	}
}

// scalar writes a path as a YAML scalar, quoted if necessary.
func scalar(path string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("/._-+", r)
	}
	if strings.HasPrefix(path, "/") && strings.IndexFunc(path, func(r rune) bool { return !plain(r) }) < 0 {
		return path
	}
	return quoted(path)
}

// quoted adds quotes to a text without quotes. YAML reads JSON strings.
func quoted(s string) string {
	if strings.HasPrefix(s, `"`) {
		return s
	}
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(s) // a string and a Builder: neither fails
	return strings.TrimSuffix(b.String(), "\n")
}
