package cli

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"go.yaml.in/yaml/v3"

	"github.com/nfcert/nfcert/internal/pkcs11"
)

// configFile is the configuration file.
type configFile struct {
	Servers  map[string]ConfigServer `yaml:"servers"`
	Defaults map[string]string       `yaml:"defaults"` // values of flags, by the flag's name
}

// ConfigServer is a server that the configuration file names. In the file, a
// relative path is relative to the file.
type ConfigServer struct {
	URL        string `yaml:"url"` // of the directory
	CARoot     string `yaml:"caRoot"`
	CAPin      string `yaml:"caPin"`
	ClientCert string `yaml:"clientCert"`
	ClientKey  string `yaml:"clientKey"` // or a pkcs11: URI

	ClientPassphraseFile string `yaml:"clientPassphraseFile"`
}

// maxConfig is the maximum size of the configuration file.
const maxConfig = 1 << 20

// loadConfig reads the configuration file at path. If path is "", it reads the
// default one, which may be missing.
func (s *Settings) loadConfig(root *cobra.Command, path string) error {
	optional := path == ""
	if optional {
		if path = s.defaultConfigPath(); path == "" {
			return nil
		}
	}
	data, err := ReadFile(path, maxConfig)
	if optional && errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	var c configFile
	dec := yaml.NewDecoder(bytes.NewReader(data))
	dec.KnownFields(true)
	if err := dec.Decode(&c); err != nil && !errors.Is(err, io.EOF) {
		return &InputError{File: path, Err: withoutGoTypes(err)}
	}
	for name, server := range c.Servers {
		if err := CheckServerURL(server.URL); err != nil {
			return &InputError{File: path, Err: fmt.Errorf("servers: %s: %w", name, err)}
		}
		for _, p := range []*string{&server.CARoot, &server.ClientCert, &server.ClientKey, &server.ClientPassphraseFile} {
			*p = relativeTo(path, *p)
		}
		c.Servers[name] = server
	}
	for name := range c.Defaults {
		if !hasFlag(root, name) {
			return &InputError{File: path, Err: fmt.Errorf("defaults: unknown flag --%s", name)}
		}
		if slices.Contains(typedOnly, name) || name == "config" {
			return &InputError{File: path, Err: fmt.Errorf("defaults: --%s cannot have a default", name)}
		}
	}
	s.configPath, s.Servers, s.defaults = path, c.Servers, c.Defaults
	return nil
}

// defaultConfigPath is the configuration file's path if no flag or variable names
// one; "" if there is no home directory.
func (s *Settings) defaultConfigPath() string {
	dir := s.getenv("XDG_CONFIG_HOME")
	if home := s.getenv("HOME"); dir == "" && home != "" {
		dir = filepath.Join(home, ".config")
	}
	if dir == "" {
		return ""
	}
	return filepath.Join(dir, "nfcert", "config.yaml")
}

// withoutGoTypes removes Go's type names from an error of the YAML package.
func withoutGoTypes(err error) error {
	var types *yaml.TypeError
	if !errors.As(err, &types) {
		return err
	}
	var lines []string
	for _, line := range types.Errors {
		line, _, _ = strings.Cut(line, " in type ")
		line, _, _ = strings.Cut(line, " into ")
		lines = append(lines, line)
	}
	return errors.New(strings.Join(lines, "; "))
}

// hasFlag reports whether a command, or one below it, has the flag.
func hasFlag(cmd *cobra.Command, name string) bool {
	return cmp.Or(cmd.LocalFlags().Lookup(name), cmd.PersistentFlags().Lookup(name)) != nil ||
		slices.ContainsFunc(cmd.Commands(), func(c *cobra.Command) bool { return hasFlag(c, name) })
}

// relativeTo resolves a path that a file contains relative to that file's folder.
func relativeTo(file, path string) string {
	if path == "" || filepath.IsAbs(path) || pkcs11.IsURI(path) {
		return path
	}
	return filepath.Join(filepath.Dir(file), path)
}

// CheckServerURL reports an error if raw cannot be a directory URL.
func CheckServerURL(raw string) error {
	u, err := url.Parse(raw)
	switch {
	case err != nil:
		return fmt.Errorf("server %q is not a URL", raw)
	case u.Scheme != "https":
		return fmt.Errorf("server %q: ACME requires https (RFC 8555 6.1), as in https://ca.example/directory", raw)
	case u.Host == "":
		return fmt.Errorf("server %q has no host", raw)
	case u.User != nil:
		return fmt.Errorf("server %q: a URL must not contain credentials", u.Redacted())
	}
	return nil
}
