package layout

import (
	"crypto/x509"
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
)

// places is where the files lie, as a configuration names them. A "" is not
// written.
type places struct{ cert, key, ca string }

// configuration gives the lines for the core's configuration: YAML, and
// comments that say where they belong.
func (t Target) configuration(leaf *x509.Certificate, files []File) []string {
	var p places
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
		return set(t.open5gs(p, leaf))
	case Free5GC:
		return set(t.free5gc(p))
	case SDCore:
		return set(t.sdCore(p))
	case KubernetesSecret:
		return t.mount(files)
	}
	return nil
}

// set drops the lines that name a file which is not written.
func set(lines []string) []string {
	return slices.DeleteFunc(lines, func(line string) bool { return strings.HasSuffix(line, ": ") })
}

// section is the NF's own section in a configuration file.
func (t Target) section() string {
	if name := t.function(); name != "" {
		return name
	}
	return "NF" // to be replaced by hand; the comments say so
}

// diameter are the functions of Open5GS that speak Diameter and no HTTP.
func diameter(nf string) bool { return slices.Contains([]string{"hss", "mme", "pcrf"}, nf) }

// open5gs writes the default section, which must stand inside the NF's own: at
// the top of the file it is ignored without a word.
func (t Target) open5gs(p places, leaf *x509.Certificate) []string {
	nf := t.section()
	if diameter(nf) {
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
		lines = append(lines, "# and each server of n32, and its n32f, needs: scheme: https")
	}
	return append(lines, "# peers are called by name: their uri: is https:// and a name of their certificate")
}

func (t Target) free5gc(p places) []string {
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
		"  nrfCertPem: "+scalar(filepath.Join(t.Dir, "nrf.pem"))+"   # the NRF's certificate, by which its tokens are verified",
		"# and nrfUri: begins with https://",
	)
}

func (t Target) sdCore(p places) []string {
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

// mount shows how a pod gets the Secret.
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

// scalar writes a path as YAML reads it back, quoted where it must be.
func scalar(path string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("/._-+", r)
	}
	if strings.HasPrefix(path, "/") && strings.IndexFunc(path, func(r rune) bool { return !plain(r) }) < 0 {
		return path
	}
	return quoted(path)
}

// quoted puts quotes round what has none. What JSON writes, YAML reads.
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
