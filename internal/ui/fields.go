package ui

import (
	"cmp"
	"io"
	"strings"
	"time"
)

// Fields shows one thing, a line for each fact. On a terminal the values are
// aligned, text that is too long is broken between words, and a time is followed by
// its age. URLs, fingerprints and commands stay whole, so that they can be copied.
// In a pipe there is a TAB between key and value.
type Fields struct {
	// Now is what ages are counted from; zero means the time of Write.
	Now time.Time
	// Paint colours the keys on a terminal. The zero value does not.
	Paint Paint

	lines []field
}

type field struct {
	key   string
	value any
	note  string
}

// Add adds a fact. A nil, empty or zero-time value adds nothing. A key that equals
// the one before adds another value of the same fact.
func (f *Fields) Add(key string, value any) { f.AddNote(key, value, "") }

// AddNote adds a fact with a note: in parentheses after the value on a terminal, as
// a third column in a pipe, so that the value stays alone.
func (f *Fields) AddNote(key string, value any, note string) {
	if text(value) != "" {
		f.lines = append(f.lines, field{key: Clean(key, 0), value: value, note: Clean(note, 0)})
	}
}

// Len returns the number of lines.
func (f *Fields) Len() int { return len(f.lines) }

// Write writes the facts to w, in one write, for a terminal with that many columns;
// 0 means for a pipe.
func (f *Fields) Write(w io.Writer, columns int) error {
	if len(f.lines) == 0 {
		return nil
	}
	var b strings.Builder
	if columns > 0 {
		f.align(&b, columns)
	} else {
		for _, line := range f.lines {
			b.WriteString(line.key + "\t" + text(line.value))
			if line.note != "" {
				b.WriteString("\t" + line.note)
			}
			b.WriteString("\n")
		}
	}
	_, err := io.WriteString(w, b.String())
	return wrote("fields", err)
}

// align writes the facts for a terminal.
func (f *Fields) align(b *strings.Builder, columns int) {
	now := cmp.Or(f.Now, time.Now())
	indent := 0 // of the values
	for _, line := range f.lines {
		indent = max(indent, width(line.key)+len(": "))
	}
	previous := ""
	for _, line := range f.lines {
		label := line.key + ":"
		if line.key == previous {
			label = ""
		}
		previous = line.key
		for i, value := range f.values(line, now, columns-indent) {
			if i > 0 {
				label = ""
			}
			b.WriteString(f.Paint.Faint(label) + strings.Repeat(" ", indent-width(label)) + value + "\n")
		}
	}
}

// values returns a value and its note in lines of at most columns characters, as
// far as they can be broken.
func (f *Fields) values(line field, now time.Time, columns int) []string {
	value, note := shown(line.value), ""
	if t, ok := line.value.(time.Time); ok {
		value += " (" + Age(t, now) + ")"
	}
	if line.note != "" {
		note = "(" + line.note + ")"
	}
	_, whole := line.value.(Command)
	switch {
	case note == "" && (whole || width(value) <= columns):
		return []string{value}
	case note != "" && width(value)+1+width(note) <= columns:
		return []string{value + f.Paint.Faint(" "+note)}
	}
	lines := []string{value}
	if !whole {
		lines = fill(parts(value), columns)
	}
	if note != "" {
		for _, part := range fill(parts(note), columns) {
			lines = append(lines, f.Paint.Faint(part))
		}
	}
	return lines
}
