package layout

import (
	"cmp"
	"crypto/x509"
	"encoding/json"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/nfcert/nfcert/internal/nf"
)

// values are what the lines of configuration name. An empty one is unknown, or its
// file is not written.
type values struct {
	cert, key, ca string // paths
	name          string // that peers connect to: of the certificate
	siblings      string // what follows the name of a peer's type in its own name
	instance      nf.InstanceID
}

// configuration returns the lines for the core's configuration. Each block begins
// with comments that say where its lines belong. A block has only what goes below a
// section that the shipped file has: a section that is there twice is read once.
func (t Target) configuration(in Issued, files []File) []string {
	leaf := in.Chain[0]
	v := t.values(leaf)
	for _, f := range files {
		switch f.Kind {
		case KindFullchain:
			v.cert = scalar(f.Path)
		case KindKey:
			v.key = scalar(f.Path)
		case KindCA:
			v.ca = scalar(f.Path)
		}
	}
	if named, err := t.named(); err == nil && v.key == "" && t.Keyless != "" {
		v.key = scalar(filepath.Join(t.Dir, named[KindKey])) + "   # not written here: " + t.Keyless
	}
	var lines []string
	switch t.Layout {
	case Open5GS:
		lines = t.open5gs(v, leaf)
	case Free5GC:
		lines = t.free5gc(v)
	case SDCore:
		lines = t.sdCore(v)
	case KubernetesSecret:
		return t.mount(files, len(in.authorities()) > 0)
	}
	if slices.ContainsFunc(lines, func(line string) bool { return strings.Contains(line, unknownDomain+":") }) {
		lines = slices.Insert(lines, 0, "# replace DOMAIN by what the names of the other NFs end with")
	}
	return withValues(lines)
}

// unknownDomain is in the names of peers if the certificate's own names say
// nothing about them.
const unknownDomain = ".DOMAIN"

// values reads the certificate.
func (t Target) values(leaf *x509.Certificate) (v values) {
	for _, u := range leaf.URIs {
		if id, err := nf.ParseURN(u.String()); err == nil {
			v.instance = id
			break
		}
	}
	plain := func(name string) bool { return !nf.IsWildcard(name) }
	if i := slices.IndexFunc(leaf.DNSNames, plain); i >= 0 {
		v.name = leaf.DNSNames[i]
	} else if len(leaf.IPAddresses) > 0 {
		v.name = leaf.IPAddresses[0].String()
	}
	n, ok := nf.ParseName(v.name)
	rest, first := strings.CutPrefix(v.name+".", t.function()+".")
	switch {
	case ok && n.Problem == "" && n.Network.PLMN.MNC != "":
		v.siblings = "." + n.Network.HomeDomain()
	case first && t.function() != "":
		v.siblings = strings.TrimSuffix("."+rest, ".")
	default:
		v.siblings = unknownDomain
	}
	return v
}

// uri is where a peer of this type is, by name: a certificate has names. The NRF is
// called so by TS 23.003 28.3.2.3.2, and the others are called alike.
func (v values) uri(peer string, port int) string {
	return "https://" + peer + v.siblings + ":" + strconv.Itoa(port)
}

// withValues drops the lines without a value: those of files that are not
// written.
func withValues(lines []string) []string {
	return slices.DeleteFunc(lines, func(line string) bool {
		return strings.HasSuffix(line, ": ") || strings.HasSuffix(line, "=")
	})
}

// section is the name of the NF's section in a configuration file. The user must
// replace "NF".
func (t Target) section() string { return cmp.Or(t.function(), "NF") }

// free5gc returns the lines for OAuth switched off. With OAuth the NRF ignores what
// is installed here and makes its own certificates; nothing of that is configured.
func (t Target) free5gc(v values) []string {
	name := t.section()
	const inPlace = `, in place of the lines with these names below `
	if name == "nrf" {
		return []string{
			"# into config/nrfcfg.yaml" + inPlace + `"sbi:"`,
			"    scheme: https",
			"    cert:",
			"      pem: " + v.cert,
			"      key: " + v.key,
			"    oauth: false",
		}
	}
	return []string{
		"# into config/" + name + "cfg.yaml" + inPlace + `"configuration:"; nrfUri has a name in the NRF's certificate`,
		"  nrfUri: " + v.uri("nrf", 8000),
		"  nfInstanceId: " + string(v.instance),
		`# into the same file` + inPlace + `"sbi:"`,
		"    scheme: https",
		"    tls:",
		"      pem: " + v.cert,
		"      key: " + v.key,
		"# into config/nrfcfg.yaml" + inPlace + `"sbi:"; it is shipped with true`,
		"    oauth: false",
	}
}

// sdCore returns the lines for SD-Core, whose clients verify their peers by the
// system's roots and have no setting for others.
func (t Target) sdCore(v values) []string {
	lines := []string{"# into the configuration of " + t.section() + `, in place of the lines with these names below "sbi:"`}
	if t.function() != "nrf" {
		lines = []string{
			"# into the configuration of " + t.section() + `, in place of the line with this name below "configuration:"; it has a name in the NRF's certificate`,
			"  nrfUri: " + v.uri("nrf", 29510),
			`# into the same file, in place of the lines with these names below "sbi:"`,
		}
	}
	lines = append(lines,
		"    scheme: https",
		"    tls:",
		"      pem: "+v.cert,
		"      key: "+v.key,
	)
	if v.ca == "" {
		return lines
	}
	return append(lines,
		"# into the environment of its process, which trusts only the system's roots otherwise",
		"SSL_CERT_FILE="+v.ca,
	)
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

// quoted adds quotes to a text without quotes.
func quoted(s string) string {
	if strings.HasPrefix(s, `"`) {
		return s
	}
	return literal(s)
}

// literal writes a text as a JSON string, which YAML reads too.
func literal(s string) string {
	var b strings.Builder
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(s) // a string and a Builder: neither fails
	return strings.TrimSuffix(b.String(), "\n")
}
