package realca

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// server is a running ACME server with its ports and its name server.
type server struct {
	*process
	names *nameServer
	ports ports
	dir   string
}

// A setup writes the configuration of a server, whose TLS certificate is to be
// below root. It returns the command to run, and a function that returns nil when
// the server is ready.
type setup func(s *server, root *authority) (cmd *exec.Cmd, ready func(context.Context) error, err error)

// options say where a server runs.
type options struct {
	name    string
	dir     string  // for its files
	ports   int     // how many it needs
	address Address // of all names; "": 127.0.0.1
}

// startServer runs a server and waits until it is ready. On an error nothing is left
// running.
func startServer(ctx context.Context, opts options, configure setup) (_ *server, err error) {
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	s := &server{dir: opts.dir}
	defer func() {
		if err != nil {
			s.Stop()
			err = fmt.Errorf("starting %s: %w", opts.name, err)
		}
	}()
	if s.names, err = startNameServer(opts.address); err != nil {
		return nil, err
	}
	if s.ports, err = reservePorts(opts.ports); err != nil {
		return nil, err
	}
	root, err := issue(nil, caTemplate(opts.name+" root"))
	if err != nil {
		return nil, err
	}
	cmd, ready, err := configure(s, root)
	if err != nil {
		return nil, err
	}
	cmd.Dir = opts.dir
	if s.process, err = startProcess(cmd, s.file(opts.name+".log")); err != nil {
		return nil, err
	}
	return s, s.await(ctx, ready)
}

// file returns the path of a file of the server.
func (s *server) file(name string) string { return filepath.Join(s.dir, name) }

// write writes files of the server, by their names.
func (s *server) write(files map[string][]byte) error {
	for name, content := range files {
		if err := os.WriteFile(s.file(name), content, 0o600); err != nil {
			return err
		}
	}
	return nil
}

// writeConfig writes a configuration in JSON and returns its path.
func (s *server) writeConfig(name string, v any) (string, error) {
	text, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return "", err
	}
	return s.file(name), s.write(map[string][]byte{name: text})
}

// Stop kills the server and its name server and waits until both are gone.
func (s *server) Stop() {
	if s.process != nil {
		s.process.Stop()
	}
	if s.names != nil {
		s.names.stop()
	}
	s.ports.release()
}
