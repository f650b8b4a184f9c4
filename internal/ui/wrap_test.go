package ui

import (
	"slices"
	"testing"
)

func TestWrap(t *testing.T) {
	for _, tt := range []struct {
		name, text string
		columns    int
		want       []string
	}{
		{"short", "a b", 10, []string{"a b"}},
		{"nothing", "", 10, []string{""}},
		{"without bound", "one two three", 0, []string{"one two three"}},
		{"broken", "one two three four", 9, []string{"one two", "three", "four"}},
		{"a long word stays whole", "see urn:uuid:4ace9d34 there", 8, []string{"see", "urn:uuid:4ace9d34", "there"}},
		{"characters, not bytes", "éé éé éé", 5, []string{"éé éé", "éé"}},
		{"cleaned", "a\x1b[2J\nb c", 6, []string{"a[2J b", "c"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := Wrap(tt.text, tt.columns); !slices.Equal(got, tt.want) {
				t.Errorf("Wrap(%q, %d) = %q, want %q", tt.text, tt.columns, got, tt.want)
			}
		})
	}
}
