package realca

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
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

	*process
	names *nameServer
	ports ports // of ACME and http-01
}

// StartStepCA makes a CA, starts step-ca on it, and waits until it serves its
// directory.
func StartStepCA(ctx context.Context, opts StepCAOptions) (*StepCA, error) {
	names, err := startNameServer()
	if err != nil {
		return nil, err
	}
	s := &StepCA{names: names}
	if err := s.start(ctx, opts); err != nil {
		names.stop()
		s.ports.release()
		return nil, fmt.Errorf("starting step-ca: %w", err)
	}
	return s, nil
}

func (s *StepCA) start(ctx context.Context, opts StepCAOptions) error {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	var err error
	if s.ports, err = reservePorts(2); err != nil {
		return err
	}
	root, err := newRoot("step-ca root")
	if err != nil {
		return err
	}
	config, err := s.configure(opts, root)
	if err != nil {
		return err
	}
	cmd := exec.Command(opts.Binary, config, "--insecure", "--acme-http-port", strconv.Itoa(s.ports[1].Number), "--resolver", s.names.addr)
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
// follow from them, and returns the configuration file.
func (s *StepCA) configure(opts StepCAOptions, root *authority) (string, error) {
	inDir := func(name string) string { return filepath.Join(opts.Dir, name) }
	s.Directory = "https://" + s.ports[0].String() + "/acme/acme/directory"
	s.Root, s.HTTPAddr = inDir("root.pem"), s.ports[1].String()
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
		"address":  s.ports[0].String(),
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
	s.ports.release()
}
