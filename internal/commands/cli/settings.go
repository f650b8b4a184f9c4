package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// EnvName is the name of a flag's environment variable.
func EnvName(flag string) string {
	return "NFCERT_" + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// typedOnly are the flags that only the command line sets: no variable and no
// configuration file may confirm or overwrite anything.
var typedOnly = []string{"help", "version", "yes", "force"}

// challengeGroups are groups of flags that exclude each other: the ways to answer
// one type of challenge.
var challengeGroups = [][]string{
	{"http-listen", "webroot", "published"},
	{"ta", "ta-allow", "token-file", "token-cmd"},
}

// exclusiveGroups are all groups of flags that exclude each other. If a better
// source sets one of a group, values of the others from worse sources are ignored:
// --webroot on the command line beats $NFCERT_HTTP_LISTEN.
var exclusiveGroups = append(slices.Clone(challengeGroups), []string{"eab-kid", "eab-cmd"})

// dependsOn maps a flag to the one that it belongs to. A worse source's value is
// ignored in the same way: the key in a variable is not the key of the certificate
// on the command line.
var dependsOn = map[string]string{"client-key": "client-cert", "ta-client-key": "ta-client-cert", "eab-key-file": "eab-cmd"}

// notRepeated are the flags that a proposed command line does not repeat: Line adds
// the name itself, and the others only say how one run is shown.
var notRepeated = []string{"name", "output", "quiet", "verbose", "color", "timeout", "trace", "no-input", "no-wait", "no-solve"}

// Settings are the sources of a command's flags, and the configuration file.
type Settings struct {
	Servers map[string]ConfigServer // of the configuration file by name, with absolute paths
	Sources map[string]string       // of the flags' values by flag, as in [Setting]

	// Typed are the flags of the command line as words, to propose a command.
	Typed []string
	// ChallengeFlags are those of Typed that say how to answer challenges.
	ChallengeFlags []string

	getenv     func(string) string
	flags      *pflag.FlagSet    // of the running command
	configPath string            // "": no configuration file was read
	defaults   map[string]string // of flags, from the configuration file
}

// Setting is one flag's value and its source.
type Setting struct {
	Flag   string `json:"flag"`
	Value  string `json:"value"`
	Source string `json:"source"` // flag, NFCERT_… , the configuration file's path, default
}

// readSettings sets each flag that the command line did not set from its variable,
// or else from the configuration file.
func (e *Env) readSettings(cmd *cobra.Command) (Settings, error) {
	s := Settings{getenv: e.Getenv, flags: cmd.Flags(), Sources: map[string]string{}}
	config := s.flags.Lookup("config")
	if err := s.apply(config, s.sourceOf(config)); err != nil {
		return s, err
	}
	if err := s.loadConfig(cmd.Root(), e.flags.config); err != nil {
		return s, err
	}
	var failure error
	s.flags.VisitAll(func(f *pflag.Flag) {
		if failure != nil {
			return
		}
		from := s.sourceOf(f)
		if s.overridden(f.Name, from) {
			from = fromDefault
		}
		s.Sources[f.Name] = s.sourceName(f.Name, from)
		failure = s.apply(f, from)
		if from == fromFlag {
			s.Typed = append(s.Typed, flagWords(f)...)
			if slices.ContainsFunc(challengeGroups, func(group []string) bool { return slices.Contains(group, f.Name) }) {
				s.ChallengeFlags = append(s.ChallengeFlags, flagWords(f)...)
			}
		}
	})
	return s, failure
}

// source is where a flag's value comes from; a greater one is better.
type source int

const (
	fromDefault source = iota
	fromConfig
	fromVariable
	fromFlag
)

// sourceOf is the best source with a value for a flag.
func (s *Settings) sourceOf(f *pflag.Flag) source {
	_, configured := s.defaults[f.Name]
	switch {
	case f.Changed:
		return fromFlag
	case slices.Contains(typedOnly, f.Name):
	case s.getenv(EnvName(f.Name)) != "":
		return fromVariable
	case configured:
		return fromConfig
	}
	return fromDefault
}

// sourceName is a source as users read it.
func (s *Settings) sourceName(flag string, from source) string {
	switch from {
	case fromFlag:
		return "flag"
	case fromVariable:
		return EnvName(flag)
	case fromConfig:
		return s.configPath
	}
	return "default"
}

// overridden reports whether a better source sets another flag, so that this value
// of the flag is ignored.
func (s *Settings) overridden(flag string, from source) bool {
	others := []string{dependsOn[flag]}
	for _, group := range exclusiveGroups {
		if slices.Contains(group, flag) {
			others = append(others, group...)
		}
	}
	return slices.ContainsFunc(others, func(name string) bool {
		other := s.flags.Lookup(name)
		return other != nil && s.sourceOf(other) > from
	})
}

// apply sets a flag from its variable or the configuration file.
func (s *Settings) apply(f *pflag.Flag, from source) error {
	switch from {
	case fromVariable:
		if err := setFromOutside(f.Value, s.getenv(EnvName(f.Name))); err != nil {
			return Usagef("", "the variable %s: %v", EnvName(f.Name), err)
		}
	case fromConfig:
		if err := setFromOutside(f.Value, s.defaults[f.Name]); err != nil {
			return &InputError{File: s.configPath, Err: fmt.Errorf("defaults: %s: %w", f.Name, err)}
		}
	}
	return nil
}

// flagWords writes a flag with its value as words of a command line.
func flagWords(f *pflag.Flag) []string {
	if slices.Contains(notRepeated, f.Name) {
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

// AllSettings lists the flags of the running command, and those flags of all other
// commands that a variable or the configuration file sets.
func (call *Call) AllSettings() []Setting {
	s := &call.Settings
	var list []Setting
	seen := map[string]bool{"help": true}
	s.flags.VisitAll(func(f *pflag.Flag) {
		if !seen[f.Name] {
			seen[f.Name] = true
			list = append(list, Setting{f.Name, f.Value.String(), s.Sources[f.Name]})
		}
	})
	var visit func(*cobra.Command)
	visit = func(cmd *cobra.Command) {
		cmd.LocalFlags().VisitAll(func(f *pflag.Flag) {
			from := s.sourceOf(f)
			if seen[f.Name] || from == fromDefault {
				return
			}
			seen[f.Name] = true
			value := s.defaults[f.Name]
			if from == fromVariable {
				value = s.getenv(EnvName(f.Name))
			}
			list = append(list, Setting{f.Name, value, s.sourceName(f.Name, from)})
		})
		for _, child := range cmd.Commands() {
			visit(child)
		}
	}
	visit(call.root)
	slices.SortStableFunc(list, func(a, b Setting) int { return strings.Compare(a.Flag, b.Flag) })
	return list
}
