package layout

import (
	"encoding/base64"
	"fmt"
	"strings"
)

const (
	// maxSecretData is what a Kubernetes API server takes as the data of one
	// Secret, in bytes.
	maxSecretData = 1 << 20
	// maxSecretName is the length of a DNS subdomain name, which the name of a
	// Secret is.
	maxSecretName = 253
)

// manifest writes a Secret of type kubernetes.io/tls. tls.crt has the chain,
// leaf first, as servers that mount it expect; ca.crt is what peers are
// verified by. Every value is base64 and the name has letters, digits and
// hyphens alone, so that nothing needs quoting.
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
		return nil, fmt.Errorf("layout %s: chain and key have %d bytes, and a Secret takes at most %d", KubernetesSecret, size, maxSecretData)
	}
	return []byte(b.String()), nil
}

// SecretName is the name of the Kubernetes Secret: that of the enrolment with
// "-tls" behind it, in the letters of a DNS label (RFC 1123 2.1).
func (t Target) SecretName() (string, error) {
	fit := func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return '-'
	}
	name := strings.Trim(strings.Map(fit, strings.ToLower(t.Enrolment)), "-")
	if name == "" || len(name) > maxSecretName-len("-tls") {
		return "", fmt.Errorf("layout %s: no Secret can be named after %q: want letters and digits, %d at most", KubernetesSecret, t.Enrolment, maxSecretName-len("-tls"))
	}
	return name + "-tls", nil
}
