package cli

import (
	"slices"
	"testing"

	"github.com/spf13/pflag"
)

// TestListFlag guards that a repeatable flag takes one value at each use, and all
// values from a variable.
func TestListFlag(t *testing.T) {
	for _, tc := range []struct {
		name    string
		commas  bool
		outside []string // variable or configuration file, in turn
		typed   []string // uses on the command line
		want    []string
	}{
		{name: "not set"},
		{name: "typed", typed: []string{"a,b", "c"}, want: []string{"a,b", "c"}},
		{name: "one", outside: []string{"a"}, want: []string{"a"}},
		{name: "commas", outside: []string{"a, b,,c,"}, want: []string{"a", "b", "c"}},
		{name: "lines", outside: []string{"a,b\n\n c \n"}, want: []string{"a,b", "c"}},
		{name: "one line with a comma", outside: []string{"a,b\n"}, want: []string{"a,b"}},
		{name: "commas in values", commas: true, outside: []string{"1.2,critical:0500\n1.3:0500"}, want: []string{"1.2,critical:0500", "1.3:0500"}},
		{name: "one value with a comma", commas: true, outside: []string{"1.2,critical:0500"}, want: []string{"1.2,critical:0500"}},
		{name: "the later replaces", outside: []string{"a,b", "c"}, want: []string{"c"}},
		{name: "typed beats the variable", outside: []string{"a,b"}, typed: []string{"c", "d"}, want: []string{"c", "d"}},
		{name: "empty", outside: []string{" , "}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var got []string
			fs := pflag.NewFlagSet("test", pflag.ContinueOnError)
			if tc.commas {
				LinesVar(fs, &got, "item", "")
			} else {
				ListVar(fs, &got, "item", "")
			}
			for _, text := range tc.outside {
				if err := setFromOutside(fs.Lookup("item").Value, text); err != nil {
					t.Fatal(err)
				}
			}
			for _, v := range tc.typed {
				if err := fs.Set("item", v); err != nil {
					t.Fatal(err)
				}
			}
			if !slices.Equal(got, tc.want) {
				t.Errorf("from %q, typed %q: got %q, want %q", tc.outside, tc.typed, got, tc.want)
			}
		})
	}
}
