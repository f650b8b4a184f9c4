package ui

import (
	"slices"
	"testing"
)

// A terminal breaks errors between words; a pipe gets one line each.
func TestErrLines(t *testing.T) {
	const text = "one two three"
	for _, tt := range []struct {
		streams Streams
		want    []string
	}{
		{Streams{ErrTTY: true, Width: 12}, []string{"one two", "three"}},
		{Streams{Width: 12}, []string{text}},
	} {
		if got := tt.streams.ErrLines(text, 4); !slices.Equal(got, tt.want) {
			t.Errorf("%+v: ErrLines(%q, 4) = %q, want %q", tt.streams, text, got, tt.want)
		}
	}
}
