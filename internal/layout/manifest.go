package layout

import (
	"encoding/base64"
	"fmt"
	"strings"
)

const (
	// maxSecretData is the limit of a Kubernetes API server for the data of one
	// Secret, in bytes.
	maxSecretData = 1 << 20
	// maxSecretName is the longest name of a Secret, which is a DNS subdomain name.
	maxSecretName = 253
)

// manifest writes a Secret of type kubernetes.io/tls. tls.crt is the chain, leaf
// first, as servers expect it; ca.crt verifies peers. Nothing needs quotes: every
// value is base64, and the name has only letters, digits and hyphens.
func (t Target) manifest(in Issued) ([]byte, error) {
	name, err := t.SecretName()
	if err != nil {
		return nil, err
	}
	var b strings.Builder
	b.WriteString("apiVersion: v1\nkind: Secret\nmetadata:\n  name: " + name + "\ntype: kubernetes.io/tls\ndata:\n")
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

// SecretName is the name of the Kubernetes Secret: the name of the enrolment and
// "-tls", with a hyphen for every character that a DNS label cannot have
// (RFC 1123 2.1).
func (t Target) SecretName() (string, error) {
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
