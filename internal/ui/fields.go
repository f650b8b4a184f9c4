package ui

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// Fields shows one thing, a line for each fact, however long: URLs and
// fingerprints can be copied whole. On a terminal the values are aligned and a
// time has its age beside it; in a pipe a TAB stands between key and value.
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

// Add adds a fact. What is absent is not shown: a nil, empty or zero-time value
// adds nothing. A key added again is a further value of the same fact.
func (f *Fields) Add(key string, value any) {
	if text(value) != "" {
		f.lines = append(f.lines, field{key: Clean(key, 0), value: value})
	}
}

// AddNote adds a fact with a word on what it means: in parentheses behind the
// value on a terminal, as a third column in a pipe, so that the value stays
// alone. Without a note it is Add.
func (f *Fields) AddNote(key string, value any, note string) {
	before := len(f.lines)
	if f.Add(key, value); len(f.lines) > before {
		f.lines[before].note = Clean(note, 0)
	}
}

// Len returns the number of lines.
func (f *Fields) Len() int { return len(f.lines) }

// Write writes the facts to w, in one write, as for a terminal or as for a pipe.
func (f *Fields) Write(w io.Writer, tty bool) error {
	if len(f.lines) == 0 {
		return nil
	}
	var b strings.Builder
	if tty {
		f.align(&b)
	} else {
		for _, line := range f.lines {
			b.WriteString(line.key + "\t" + text(line.value))
			if line.note != "" {
				b.WriteString("\t" + line.note)
			}
			b.WriteString("\n")
		}
	}
	if _, err := io.WriteString(w, b.String()); err != nil {
		return fmt.Errorf("writing fields: %w", err)
	}
	return nil
}

func (f *Fields) align(b *strings.Builder) {
	now := f.Now
	if now.IsZero() {
		now = time.Now()
	}
	longest := 0
	for _, line := range f.lines {
		longest = max(longest, width(line.key))
	}
	previous := ""
	for _, line := range f.lines {
		label := line.key + ":"
		if line.key == previous {
			label = ""
		}
		previous = line.key
		value := text(line.value)
		if t, ok := line.value.(time.Time); ok {
			value += " (" + Age(t, now) + ")"
		}
		if line.note != "" {
			value += f.Paint.Faint(" (" + line.note + ")")
		}
		gap := strings.Repeat(" ", longest+1-width(label)+1)
		b.WriteString(f.Paint.Faint(label) + gap + value + "\n")
	}
}
