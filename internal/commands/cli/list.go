package cli

import (
	"strings"

	"github.com/spf13/pflag"
)

// list is a flag that may be repeated. At the command line each use is one
// value; a variable or the configuration holds all of them, one a line or, where
// whole says nothing else, with commas between them.
type list struct {
	values *[]string
	whole  bool // a comma is part of a value
	given  bool // what was there before is replaced by the first use
}

// ListVar adds a flag whose values hold no comma.
func ListVar(fs *pflag.FlagSet, p *[]string, name, usage string) {
	fs.Var(&list{values: p}, name, usage)
}

// LinesVar adds a flag whose values may hold commas.
func LinesVar(fs *pflag.FlagSet, p *[]string, name, usage string) {
	fs.Var(&list{values: p, whole: true}, name, usage)
}

// setFromOutside sets a flag from a variable or the configuration.
func setFromOutside(v pflag.Value, text string) error {
	if l, ok := v.(*list); ok {
		return l.Replace(l.split(text))
	}
	return v.Set(text)
}

// split takes a list apart. More than one line means that lines are the values,
// so that a value with a comma can be said everywhere.
func (l *list) split(text string) []string {
	separator := "\n"
	if !l.whole && !strings.Contains(text, "\n") {
		separator = ","
	}
	var values []string
	for v := range strings.SplitSeq(text, separator) {
		if v = strings.TrimSpace(v); v != "" {
			values = append(values, v)
		}
	}
	return values
}

// Set implements [pflag.Value].
func (l *list) Set(v string) error {
	if !l.given {
		*l.values, l.given = nil, true
	}
	return l.Append(v)
}

// String implements [pflag.Value].
func (l *list) String() string {
	return strings.Join(*l.values, ",")
}

// Type implements [pflag.Value].
func (*list) Type() string { return "list" }

// Append implements [pflag.SliceValue].
func (l *list) Append(v string) error {
	*l.values = append(*l.values, v)
	return nil
}

// Replace implements [pflag.SliceValue].
func (l *list) Replace(values []string) error {
	*l.values = values
	return nil
}

// GetSlice implements [pflag.SliceValue].
func (l *list) GetSlice() []string { return *l.values }
