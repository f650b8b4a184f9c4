package ui

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxShown is the largest number of characters of one value on a terminal.
const maxShown = 4000

// Clean makes untrusted text safe for one line of a terminal. The result has at
// most max characters, the last of which is "…" when text was cut off; a max of
// zero or less means no limit. Line breaks and tabs become a space. Other control
// characters (C0, C1, DEL), which control a terminal, and invisible ones, which
// reorder or forge text (bidirectional marks, zero-width characters, fillers), are
// removed. Bytes that are not UTF-8 become U+FFFD.
func Clean(s string, max int) string {
	if isPlain(s) && (max <= 0 || len(s) <= max) {
		return s
	}
	var b strings.Builder
	count, cut, spaced := 0, 0, false // cut is the place of "…" when text is cut off
	for _, r := range s {
		space := isBreak(r)
		if (space && spaced) || (!space && isHidden(r)) {
			continue
		}
		if space {
			r = ' '
		}
		spaced = space
		if max > 0 && count == max {
			return b.String()[:cut] + "…"
		}
		if count++; count == max {
			cut = b.Len()
		}
		b.WriteRune(r) // range yields U+FFFD for invalid UTF-8
	}
	return b.String()
}

// isPlain reports whether s is printable ASCII, as most text is.
func isPlain(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

// isBreak reports whether r ends a line or moves to another column.
func isBreak(r rune) bool {
	switch r {
	case '\t', '\n', '\v', '\f', '\r', '\u0085', '\u2028', '\u2029':
		return true
	}
	return false
}

// isHidden reports whether r is invisible but can change how text is shown.
func isHidden(r rune) bool {
	return unicode.IsControl(r) ||
		unicode.In(r, unicode.Cf, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector)
}

// width returns the number of columns of clean text, one for each character.
func width(s string) int { return utf8.RuneCountInString(s) }
