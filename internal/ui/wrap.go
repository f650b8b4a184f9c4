package ui

import (
	"iter"
	"strings"
)

// Wrap breaks text, cleaned, into lines of at most columns characters. A longer
// word, such as a name, stays whole on its own line so that it can be
// copied. Zero columns or less means one line.
func Wrap(text string, columns int) []string {
	text = Clean(text, 0)
	if columns <= 0 || width(text) <= columns {
		return []string{text}
	}
	return fill(strings.SplitAfterSeq(text, " "), columns)
}

// parts yields the parts between which text can be broken: after a space, and after
// a comma outside URLs, because lists of names have commas only.
func parts(text string) iter.Seq[string] {
	return func(yield func(string) bool) {
		for word := range strings.SplitAfterSeq(text, " ") {
			if isURL(word) {
				if !yield(word) {
					return
				}
				continue
			}
			for part := range strings.SplitAfterSeq(word, ",") {
				if part != "" && !yield(part) {
					return
				}
			}
		}
	}
}

// fill joins parts into lines of at most columns characters. A longer part stays
// whole.
func fill(parts iter.Seq[string], columns int) []string {
	var lines []string
	line := ""
	for part := range parts {
		if line != "" && width(strings.TrimRight(line+part, " ")) > columns {
			lines = append(lines, strings.TrimRight(line, " "))
			line = ""
		}
		if line == "" {
			part = strings.TrimLeft(part, " ")
		}
		line += part
	}
	return append(lines, strings.TrimRight(line, " "))
}
