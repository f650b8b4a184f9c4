package realca

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

// PebbleOptions says how one Pebble is run. Binary and Dir are required.
type PebbleOptions struct {
	Binary string // the executable, as Tool returns it
	Dir    string // an empty folder for configuration, keys and log

	Strict      bool              // refuse what a future RFC or Pebble may refuse
	NonceReject int               // percent of good nonces refused all the same; zero refuses none
	EAB         map[string]string // base64url MAC keys by kid; if there are any, a binding is required
	RSA         bool              // issue from RSA keys, as Pebble does by default; zero is ECDSA, which starts faster
}

// Pebble is a running Pebble.
type Pebble struct {
	Directory  string // its directory URL
	TLSRoot    string // PEM file of the root of its own TLS certificate
	IssuerRoot string // PEM file of the root of what it issues, new at each start
	HTTPAddr   string // where it asks for http-01 answers, whatever the name

	*process
	names *nameServer
	ports ports // of ACME, management, http-01 and tls-alpn-01
}

// StartPebble starts a Pebble and waits until it serves its directory.
// Challenges are validated without Pebble's artificial pauses and every
// Retry-After is zero. Authorizations are reused in one of a hundred orders of
// the same account for the same name, which is the least that Pebble can be set
// to: who counts requests must ask for a new name each time.
func StartPebble(ctx context.Context, opts PebbleOptions) (*Pebble, error) {
	names, err := startNameServer()
	if err != nil {
		return nil, err
	}
	p := &Pebble{names: names}
	if err := p.start(ctx, opts); err != nil {
		names.stop()
		p.ports.release()
		return nil, fmt.Errorf("starting pebble: %w", err)
	}
	return p, nil
}

func (p *Pebble) start(ctx context.Context, opts PebbleOptions) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	var err error
	if p.ports, err = reservePorts(4); err != nil {
		return err
	}
	root, err := newRoot("Pebble TLS root")
	if err != nil {
		return err
	}
	config, err := p.configure(opts, root)
	if err != nil {
		return err
	}
	args := []string{"-config", config, "-dnsserver", p.names.addr}
	if opts.Strict {
		args = append(args, "-strict")
	}
	cmd := exec.Command(opts.Binary, args...)
	cmd.Dir = opts.Dir
	cmd.Env = append(os.Environ(),
		"PEBBLE_VA_NOSLEEP=1",
		"PEBBLE_AUTHZREUSE=0",
		"PEBBLE_WFE_NONCEREJECT="+strconv.Itoa(opts.NonceReject))
	if p.process, err = startProcess(cmd, filepath.Join(opts.Dir, "pebble.log")); err != nil {
		return err
	}
	p.Directory = "https://" + p.ports[0].String() + "/dir"
	err = p.await(ctx, func(ctx context.Context) error {
		if _, err := get(ctx, root.pool(), p.Directory); err != nil {
			return err
		}
		pem, err := get(ctx, root.pool(), "https://"+p.ports[1].String()+"/roots/0")
		if err != nil {
			return err
		}
		return os.WriteFile(p.IssuerRoot, pem, 0o600)
	})
	if err != nil {
		p.process.Stop()
	}
	return err
}

// configure writes Pebble's files into opts.Dir, sets the fields of p that
// follow from them, and returns the configuration file.
func (p *Pebble) configure(opts PebbleOptions, root *authority) (string, error) {
	inDir := func(name string) string { return filepath.Join(opts.Dir, name) }
	p.TLSRoot, p.IssuerRoot, p.HTTPAddr = inDir("tls-root.pem"), inDir("issuer-root.pem"), p.ports[2].String()
	server, err := root.newServer()
	if err != nil {
		return "", err
	}
	if err := root.writeCert(p.TLSRoot); err != nil {
		return "", err
	}
	if err := server.writeCert(inDir("tls.pem")); err != nil {
		return "", err
	}
	if err := server.writeKey(inDir("tls.key")); err != nil {
		return "", err
	}
	keyAlgorithm := "ecdsa"
	if opts.RSA {
		keyAlgorithm = "rsa"
	}
	return inDir("pebble.json"), writeJSON(inDir("pebble.json"), map[string]any{"pebble": map[string]any{
		"listenAddress":                  p.ports[0].String(),
		"managementListenAddress":        p.ports[1].String(),
		"httpPort":                       p.ports[2].Number,
		"tlsPort":                        p.ports[3].Number,
		"certificate":                    inDir("tls.pem"),
		"privateKey":                     inDir("tls.key"),
		"keyAlgorithm":                   keyAlgorithm,
		"retryAfter":                     map[string]int{"authz": 0, "order": 0},
		"externalAccountBindingRequired": len(opts.EAB) > 0,
		"externalAccountMACKeys":         opts.EAB,
	}})
}

// Requests lists the ACME requests that Pebble has begun to handle, by its own
// log: method and path, as in "POST /order-plz", without what follows the
// path's last slash.
func (p *Pebble) Requests() []string {
	var requests []string
	for line := range strings.Lines(p.Log()) {
		before, _, handled := strings.Cut(line, " -> calling handler()")
		if words := strings.Fields(before); handled && len(words) >= 2 {
			requests = append(requests, strings.Join(words[len(words)-2:], " "))
		}
	}
	return requests
}

// Stop kills Pebble and its name server and waits until both are gone.
func (p *Pebble) Stop() {
	p.process.Stop()
	p.names.stop()
	p.ports.release()
}

func writeJSON(file string, v any) error {
	text, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(file, text, 0o600)
}
