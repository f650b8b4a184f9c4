package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"go.yaml.in/yaml/v3"

	"github.com/nfcert/nfcert/internal/pkcs11"
)

// CheckServerURL refuses what cannot be a directory URL.
func CheckServerURL(raw string) error {
	u, err := url.Parse(raw)
	switch {
	case err != nil:
		return fmt.Errorf("server %q is no URL", raw)
	case u.Scheme != "https":
		return fmt.Errorf("server %q: ACME is spoken over https only (RFC 8555 6.1), as in https://ca.example/directory", raw)
	case u.Host == "":
		return fmt.Errorf("server %q has no host", raw)
	case u.User != nil:
		return fmt.Errorf("server %q: a URL must not carry credentials", u.Redacted())
	}
	return nil
}

// EnvName is the variable of a flag.
func EnvName(flag string) string {
	return "NFCERT_" + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// notFromOutside are flags that only a person at the command line may set.
var notFromOutside = []string{"help", "version", "yes", "force"}

// answering are groups of flags of which only one can be meant: the ways in which
// a challenge can be answered. Said at the command line, one of a group beats the
// variables of the others, and so on down.
var answering = [][]string{
	{"http-listen", "webroot", "published"},
	{"ta", "ta-allow", "token-file", "token-cmd"},
}

// oneWay are all groups of that kind.
var oneWay = append(slices.Clone(answering), []string{"eab-kid", "eab-cmd"})

// groupOf is the group of a flag among groups; nil: it is in none.
func groupOf(name string, groups [][]string) []string {
	for _, group := range groups {
		if slices.Contains(group, name) {
			return group
		}
	}
	return nil
}

// belongsTo are flags that another beats where a better source names it: the key
// of a variable is not that of a certificate which was typed, nor of a binding
// that a typed command gets.
var belongsTo = map[string]string{"client-key": "client-cert", "ta-client-key": "ta-client-cert", "eab-key-file": "eab-cmd"}

// Settings is where values came from, and the configuration file.
type Settings struct {
	file    string                  // path of the configuration file; "": there is none
	Servers map[string]configServer // by name, with absolute paths
	flags   *pflag.FlagSet          // of the running command
	Sources map[string]string       // of its flags' values, as in [value]

	defaults map[string]string // of flags, from the configuration file
	Typed    []string          // flags of the command line, to be typed again
	Way      []string          // of them, how challenges are answered
}

// value is one flag's value and its source.
type value struct {
	Flag   string `json:"flag"`
	Value  string `json:"value"`
	Source string `json:"source"` // flag, NFCERT_… , the configuration file's path, default
}

// configFile is the YAML configuration.
type configFile struct {
	Servers  map[string]configServer `yaml:"servers"`
	Defaults map[string]string       `yaml:"defaults"`
}

// configServer is a named server. Relative paths are relative to the file.
type configServer struct {
	URL        string `yaml:"url"`
	CARoot     string `yaml:"caRoot"`
	CAPin      string `yaml:"caPin"`
	ClientCert string `yaml:"clientCert"`
	ClientKey  string `yaml:"clientKey"`

	ClientPassphraseFile string `yaml:"clientPassphraseFile"`
}

// maxConfig bounds the configuration file.
const maxConfig = 1 << 20

// fill sets each flag that the command line did not from its variable, else
// from the configuration's defaults.
func (call *Call) fill(cmd *cobra.Command) error {
	flags := cmd.Flags()
	if err := call.fromEnv(flags.Lookup("config")); err != nil {
		return err
	}
	defaults, err := call.loadConfig(cmd)
	if err != nil {
		return err
	}
	sources := make(map[string]string, 64)
	call.Settings.defaults, call.Settings.flags, call.Settings.Sources = defaults, flags, sources
	var failure error
	flags.VisitAll(func(f *pflag.Flag) {
		switch {
		case failure != nil:
		case f.Changed:
			sources[f.Name] = "flag"
			call.Settings.Typed = append(call.Settings.Typed, typedAgain(f)...)
			if groupOf(f.Name, answering) != nil {
				call.Settings.Way = append(call.Settings.Way, typedAgain(f)...)
			}
		case groupOf(f.Name, oneWay) != nil && call.sourceOf(f, defaults) != call.wayFrom(flags, groupOf(f.Name, oneWay)), call.orphaned(flags, f, defaults):
			sources[f.Name] = "default"
		default:
			sources[f.Name], failure = call.fillOne(f, defaults)
		}
	})
	return failure
}

// values is each flag of the running command.
func (s *Settings) values() []value {
	var values []value
	s.flags.VisitAll(func(f *pflag.Flag) {
		if f.Name != "help" {
			values = append(values, value{Flag: f.Name, Value: f.Value.String(), Source: s.Sources[f.Name]})
		}
	})
	return values
}

// Everywhere is each value of the running command, and what variables and
// configuration say of the flags of all others.
func (call *Call) Everywhere() []value {
	values := call.Settings.values()
	seen := map[string]bool{}
	for _, v := range values {
		seen[v.Flag] = true
	}
	var visit func(*cobra.Command)
	visit = func(cmd *cobra.Command) {
		cmd.LocalFlags().VisitAll(func(f *pflag.Flag) {
			if seen[f.Name] || slices.Contains(notFromOutside, f.Name) {
				return
			}
			seen[f.Name] = true
			switch call.sourceOf(f, call.Settings.defaults) {
			case fromVariable:
				values = append(values, value{f.Name, call.Getenv(EnvName(f.Name)), EnvName(f.Name)})
			case fromConfig:
				values = append(values, value{f.Name, call.Settings.defaults[f.Name], call.Settings.file})
			default:
				seen[f.Name] = false // another command may know it
			}
		})
		for _, child := range cmd.Commands() {
			visit(child)
		}
	}
	visit(call.root)
	slices.SortStableFunc(values, func(a, b value) int { return strings.Compare(a.Flag, b.Flag) })
	return values
}

// source ranks where a value comes from.
type source int

const (
	fromDefault source = iota
	fromConfig
	fromVariable
	fromFlag
)

// sourceOf is the best source that says something of a flag.
func (call *Call) sourceOf(f *pflag.Flag, defaults map[string]string) source {
	_, inConfig := defaults[f.Name]
	switch {
	case f.Changed:
		return fromFlag
	case call.Getenv(EnvName(f.Name)) != "":
		return fromVariable
	case inConfig:
		return fromConfig
	}
	return fromDefault
}

// wayFrom is the best source that names one of a group of flags.
func (call *Call) wayFrom(flags *pflag.FlagSet, group []string) source {
	best := fromDefault
	for _, name := range group {
		if f := flags.Lookup(name); f != nil {
			best = max(best, call.sourceOf(f, call.Settings.defaults))
		}
	}
	return best
}

// orphaned reports whether a flag belongs to one that a better source names.
func (call *Call) orphaned(flags *pflag.FlagSet, f *pflag.Flag, defaults map[string]string) bool {
	to := flags.Lookup(belongsTo[f.Name])
	return to != nil && call.sourceOf(f, defaults) < call.sourceOf(to, defaults)
}

// notAgain are flags that a proposed command line does not repeat: the name is
// there already, and the others say how to look at one run.
var notAgain = []string{"name", "output", "quiet", "verbose", "color", "timeout", "trace", "no-input", "no-wait", "no-solve"}

// typedAgain writes a flag as it can be typed again.
func typedAgain(f *pflag.Flag) []string {
	if slices.Contains(notAgain, f.Name) {
		return nil
	}
	if f.Value.Type() == "bool" {
		if f.Value.String() == "true" {
			return []string{"--" + f.Name}
		}
		return []string{"--" + f.Name + "=" + f.Value.String()}
	}
	if list, ok := f.Value.(pflag.SliceValue); ok {
		var words []string
		for _, v := range list.GetSlice() {
			words = append(words, "--"+f.Name, v)
		}
		return words
	}
	return []string{"--" + f.Name, f.Value.String()}
}

// fillOne sets one flag and says from where.
func (call *Call) fillOne(f *pflag.Flag, defaults map[string]string) (source string, err error) {
	if slices.Contains(notFromOutside, f.Name) {
		return "default", nil
	}
	if v := call.Getenv(EnvName(f.Name)); v != "" {
		return EnvName(f.Name), call.fromEnv(f)
	}
	if v, ok := defaults[f.Name]; ok {
		if err := setFromOutside(f.Value, v); err != nil {
			return "", &InputError{File: call.Settings.file, Err: fmt.Errorf("defaults: %s: %w", f.Name, err)}
		}
		return call.Settings.file, nil
	}
	return "default", nil
}

// fromEnv sets one flag from its variable, when it has one and the command line
// said nothing.
func (call *Call) fromEnv(f *pflag.Flag) error {
	v := call.Getenv(EnvName(f.Name))
	if v == "" || f.Changed {
		return nil
	}
	if err := setFromOutside(f.Value, v); err != nil {
		return Usagef("", "the variable %s: %v", EnvName(f.Name), err)
	}
	return nil
}

// loadConfig reads the configuration file. One that nobody named may be
// missing.
func (call *Call) loadConfig(cmd *cobra.Command) (defaults map[string]string, err error) {
	path, named := call.flags.config, call.flags.config != ""
	if !named {
		dir := call.Getenv("XDG_CONFIG_HOME")
		if dir == "" {
			home := call.Getenv("HOME")
			if home == "" {
				return nil, nil
			}
			dir = filepath.Join(home, ".config")
		}
		path = filepath.Join(dir, "nfcert", "config.yaml")
	}
	data, err := ReadFile(path, maxConfig)
	if !named && errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	call.Settings.file = path
	var c configFile
	dec := yaml.NewDecoder(bytes.NewReader(data))
	dec.KnownFields(true)
	if err := dec.Decode(&c); err != nil && !errors.Is(err, io.EOF) {
		return nil, &InputError{File: path, Err: plainYAML(err)}
	}
	if err := call.nameServers(path, c.Servers); err != nil {
		return nil, err
	}
	if len(c.Defaults) == 0 {
		return nil, nil
	}
	root := cmd.Root()
	for name := range c.Defaults {
		if !knownFlag(root, name) || slices.Contains(notFromOutside, name) || name == "config" {
			return nil, &InputError{File: path, Err: fmt.Errorf("defaults: there is no flag --%s that could have a default", name)}
		}
	}
	return c.Defaults, nil
}

// plainYAML takes Go's type names out of what the YAML package says.
func plainYAML(err error) error {
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

// knownFlag reports whether some command has the flag.
func knownFlag(cmd *cobra.Command, name string) bool {
	if cmd.LocalFlags().Lookup(name) != nil || cmd.PersistentFlags().Lookup(name) != nil {
		return true
	}
	return slices.ContainsFunc(cmd.Commands(), func(c *cobra.Command) bool { return knownFlag(c, name) })
}

// nameServers takes over the configuration's servers.
func (call *Call) nameServers(path string, servers map[string]configServer) error {
	call.Settings.Servers = make(map[string]configServer, len(servers))
	for name, s := range servers {
		if err := CheckServerURL(s.URL); err != nil {
			return &InputError{File: path, Err: fmt.Errorf("servers: %s: %w", name, err)}
		}
		for _, p := range []*string{&s.CARoot, &s.ClientCert, &s.ClientKey, &s.ClientPassphraseFile} {
			*p = beside(path, *p)
		}
		call.Settings.Servers[name] = s
	}
	return nil
}

// beside makes a path absolute, seen from the file that names it.
func beside(file, path string) string {
	if path == "" || filepath.IsAbs(path) || pkcs11.IsURI(path) {
		return path
	}
	return filepath.Join(filepath.Dir(file), path)
}
