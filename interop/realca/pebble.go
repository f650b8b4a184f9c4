package realca

import (
	"context"
	"os"
	"os/exec"
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

	*server
}

// StartPebble starts a Pebble and waits until it serves its directory.
// Challenges are validated without Pebble's artificial pauses and every
// Retry-After is zero. Authorizations are reused in one of a hundred orders of
// the same account for the same name, which is the least that Pebble can be set
// to: who counts requests must ask for a new name each time.
func StartPebble(ctx context.Context, opts PebbleOptions) (p *Pebble, err error) {
	p = &Pebble{}
	p.server, err = startServer(ctx, options{name: "pebble", dir: opts.Dir, ports: 4}, func(s *server, root *authority) (*exec.Cmd, func(context.Context) error, error) {
		const acme, management, http = 0, 1, 2 // indexes of ports; the last is for tls-alpn-01
		p.Directory = "https://" + s.ports[acme].String() + "/dir"
		p.TLSRoot, p.IssuerRoot, p.HTTPAddr = s.file("tls-root.pem"), s.file("issuer-root.pem"), s.ports[http].String()
		cmd, err := pebbleCommand(s, opts, root)
		return cmd, func(ctx context.Context) error {
			if _, err := get(ctx, root.pool(), p.Directory); err != nil {
				return err
			}
			pem, err := get(ctx, root.pool(), "https://"+s.ports[management].String()+"/roots/0")
			if err != nil {
				return err
			}
			return os.WriteFile(p.IssuerRoot, pem, 0o600)
		}, err
	})
	if err != nil {
		return nil, err
	}
	return p, nil
}

// pebbleCommand writes Pebble's files and returns its command.
func pebbleCommand(s *server, opts PebbleOptions, root *authority) (*exec.Cmd, error) {
	tls, err := root.newServer()
	if err != nil {
		return nil, err
	}
	if err := s.write(map[string][]byte{"tls-root.pem": root.certPEM, "tls.pem": tls.certPEM, "tls.key": tls.keyPEM}); err != nil {
		return nil, err
	}
	keyAlgorithm := "ecdsa"
	if opts.RSA {
		keyAlgorithm = "rsa"
	}
	config, err := s.writeConfig("pebble.json", map[string]any{"pebble": map[string]any{
		"listenAddress":                  s.ports[0].String(),
		"managementListenAddress":        s.ports[1].String(),
		"httpPort":                       s.ports[2].Number,
		"tlsPort":                        s.ports[3].Number,
		"certificate":                    s.file("tls.pem"),
		"privateKey":                     s.file("tls.key"),
		"keyAlgorithm":                   keyAlgorithm,
		"retryAfter":                     map[string]int{"authz": 0, "order": 0},
		"externalAccountBindingRequired": len(opts.EAB) > 0,
		"externalAccountMACKeys":         opts.EAB,
	}})
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(opts.Binary, "-config", config, "-dnsserver", s.names.addr)
	if opts.Strict {
		cmd.Args = append(cmd.Args, "-strict")
	}
	cmd.Env = append(os.Environ(), "PEBBLE_VA_NOSLEEP=1", "PEBBLE_AUTHZREUSE=0", "PEBBLE_WFE_NONCEREJECT="+strconv.Itoa(opts.NonceReject))
	return cmd, nil
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
