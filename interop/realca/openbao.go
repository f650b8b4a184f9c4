package realca

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"time"
)

// OpenBaoOptions says how one OpenBao is run. All fields are required.
type OpenBaoOptions struct {
	Binary  string  // the executable
	Dir     string  // an empty folder for keys and log
	Address Address // it asks port 80 for http-01 answers
}

// OpenBao is a running OpenBao whose PKI secrets engine serves ACME.
type OpenBao struct {
	Directory  string // its directory URL
	TLSRoot    string // PEM file of the root of its own TLS certificate
	IssuerRoot string // PEM file of the root of what it issues
	HTTPAddr   string // where it asks for http-01 answers, whatever the name

	*server
}

// baoToken is the token of the development server.
const baoToken = "nfcert-interop"

// StartOpenBao starts OpenBao in development mode, with everything in memory, and
// configures its PKI secrets engine as its documentation says for ACME.
func StartOpenBao(ctx context.Context, opts OpenBaoOptions) (b *OpenBao, err error) {
	b = &OpenBao{HTTPAddr: opts.Address.http()}
	b.server, err = startServer(ctx, options{name: "openbao", dir: opts.Dir, ports: 1, address: opts.Address}, func(s *server, _ *authority) (*exec.Cmd, func(context.Context) error, error) {
		base := "https://" + s.ports[0].String() + "/v1/"
		b.Directory, b.TLSRoot, b.IssuerRoot = base+"pki/acme/directory", s.file("vault-ca.pem"), s.file("issuer-root.pem")
		cmd := exec.Command(opts.Binary, "server", "-dev", "-dev-tls", "-dev-tls-cert-dir="+s.dir, "-dev-no-store-token",
			"-dev-root-token-id="+baoToken, "-dev-listen-address="+s.ports[0].String())
		cmd.Env = append(os.Environ(), "HOME="+s.dir)
		return cmd, func(ctx context.Context) error { return b.configure(ctx, base, s.names.addr) }, nil
	})
	if err != nil {
		return nil, err
	}
	return b, nil
}

// configure makes a CA that serves ACME. It is called again until it succeeds.
func (b *OpenBao) configure(ctx context.Context, base, resolver string) error {
	pem, err := os.ReadFile(b.TLSRoot)
	if err != nil {
		return err
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(pem)
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}}
	defer transport.CloseIdleConnections()
	api := baoAPI{base: base, client: &http.Client{Transport: transport, Timeout: 10 * time.Second}}
	if err := api.do(ctx, http.MethodGet, "sys/mounts/pki", nil, nil); err == nil {
		_ = api.do(ctx, http.MethodDelete, "sys/mounts/pki", nil, nil) // half configured
	}
	var root struct {
		Data struct {
			Certificate string `json:"certificate"`
		} `json:"data"`
	}
	for _, step := range []struct {
		path string
		body map[string]any
		into any
	}{
		{"sys/mounts/pki", map[string]any{"type": "pki", "config": map[string]any{
			"passthrough_request_headers": []string{"If-Modified-Since"},
			"allowed_response_headers":    []string{"Last-Modified", "Location", "Replay-Nonce", "Link"},
			"max_lease_ttl":               "8760h",
		}}, nil},
		{"pki/root/generate/internal", map[string]any{"common_name": "OpenBao root", "ttl": "8760h", "key_type": "ec", "key_bits": 256}, &root},
		{"pki/config/cluster", map[string]any{"path": base + "pki", "aia_path": base + "pki"}, nil},
		{"pki/config/acme", map[string]any{"enabled": true, "dns_resolver": resolver}, nil},
	} {
		if err := api.do(ctx, http.MethodPost, step.path, step.body, step.into); err != nil {
			return err
		}
	}
	if err := os.WriteFile(b.IssuerRoot, []byte(root.Data.Certificate), 0o600); err != nil {
		return err
	}
	_, err = get(ctx, roots, b.Directory)
	return err
}

// baoAPI is OpenBao's HTTP API.
type baoAPI struct {
	base   string
	client *http.Client
}

func (a baoAPI) do(ctx context.Context, method, path string, body map[string]any, into any) error {
	text, err := json.Marshal(body)
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, method, a.base+path, bytes.NewReader(text))
	if err != nil {
		return err
	}
	req.Header.Set("X-Vault-Token", baoToken)
	res, err := a.client.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(res.Body, maxBody))
	if err != nil {
		return err
	}
	if res.StatusCode >= http.StatusBadRequest {
		return fmt.Errorf("%s %s: status %d: %s", method, path, res.StatusCode, answer)
	}
	if into == nil {
		return nil
	}
	return json.Unmarshal(answer, into)
}
