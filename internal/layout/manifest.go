package layout

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
)

const (
	// maxSecretData is the limit of a Kubernetes API server for the data of one
	// Secret, in bytes.
	maxSecretData = 1 << 20
	// maxSecretName is the longest name of a Secret, which is a DNS subdomain name.
	maxSecretName = 253
)

// Secret says how the Secret of the layout k8s-secret is labelled. The zero value
// names it after the enrolment.
type Secret struct {
	Name string
	// Annotations are KEY=VALUE, as in kubectl annotate.
	Annotations []string
}

// Check refuses what a Kubernetes API server refuses, with a [SecretError].
func (s Secret) Check() error {
	if s.Name != "" && !isSubdomain(s.Name) {
		return &SecretError{What: "name", Value: s.Name, Want: "lower-case letters, digits, hyphens and dots, at most 253, as in amf-certs"}
	}
	for _, a := range s.Annotations {
		key, _, found := strings.Cut(a, "=")
		prefix, name, prefixed := strings.Cut(key, "/")
		if !prefixed {
			prefix, name = "", key
		}
		if !found || prefixed && !isSubdomain(prefix) || !isQualified(name) {
			return &SecretError{What: "annotation", Value: a, Want: "KEY=VALUE, as in example.org/checksum=0a1b"}
		}
	}
	return nil
}

// isSubdomain reports whether a text is a DNS subdomain name in lower case, as
// Kubernetes wants it for names.
func isSubdomain(s string) bool {
	if len(s) > maxSecretName {
		return false
	}
	for label := range strings.SplitSeq(s, ".") {
		if !isQualified(label) || strings.ToLower(label) != label || strings.Contains(label, "_") {
			return false
		}
	}
	return true
}

// isQualified reports whether a text can be the key of an annotation, without its
// prefix.
func isQualified(s string) bool {
	inner := func(r rune) bool { return !isAlphanumeric(r) && !strings.ContainsRune("-_.", r) }
	return s != "" && len(s) <= 63 && strings.IndexFunc(s, inner) < 0 && isAlphanumeric(rune(s[0])) && isAlphanumeric(rune(s[len(s)-1]))
}

func isAlphanumeric(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
}

// manifest writes a Secret of type kubernetes.io/tls. tls.crt is the chain, leaf
// first, as servers expect it; ca.crt verifies peers. The values of data need no
// quotes: they are base64.
func (t Target) manifest(in Issued) ([]byte, error) {
	name, err := t.SecretName()
	if err != nil {
		return nil, err
	}
	if err := t.Secret.Check(); err != nil {
		return nil, err
	}
	var b strings.Builder
	b.WriteString("apiVersion: v1\nkind: Secret\nmetadata:\n  name: " + name + "\n")
	for i, a := range t.Secret.Annotations {
		if i == 0 {
			b.WriteString("  annotations:\n")
		}
		key, value, _ := strings.Cut(a, "=")
		b.WriteString("    " + key + ": " + literal(value) + "\n")
	}
	b.WriteString("type: kubernetes.io/tls\ndata:\n")
	size := 0
	for _, entry := range []struct {
		name string
		data []byte
	}{
		{"tls.crt", encode(in.Chain)}, {"tls.key", in.Key}, {"ca.crt", encode(in.authorities())},
	} {
		if size += len(entry.data); len(entry.data) > 0 {
			fmt.Fprintf(&b, "  %s: %s\n", entry.name, base64.StdEncoding.EncodeToString(entry.data))
		}
	}
	if size > maxSecretData {
		return nil, fmt.Errorf("layout %s: chain and key have %d bytes, want at most %d in a Secret", KubernetesSecret, size, maxSecretData)
	}
	return []byte(b.String()), nil
}

// SecretName is the name of the Kubernetes Secret: the given one, or the name of the
// enrolment and "-tls", with a hyphen for every character that a DNS label cannot have
// (RFC 1123 2.1).
func (t Target) SecretName() (string, error) {
	if t.Secret.Name != "" {
		return t.Secret.Name, nil
	}
	fit := func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return '-'
	}
	name := strings.Trim(strings.Map(fit, strings.ToLower(t.Enrolment)), "-")
	if name == "" || len(name) > maxSecretName-len("-tls") {
		return "", fmt.Errorf("layout %s: cannot make the name of a Secret from %q, want letters and digits, at most %d", KubernetesSecret, t.Enrolment, maxSecretName-len("-tls"))
	}
	return name + "-tls", nil
}

// mountPath is where the chart of SD-Core mounts the Secret of an NF.
const mountPath = "/var/run/certs"

// mount returns the lines that mount the Secret in a pod. trust says that it has a
// ca.crt.
func (t Target) mount(files []File, trust bool) []string {
	name, err := t.SecretName()
	i := slices.IndexFunc(files, func(f File) bool { return f.Kind == KindSecret })
	if err != nil || i < 0 {
		return nil
	}
	pod := "# into the pod's spec, unless a chart mounts the Secret"
	if nf := t.function(); nf != "" && t.Secret.Name == "" {
		pod += fmt.Sprintf("; SD-Core's mounts %s-certs: --secret-name %s-certs", nf, nf)
	}
	lines := []string{
		"# kubectl apply -f " + scalar(files[i].Path),
		pod,
		"volumes:",
		"  - name: tls",
		"    secret:",
		"      secretName: " + name,
		"# into its container",
		"volumeMounts:",
		"  - name: tls",
		"    mountPath: " + mountPath,
		"    readOnly: true",
	}
	if !trust {
		return lines
	}
	return append(lines,
		"# there too, for an NF that verifies peers by the system's roots, as SD-Core does",
		"env:",
		"  - name: SSL_CERT_FILE",
		"    value: "+mountPath+"/ca.crt",
	)
}
