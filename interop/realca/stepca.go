package realca

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
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

	*process
	names *nameServer
}

// StartStepCA makes a CA, starts step-ca on it, and waits until it serves its
// directory.
func StartStepCA(ctx context.Context, opts StepCAOptions) (*StepCA, error) {
	names, err := startNameServer()
	if err != nil {
		return nil, err
	}
	s := &StepCA{names: names}
	if err := withRetries(ctx, func(ctx context.Context) error { return s.start(ctx, opts) }); err != nil {
		names.stop()
		return nil, fmt.Errorf("starting step-ca: %w", err)
	}
	return s, nil
}

func (s *StepCA) start(ctx context.Context, opts StepCAOptions) error {
	ports, err := freePorts(2)
	if err != nil {
		return err
	}
	root, err := newRoot("step-ca root")
	if err != nil {
		return err
	}
	config, err := s.configure(opts, ports, root)
	if err != nil {
		return err
	}
	_, httpPort, err := net.SplitHostPort(s.HTTPAddr)
	if err != nil {
		return err
	}
	cmd := exec.Command(opts.Binary, config, "--insecure", "--acme-http-port", httpPort, "--resolver", s.names.addr)
	cmd.Dir = opts.Dir
	cmd.Env = append(os.Environ(), "STEPPATH="+opts.Dir)
	if s.process, err = startProcess(cmd, filepath.Join(opts.Dir, "step-ca.log")); err != nil {
		return err
	}
	err = s.await(ctx, func(ctx context.Context) error {
		_, err := get(ctx, root.pool(), s.Directory)
		return err
	})
	if err != nil {
		s.process.Stop()
	}
	return err
}

// configure writes step-ca's files into opts.Dir, sets the fields of s that
// follow from them, and returns the configuration file. The ports are those
// of ACME and http-01.
func (s *StepCA) configure(opts StepCAOptions, ports []int, root *authority) (string, error) {
	inDir := func(name string) string { return filepath.Join(opts.Dir, name) }
	s.Directory = "https://" + loopback(ports[0]) + "/acme/acme/directory"
	s.Root, s.HTTPAddr = inDir("root.pem"), loopback(ports[1])
	intermediate, err := root.newIntermediate("step-ca intermediate")
	if err != nil {
		return "", err
	}
	if err := root.writeCert(s.Root); err != nil {
		return "", err
	}
	if err := intermediate.writeCert(inDir("intermediate.pem")); err != nil {
		return "", err
	}
	if err := intermediate.writeKey(inDir("intermediate.key")); err != nil {
		return "", err
	}
	return inDir("ca.json"), writeJSON(inDir("ca.json"), map[string]any{
		"root":     s.Root,
		"crt":      inDir("intermediate.pem"),
		"key":      inDir("intermediate.key"),
		"address":  loopback(ports[0]),
		"dnsNames": []string{"127.0.0.1", "localhost"},
		"logger":   map[string]string{"format": "text"},
		"db":       map[string]string{"type": "bbolt", "dataSource": inDir("step-ca.db")},
		"authority": map[string]any{
			"provisioners": []map[string]any{{"type": "ACME", "name": "acme"}},
		},
	})
}

// Stop kills step-ca and its name server and waits until both are gone.
func (s *StepCA) Stop() {
	s.process.Stop()
	s.names.stop()
}
