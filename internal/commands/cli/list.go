package cli

import (
	"strings"

	"github.com/spf13/pflag"
)

// list is a flag that may be repeated. On the command line each use is one value. A
// variable or the configuration file holds all values, one on each line or, unless
// commas is set, separated by commas.
type list struct {
	values *[]string
	commas bool // values may contain commas
	given  bool // used before: the first use replaces earlier values
}

// ListVar adds a repeatable flag whose values contain no commas.
func ListVar(fs *pflag.FlagSet, p *[]string, name, usage string) {
	fs.Var(&list{values: p}, name, usage)
}

// LinesVar adds a repeatable flag whose values may contain commas.
func LinesVar(fs *pflag.FlagSet, p *[]string, name, usage string) {
	fs.Var(&list{values: p, commas: true}, name, usage)
}

// setFromOutside sets a flag from a variable or the configuration file.
func setFromOutside(v pflag.Value, text string) error {
	if l, ok := v.(*list); ok {
		return l.Replace(l.split(text))
	}
	return v.Set(text)
}

// split splits a list. A text of more than one line has a value on each line, so
// that every value can contain commas.
func (l *list) split(text string) []string {
	separator := "\n"
	if !l.commas && !strings.Contains(text, "\n") {
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
