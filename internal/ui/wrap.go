package ui

import "strings"

// Wrap breaks text, cleaned, into lines of at most width characters. A word that
// is longer, such as a name, stands whole on a line of its own so that it can be
// copied. A width of zero or less means one line.
func Wrap(text string, columns int) []string {
	text = Clean(text, 0)
	if columns <= 0 || width(text) <= columns {
		return []string{text}
	}
	var lines []string
	line := ""
	for word := range strings.FieldsSeq(text) {
		switch {
		case line == "":
			line = word
		case width(line)+1+width(word) <= columns:
			line += " " + word
		default:
			lines = append(lines, line)
			line = word
		}
	}
	return append(lines, line)
}
