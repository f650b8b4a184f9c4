package ui

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Clean makes text that is not trusted fit for one line of a terminal, of at
// most max characters, the last of which is "…" when something was cut off; a
// max of zero or less means no limit. Line breaks and tabs become a space.
// Other control characters (C0, C1, DEL), which drive a terminal, and invisible
// ones, which reorder or forge text (bidirectional marks, zero-width
// characters, fillers), are dropped. What is not UTF-8 becomes U+FFFD.
func Clean(s string, max int) string {
	if isPlain(s) && (max <= 0 || len(s) <= max) {
		return s
	}
	var b strings.Builder
	count, cut, spaced := 0, 0, false // cut is where "…" goes when there is more
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
		b.WriteRune(r) // a broken byte was ranged over as U+FFFD
	}
	return b.String()
}

// isPlain reports whether s is printable ASCII, as nearly all text is.
func isPlain(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

// isBreak reports whether r ends a line or jumps to a column.
func isBreak(r rune) bool {
	switch r {
	case '\t', '\n', '\v', '\f', '\r', '\u0085', '\u2028', '\u2029':
		return true
	}
	return false
}

// isHidden reports whether r shows nothing itself but changes what is shown.
func isHidden(r rune) bool {
	return unicode.IsControl(r) ||
		unicode.In(r, unicode.Cf, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector)
}

// width is the number of columns that clean text takes, one a character.
func width(s string) int { return utf8.RuneCountInString(s) }
