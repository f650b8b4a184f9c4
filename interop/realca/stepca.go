package realca

import (
	"context"
	"os"
	"os/exec"
	"strconv"
)

// StepCAOptions says how one step-ca is run. Both fields are required.
type StepCAOptions struct {
	Binary string // the executable, as Tool returns it
	Dir    string // an empty folder for configuration, keys and log
}

// StepCA is a running step-ca with one ACME provisioner.
type StepCA struct {
	Directory string // its directory URL
	Root      string // PEM file of the root of its TLS certificate and of what it issues
	HTTPAddr  string // where it asks for http-01 answers, whatever the name

	*server
}

// StartStepCA makes a CA, starts step-ca on it, and waits until it serves its
// directory.
func StartStepCA(ctx context.Context, opts StepCAOptions) (c *StepCA, err error) {
	c = &StepCA{}
	c.server, err = startServer(ctx, options{name: "step-ca", dir: opts.Dir, ports: 2}, func(s *server, root *authority) (*exec.Cmd, func(context.Context) error, error) {
		c.Directory = "https://" + s.ports[0].String() + "/acme/acme/directory"
		c.Root, c.HTTPAddr = s.file("root.pem"), s.ports[1].String()
		cmd, err := stepCACommand(s, opts, root)
		return cmd, func(ctx context.Context) error {
			_, err := get(ctx, root.pool(), c.Directory)
			return err
		}, err
	})
	if err != nil {
		return nil, err
	}
	return c, nil
}

// stepCACommand writes step-ca's files and returns its command.
func stepCACommand(s *server, opts StepCAOptions, root *authority) (*exec.Cmd, error) {
	template := caTemplate("step-ca intermediate")
	template.MaxPathLenZero = true
	intermediate, err := issue(root, template)
	if err != nil {
		return nil, err
	}
	err = s.write(map[string][]byte{
		"root.pem": root.certPEM, "intermediate.pem": intermediate.certPEM, "intermediate.key": intermediate.keyPEM,
	})
	if err != nil {
		return nil, err
	}
	config, err := s.writeConfig("ca.json", map[string]any{
		"root":     s.file("root.pem"),
		"crt":      s.file("intermediate.pem"),
		"key":      s.file("intermediate.key"),
		"address":  s.ports[0].String(),
		"dnsNames": []string{"127.0.0.1", "localhost"},
		"logger":   map[string]string{"format": "text"},
		"db":       map[string]string{"type": "bbolt", "dataSource": s.file("step-ca.db")},
		"authority": map[string]any{
			"provisioners": []map[string]any{{"type": "ACME", "name": "acme"}},
		},
	})
	if err != nil {
		return nil, err
	}
	cmd := exec.Command(opts.Binary, config, "--insecure", "--acme-http-port", strconv.Itoa(s.ports[1].Number), "--resolver", s.names.addr)
	cmd.Env = append(os.Environ(), "STEPPATH="+s.dir)
	return cmd, nil
}
